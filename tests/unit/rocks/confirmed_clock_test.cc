#include "storage/rocks/confirmed_clock.h"

#include <catch2/catch.hpp>

namespace pugmark::rocks {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr UnixTime kStart{std::chrono::seconds(1'700'000'000)};

TEST_CASE("confirmed clock: it goes with a wall clock that runs as time does", "[rocks][clock]") {
  const auto steady = ConfirmedClock::Steady::now();
  ConfirmedClock clock(kStart, steady, minutes(10));
  for (int hour = 1; hour <= 100; ++hour) {
    CHECK(clock.Confirm(kStart + hours(hour), steady + hours(hour)) == kStart + hours(hour));
  }
  // Small steps in either direction are those of a clock that is being set.
  CHECK(clock.Confirm(kStart + hours(101), steady + hours(100)) == kStart + hours(101));
  CHECK(clock.Confirm(kStart + hours(50), steady + hours(100)) == kStart + hours(50));
}

TEST_CASE("confirmed clock: a jump ahead counts once it has lasted", "[rocks][clock]") {
  const auto steady = ConfirmedClock::Steady::now();
  ConfirmedClock clock(kStart, steady, minutes(10));
  CHECK(clock.Confirm(kStart + hours(500), steady) == kStart);
  CHECK(clock.Confirm(kStart + hours(500), steady + minutes(9)) == kStart + minutes(9));
  SECTION("it lasts") {
    CHECK(clock.Confirm(kStart + hours(500), steady + minutes(10)) == kStart + hours(500));
    CHECK(clock.Confirm(kStart + hours(501), steady + minutes(20)) == kStart + hours(501));
  }
  SECTION("it is taken back, and comes again") {
    CHECK(clock.Confirm(kStart + minutes(10), steady + minutes(10)) == kStart + minutes(10));
    CHECK(clock.Confirm(kStart + hours(500), steady + minutes(11)) == kStart + minutes(11));
    CHECK(clock.Confirm(kStart + hours(500), steady + minutes(20)) == kStart + minutes(20));
    CHECK(clock.Confirm(kStart + hours(500), steady + minutes(21)) == kStart + hours(500));
  }
}

}  // namespace
}  // namespace pugmark::rocks
