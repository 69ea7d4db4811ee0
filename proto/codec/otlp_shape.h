// The form that OTLP gives to what the model keeps otherwise, shared by the OTLP codecs: spans of
// Jaeger's formats (reference 8.4, as Jaeger v2.20 translates them), the meaning of links,
// warnings.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "common/model/span_batch.h"

namespace pugmark {

// The attribute, an array of strings, that holds Jaeger's warnings about a span.
inline constexpr std::string_view kWarningsKey = "@jaeger@warnings";
[[nodiscard]] inline bool IsWarnings(const Attribute& attribute) {
  return attribute.key.size() == kWarningsKey.size() && attribute.key == kWarningsKey &&
         attribute.value.type() == ValueType::kArray;
}
// The strings among its elements, in the batch's arena.
std::span<std::string_view> WarningsOf(SpanBatch& batch, const Value& value);

// The attribute that says what kind of reference a link is.
inline constexpr std::string_view kRefTypeKey = "opentracing.ref_type";
[[nodiscard]] RefType RefTypeOf(std::span<const Attribute> link_attributes);

// The key of a resource's attribute in OTLP, for a resource of a span of that format.
[[nodiscard]] std::string_view OtlpResourceKey(SourceFormat format, std::string_view key);

// Gives spans the form in which OTLP shows them: those of Jaeger's formats get kind, status, trace
// state and event names out of their attributes, an attribute that occurs twice keeps its last
// value, and references become links with kRefTypeKey. Of any span the warnings become an
// attribute.
class OtlpShaper {
 public:
  // `span` itself where nothing is to be done, else a copy that is valid until the next call.
  // Everything it points to lives in `span` or in the shaper.
  const Span& Shape(const Span& span);

 private:
  void ShapeJaegerSpan(const Span& span);
  void ShapeEvents(const Span& span);
  void ShapeLinks(const Span& span);
  void SetStatus();
  void AddWarnings(const Span& span);
  // Takes the attribute with that key out of attributes_; empty when there is none.
  Value Take(std::string_view key);

  Attribute child_of_{kRefTypeKey, Value::String("child_of")};
  Attribute follows_from_{kRefTypeKey, Value::String("follows_from")};
  Span shaped_;
  std::vector<Attribute> attributes_;
  std::vector<Attribute> event_attributes_;
  std::vector<Event> events_;
  std::vector<Link> links_;
  std::vector<Value> warnings_;
};

}  // namespace pugmark
