#include "tests/support/malformed_inputs.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "common/base/bytes.h"
#include "tests/support/random.h"
#include "tests/support/thrift_tree.h"

namespace pugmark::testing {
namespace {

constexpr std::size_t kLargestDatagram = 65'507;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw std::runtime_error("cannot read " + path);
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

void ChangeBytes(std::string& message, Random& random) {
  const std::size_t changes = 1 + random.Below(8);
  for (std::size_t i = 0; i < changes && !message.empty(); ++i) {
    message[random.Below(message.size())] = static_cast<char>(random.Next());
  }
}

void PlantHugeLength(std::string& message, Random& random) {
  constexpr std::array<std::uint32_t, 4> kLengths{0x7fffffff, 0xffffffff, 0x10000, 0x00ffffff};
  if (message.size() >= 4) {
    StoreBig32(&message[random.Below(message.size() - 3)], kLengths[random.Below(kLengths.size())]);
  }
}

}  // namespace

MalformedInputs::MalformedInputs(ThriftProtocol protocol, std::vector<std::string> messages)
    : messages_(std::move(messages)) {
  for (const std::string& bytes : messages_) {
    const auto message = ParseThriftMessage(protocol, bytes);
    if (!message) {
      throw std::runtime_error("a seed message is not a whole Thrift message");
    }
    for (const ThriftMessage& variant : WithEachFieldLeftOut(*message)) {
      left_out_.push_back(WriteThriftMessage(protocol, variant));
    }
  }
}

MalformedInputs MalformedInputs::FromTestdata(ThriftProtocol protocol,
                                              const std::string& testdata) {
  const std::string folder = testdata + "/golden/inputs/";
  const std::vector<std::string> names =
      protocol == ThriftProtocol::kCompact
          ? std::vector<std::string>{"thrift-flags", "client-python-jaeger-client",
                                     "client-python-otel-jaeger-udp",
                                     "client-ruby-jaeger-client-udp"}
          : std::vector<std::string>{"thrift-odd", "client-node-jaeger-client-udp",
                                     "client-node-otel-jaeger"};
  std::vector<std::string> messages;
  for (const std::string& name : names) {
    messages.push_back(ReadFile(folder + name + ".bin"));
  }
  return {protocol, std::move(messages)};
}

std::string MalformedInputs::At(std::uint64_t n) const {
  if (n < left_out_.size()) {
    return left_out_[n];
  }
  Random random(n);
  std::string message = messages_[random.Below(messages_.size())];
  switch (n % 8) {
    case 0:
      message.resize(random.Below(message.size()));
      break;
    case 1:
    case 2:
      ChangeBytes(message, random);
      break;
    case 3:
      message.resize(random.Below(512));
      std::generate(message.begin(), message.end(),
                    [&random] { return static_cast<char>(random.Next()); });
      break;
    case 4:
      PlantHugeLength(message, random);
      break;
    case 5: {
      const std::string& other = messages_[random.Below(messages_.size())];
      message.resize(random.Below(message.size()));
      message += other.substr(random.Below(other.size()));
      break;
    }
    case 6:
      message.clear();
      break;
    default:
      ChangeBytes(message, random);
      if (n % 1024 == 7) {  // oversized ones are costly to send: one in 1,024
        message.resize(kLargestDatagram - random.Below(1024), static_cast<char>(random.Next()));
      }
      break;
  }
  return message;
}

}  // namespace pugmark::testing
