// The intrinsic fields that a structured filter can name (reference 3.11), and their values.
//
// Every field is shown as a text or as an integer: ids as lower-case hexadecimal of full length (32
// or 16 digits), kind and status as the lower-case words of OpenTelemetry ("unspecified" and
// "unset" among them), times and durations as nanoseconds.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "common/base/result.h"
#include "common/model/span.h"
#include "storage/api/filter.h"

namespace pugmark {

enum class FilterField : std::uint8_t {
  kSpanTraceId,
  kSpanId,
  kSpanParentId,
  kSpanTraceState,
  kSpanName,
  kSpanKind,
  kSpanStart,
  kSpanEnd,
  kSpanDuration,
  kSpanStatus,
  kSpanStatusMessage,
  kResourceService,
  kResourceSchemaUrl,
  kScopeName,
  kScopeVersion,
  kScopeSchemaUrl,
  kEventName,
  kEventTime,
  kEventTimeSinceStart,
  kLinkTraceId,
  kLinkSpanId,
  kLinkTraceState,
};

// Fields of kAny are the span's. kInvalidArgument for a name that the level does not have.
Result<FilterField> FindFilterField(FilterLevel level, std::string_view name);

// A literal in the form that the field's values have: ids padded, words in lower case. Errors:
// kInvalidArgument for a literal that no value of the field can equal, and for an order among kinds
// or statuses.
Result<FilterValue> NormalizeFieldLiteral(FilterField field, FilterOp op,
                                          const FilterValue& literal);

// Room for the text of an id.
using IdText = std::array<char, 32>;

// The value of a field of the span, its resource or its scope; kEmpty where it has none. `buffer`
// outlives the value.
[[nodiscard]] Value SpanFieldValue(FilterField field, const Span& span, IdText& buffer);
[[nodiscard]] Value EventFieldValue(FilterField field, const Span& span, const Event& event);
[[nodiscard]] Value LinkFieldValue(FilterField field, const Link& link, IdText& buffer);

}  // namespace pugmark
