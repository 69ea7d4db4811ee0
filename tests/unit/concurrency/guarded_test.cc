#include "common/concurrency/guarded.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <thread>
#include <vector>

using namespace pugmark;

TEST_CASE("guarded: gives what the function gives", "[concurrency]") {
  Guarded<std::string> name("abc");
  CHECK(name.With([](const auto& text) { return text.size(); }) == 3);
  name.With([](auto& text) { text += "d"; });
  const auto& constant = name;
  CHECK(constant.With([](const std::string& text) { return text; }) == "abcd");
}

TEST_CASE("guarded: one at a time", "[concurrency]") {
  Guarded<std::map<int, int>> counts;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&counts] {
        for (int i = 0; i < 5000; ++i) {
          counts.With([i](auto& map) { ++map[i % 10]; });
        }
      });
    }
  }
  CHECK(counts.With([](const auto& map) { return map.at(3); }) == 2000);
}
