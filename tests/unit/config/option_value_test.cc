#include "common/config/option_value.h"

#include <catch2/catch.hpp>
#include <limits>
#include <optional>

using namespace pugmark;
using namespace std::chrono_literals;

namespace {

// Sets a variable that begins with `start`; nothing on an error, and then it kept its value.
template <typename T>
std::optional<T> Set(T start, const std::vector<std::string>& values) {
  T value = start;
  if (SetOption(&value, values).ok()) {
    return value;
  }
  CHECK(value == start);
  return std::nullopt;
}

}  // namespace

TEST_CASE("option values: integers", "[config]") {
  CHECK(Set(1, {"17"}) == 17);
  CHECK(Set(1, {"+17"}) == 17);
  CHECK(Set(1, {"-17"}) == -17);
  CHECK(Set(1, {"2147483647"}) == 2147483647);
  CHECK(Set(std::int64_t{1}, {"-9223372036854775808"}) == std::numeric_limits<std::int64_t>::min());
  CHECK(Set(std::size_t{1}, {"18446744073709551615"}) == std::numeric_limits<std::size_t>::max());
  CHECK(Set(1, {"1", "2"}) == 2);  // a repeated flag: the last one
  for (const std::string bad :
       {"", " ", "many", "1.5", "1e3", "0x10", "17 ", " 17", "+-17", "--1", "2147483648", "1,2"}) {
    CAPTURE(bad);
    CHECK(Set(1, {bad}) == std::nullopt);
  }
  CHECK(Set(std::size_t{1}, {"-1"}) == std::nullopt);
  CHECK(Set(std::size_t{1}, {"18446744073709551616"}) == std::nullopt);
  CHECK(Set(std::int64_t{1}, {"9223372036854775808"}) == std::nullopt);
}

TEST_CASE("option values: numbers and booleans", "[config]") {
  CHECK(Set(1.0, {"0.001"}) == 0.001);
  CHECK(Set(1.0, {"-1e-3"}) == -0.001);
  for (const std::string bad : {"", "a", "NaN", "inf", "1.0.0", "1e999"}) {
    CAPTURE(bad);
    CHECK(Set(1.0, {bad}) == std::nullopt);
  }
  for (const std::string yes : {"true", "TRUE", "True", "t", "T", "1"}) {
    CAPTURE(yes);
    CHECK(Set(false, {yes}) == true);
  }
  for (const std::string no : {"false", "FALSE", "False", "f", "F", "0"}) {
    CAPTURE(no);
    CHECK(Set(true, {no}) == false);
  }
  for (const std::string bad : {"", "yes", "no", "on", "tRue", "2"}) {
    CAPTURE(bad);
    CHECK(Set(false, {bad}) == std::nullopt);
  }
}

TEST_CASE("option values: durations", "[config]") {
  CHECK(Set(Nanoseconds(1), {"72h"}) == Nanoseconds(72h));
  CHECK(Set(Nanoseconds(1), {"1m30s"}) == Nanoseconds(90s));
  CHECK(Set(Nanoseconds(1), {"0"}) == Nanoseconds(0));
  for (const std::string bad : {"", "72", "1d", "h", "1 h", "99999999h"}) {
    CAPTURE(bad);
    CHECK(Set(Nanoseconds(1), {bad}) == std::nullopt);
  }
}

TEST_CASE("option values: addresses", "[config]") {
  const HostPort start{"start", 1};
  CHECK(Set(start, {"14268"}) == HostPort{"", 14268});
  CHECK(Set(start, {":14268"}) == HostPort{"", 14268});
  CHECK(Set(start, {"localhost:0"}) == HostPort{"localhost", 0});
  CHECK(Set(start, {"[::1]:9"}) == HostPort{"::1", 9});
  for (const std::string bad : {"host", "host:99999", "::1:9", "tcp://10.0.0.1:80", "host:-1"}) {
    CAPTURE(bad);
    CHECK(Set(start, {bad}) == std::nullopt);
  }
}

TEST_CASE("option values: lists", "[config]") {
  using List = std::vector<std::string>;
  CHECK(Set(List{"old"}, {"a,b", "c"}) == List{"a", "b", "c"});
  CHECK(Set(List{"old"}, {" a , b,"}) == List{"a", "b"});
  CHECK(Set(List{"old"}, {""}) == List{});
  List headers{"old"};
  REQUIRE(SetOption(RepeatableTarget{&headers}, {"Allow: GET, POST", "X: y"}).ok());
  CHECK(headers == List{"Allow: GET, POST", "X: y"});
}

TEST_CASE("option values: an error says what was wanted and not what was given", "[config]") {
  int count = 1;
  const auto status = SetOption(&count, {"hunter2"});
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().message == "want an integer from -2147483648 to 2147483647");
}

TEST_CASE("option values: shown as they would be given", "[config]") {
  std::string text = "a b";
  bool flag = true;
  int count = -3;
  double rate = 0.001;
  Nanoseconds ttl = 72h;
  HostPort address{"::1", 14268};
  HostPort none;
  std::vector<std::string> list = {"a", "b"};
  CHECK(FormatOption(&text) == "a b");
  CHECK(FormatOption(&flag) == "true");
  CHECK(FormatOption(&count) == "-3");
  CHECK(FormatOption(&rate) == "0.001");
  CHECK(FormatOption(&ttl) == "72h0m0s");
  CHECK(FormatOption(&address) == "[::1]:14268");
  CHECK(FormatOption(&none).empty());
  CHECK(FormatOption(&list) == "a,b");
  CHECK(FormatOption(RepeatableTarget{&list}) == "a,b");
}
