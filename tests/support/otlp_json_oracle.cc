#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "common/base/hex.h"
#include "common/model/span_batch.h"
#include "proto/codec/otlp_shape.h"
#include "tests/support/json_oracle.h"
#include "tests/support/json_tree.h"
#include "tests/support/span_text.h"

namespace pugmark::testing {
namespace {

using Json = JsonTree;

std::string Snake(std::string_view camel) {
  std::string snake;
  for (const char c : camel) {
    if (c >= 'A' && c <= 'Z') {
      snake += '_';
      snake += static_cast<char>(c | 0x20);
    } else {
      snake += c;
    }
  }
  return snake;
}

// A member by its name or the name in snake_case; null where there is none.
const Json& Member(const Json& object, std::string_view name) {
  static const Json null;
  if (const auto found = object.find(std::string(name)); found != object.end()) {
    return *found;
  }
  const auto found = object.find(Snake(name));
  return found == object.end() ? null : *found;
}

const Json& Object(const Json& value) {
  static const Json empty = Json::object();
  if (value.is_null()) {
    return empty;
  }
  return value.is_object() ? value : throw Refused("no object");
}
const Json& Array(const Json& value) {
  static const Json empty = Json::array();
  if (value.is_null()) {
    return empty;
  }
  return value.is_array() ? value : throw Refused("no array");
}
std::string Text(const Json& value) {
  if (value.is_null()) {
    return "";
  }
  return value.is_string() ? value.get<std::string>() : throw Refused("no string");
}

template <typename Integer>
Integer ToInteger(const Json& value) {
  if (value.is_null()) {
    return 0;
  }
  const std::string text = value.is_string()           ? value.get<std::string>()
                           : value.is_number_integer() ? value.dump()
                                                       : throw Refused("no integer");
  Integer integer = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Refused("no integer of that size");
  }
  return integer;
}

double ToDouble(const Json& value) {
  if (value.is_null()) {
    return 0;
  }
  if (value.is_number()) {
    const double number = value.get<double>();
    return std::isfinite(number) ? number : throw Refused("number too large");
  }
  std::string text = Text(value);
  for (char& c : text) {
    c = static_cast<char>(c | 0x20);
  }
  const bool negative = !text.empty() && text[0] == ('-' | 0x20);
  const std::string_view name =
      std::string_view(text).substr(negative || (!text.empty() && text[0] == ('+' | 0x20)) ? 1 : 0);
  if (name == "nan") {
    return negative ? -std::numeric_limits<double>::quiet_NaN()
                    : std::numeric_limits<double>::quiet_NaN();
  }
  if (name == "inf" || name == "infinity") {
    return negative ? -std::numeric_limits<double>::infinity()
                    : std::numeric_limits<double>::infinity();
  }
  const std::string number = value.get<std::string>();
  double real = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), real);
  if (error == std::errc::invalid_argument || end != number.data() + number.size()) {
    throw Refused("no number");
  }
  if (error == std::errc::result_out_of_range) {
    real = std::strtod(number.c_str(), nullptr);
  }
  return std::isfinite(real) ? real : throw Refused("number too large");
}

std::string FromBase64(const std::string& given) {
  std::string text = given;
  while (!text.empty() && text.back() == '=') {
    text.pop_back();
  }
  constexpr std::string_view kStandard =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bits;
  for (char c : text) {
    c = c == '-' ? '+' : c == '_' ? '/' : c;
    const std::size_t value = kStandard.find(c);
    if (value == std::string_view::npos) {
      throw Refused("no base64");
    }
    for (int bit = 5; bit >= 0; --bit) {
      bits += static_cast<char>(value >> bit & 1);
    }
  }
  if (text.size() % 4 == 1) {
    throw Refused("no base64");
  }
  std::string bytes;
  for (std::size_t i = 0; i + 8 <= bits.size(); i += 8) {
    int byte = 0;
    for (std::size_t bit = 0; bit < 8; ++bit) {
      byte = byte << 1 | bits[i + bit];
    }
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

class Translator {
 public:
  explicit Translator(SpanBatch& batch) : batch_(batch) {}

  void Translate(const Json& document) {
    if (!document.is_object()) {
      throw Refused("no object");
    }
    for (const Json& resource_spans : Array(Member(document, "resourceSpans"))) {
      Resource resource = MakeResource(Object(Member(Object(resource_spans), "resource")));
      resource.schema_url = Keep(Text(Member(Object(resource_spans), "schemaUrl")));
      auto* const kept = New(resource);
      for (const Json& scope_spans : Array(Member(resource_spans, "scopeSpans"))) {
        Scope scope = MakeScope(Object(Member(Object(scope_spans), "scope")));
        scope.schema_url = Keep(Text(Member(Object(scope_spans), "schemaUrl")));
        AddSpans(Array(Member(Object(scope_spans), "spans")), kept, New(scope));
      }
    }
    batch_.SetContents(batch_.arena().Copy(std::span<const Span>(spans_)), {});
  }

 private:
  void AddSpans(const Json& spans, Resource* resource, const Scope* scope) {
    for (const Json& json : spans) {
      good_ids_ = true;
      Span span = MakeSpan(Object(json));
      span.resource = resource;
      span.scope = scope;
      if (good_ids_) {
        spans_.push_back(span);
      }
    }
  }

  template <typename T>
  T* New(const T& value) {
    T* const made = batch_.arena().Allocate<T>(1);
    *made = value;
    return made;
  }
  std::string_view Keep(const std::string& text) { return batch_.Intern(text); }

  std::span<Attribute> Attributes(const Json& list) {
    std::vector<Attribute> attributes;
    for (const Json& json : Array(list)) {
      const Json& object = Object(json);
      attributes.push_back({Keep(Text(Member(object, "key"))), MakeValue(Member(object, "value"))});
    }
    return batch_.arena().Copy(std::span<const Attribute>(attributes));
  }

  Value MakeValue(const Json& json) {
    Value value;
    for (const auto& [key, member] : Object(json).items()) {
      if (!member.is_null()) {
        ReadMember(key, member, value);
      }
    }
    return value;
  }

  void ReadMember(const std::string& key, const Json& member, Value& value) {
    const auto is = [&key](std::string_view name) { return key == name || key == Snake(name); };
    if (is("stringValue")) {
      value = Value::String(Keep(Text(member)));
    } else if (is("boolValue")) {
      value = Value::Bool(member.is_boolean() ? member.get<bool>() : throw Refused("no bool"));
    } else if (is("intValue")) {
      value = Value::Int(ToInteger<std::int64_t>(member));
    } else if (is("doubleValue")) {
      value = Value::Double(ToDouble(member));
    } else if (is("bytesValue")) {
      value = Value::Bytes(Keep(FromBase64(Text(member))));
    } else if (is("arrayValue")) {
      std::vector<Value> elements;
      for (const Json& element : Array(Member(Object(member), "values"))) {
        elements.push_back(MakeValue(element));
      }
      value = Value::Array(batch_.arena().Copy(std::span<const Value>(elements)));
    } else if (is("kvlistValue")) {
      value = Value::Map(Attributes(Member(Object(member), "values")));
    }
  }

  Resource MakeResource(const Json& json) {
    Resource resource;
    resource.dropped_attributes = ToInteger<std::uint32_t>(Member(json, "droppedAttributesCount"));
    std::vector<Attribute> others;
    for (const Attribute& attribute : Attributes(Member(json, "attributes"))) {
      if (attribute.key == "service.name" && attribute.value.type() == ValueType::kString &&
          !resource.has_service_name) {
        resource.service_name = attribute.value.text();
        resource.has_service_name = true;
      } else {
        others.push_back(attribute);
      }
    }
    resource.attributes = batch_.arena().Copy(std::span<const Attribute>(others));
    return resource;
  }

  Scope MakeScope(const Json& json) {
    Scope scope;
    scope.name = Keep(Text(Member(json, "name")));
    scope.version = Keep(Text(Member(json, "version")));
    scope.attributes = Attributes(Member(json, "attributes"));
    scope.dropped_attributes = ToInteger<std::uint32_t>(Member(json, "droppedAttributesCount"));
    return scope;
  }

  std::string IdText(const Json& json, std::size_t digits) {
    const std::string text = Text(json);
    if (text.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      throw Refused("id that is no hexadecimal text");
    }
    good_ids_ &= text.empty() || text.size() == digits;
    return text.size() == digits ? text : std::string(digits, '0');
  }
  TraceId MakeTraceId(const Json& json) {
    const std::string text = IdText(json, 32);
    TraceId id;
    ParseHex(std::string_view(text).substr(0, 16), id.high);
    ParseHex(std::string_view(text).substr(16), id.low);
    return id;
  }
  SpanId MakeSpanId(const Json& json) {
    SpanId id = 0;
    ParseHex(IdText(json, 16), id);
    return id;
  }

  template <std::size_t kCount>
  static std::uint32_t Enum(const Json& json, const std::array<const char*, kCount>& names) {
    if (!json.is_string()) {
      return static_cast<std::uint32_t>(ToInteger<std::int64_t>(json));
    }
    for (std::uint32_t i = 0; i < kCount; ++i) {
      if (json == names[i]) {
        return i;
      }
    }
    throw Refused("unknown name");
  }

  static std::int64_t Clamp(std::uint64_t value) {
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return static_cast<std::int64_t>(value > kMost ? kMost : value);
  }

  Span MakeSpan(const Json& json) {
    Span span;
    span.format = SourceFormat::kOtlp;
    span.trace_id = MakeTraceId(Member(json, "traceId"));
    span.span_id = MakeSpanId(Member(json, "spanId"));
    span.parent_span_id = MakeSpanId(Member(json, "parentSpanId"));
    span.trace_state = Keep(Text(Member(json, "traceState")));
    span.name = Keep(Text(Member(json, "name")));
    span.flags = ToInteger<std::uint32_t>(Member(json, "flags"));
    const std::uint32_t kind =
        Enum(Member(json, "kind"),
             std::array{"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER",
                        "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"});
    span.kind = kind <= 255 ? static_cast<SpanKind>(kind) : SpanKind::kUnspecified;
    const auto start = ToInteger<std::uint64_t>(Member(json, "startTimeUnixNano"));
    const auto end = ToInteger<std::uint64_t>(Member(json, "endTimeUnixNano"));
    span.start_time = UnixTime(Nanoseconds(Clamp(start)));
    span.duration = Nanoseconds(end >= start ? Clamp(end - start) : -Clamp(start - end));
    span.dropped_attributes = ToInteger<std::uint32_t>(Member(json, "droppedAttributesCount"));
    span.dropped_events = ToInteger<std::uint32_t>(Member(json, "droppedEventsCount"));
    span.dropped_links = ToInteger<std::uint32_t>(Member(json, "droppedLinksCount"));
    SetAttributes(span, Attributes(Member(json, "attributes")));
    SetStatus(span, Object(Member(json, "status")));
    SetEvents(span, Array(Member(json, "events")));
    SetLinks(span, Array(Member(json, "links")));
    return span;
  }

  void SetAttributes(Span& span, std::span<const Attribute> attributes) {
    std::vector<Attribute> others;
    for (const Attribute& attribute : attributes) {
      if (attribute.key == kWarningsKey && attribute.value.type() == ValueType::kArray) {
        span.warnings = WarningsOf(batch_, attribute.value);
      } else {
        others.push_back(attribute);
      }
    }
    span.attributes = batch_.arena().Copy(std::span<const Attribute>(others));
  }

  void SetStatus(Span& span, const Json& json) {
    const std::uint32_t code =
        Enum(Member(json, "code"),
             std::array{"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"});
    span.status = code <= 2 ? static_cast<StatusCode>(code) : StatusCode::kUnset;
    span.status_message = Keep(Text(Member(json, "message")));
  }

  void SetEvents(Span& span, const Json& list) {
    std::vector<Event> events;
    for (const Json& json : list) {
      const Json& object = Object(json);
      Event event;
      event.time =
          UnixTime(Nanoseconds(Clamp(ToInteger<std::uint64_t>(Member(object, "timeUnixNano")))));
      event.name = Keep(Text(Member(object, "name")));
      event.attributes = Attributes(Member(object, "attributes"));
      event.dropped_attributes = ToInteger<std::uint32_t>(Member(object, "droppedAttributesCount"));
      events.push_back(event);
    }
    span.events = batch_.arena().Copy(std::span<const Event>(events));
  }

  void SetLinks(Span& span, const Json& list) {
    std::vector<Link> links;
    for (const Json& json : list) {
      const Json& object = Object(json);
      Link link;
      link.trace_id = MakeTraceId(Member(object, "traceId"));
      link.span_id = MakeSpanId(Member(object, "spanId"));
      link.trace_state = Keep(Text(Member(object, "traceState")));
      link.attributes = Attributes(Member(object, "attributes"));
      link.dropped_attributes = ToInteger<std::uint32_t>(Member(object, "droppedAttributesCount"));
      link.flags = ToInteger<std::uint32_t>(Member(object, "flags"));
      link.ref_type = RefTypeOf(link.attributes);
      links.push_back(link);
    }
    span.links = batch_.arena().Copy(std::span<const Link>(links));
  }

  SpanBatch& batch_;
  std::vector<Span> spans_;
  bool good_ids_ = true;
};

}  // namespace

JsonVerdict OtlpJsonByOracle(std::string_view text) {
  JsonVerdict verdict;
  const auto tree = ParseTree(text, verdict.incomparable);
  if (!tree) {
    return verdict;
  }
  SpanBatch batch("");
  Translator translator(batch);
  try {
    translator.Translate(*tree);
    verdict.accepted = true;
    verdict.contents = Describe(batch.spans());
  } catch (const Refused&) {
    verdict.accepted = false;
  }
  return verdict;
}

}  // namespace pugmark::testing
