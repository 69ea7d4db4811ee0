#include "tests/support/otlp_oracle.h"

#include <limits>

#include "otlp/trace_service.pb.h"
#include "proto/codec/otlp_shape.h"
#include "tests/support/span_text.h"

namespace pugmark::testing {
namespace {

namespace common = ::opentelemetry::proto::common::v1;
namespace trace = ::opentelemetry::proto::trace::v1;
using Request = ::opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest;

std::int64_t Clamp(std::uint64_t value) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(value > kMost ? kMost : value);
}

class Translator {
 public:
  explicit Translator(SpanBatch& batch) : batch_(batch) {}

  void Translate(const Request& from) {
    for (const trace::ResourceSpans& resource_spans : from.resource_spans()) {
      auto* const resource = New(MakeResource(resource_spans));
      for (const trace::ScopeSpans& scope_spans : resource_spans.scope_spans()) {
        auto* const scope = New(MakeScope(scope_spans));
        for (const trace::Span& span : scope_spans.spans()) {
          good_ids_ = true;
          Span to = OneSpan(span);
          to.resource = resource;
          to.scope = scope;
          if (good_ids_) {
            spans_.push_back(to);
          }
        }
      }
    }
    batch_.SetContents(batch_.arena().Copy(std::span<const Span>(spans_)), {});
  }

 private:
  template <typename T>
  T* New(const T& value) {
    T* const made = batch_.arena().Allocate<T>(1);
    *made = value;
    return made;
  }
  std::string_view Text(const std::string& text) { return batch_.Intern(text); }

  template <typename To, typename List, typename Translate>
  std::span<To> Each(const List& from, const Translate& translate) {
    auto* const list = batch_.arena().Allocate<To>(static_cast<std::size_t>(from.size()));
    std::size_t i = 0;
    for (const auto& item : from) {
      list[i++] = translate(item);
    }
    return {list, i};
  }

  std::span<Attribute> Attributes(
      const google::protobuf::RepeatedPtrField<common::KeyValue>& from) {
    return Each<Attribute>(from, [this](const common::KeyValue& attribute) {
      return Attribute{Text(attribute.key()), MakeValue(attribute.value())};
    });
  }

  Value MakeValue(const common::AnyValue& from) {
    switch (from.value_case()) {
      case common::AnyValue::kStringValue:
        return Value::String(Text(from.string_value()));
      case common::AnyValue::kBoolValue:
        return Value::Bool(from.bool_value());
      case common::AnyValue::kIntValue:
        return Value::Int(from.int_value());
      case common::AnyValue::kDoubleValue:
        return Value::Double(from.double_value());
      case common::AnyValue::kArrayValue:
        return Value::Array(
            Each<Value>(from.array_value().values(),
                        [this](const common::AnyValue& element) { return MakeValue(element); }));
      case common::AnyValue::kKvlistValue:
        return Value::Map(Attributes(from.kvlist_value().values()));
      case common::AnyValue::kBytesValue:
        return Value::Bytes(Text(from.bytes_value()));
      case common::AnyValue::VALUE_NOT_SET:
        break;
    }
    return {};
  }

  Resource MakeResource(const trace::ResourceSpans& from) {
    Resource resource;
    resource.schema_url = Text(from.schema_url());
    resource.dropped_attributes = from.resource().dropped_attributes_count();
    std::vector<Attribute> others;
    for (const Attribute& attribute : Attributes(from.resource().attributes())) {
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

  Scope MakeScope(const trace::ScopeSpans& from) {
    Scope scope;
    scope.name = Text(from.scope().name());
    scope.version = Text(from.scope().version());
    scope.attributes = Attributes(from.scope().attributes());
    scope.dropped_attributes = from.scope().dropped_attributes_count();
    scope.schema_url = Text(from.schema_url());
    return scope;
  }

  TraceId Trace(const std::string& bytes) {
    good_ids_ &= bytes.empty() || bytes.size() == 16;
    return bytes.size() == 16 ? TraceId::FromBigEndian(bytes) : TraceId{};
  }
  SpanId Id(const std::string& bytes) {
    good_ids_ &= bytes.empty() || bytes.size() == 8;
    return bytes.size() == 8 ? LoadBig64(bytes.data()) : 0;
  }

  Span OneSpan(const trace::Span& from) {
    Span span;
    span.format = SourceFormat::kOtlp;
    span.trace_id = Trace(from.trace_id());
    span.span_id = Id(from.span_id());
    span.parent_span_id = Id(from.parent_span_id());
    span.trace_state = Text(from.trace_state());
    span.name = Text(from.name());
    const int kind = from.kind();
    span.kind = kind >= 0 && kind <= 255 ? static_cast<SpanKind>(kind) : SpanKind::kUnspecified;
    const std::uint64_t start = from.start_time_unix_nano();
    const std::uint64_t end = from.end_time_unix_nano();
    span.start_time = UnixTime(Nanoseconds(Clamp(start)));
    span.duration = Nanoseconds(end >= start ? Clamp(end - start) : -Clamp(start - end));
    std::vector<Attribute> others;
    for (const Attribute& attribute : Attributes(from.attributes())) {
      if (IsWarnings(attribute)) {
        span.warnings = WarningsOf(batch_, attribute.value);
      } else {
        others.push_back(attribute);
      }
    }
    span.attributes = batch_.arena().Copy(std::span<const Attribute>(others));
    span.dropped_attributes = from.dropped_attributes_count();
    span.dropped_events = from.dropped_events_count();
    span.dropped_links = from.dropped_links_count();
    span.flags = from.flags();
    span.status_message = Text(from.status().message());
    const int status = from.status().code();
    span.status = status >= 0 && status <= 2 ? static_cast<StatusCode>(status) : StatusCode::kUnset;
    span.events = Each<Event>(from.events(), [this](const trace::Span::Event& event) {
      Event to;
      to.time = UnixTime(Nanoseconds(Clamp(event.time_unix_nano())));
      to.name = Text(event.name());
      to.attributes = Attributes(event.attributes());
      to.dropped_attributes = event.dropped_attributes_count();
      return to;
    });
    span.links = Each<Link>(from.links(), [this](const trace::Span::Link& link) {
      Link to;
      to.trace_id = Trace(link.trace_id());
      to.span_id = Id(link.span_id());
      to.trace_state = Text(link.trace_state());
      to.attributes = Attributes(link.attributes());
      to.dropped_attributes = link.dropped_attributes_count();
      to.flags = link.flags();
      to.ref_type = RefTypeOf(to.attributes);
      return to;
    });
    return span;
  }

  SpanBatch& batch_;
  std::vector<Span> spans_;
  bool good_ids_ = true;
};

std::string TraceBytes(TraceId id) {
  std::string bytes(16, '\0');
  id.ToBigEndian(bytes.data());
  return bytes;
}

std::string SpanBytes(SpanId id) {
  std::string bytes(8, '\0');
  StoreBig64(bytes.data(), id);
  return bytes;
}

void SetAttributes(std::span<const Attribute> from,
                   google::protobuf::RepeatedPtrField<common::KeyValue>& to);

void SetValue(const Value& from, common::AnyValue& to) {
  switch (from.type()) {
    case ValueType::kEmpty:
      break;
    case ValueType::kString:
      to.set_string_value(std::string(from.text()));
      break;
    case ValueType::kBool:
      to.set_bool_value(from.boolean());
      break;
    case ValueType::kInt:
      to.set_int_value(from.integer());
      break;
    case ValueType::kDouble:
      to.set_double_value(from.real());
      break;
    case ValueType::kBytes:
      to.set_bytes_value(std::string(from.text()));
      break;
    case ValueType::kArray:
      to.mutable_array_value();
      for (const Value& element : from.elements()) {
        SetValue(element, *to.mutable_array_value()->add_values());
      }
      break;
    case ValueType::kMap:
      SetAttributes(from.entries(), *to.mutable_kvlist_value()->mutable_values());
      break;
  }
}

void SetAttributes(std::span<const Attribute> from,
                   google::protobuf::RepeatedPtrField<common::KeyValue>& to) {
  for (const Attribute& attribute : from) {
    common::KeyValue& made = *to.Add();
    made.set_key(std::string(attribute.key));
    SetValue(attribute.value, *made.mutable_value());
  }
}

void SetSpan(const Span& from, trace::Span& to) {
  to.set_trace_id(TraceBytes(from.trace_id));
  to.set_span_id(SpanBytes(from.span_id));
  if (from.parent_span_id != 0) {
    to.set_parent_span_id(SpanBytes(from.parent_span_id));
  }
  to.set_trace_state(std::string(from.trace_state));
  to.set_name(std::string(from.name));
  to.set_kind(static_cast<trace::Span::SpanKind>(from.kind));
  const Nanoseconds start = from.start_time.time_since_epoch();
  to.set_start_time_unix_nano(static_cast<std::uint64_t>(start.count()));
  to.set_end_time_unix_nano(static_cast<std::uint64_t>((start + from.duration).count()));
  SetAttributes(from.attributes, *to.mutable_attributes());
  if (!from.warnings.empty()) {
    common::KeyValue& warnings = *to.add_attributes();
    warnings.set_key(std::string(kWarningsKey));
    for (const std::string_view warning : from.warnings) {
      warnings.mutable_value()->mutable_array_value()->add_values()->set_string_value(
          std::string(warning));
    }
  }
  to.set_dropped_attributes_count(from.dropped_attributes);
  to.set_dropped_events_count(from.dropped_events);
  to.set_dropped_links_count(from.dropped_links);
  to.set_flags(from.flags);
  to.mutable_status()->set_code(static_cast<trace::Status::StatusCode>(from.status));
  to.mutable_status()->set_message(std::string(from.status_message));
  for (const Event& event : from.events) {
    trace::Span::Event& made = *to.add_events();
    made.set_time_unix_nano(static_cast<std::uint64_t>(event.time.time_since_epoch().count()));
    made.set_name(std::string(event.name));
    SetAttributes(event.attributes, *made.mutable_attributes());
    made.set_dropped_attributes_count(event.dropped_attributes);
  }
  for (const Link& link : from.links) {
    trace::Span::Link& made = *to.add_links();
    made.set_trace_id(TraceBytes(link.trace_id));
    made.set_span_id(SpanBytes(link.span_id));
    made.set_trace_state(std::string(link.trace_state));
    made.set_flags(link.flags);
    SetAttributes(link.attributes, *made.mutable_attributes());
    made.set_dropped_attributes_count(link.dropped_attributes);
  }
}

void SetResource(const Resource& from, trace::ResourceSpans& to) {
  to.set_schema_url(std::string(from.schema_url));
  if (from.has_service_name) {
    common::KeyValue& name = *to.mutable_resource()->add_attributes();
    name.set_key("service.name");
    name.mutable_value()->set_string_value(std::string(from.service_name));
  }
  SetAttributes(from.attributes, *to.mutable_resource()->mutable_attributes());
  to.mutable_resource()->set_dropped_attributes_count(from.dropped_attributes);
}

void SetScope(const Scope& from, trace::ScopeSpans& to) {
  to.set_schema_url(std::string(from.schema_url));
  to.mutable_scope()->set_name(std::string(from.name));
  to.mutable_scope()->set_version(std::string(from.version));
  SetAttributes(from.attributes, *to.mutable_scope()->mutable_attributes());
  to.mutable_scope()->set_dropped_attributes_count(from.dropped_attributes);
}

}  // namespace

ProtoVerdict OtlpByOracle(std::string_view bytes) {
  ProtoVerdict verdict;
  verdict.facts = LookAtWire(bytes, *Request::descriptor());
  Request request;
  google::protobuf::SetLogHandler(nullptr);  // a line for each invalid text otherwise
  verdict.accepted = request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (verdict.accepted) {
    SpanBatch batch("");
    Translator(batch).Translate(request);
    verdict.contents = Describe(batch.spans());
  }
  return verdict;
}

std::string OtlpWithOracle(const SpanBatch& batch) {
  Request request;
  const Resource* resource = nullptr;
  const Scope* scope = nullptr;
  for (const Span& span : batch.spans()) {
    if (span.resource != resource) {
      SetResource(*span.resource, *request.add_resource_spans());
      resource = span.resource;
      scope = nullptr;
    }
    trace::ResourceSpans& last = *request.mutable_resource_spans()->rbegin();
    if (span.scope != scope || last.scope_spans().empty()) {
      SetScope(*span.scope, *last.add_scope_spans());
      scope = span.scope;
    }
    SetSpan(span, *last.mutable_scope_spans()->rbegin()->add_spans());
  }
  return request.SerializeAsString();
}

}  // namespace pugmark::testing
