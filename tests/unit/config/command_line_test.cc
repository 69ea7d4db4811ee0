#include "common/config/command_line.h"

#include <catch2/catch.hpp>

using namespace pugmark;

namespace {

using Flags = std::vector<std::pair<std::string, std::string>>;

const std::vector<std::string_view> kKnown = {"collector.queue-size", "agent.tags", "verbose"};

FlagKind KindOf(std::string_view name) {
  if (name == "verbose") {
    return FlagKind::kBoolean;
  }
  return name == "collector.queue-size" || name == "agent.tags" ? FlagKind::kWithValue
                                                                : FlagKind::kUnknown;
}

auto Parse(const std::vector<std::string>& arguments) {
  return ParseCommandLine(arguments, KindOf, kKnown);
}

}  // namespace

TEST_CASE("command line: ways to give a value", "[config]") {
  auto [arguments, expected] = GENERATE(table<std::vector<std::string>, Flags>({
      {{}, {}},
      {{"--"}, {}},
      {{"--collector.queue-size=3"}, {{"collector.queue-size", "3"}}},
      {{"--collector.queue-size", "3"}, {{"collector.queue-size", "3"}}},
      {{"--collector.queue-size", "-3"}, {{"collector.queue-size", "-3"}}},
      {{"--agent.tags=a=b,c=d"}, {{"agent.tags", "a=b,c=d"}}},
      // An empty value is a value; the next word is a flag of its own.
      {{"--agent.tags=", "--verbose"}, {{"agent.tags", ""}, {"verbose", "true"}}},
      {{"--agent.tags", ""}, {{"agent.tags", ""}}},
      {{"--verbose"}, {{"verbose", "true"}}},
      {{"--verbose=false"}, {{"verbose", "false"}}},
      {{"--verbose="}, {{"verbose", ""}}},
      {{"--agent.tags", "--verbose"}, {{"agent.tags", "--verbose"}}},
      {{"--agent.tags=a=1", "--agent.tags=b=2"}, {{"agent.tags", "a=1"}, {"agent.tags", "b=2"}}},
  }));
  CAPTURE(arguments);
  const auto flags = Parse(arguments);
  REQUIRE(flags.ok());
  CHECK(*flags == expected);
}

TEST_CASE("command line: words that are no flags are usage errors", "[config]") {
  auto [arguments, message] = GENERATE(table<std::vector<std::string>, std::string>({
      {{"--collector.queue-sise=3"},
       "unknown flag --collector.queue-sise (did you mean --collector.queue-size?)"},
      {{"--Verbose"}, "unknown flag --Verbose (did you mean --verbose?)"},
      {{"--collector.queue-size"}, "flag --collector.queue-size needs a value"},
      {{"serve"}, "unexpected argument \"serve\""},
      {{"--verbose", "false"},
       "unexpected argument \"false\" (a boolean is given as --flag=false)"},
      {{"-verbose"}, "unexpected argument \"-verbose\" (flags begin with two dashes)"},
      {{"-"}, "unexpected argument \"-\""},
      {{""}, "unexpected argument \"\""},
      {{"--", "rest"}, "unexpected argument \"rest\""},
      {{"a\nb"}, "unexpected argument \"a\\nb\""},
  }));
  CAPTURE(arguments);
  const auto flags = Parse(arguments);
  REQUIRE_FALSE(flags.ok());
  CHECK(flags.error().code == ErrorCode::kNotFound);
  CHECK(flags.error().message == message);
}

TEST_CASE("command line: the nearest name", "[config]") {
  CHECK(NearestName("agenttags", kKnown) == "agent.tags");
  CHECK(NearestName("verbos", kKnown) == "verbose");
  CHECK(NearestName("", kKnown) == "verbose");
  CHECK(NearestName("x", {}).empty());
  CHECK_FALSE(NearestName(std::string(100'000, 'x'), kKnown).empty());
}
