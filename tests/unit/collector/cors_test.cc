#include "collector/receiver/cors.h"

#include <catch2/catch.hpp>

namespace pugmark {
namespace {

std::string Find(const std::vector<HttpHeader>& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

HttpRequest Preflight(std::string origin, std::string method, std::string headers) {
  HttpRequest request;
  request.method = "OPTIONS";
  request.headers = {{"Origin", std::move(origin)},
                     {"Access-Control-Request-Method", std::move(method)},
                     {"Access-Control-Request-Headers", std::move(headers)}};
  return request;
}

TEST_CASE("cors: without origins nothing is answered", "[collector]") {
  const Cors cors({});
  CHECK_FALSE(cors.Preflight(Preflight("https://a", "POST", "")).has_value());
  HttpRequest request;
  request.headers = {{"Origin", "https://a"}};
  CHECK(cors.HeadersFor(request).empty());
}

TEST_CASE("cors: preflights", "[collector]") {
  const Cors cors({{"https://shop.example", "https://*.Test"}, {"X-Tenant"}});
  const auto [origin, method, headers, allowed] =
      GENERATE(table<std::string, std::string, std::string, bool>({
          {"https://shop.example", "POST", "content-type", true},
          {"HTTPS://SHOP.example", "POST", "", true},
          {"https://a.b.test", "POST", "Content-Type, x-tenant", true},
          {"https://.test", "POST", "", true},
          {"https://test", "POST", "", false},
          {"https://shop.example.evil", "POST", "", false},
          {"http://shop.example", "POST", "", false},
          {"", "POST", "", false},
          {"https://shop.example", "DELETE", "", false},
          {"https://shop.example", "POST", "authorization", false},
      }));
  CAPTURE(origin, method, headers);
  const auto answer = cors.Preflight(Preflight(origin, method, headers));
  REQUIRE(answer.has_value());
  CHECK(answer->status == 204);
  CHECK(Find(answer->headers, "Access-Control-Allow-Origin") == (allowed ? origin : ""));
  CHECK(Find(answer->headers, "Access-Control-Allow-Methods") == (allowed ? "POST" : ""));
  CHECK(Find(answer->headers, "Access-Control-Allow-Headers") == (allowed ? headers : ""));
  CHECK(Find(answer->headers, "Access-Control-Allow-Credentials") == (allowed ? "true" : ""));
  CHECK_FALSE(Find(answer->headers, "Vary").empty());
}

TEST_CASE("cors: everyone is allowed without credentials", "[collector]") {
  const Cors cors({{"*"}, {"*"}});
  const auto answer = cors.Preflight(Preflight("https://any", "POST", "anything, at-all"));
  REQUIRE(answer.has_value());
  CHECK(Find(answer->headers, "Access-Control-Allow-Origin") == "*");
  CHECK(Find(answer->headers, "Access-Control-Allow-Credentials").empty());
  CHECK(Find(answer->headers, "Access-Control-Allow-Headers") == "anything, at-all");
}

TEST_CASE("cors: answers to requests", "[collector]") {
  const Cors cors({{"https://shop.example"}, {}});
  HttpRequest request;
  request.method = "POST";
  CHECK(Find(cors.HeadersFor(request), "Access-Control-Allow-Origin").empty());
  CHECK(Find(cors.HeadersFor(request), "Vary") == "Origin");
  request.headers = {{"origin", "https://shop.example"}};
  CHECK(Find(cors.HeadersFor(request), "Access-Control-Allow-Origin") == "https://shop.example");
  request.headers = {{"origin", "https://evil.example"}};
  CHECK(Find(cors.HeadersFor(request), "Access-Control-Allow-Origin").empty());
  request.method = "OPTIONS";  // but no question of a browser
  CHECK_FALSE(cors.Preflight(request).has_value());
}

}  // namespace
}  // namespace pugmark
