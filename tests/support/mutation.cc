#include "tests/support/mutation.h"

#include <algorithm>
#include <array>

namespace pugmark::testing {
namespace {

constexpr std::size_t kLongestPart = 64;

std::string_view SomePart(std::string_view text, Random& random) {
  const std::size_t begin = random.Below(text.size() + 1);
  return text.substr(begin, random.Below(kLongestPart));
}

void ChangeOnce(std::string& message, const std::vector<std::string>& seeds, Random& random) {
  constexpr std::array<unsigned char, 10> kEdges{0, 1, 0x7f, 0x80, 0xff, 0xfe, 8, 16, 0x0a, 0x12};
  const std::size_t at = random.Below(message.size());
  switch (random.Below(9)) {
    case 0:
      message[at] = static_cast<char>(message[at] ^ (1 << random.Below(8)));
      return;
    case 1:
      message[at] = static_cast<char>(random.Next());
      return;
    case 2:
      message[at] = static_cast<char>(kEdges[random.Below(kEdges.size())]);
      return;
    case 3:
      message.resize(at);
      return;
    case 4:
      message.erase(at, random.Below(kLongestPart));
      return;
    case 5:
      message.insert(at, std::string(SomePart(message, random)));
      return;
    case 6:
      message.insert(at, std::string(SomePart(seeds[random.Below(seeds.size())], random)));
      return;
    case 7:
      message.insert(at, 1 + random.Below(10), static_cast<char>(0x80 | random.Next()));
      return;
    default: {
      const std::size_t end = std::min(message.size(), at + 1 + random.Below(8));
      std::fill(message.begin() + static_cast<std::ptrdiff_t>(at),
                message.begin() + static_cast<std::ptrdiff_t>(end),
                static_cast<char>(kEdges[random.Below(kEdges.size())]));
    }
  }
}

}  // namespace

std::string Mutate(const std::vector<std::string>& seeds, Random& random) {
  std::string message = seeds[random.Below(seeds.size())];
  for (std::size_t left = 1 + random.Below(4); left > 0 && !message.empty(); --left) {
    ChangeOnce(message, seeds, random);
  }
  return message;
}

}  // namespace pugmark::testing
