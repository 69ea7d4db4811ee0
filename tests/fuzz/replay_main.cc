// Runs a fuzz target over files and folders without libFuzzer: each file as it is, cut off at every
// length (of short files), and with changes. Repeatable; what an ordinary test run does with the
// corpus.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/mutation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kLongestToCutEverywhere = 2048;
constexpr std::size_t kMutationsPerFile = 1000;

// The bytes stand at the end of a heap block of their own, so that sanitizers see a read behind
// them.
void Run(const std::string& bytes) {
  const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

void AddFile(const std::filesystem::path& path, std::vector<std::string>& inputs) {
  std::ifstream file(path, std::ios::binary);
  inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> inputs;
  for (int i = 1; i < argc; ++i) {
    const std::filesystem::path path = argv[i];
    if (!std::filesystem::is_directory(path)) {
      AddFile(path, inputs);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      if (entry.is_regular_file()) {
        AddFile(entry.path(), inputs);
      }
    }
  }
  std::sort(inputs.begin(), inputs.end());
  std::size_t runs = 0;
  for (const std::string& input : inputs) {
    Run(input);
    const std::size_t cuts = input.size() <= kLongestToCutEverywhere ? input.size() : 0;
    for (std::size_t cut = 0; cut < cuts; ++cut) {
      Run(input.substr(0, cut));
    }
    runs += 1 + cuts;
  }
  pugmark::testing::Random random(1);
  const std::size_t mutations = kMutationsPerFile * inputs.size();
  for (std::size_t i = 0; i < mutations; ++i) {
    Run(pugmark::testing::Mutate(inputs, random));
  }
  std::printf("%zu files, %zu runs\n", inputs.size(), runs + mutations);
  return inputs.empty() ? 1 : 0;
}
