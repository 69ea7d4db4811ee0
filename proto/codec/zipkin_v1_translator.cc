#include "proto/codec/zipkin_v1_translator.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace pugmark {
namespace {

constexpr std::string_view kStartAbsent = "otel.zipkin.absentField.startTime";
constexpr std::string_view kUnknownService = "unknown-service";

// The kind that a core annotation tells; kUnspecified for any other annotation.
SpanKind KindOfCore(std::string_view value) {
  if (value.size() != 2) {
    return SpanKind::kUnspecified;
  }
  return value == "cs" || value == "cr"   ? SpanKind::kClient
         : value == "sr" || value == "ss" ? SpanKind::kServer
         : value == "ms"                  ? SpanKind::kProducer
         : value == "mr"                  ? SpanKind::kConsumer
                                          : SpanKind::kUnspecified;
}

bool IsAddress(std::string_view key) { return key == "sa" || key == "ma"; }

}  // namespace

void ZipkinV1Translator::Add(const ZipkinV1Span& from) {
  ScratchList<Attribute> attributes(attribute_stack_, batch_.limits().max_attributes);
  ScratchList<Event> events(event_stack_, batch_.limits().max_events);
  Span span;
  span.format = SourceFormat::kZipkin;
  span.trace_id = from.trace_id;
  span.span_id = from.id;
  span.parent_span_id = from.parent_id;
  span.name = from.name;
  Facts facts = ReadAnnotations(from, events);
  span.kind = facts.kind;
  for (const ZipkinV1BinaryAnnotation& annotation : from.binary_annotations) {
    AddBinaryAnnotation(annotation, span, attributes);
    const bool own_endpoint = !IsAddress(annotation.key) && annotation.key != "ca";
    if (own_endpoint && facts.other_service.empty()) {
      facts.other_service = annotation.endpoint.service_name;
    }
  }
  SetTimes(from, facts, span, attributes);
  span.attributes = attributes.CopyTo(batch_.arena());
  span.dropped_attributes = attributes.dropped() + from.dropped_binary_annotations;
  span.events = events.CopyTo(batch_.arena());
  span.dropped_events = events.dropped() + from.dropped_annotations;
  spans_.Add(span, MakeResource(facts));
}

ZipkinV1Translator::Facts ZipkinV1Translator::ReadAnnotations(const ZipkinV1Span& from,
                                                              ScratchList<Event>& events) {
  Facts facts;
  for (const ZipkinV1Annotation& annotation : from.annotations) {
    const SpanKind kind = KindOfCore(annotation.value);
    if (kind == SpanKind::kUnspecified) {
      Event event;
      event.time = TimeFromMicros(annotation.timestamp_us);
      event.name = annotation.value;
      events.Add(event);
      if (facts.other_service.empty()) {
        facts.other_service = annotation.endpoint.service_name;
      }
      continue;
    }
    facts.kind = kind;
    if (!annotation.endpoint.service_name.empty()) {
      facts.endpoint = &annotation.endpoint;
    }
    if (annotation.timestamp_us != 0) {
      facts.first_us = facts.first_us == 0 ? annotation.timestamp_us
                                           : std::min(facts.first_us, annotation.timestamp_us);
      facts.last_us = std::max(facts.last_us, annotation.timestamp_us);
    }
  }
  return facts;
}

void ZipkinV1Translator::AddBinaryAnnotation(const ZipkinV1BinaryAnnotation& from, Span& span,
                                             ScratchList<Attribute>& attributes) {
  const bool is_true = from.value.type() == ValueType::kBool && from.value.boolean();
  if (from.key == "lc") {
    if (!from.value.text().empty()) {
      attributes.Add({"component", from.value});
    }
    return;
  }
  if (from.key == "error") {
    span.status = StatusCode::kError;
    if (is_true || from.value.text() == "true") {
      return;
    }
  }
  if (is_true && IsAddress(from.key)) {
    AddPeer(from.endpoint, attributes);
    return;
  }
  attributes.Add({from.key, from.value});
}

// The address of the other side, which Jaeger's receiver refuses in JSON and forgets in Thrift.
void ZipkinV1Translator::AddPeer(const ZipkinEndpoint& peer, ScratchList<Attribute>& attributes) {
  if (!peer.service_name.empty()) {
    attributes.Add({"peer.service", Value::String(peer.service_name)});
  }
  if (const std::string_view ip = peer.IpText(batch_.arena()); !ip.empty()) {
    attributes.Add({"net.peer.ip", Value::String(ip)});
  }
  if (peer.port != 0) {
    attributes.Add({"net.peer.port", Value::Int(peer.port)});
  }
}

// Where the span has no times of its own they are those of the core annotations, or now.
void ZipkinV1Translator::SetTimes(const ZipkinV1Span& from, const Facts& facts, Span& span,
                                  ScratchList<Attribute>& attributes) {
  if (from.timestamp_us != 0) {
    span.start_time = TimeFromMicros(from.timestamp_us);
    span.duration = DurationFromMicros(from.duration_us);
  } else if (facts.first_us != 0) {
    span.start_time = TimeFromMicros(facts.first_us);
    span.duration = DurationFromMicros(from.duration_us != 0 ? from.duration_us
                                                             : facts.last_us - facts.first_us);
  } else {
    span.start_time = batch_.received_at;
    span.duration = DurationFromMicros(from.duration_us);
    attributes.Add({kStartAbsent, Value::Bool(true)});
  }
}

Resource ZipkinV1Translator::MakeResource(const Facts& facts) {
  Resource resource;
  resource.has_service_name = true;
  resource.service_name = facts.other_service.empty() ? kUnknownService : facts.other_service;
  if (facts.endpoint == nullptr) {
    return resource;
  }
  resource.service_name = facts.endpoint->service_name;
  std::array<Attribute, 2> found;
  std::size_t count = 0;
  if (const std::string_view ip = facts.endpoint->IpText(batch_.arena()); !ip.empty()) {
    found[count++] = {facts.endpoint->has_ipv4() ? "ipv4" : "ipv6", Value::String(ip)};
  }
  if (facts.endpoint->port != 0) {
    std::array<char, 8> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), facts.endpoint->port).ptr;
    const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
    found[count++] = {"port", Value::String(batch_.Intern(text))};
  }
  resource.attributes = batch_.arena().Copy(std::span<const Attribute>(found).first(count));
  return resource;
}

}  // namespace pugmark
