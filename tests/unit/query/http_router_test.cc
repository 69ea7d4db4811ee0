#include "query/api/http_router.h"

#include <catch2/catch.hpp>
#include <string>

namespace pugmark {
namespace {

HttpRouter MakeRouter() {
  HttpRouter router;
  for (const auto& [method, pattern] :
       {std::pair("GET", "/"), std::pair("GET", "/api/traces"),
        std::pair("GET", "/api/traces/{id}"), std::pair("POST", "/api/traces/{id}"),
        std::pair("GET", "/api/services/{s}/operations"), std::pair("POST", "/api/transform")}) {
    router.Add({method, pattern, RunOn::kIo, [](ApiCall&&) {}});
  }
  return router;
}

}  // namespace

TEST_CASE("router: finds routes and captures parts as sent", "[query]") {
  const HttpRouter router = MakeRouter();
  const auto [method, path, pattern, captured] =
      GENERATE(table<std::string, std::string, std::string, std::string>({
          {"GET", "/", "/", ""},
          {"GET", "/api/traces", "/api/traces", ""},
          {"HEAD", "/api/traces", "/api/traces", ""},
          {"GET", "/api/traces/1f", "/api/traces/{id}", "1f"},
          {"POST", "/api/traces/1f", "/api/traces/{id}", "1f"},
          {"GET", "/api/services/a%2Fb/operations", "/api/services/{s}/operations", "a%2Fb"},
      }));
  CAPTURE(method, path);
  const auto match = router.Find(method, path);
  REQUIRE(match.route != nullptr);
  CHECK(match.route->pattern == pattern);
  CHECK((match.captured.empty() ? "" : match.captured[0]) == captured);
}

TEST_CASE("router: paths and methods that there are not", "[query]") {
  const HttpRouter router = MakeRouter();
  const auto [method, path, allowed] = GENERATE(table<std::string, std::string, std::string>({
      {"GET", "", ""},
      {"GET", "//", ""},
      {"GET", "/api", ""},
      {"GET", "/api/", ""},
      {"GET", "/api/traces/", ""},
      {"GET", "/api//traces", ""},
      {"GET", "/api/traces/1f/x", ""},
      {"GET", "/api/services//operations", ""},
      {"GET", "/API/traces", ""},
      {"DELETE", "/api/traces", "GET"},
      {"PUT", "/api/traces/1f", "GET, POST"},
      {"HEAD", "/api/transform", "POST"},
  }));
  CAPTURE(method, path);
  const auto match = router.Find(method, path);
  CHECK(match.route == nullptr);
  CHECK(match.allowed == allowed);
}

}  // namespace pugmark
