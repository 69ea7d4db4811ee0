#include "storage/api/filter_field.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "common/base/hex.h"
#include "common/base/time.h"

namespace pugmark {
namespace {

enum class FieldForm : std::uint8_t { kText, kTraceId, kSpanId, kKind, kStatus, kNanoseconds };

struct FieldEntry {
  FilterField field;
  FilterLevel level;
  std::string_view name;
  FieldForm form;
};

// In the order of FilterField.
constexpr std::array kFields{
    FieldEntry{FilterField::kSpanTraceId, FilterLevel::kSpan, "traceID", FieldForm::kTraceId},
    FieldEntry{FilterField::kSpanId, FilterLevel::kSpan, "spanID", FieldForm::kSpanId},
    FieldEntry{FilterField::kSpanParentId, FilterLevel::kSpan, "parentSpanID", FieldForm::kSpanId},
    FieldEntry{FilterField::kSpanTraceState, FilterLevel::kSpan, "traceState", FieldForm::kText},
    FieldEntry{FilterField::kSpanName, FilterLevel::kSpan, "name", FieldForm::kText},
    FieldEntry{FilterField::kSpanKind, FilterLevel::kSpan, "kind", FieldForm::kKind},
    FieldEntry{FilterField::kSpanStart, FilterLevel::kSpan, "startTime", FieldForm::kNanoseconds},
    FieldEntry{FilterField::kSpanEnd, FilterLevel::kSpan, "endTime", FieldForm::kNanoseconds},
    FieldEntry{FilterField::kSpanDuration, FilterLevel::kSpan, "duration", FieldForm::kNanoseconds},
    FieldEntry{FilterField::kSpanStatus, FilterLevel::kSpan, "status", FieldForm::kStatus},
    FieldEntry{FilterField::kSpanStatusMessage, FilterLevel::kSpan, "statusMessage",
               FieldForm::kText},
    FieldEntry{FilterField::kResourceService, FilterLevel::kResource, "service", FieldForm::kText},
    FieldEntry{FilterField::kResourceSchemaUrl, FilterLevel::kResource, "schemaURL",
               FieldForm::kText},
    FieldEntry{FilterField::kScopeName, FilterLevel::kScope, "name", FieldForm::kText},
    FieldEntry{FilterField::kScopeVersion, FilterLevel::kScope, "version", FieldForm::kText},
    FieldEntry{FilterField::kScopeSchemaUrl, FilterLevel::kScope, "schemaURL", FieldForm::kText},
    FieldEntry{FilterField::kEventName, FilterLevel::kEvent, "name", FieldForm::kText},
    FieldEntry{FilterField::kEventTime, FilterLevel::kEvent, "time", FieldForm::kNanoseconds},
    FieldEntry{FilterField::kEventTimeSinceStart, FilterLevel::kEvent, "timeSinceStart",
               FieldForm::kNanoseconds},
    FieldEntry{FilterField::kLinkTraceId, FilterLevel::kLink, "traceID", FieldForm::kTraceId},
    FieldEntry{FilterField::kLinkSpanId, FilterLevel::kLink, "spanID", FieldForm::kSpanId},
    FieldEntry{FilterField::kLinkTraceState, FilterLevel::kLink, "traceState", FieldForm::kText},
};

constexpr std::string_view kUnspecifiedKind = "unspecified";
constexpr std::array<std::string_view, 3> kStatusWords{"unset", "ok", "error"};

const FieldEntry& EntryOf(FilterField field) { return kFields[static_cast<std::size_t>(field)]; }

std::string ToLower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

Error UnfitLiteral(const FieldEntry& entry, std::string_view wanted) {
  return InvalidArgument("field " + std::string(entry.name) + ": want " + std::string(wanted));
}

Result<FilterValue> NormalizeId(const FieldEntry& entry, const std::string& text) {
  const std::size_t digits = entry.form == FieldForm::kTraceId ? 32 : 16;
  const bool is_hex =
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
  if (text.empty() || text.size() > digits || !is_hex) {
    return UnfitLiteral(entry, "1 to " + std::to_string(digits) + " hexadecimal digits, got '" +
                                   text.substr(0, 40) + "'");
  }
  return FilterValue(std::string(digits - text.size(), '0') + ToLower(text));
}

bool IsKindWord(std::string_view word) {
  return word == kUnspecifiedKind || SpanKindFromName(word) != SpanKind::kUnspecified;
}

bool IsStatusWord(std::string_view word) {
  return std::find(kStatusWords.begin(), kStatusWords.end(), word) != kStatusWords.end();
}

bool IsOrder(FilterOp op) {
  return op == FilterOp::kGt || op == FilterOp::kLt || op == FilterOp::kGte || op == FilterOp::kLte;
}

Result<FilterValue> NormalizeWord(const FieldEntry& entry, FilterOp op, const std::string& text) {
  if (IsOrder(op)) {
    return UnfitLiteral(entry, "an operator other than an order: its values have none");
  }
  std::string word = ToLower(text);
  const bool known = entry.form == FieldForm::kKind ? IsKindWord(word) : IsStatusWord(word);
  if (!known) {
    return UnfitLiteral(entry, entry.form == FieldForm::kKind
                                   ? "unspecified, internal, server, client, producer or consumer"
                                   : "unset, ok or error");
  }
  return FilterValue(std::move(word));
}

Value TextOrNone(std::string_view text) { return text.empty() ? Value() : Value::String(text); }

Value IdValue(SpanId id, IdText& buffer) {
  WriteHex16(id, buffer.data());
  return Value::String({buffer.data(), 16});
}

Value IdValue(TraceId id, IdText& buffer) {
  WriteHex16(id.high, buffer.data());
  WriteHex16(id.low, buffer.data() + 16);
  return Value::String({buffer.data(), 32});
}

Value TimeValue(UnixTime time) { return Value::Int(time.time_since_epoch().count()); }

Value KindValue(SpanKind kind) {
  const std::string_view name = SpanKindName(kind);
  return Value::String(name.empty() ? kUnspecifiedKind : name);
}

Value StatusValue(StatusCode status) {
  const auto index = static_cast<std::size_t>(status);
  return Value::String(index < kStatusWords.size() ? kStatusWords[index] : kStatusWords.front());
}

Value ScopeText(const Span& span, std::string_view Scope::*field) {
  return span.scope == nullptr ? Value() : TextOrNone(span.scope->*field);
}

Value ResourceText(const Span& span, std::string_view Resource::*field) {
  return span.resource == nullptr ? Value() : TextOrNone(span.resource->*field);
}

}  // namespace

Result<FilterField> FindFilterField(FilterLevel level, std::string_view name) {
  const FilterLevel wanted = level == FilterLevel::kAny ? FilterLevel::kSpan : level;
  const auto found = std::find_if(kFields.begin(), kFields.end(), [&](const FieldEntry& entry) {
    return entry.level == wanted && entry.name == name;
  });
  if (found == kFields.end()) {
    return InvalidArgument("filter: unknown field '" + std::string(name.substr(0, 80)) + "'");
  }
  return found->field;
}

Result<FilterValue> NormalizeFieldLiteral(FilterField field, FilterOp op,
                                          const FilterValue& literal) {
  const FieldEntry& entry = EntryOf(field);
  const auto* const text = std::get_if<std::string>(&literal);
  if (entry.form == FieldForm::kNanoseconds) {
    const bool is_number =
        std::holds_alternative<std::int64_t>(literal) || std::holds_alternative<double>(literal);
    return is_number ? Result<FilterValue>(literal)
                     : UnfitLiteral(entry, "a number of nanoseconds");
  }
  if (text == nullptr) {
    return UnfitLiteral(entry, "a text");
  }
  switch (entry.form) {
    case FieldForm::kTraceId:
    case FieldForm::kSpanId:
      return NormalizeId(entry, *text);
    case FieldForm::kKind:
    case FieldForm::kStatus:
      return NormalizeWord(entry, op, *text);
    default:
      return literal;
  }
}

Value SpanFieldValue(FilterField field, const Span& span, IdText& buffer) {
  switch (field) {
    case FilterField::kSpanTraceId:
      return IdValue(span.trace_id, buffer);
    case FilterField::kSpanId:
      return IdValue(span.span_id, buffer);
    case FilterField::kSpanParentId:
      return span.parent_span_id == 0 ? Value() : IdValue(span.parent_span_id, buffer);
    case FilterField::kSpanTraceState:
      return TextOrNone(span.trace_state);
    case FilterField::kSpanName:
      return Value::String(span.name);
    case FilterField::kSpanKind:
      return KindValue(span.kind);
    case FilterField::kSpanStart:
      return TimeValue(span.start_time);
    case FilterField::kSpanEnd:
      return TimeValue(AddSaturating(span.start_time, span.duration));
    case FilterField::kSpanDuration:
      return Value::Int(span.duration.count());
    case FilterField::kSpanStatus:
      return StatusValue(span.status);
    case FilterField::kSpanStatusMessage:
      return TextOrNone(span.status_message);
    case FilterField::kResourceService:
      return ResourceText(span, &Resource::service_name);
    case FilterField::kResourceSchemaUrl:
      return ResourceText(span, &Resource::schema_url);
    case FilterField::kScopeName:
      return ScopeText(span, &Scope::name);
    case FilterField::kScopeVersion:
      return ScopeText(span, &Scope::version);
    case FilterField::kScopeSchemaUrl:
      return ScopeText(span, &Scope::schema_url);
    default:
      return {};
  }
}

Value EventFieldValue(FilterField field, const Span& span, const Event& event) {
  switch (field) {
    case FilterField::kEventName:
      return Value::String(event.name);
    case FilterField::kEventTime:
      return TimeValue(event.time);
    case FilterField::kEventTimeSinceStart: {
      std::int64_t since = 0;
      if (__builtin_sub_overflow(event.time.time_since_epoch().count(),
                                 span.start_time.time_since_epoch().count(), &since)) {
        since =
            event.time < span.start_time ? Nanoseconds::min().count() : Nanoseconds::max().count();
      }
      return Value::Int(since);
    }
    default:
      return {};
  }
}

Value LinkFieldValue(FilterField field, const Link& link, IdText& buffer) {
  switch (field) {
    case FilterField::kLinkTraceId:
      return IdValue(link.trace_id, buffer);
    case FilterField::kLinkSpanId:
      return IdValue(link.span_id, buffer);
    case FilterField::kLinkTraceState:
      return TextOrNone(link.trace_state);
    default:
      return {};
  }
}

}  // namespace pugmark
