#include "tests/support/testdata.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace pugmark::testing {
namespace {

std::filesystem::path PathOf(const std::string& name) {
  return std::filesystem::path(PUGMARK_TESTDATA) / name;
}

}  // namespace

std::string ReadTestdata(const std::string& name) {
  std::ifstream file(PathOf(name), std::ios::binary);
  if (!file) {
    throw std::runtime_error("cannot read " + PathOf(name).string());
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> ListTestdata(const std::string& folder, const std::string& prefix) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(PathOf(folder))) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name.starts_with(prefix)) {
      names.push_back(folder + "/" + name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool MatchesGolden(const std::string& name, const std::string& actual) {
  const char* const update = std::getenv("UPDATE_GOLDEN");
  if (update != nullptr && std::string(update) == "1") {
    std::filesystem::create_directories(PathOf(name).parent_path());
    std::ofstream(PathOf(name), std::ios::binary) << actual;
    return true;
  }
  return std::filesystem::exists(PathOf(name)) && ReadTestdata(name) == actual;
}

}  // namespace pugmark::testing
