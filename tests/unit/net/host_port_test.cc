#include "common/net/host_port.h"

#include <catch2/catch.hpp>

namespace pugmark {

TEST_CASE("host and port: every spelling of Jaeger's flags", "[net]") {
  const auto [text, host, port] = GENERATE(table<std::string, std::string, int>({
      {":4317", "", 4317},
      {"4317", "", 4317},
      {"collector:14250", "collector", 14250},
      {"127.0.0.1:0", "127.0.0.1", 0},
      {"[::1]:9411", "::1", 9411},
      {"", "", 0},
  }));
  CAPTURE(text);
  const auto parsed = HostPort::Parse(text);
  REQUIRE(parsed.ok());
  CHECK(parsed->host == host);
  CHECK(parsed->port == port);
}

TEST_CASE("host and port: errors say what was wanted and found", "[net]") {
  const auto [text, words] = GENERATE(table<std::string, std::string>({
      {"host", "\"host\""},
      {"host:99999", "0 to 65535"},
      {"host:-1", "0 to 65535"},
      {"::1:80", "host:port"},
      {"tcp://10.0.0.1:9411", "Kubernetes service link"},
  }));
  CAPTURE(text);
  const auto parsed = HostPort::Parse(text);
  REQUIRE_FALSE(parsed.ok());
  CHECK_THAT(parsed.error().message, Catch::Contains(words));
}

TEST_CASE("host and port: text", "[net]") {
  CHECK(HostPort{"", 80}.ToString() == ":80");
  CHECK(HostPort{"::1", 80}.ToString() == "[::1]:80");
}

}  // namespace pugmark
