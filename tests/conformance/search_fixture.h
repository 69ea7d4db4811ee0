// A handful of traces that a table of queries is asked about, and short ways to write filters.
#pragma once

#include <string>
#include <vector>

#include "storage/api/filter.h"
#include "tests/support/span_builder.h"

namespace pugmark::testing {

// The traces' ids; each is described where SearchFixture makes it.
inline constexpr TraceId kCheckout{0, 1};
inline constexpr TraceId kPayment{1, 2};
inline constexpr TraceId kSplit{0, 3};
inline constexpr TraceId kThrift{0, 4};
inline constexpr TraceId kTypes{0, 5};
inline constexpr TraceId kEvents{0, 6};

// When the traces' spans start: from the oldest to the newest, a second apart.
UnixTime At(int second, Nanoseconds beyond = Nanoseconds(0));

std::vector<TestSpan> SearchFixture();

FilterNode And(std::vector<FilterNode> children);
FilterNode Or(std::vector<FilterNode> children);
FilterNode Not(FilterNode child);
FilterNode Some(FilterLevel level, std::vector<FilterNode> children);
// A comparison of an attribute, by type.
FilterNode Attr(FilterOp op, FilterLevel level, std::string key, std::vector<FilterValue> values);
// A comparison of an intrinsic field.
FilterNode Field(FilterOp op, FilterLevel level, std::string name, std::vector<FilterValue> values);
inline FilterNode Tag(std::string key, std::string text) {
  return JaegerTagEquals(std::move(key), std::move(text));
}

}  // namespace pugmark::testing
