#include "proto/codec/otlp_shape.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace pugmark {
namespace {

bool IsJaegerFormat(SourceFormat format) {
  return format == SourceFormat::kJaeger || format == SourceFormat::kProto;
}

// Adds an attribute as a map takes it: a key that is there gets the new value.
void Put(std::vector<Attribute>& attributes, std::size_t first, const Attribute& attribute) {
  const auto same =
      std::find_if(attributes.begin() + static_cast<std::ptrdiff_t>(first), attributes.end(),
                   [&attribute](const Attribute& other) { return other.key == attribute.key; });
  if (same == attributes.end()) {
    attributes.push_back(attribute);
  } else {
    same->value = attribute.value;
  }
}

const Value* Find(std::span<const Attribute> attributes, std::string_view key) {
  const Attribute* const found = FindAttribute(attributes, key);
  return found == nullptr ? nullptr : &found->value;
}

bool EqualsInAnyCase(std::string_view text, std::string_view upper) {
  return std::equal(text.begin(), text.end(), upper.begin(), upper.end(), [](char a, char b) {
    return std::toupper(static_cast<unsigned char>(a)) == b;
  });
}

// What an HTTP status says about the span, when nothing else does.
StatusCode StatusFromHttp(const Value& status, SpanKind kind) {
  std::int64_t code = 0;
  if (status.type() == ValueType::kInt) {
    code = status.integer();
  } else {
    const std::string_view text = status.text();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
    if (error != std::errc() || end != text.data() + text.size()) {
      return StatusCode::kUnset;
    }
  }
  if (code >= 100 && code < 399) {
    return StatusCode::kUnset;
  }
  const bool clients_fault = code >= 400 && code < 500;
  return clients_fault && kind == SpanKind::kServer ? StatusCode::kUnset : StatusCode::kError;
}

}  // namespace

std::span<std::string_view> WarningsOf(SpanBatch& batch, const Value& value) {
  std::span<std::string_view> warnings;
  for (const Value& element : value.elements()) {
    if (element.type() == ValueType::kString) {
      AppendWarning(batch.arena(), warnings, element.text());
    }
  }
  return warnings;
}

RefType RefTypeOf(std::span<const Attribute> link_attributes) {
  const Value* const type = Find(link_attributes, kRefTypeKey);
  if (type == nullptr) {
    return RefType::kLink;
  }
  return type->text() == "child_of"       ? RefType::kChildOf
         : type->text() == "follows_from" ? RefType::kFollowsFrom
                                          : RefType::kLink;
}

std::string_view OtlpResourceKey(SourceFormat format, std::string_view key) {
  if (IsJaegerFormat(format)) {
    if (key == "hostname") {
      return "host.name";
    }
    if (key == "jaeger.version") {
      return "opencensus.exporterversion";
    }
  }
  return key;
}

const Span& OtlpShaper::Shape(const Span& span) {
  const bool of_jaeger = IsJaegerFormat(span.format);
  if (!of_jaeger && span.warnings.empty()) {
    return span;
  }
  shaped_ = span;
  attributes_.clear();
  if (of_jaeger) {
    ShapeJaegerSpan(span);
  } else {
    attributes_.assign(span.attributes.begin(), span.attributes.end());
  }
  AddWarnings(span);
  shaped_.attributes = attributes_;
  return shaped_;
}

void OtlpShaper::ShapeJaegerSpan(const Span& span) {
  for (const Attribute& attribute : span.attributes) {
    Put(attributes_, 0, attribute);
  }
  shaped_.flags = 0;  // Jaeger's flags are others than OTLP's
  shaped_.kind = SpanKindFromName(Take("span.kind").text());
  SetStatus();
  shaped_.trace_state = Take("w3c.tracestate").text();
  ShapeEvents(span);
  ShapeLinks(span);
}

// A true `error` outranks a status code, which outranks what HTTP says.
void OtlpShaper::SetStatus() {
  shaped_.status = StatusCode::kUnset;
  const Value* const error = Find(attributes_, "error");
  const bool is_error = error != nullptr && error->type() == ValueType::kBool && error->boolean();
  const Value* const http_message = Find(attributes_, "http.status_message");
  const std::string_view http_text =
      http_message == nullptr ? std::string_view() : http_message->text();
  if (is_error) {
    shaped_.status = StatusCode::kError;
    Take("error");
    const bool described = Find(attributes_, "otel.status_description") != nullptr;
    shaped_.status_message = described ? Take("otel.status_description").text() : http_text;
  }
  if (Find(attributes_, "otel.status_code") != nullptr) {
    const std::string_view code = Take("otel.status_code").text();
    if (!is_error) {
      shaped_.status = EqualsInAnyCase(code, "ERROR") ? StatusCode::kError
                       : EqualsInAnyCase(code, "OK")  ? StatusCode::kOk
                                                      : StatusCode::kUnset;
      shaped_.status_message = Take("otel.status_description").text();
    }
    return;
  }
  const Value* const http_code = Find(attributes_, "http.status_code");
  if (!is_error && http_code != nullptr) {
    shaped_.status = StatusFromHttp(*http_code, shaped_.kind);
    if (shaped_.status != StatusCode::kUnset) {
      shaped_.status_message = http_text;
    }
  }
}

void OtlpShaper::ShapeEvents(const Span& span) {
  events_.assign(span.events.begin(), span.events.end());
  std::size_t fields = 0;
  for (const Event& event : span.events) {
    fields += event.attributes.size();
  }
  event_attributes_.clear();
  event_attributes_.reserve(fields);  // the events point into it
  for (Event& event : events_) {
    const std::size_t first = event_attributes_.size();
    for (const Attribute& field : event.attributes) {
      if (field.key == "event" && field.value.type() == ValueType::kString) {
        event.name = field.value.text();
      } else {
        Put(event_attributes_, first, field);
      }
    }
    event.attributes = std::span(event_attributes_).subspan(first);
  }
  shaped_.events = events_;
}

void OtlpShaper::ShapeLinks(const Span& span) {
  links_.clear();
  for (const Link& reference : span.links) {
    if (reference.span_id == span.parent_span_id && reference.ref_type == RefType::kChildOf) {
      continue;  // that is what parent_span_id says
    }
    Link link = reference;
    link.attributes = {reference.ref_type == RefType::kChildOf ? &child_of_ : &follows_from_, 1};
    links_.push_back(link);
  }
  shaped_.links = links_;
}

void OtlpShaper::AddWarnings(const Span& span) {
  warnings_.clear();
  for (const std::string_view warning : span.warnings) {
    warnings_.push_back(Value::String(warning));
  }
  if (!warnings_.empty()) {
    attributes_.push_back({kWarningsKey, Value::Array(warnings_)});
  }
}

Value OtlpShaper::Take(std::string_view key) {
  const auto found =
      std::find_if(attributes_.begin(), attributes_.end(),
                   [key](const Attribute& attribute) { return attribute.key == key; });
  if (found == attributes_.end()) {
    return {};
  }
  const Value value = found->value;
  attributes_.erase(found);
  return value;
}

}  // namespace pugmark
