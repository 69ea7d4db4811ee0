#include "tests/support/api_v2_oracle.h"

#include "collector.pb.h"
#include "tests/support/proto_wire.h"
#include "tests/support/span_text.h"

namespace pugmark::testing {
namespace {

namespace api = ::jaeger::api_v2;

class Translator {
 public:
  explicit Translator(SpanBatch& batch) : batch_(batch) {}

  bool Translate(const api::Batch& from) {
    const auto count = static_cast<std::size_t>(from.spans_size());
    auto* const resources = batch_.arena().Allocate<Resource>(count + 1);
    resources[0] = from.has_process() ? Process(from.process()) : Resource();
    auto* const spans = batch_.arena().Allocate<Span>(count);
    for (std::size_t i = 0; i < count; ++i) {
      const api::Span& span = from.spans(static_cast<int>(i));
      spans[i] = OneSpan(span);
      spans[i].resource = &resources[0];
      if (span.has_process()) {
        resources[i + 1] = Process(span.process());
        spans[i].resource = &resources[i + 1];
      }
    }
    batch_.SetContents({spans, count}, {resources, 1});
    return ids_are_good_;
  }

 private:
  TraceId Trace(const std::string& bytes) {
    ids_are_good_ &= bytes.empty() || bytes.size() == 8 || bytes.size() == 16;
    return bytes.empty() || !ids_are_good_ ? TraceId{} : TraceId::FromBigEndian(bytes);
  }
  SpanId Id(const std::string& bytes) {
    ids_are_good_ &= bytes.empty() || bytes.size() == 8;
    return bytes.empty() || !ids_are_good_ ? 0 : LoadBig64(bytes.data());
  }

  template <typename To, typename List, typename Translate>
  std::span<To> Each(const List& from, const Translate& translate) {
    auto* const list = batch_.arena().Allocate<To>(static_cast<std::size_t>(from.size()));
    std::size_t i = 0;
    for (const auto& item : from) {
      list[i++] = translate(item);
    }
    return {list, i};
  }

  std::span<Attribute> Tags(const google::protobuf::RepeatedPtrField<api::KeyValue>& tags) {
    return Each<Attribute>(tags, [this](const api::KeyValue& tag) {
      return Attribute{batch_.Intern(tag.key()), TagValue(tag)};
    });
  }

  Value TagValue(const api::KeyValue& tag) {
    switch (tag.v_type()) {
      case api::BOOL:
        return Value::Bool(tag.v_bool());
      case api::INT64:
        return Value::Int(tag.v_int64());
      case api::FLOAT64:
        return Value::Double(tag.v_float64());
      case api::BINARY:
        return Value::Bytes(batch_.Intern(tag.v_binary()));
      default:
        return Value::String(batch_.Intern(tag.v_str()));
    }
  }

  Resource Process(const api::Process& from) {
    Resource resource;
    resource.service_name = batch_.Intern(from.service_name());
    resource.has_service_name = true;
    resource.attributes = Tags(from.tags());
    return resource;
  }

  Span OneSpan(const api::Span& from) {
    Span span;
    span.format = SourceFormat::kProto;
    span.trace_id = Trace(from.trace_id());
    span.span_id = Id(from.span_id());
    span.name = batch_.Intern(from.operation_name());
    span.flags = from.flags();
    span.start_time =
        UnixTime(DurationFromParts(from.start_time().seconds(), from.start_time().nanos()));
    span.duration = DurationFromParts(from.duration().seconds(), from.duration().nanos());
    span.attributes = Tags(from.tags());
    span.links = Each<Link>(from.references(), [this](const api::SpanRef& ref) {
      Link link;
      link.trace_id = Trace(ref.trace_id());
      link.span_id = Id(ref.span_id());
      link.ref_type =
          ref.ref_type() == api::FOLLOWS_FROM ? RefType::kFollowsFrom : RefType::kChildOf;
      return link;
    });
    span.events = Each<Event>(from.logs(), [this](const api::Log& log) {
      Event event;
      event.time = UnixTime(DurationFromParts(log.timestamp().seconds(), log.timestamp().nanos()));
      event.attributes = Tags(log.fields());
      return event;
    });
    span.warnings = Each<std::string_view>(
        from.warnings(), [this](const std::string& text) { return batch_.Intern(text); });
    span.parent_span_id = ParentFromReferences(span.trace_id, span.links);
    DeriveKindAndStatus(span);
    return span;
  }

  SpanBatch& batch_;
  bool ids_are_good_ = true;
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

void SetTag(const Attribute& from, api::KeyValue& tag) {
  tag.set_key(std::string(from.key));
  switch (from.value.type()) {
    case ValueType::kBool:
      tag.set_v_type(api::BOOL);
      tag.set_v_bool(from.value.boolean());
      break;
    case ValueType::kInt:
      tag.set_v_type(api::INT64);
      tag.set_v_int64(from.value.integer());
      break;
    case ValueType::kDouble:
      tag.set_v_type(api::FLOAT64);
      tag.set_v_float64(from.value.real());
      break;
    case ValueType::kBytes:
      tag.set_v_type(api::BINARY);
      tag.set_v_binary(std::string(from.value.text()));
      break;
    default:
      tag.set_v_str(std::string(from.value.text()));
  }
}

void SetProcess(const Resource& from, api::Process& process) {
  process.set_service_name(std::string(from.service_name));
  for (const Attribute& attribute : from.attributes) {
    SetTag(attribute, *process.add_tags());
  }
}

template <typename Message>
void SetParts(Nanoseconds from, Message& message) {
  message.set_seconds(from.count() / 1'000'000'000);
  message.set_nanos(static_cast<std::int32_t>(from.count() % 1'000'000'000));
}

void SetSpan(const Span& from, api::Span& span) {
  span.set_trace_id(TraceBytes(from.trace_id));
  span.set_span_id(SpanBytes(from.span_id));
  span.set_operation_name(std::string(from.name));
  span.set_flags(from.flags);
  SetParts(from.start_time.time_since_epoch(), *span.mutable_start_time());
  SetParts(from.duration, *span.mutable_duration());
  for (const Attribute& attribute : from.attributes) {
    SetTag(attribute, *span.add_tags());
  }
  for (const Link& link : from.links) {
    api::SpanRef& reference = *span.add_references();
    reference.set_trace_id(TraceBytes(link.trace_id));
    reference.set_span_id(SpanBytes(link.span_id));
    reference.set_ref_type(link.ref_type == RefType::kChildOf ? api::CHILD_OF : api::FOLLOWS_FROM);
  }
  for (const Event& event : from.events) {
    api::Log& log = *span.add_logs();
    SetParts(event.time.time_since_epoch(), *log.mutable_timestamp());
    for (const Attribute& attribute : event.attributes) {
      SetTag(attribute, *log.add_fields());
    }
  }
}

}  // namespace

ProtoVerdict PostSpansByOracle(std::string_view bytes) {
  ProtoVerdict verdict;
  verdict.facts = LookAtWire(bytes, *api::PostSpansRequest::descriptor());
  api::PostSpansRequest request;
  google::protobuf::SetLogHandler(nullptr);  // a line for each invalid text otherwise
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return verdict;
  }
  SpanBatch batch("");
  verdict.accepted = Translator(batch).Translate(request.batch());
  verdict.contents = Describe(batch.spans());
  return verdict;
}

std::string PostSpansWithOracle(const SpanBatch& batch) {
  api::PostSpansRequest request;
  SetProcess(batch.resources()[0], *request.mutable_batch()->mutable_process());
  for (const Span& span : batch.spans()) {
    api::Span& to = *request.mutable_batch()->add_spans();
    SetSpan(span, to);
    if (span.resource != batch.resources().data()) {
      SetProcess(*span.resource, *to.mutable_process());
    }
  }
  return request.SerializeAsString();
}

}  // namespace pugmark::testing
