#include "proto/codec/api_v2_encoder.h"

#include <array>
#include <bit>
#include <chrono>

#include "common/base/bytes.h"
#include "proto/codec/jaeger_tags.h"
#include "proto/codec/json_text.h"
#include "proto/codec/reverse_writer.h"

namespace pugmark {
namespace {

constexpr std::size_t kUsualSpanBytes = 1024;
constexpr std::int64_t kPerSecond = 1'000'000'000;

enum ValueNumber : std::uint64_t { kStringType, kBoolType, kInt64Type, kFloat64Type, kBinaryType };

class ApiV2Encoder {
 public:
  explicit ApiV2Encoder(std::size_t spans) : writer_((spans + 1) * kUsualSpanBytes) {}

  [[nodiscard]] std::string_view view() const { return writer_.view(); }

  void PostSpans(const Resource& resource, std::span<const Span> spans) {
    const std::size_t request = writer_.size();
    Process(resource);
    Spans(resource, spans);
    writer_.EndMessage(1, request);
  }

  void Process(const Resource& resource) { ProcessField(2, resource); }

  void Spans(const Resource& resource, std::span<const Span> spans) {
    for (std::size_t i = spans.size(); i-- > 0;) {
      const std::size_t before = writer_.size();
      SpanContents(spans[i], spans[i].resource != &resource);
      writer_.EndMessage(1, before);
    }
  }

  void SpanContents(const Span& span, bool with_process) {
    for (std::size_t i = span.warnings.size(); i-- > 0;) {
      writer_.BytesField(12, span.warnings[i]);
    }
    if (with_process && span.resource != nullptr) {
      ProcessField(10, *span.resource);
    }
    Events(span);
    Tags(span);
    DurationField(7, span.duration);
    TimeField(6, span.start_time);
    writer_.VarintField(5, HasModelFields(span.format) ? 0 : span.flags);
    References(span);
    writer_.TextField(3, span.name);
    SpanIdField(2, span.span_id);
    TraceIdField(1, span.trace_id);
  }

 private:
  void TraceIdField(std::uint32_t field, TraceId id) {
    char bytes[16];
    id.ToBigEndian(bytes);
    writer_.BytesField(field, {bytes, sizeof bytes});
  }
  void SpanIdField(std::uint32_t field, SpanId id) {
    char bytes[8];
    StoreBig64(bytes, id);
    writer_.BytesField(field, {bytes, sizeof bytes});
  }

  // google.protobuf.Duration: both parts have the sign of the whole.
  void DurationField(std::uint32_t field, Nanoseconds duration) {
    PartsField(field, duration.count() / kPerSecond, duration.count() % kPerSecond);
  }
  // google.protobuf.Timestamp: seconds rounded towards the past, so that nanos are never negative.
  void TimeField(std::uint32_t field, UnixTime time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
    const std::int64_t nanos = time.time_since_epoch().count() % kPerSecond;
    PartsField(field, seconds.count(), nanos < 0 ? nanos + kPerSecond : nanos);
  }
  void PartsField(std::uint32_t field, std::int64_t seconds, std::int64_t nanos) {
    const std::size_t before = writer_.size();
    writer_.VarintField(2, static_cast<std::uint64_t>(nanos));
    writer_.VarintField(1, static_cast<std::uint64_t>(seconds));
    writer_.EndMessage(field, before);
  }

  void KeyValueField(std::uint32_t field, std::string_view key, const Value& value) {
    const std::size_t before = writer_.size();
    switch (value.type()) {
      case ValueType::kBool:
        writer_.VarintField(4, value.boolean() ? 1 : 0);
        writer_.VarintField(2, kBoolType);
        break;
      case ValueType::kInt:
        writer_.VarintField(5, static_cast<std::uint64_t>(value.integer()));
        writer_.VarintField(2, kInt64Type);
        break;
      case ValueType::kDouble:
        writer_.Fixed64Field(6, std::bit_cast<std::uint64_t>(value.real()));
        writer_.VarintField(2, kFloat64Type);
        break;
      case ValueType::kBytes:
        writer_.TextField(7, value.text());
        writer_.VarintField(2, kBinaryType);
        break;
      case ValueType::kString:
        writer_.TextField(3, value.text());
        break;
      case ValueType::kEmpty:
        break;
      case ValueType::kArray:
      case ValueType::kMap: {
        std::string json;
        AppendValueJson(json, value);
        writer_.TextField(3, json);
        break;
      }
    }
    writer_.TextField(1, key);
    writer_.EndMessage(field, before);
  }

  void KeyValueFields(std::uint32_t field, std::span<const Attribute> attributes) {
    for (std::size_t i = attributes.size(); i-- > 0;) {
      KeyValueField(field, attributes[i].key, attributes[i].value);
    }
  }

  void ProcessField(std::uint32_t field, const Resource& resource) {
    const std::size_t before = writer_.size();
    KeyValueFields(2, resource.attributes);
    writer_.TextField(1, resource.service_name);
    writer_.EndMessage(field, before);
  }

  // The format tag is the collector's to add; everything else that the model keeps in fields goes
  // with the tags.
  void Tags(const Span& span) {
    std::array<Attribute, kMostModelTags> tags;
    std::size_t count = 0;
    const auto gather = [&](std::string_view key, const Value& value) {
      if (key != kFormatTag) {
        tags[count++] = {key, value};
      }
    };
    ForEachTrailingTag(span, gather);
    KeyValueFields(8, std::span(tags).first(count));
    KeyValueFields(8, span.attributes);
    count = 0;
    ForEachLeadingTag(span, gather);
    KeyValueFields(8, std::span(tags).first(count));
  }

  void Events(const Span& span) {
    for (std::size_t i = span.events.size(); i-- > 0;) {
      const Event& event = span.events[i];
      const std::size_t before = writer_.size();
      KeyValueFields(2, event.attributes);
      if (!event.name.empty() && FindAttribute(event.attributes, "event") == nullptr) {
        KeyValueField(2, "event", Value::String(event.name));
      }
      TimeField(1, event.time);
      writer_.EndMessage(9, before);
    }
  }

  void ReferenceField(TraceId trace_id, SpanId span_id, RefType type) {
    const std::size_t before = writer_.size();
    writer_.VarintField(3, type == RefType::kChildOf ? 0 : 1);
    SpanIdField(2, span_id);
    TraceIdField(1, trace_id);
    writer_.EndMessage(4, before);
  }

  void References(const Span& span) {
    const JaegerReferences references(span);
    for (std::size_t i = span.links.size(); i-- > 0;) {
      if (references.Shows(span.links[i])) {
        ReferenceField(span.links[i].trace_id, span.links[i].span_id, span.links[i].ref_type);
      }
    }
    if (references.adds_parent()) {
      ReferenceField(span.trace_id, span.parent_span_id, references.parent_type());
    }
  }

  ReverseWriter writer_;
};

}  // namespace

void AppendPostSpansRequest(std::string& out, const Resource& resource,
                            std::span<const Span> spans) {
  ApiV2Encoder encoder(spans.size());
  encoder.PostSpans(resource, spans);
  out += encoder.view();
}

void AppendBatchSpans(std::string& out, const Resource& resource, std::span<const Span> spans) {
  ApiV2Encoder encoder(spans.size());
  encoder.Spans(resource, spans);
  out += encoder.view();
}

void AppendBatchProcess(std::string& out, const Resource& resource) {
  ApiV2Encoder encoder(0);
  encoder.Process(resource);
  out += encoder.view();
}

void AppendApiV2Span(std::string& out, const Span& span) {
  ApiV2Encoder encoder(1);
  encoder.SpanContents(span, true);
  out += encoder.view();
}

}  // namespace pugmark
