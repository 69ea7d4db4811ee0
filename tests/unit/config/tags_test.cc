#include "common/config/tags.h"

#include <catch2/catch.hpp>

using namespace pugmark;

namespace {

using Tags = std::vector<std::pair<std::string, std::string>>;
const std::map<std::string, std::string> kEnvironment = {{"NODE", "n1"}, {"EMPTY", ""}};

}  // namespace

TEST_CASE("tags: pairs and variables", "[config]") {
  const auto [text, expected] = GENERATE(table<std::string, Tags>({
      {"", {}},
      {"a=b", {{"a", "b"}}},
      {" a = b , c=d ", {{"a", "b"}, {"c", "d"}}},
      {"a=", {{"a", ""}}},
      {"a=b=c", {{"a", "b=c"}}},
      {"a=b,a=c", {{"a", "c"}}},
      {"node=${NODE}", {{"node", "n1"}}},
      {"node=${NODE:other}", {{"node", "n1"}}},
      {"x=${UNSET},y=1", {{"y", "1"}}},
      {"x=${UNSET:dflt}", {{"x", "dflt"}}},
      {"x=${UNSET:}", {{"x", ""}}},
      {"x=${UNSET:a:b}", {{"x", "a:b"}}},
      {"x=${EMPTY}", {}},
      {"x=${EMPTY:d}", {{"x", "d"}}},
      {"x=$NODE", {{"x", "$NODE"}}},
      {"x=a${NODE}", {{"x", "a${NODE}"}}},
      {"x=${NODE", {{"x", "${NODE"}}},
      {"x=${", {{"x", "${"}}},
      {"x=${}", {}},
      {"=b", {{"", "b"}}},
  }));
  CAPTURE(text);
  const auto tags = ParseTags(text, kEnvironment);
  REQUIRE(tags.ok());
  CHECK(*tags == expected);
}

TEST_CASE("tags: a pair without an equals sign is an error", "[config]") {
  const std::string text = GENERATE("a", "a=b,c", "a=b,", ",a=b", "a=b,,c=d", " ");
  CAPTURE(text);
  const auto tags = ParseTags(text, kEnvironment);
  REQUIRE_FALSE(tags.ok());
  CHECK(tags.error().code == ErrorCode::kInvalidArgument);
  CHECK_THAT(tags.error().message, Catch::StartsWith("invalid Jaeger tag pair"));
}
