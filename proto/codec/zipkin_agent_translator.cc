#include "proto/codec/zipkin_agent_translator.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "proto/codec/json_cursor.h"

namespace pugmark {
namespace {

constexpr std::int64_t kDefaultDurationUs = 1;

bool EqualsIgnoreCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == b;
  });
}

bool IsCore(std::string_view value) {
  return value == "cs" || value == "cr" || value == "sr" || value == "ss";
}
bool IsClient(std::string_view value) { return value == "cs" || value == "cr"; }

const ZipkinV1Annotation* Find(const ZipkinV1Span& span, std::string_view value) {
  const auto found =
      std::find_if(span.annotations.begin(), span.annotations.end(),
                   [value](const ZipkinV1Annotation& a) { return a.value == value; });
  return found == span.annotations.end() ? nullptr : &*found;
}

// "client" or "server", as the first core annotation tells; "" without one.
std::string_view KindOf(const ZipkinV1Span& span) {
  const auto found = std::find_if(span.annotations.begin(), span.annotations.end(),
                                  [](const ZipkinV1Annotation& a) { return IsCore(a.value); });
  if (found == span.annotations.end()) {
    return {};
  }
  return IsClient(found->value) ? "client" : "server";
}

// The endpoint that names the service: of a core annotation, of the local component, of any
// annotation, of any binary annotation; null without one.
const ZipkinEndpoint* FindService(const ZipkinV1Span& span) {
  const auto first = [](const auto& annotations, const auto& wanted) -> const ZipkinEndpoint* {
    for (const auto& annotation : annotations) {
      if (wanted(annotation) && !annotation.endpoint.service_name.empty()) {
        return &annotation.endpoint;
      }
    }
    return nullptr;
  };
  const auto any = [](const auto&) { return true; };
  const ZipkinEndpoint* found =
      first(span.annotations, [](const ZipkinV1Annotation& a) { return IsCore(a.value); });
  if (found == nullptr) {
    found = first(span.binary_annotations,
                  [](const ZipkinV1BinaryAnnotation& a) { return a.key == "lc"; });
  }
  if (found == nullptr) {
    found = first(span.annotations, any);
  }
  return found != nullptr ? found : first(span.binary_annotations, any);
}

}  // namespace

bool ZipkinAgentTranslator::Add(const ZipkinV1Span& from) {
  tags_.Clear();
  process_tags_.Clear();
  Span span;
  span.format = SourceFormat::kJaeger;
  span.trace_id = from.trace_id;
  span.span_id = from.id;
  span.parent_span_id = from.parent_id;
  span.name = from.name;
  span.flags = from.debug ? kFlagDebug : 0;
  for (const ZipkinV1BinaryAnnotation& annotation : from.binary_annotations) {
    AddBinaryAnnotation(annotation);
  }
  SetTimes(from, span);
  if (from.has_parent_id && from.parent_id == 0) {
    tags_.Add({"errZeroParentID", Value::String("0")});
  }
  if (const std::string_view kind = KindOf(from); !kind.empty()) {
    tags_.Add({"span.kind", Value::String(kind)});
  }
  span.attributes = tags_.CopyTo(batch_.arena());
  span.dropped_attributes = tags_.dropped() + from.dropped_binary_annotations;
  span.events = MakeLogs(from);
  span.dropped_events = from.dropped_annotations;
  DeriveKindAndStatus(span);
  Resource process;
  const bool named = MakeProcess(from, process);
  spans_.Add(span, process);
  AddOtherSide(from, span, process);
  return named;
}

void ZipkinAgentTranslator::AddBinaryAnnotation(const ZipkinV1BinaryAnnotation& annotation) {
  const std::string_view key = annotation.key;
  if (key == "jaegerClient") {
    process_tags_.Add({{"jaeger.version", annotation.value}});
  } else if (key == "jaeger.hostname") {
    process_tags_.Add({{"hostname", annotation.value}});
  } else if (key == "sa" || key == "ca" || key == "ma") {
    AddPeer(annotation.endpoint);
  } else if (key == "lc") {
    tags_.Add({"component", annotation.value});
  } else if (EqualsIgnoreCase(key, "error") && annotation.value.type() != ValueType::kBool) {
    AddErrorTag(annotation);
  } else {
    tags_.Add({key, annotation.value});
  }
}

void ZipkinAgentTranslator::AddErrorTag(const ZipkinV1BinaryAnnotation& annotation) {
  const std::string_view text = annotation.value.text();
  const bool is_false = EqualsIgnoreCase(text, "false");
  tags_.Add({annotation.key, Value::Bool(!is_false)});
  if (!text.empty() && !is_false && !EqualsIgnoreCase(text, "true")) {
    tags_.Add({"error.message", Value::String(text)});
  }
}

void ZipkinAgentTranslator::AddPeer(const ZipkinEndpoint& peer) {
  if (!peer.service_name.empty()) {
    tags_.Add({"peer.service", Value::String(peer.service_name)});
  }
  if (peer.ipv4_number != 0) {
    tags_.Add({"peer.ipv4", Value::Int(peer.ipv4_number)});
  }
  if (!peer.ipv6_bytes.empty()) {
    tags_.Add({"peer.ipv6", Value::Bytes(peer.ipv6_bytes)});
  }
  if (peer.port != 0) {
    tags_.Add({"peer.port", Value::Int(peer.port)});
  }
}

void ZipkinAgentTranslator::SetTimes(const ZipkinV1Span& from, Span& span) {
  bool has_start = from.has_timestamp;
  std::int64_t start = from.timestamp_us;
  for (const ZipkinV1Annotation& annotation : from.annotations) {
    const bool tells_start =
        annotation.value == "cs" || (annotation.value == "sr" && !from.has_parent_id);
    if (!has_start && tells_start) {
      start = annotation.timestamp_us;
      has_start = true;
    }
  }
  std::int64_t duration = from.duration_us;
  if (!from.has_duration) {
    duration = kDefaultDurationUs;
    if (from.annotations.size() >= 2) {
      const ZipkinV1Annotation* const sent = Find(from, "cs");
      const ZipkinV1Annotation* const received = Find(from, "cr");
      const std::int64_t first = (sent ? *sent : from.annotations.front()).timestamp_us;
      const std::int64_t last = (received ? *received : from.annotations.back()).timestamp_us;
      if (first < last) {
        // Saturating, as any difference of two times that a client sends.
        duration = SaturatingAdd(last, first == INT64_MIN ? INT64_MAX : -first);
        start = has_start ? start : first;
      }
    }
  } else if (duration < 0) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), duration).ptr;
    const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
    tags_.Add({"errNegativeDuration", Value::String(batch_.Intern(text))});
    duration = kDefaultDurationUs;
  }
  span.start_time = TimeFromMicros(start);
  span.duration = DurationFromMicros(duration);
}

std::span<Event> ZipkinAgentTranslator::MakeLogs(const ZipkinV1Span& from) {
  ScratchList<Event> events(event_stack_, batch_.limits().max_events);
  for (const ZipkinV1Annotation& annotation : from.annotations) {
    if (!IsCore(annotation.value)) {
      Event event;
      event.time = TimeFromMicros(annotation.timestamp_us);
      event.attributes = MakeFields(annotation.value);
      events.Add(event);
    }
  }
  return events.CopyTo(batch_.arena());
}

// The members of a JSON object of strings, else one field "event".
std::span<Attribute> ZipkinAgentTranslator::MakeFields(std::string_view value) {
  ScratchList<Attribute> fields(tag_stack_, batch_.limits().max_attributes);
  if (value.starts_with('{')) {
    JsonCursor cursor(value, batch_.arena());
    bool strings = true;
    cursor.EachMember([&](std::string_view key) {
      strings &= cursor.Peek() == '"';
      if (!strings) {
        return false;
      }
      fields.Add({key, Value::String(cursor.ReadString())});
      return true;
    });
    cursor.ExpectEnd();
    if (cursor.ok() && strings) {
      return fields.CopyTo(batch_.arena());
    }
    fields.Clear();
  }
  fields.Add({"event", Value::String(value)});
  return fields.CopyTo(batch_.arena());
}

bool ZipkinAgentTranslator::MakeProcess(const ZipkinV1Span& from, Resource& process) {
  const ZipkinEndpoint* const service = FindService(from);
  process.has_service_name = true;
  process.service_name = service == nullptr ? "unknown-service-name" : service->service_name;
  if (service != nullptr && service->ipv4_number != 0) {
    process_tags_.Add({{"ip", Value::Int(service->ipv4_number)}});
  }
  const auto tags = process_tags_.items();
  auto* const attributes = batch_.arena().Allocate<Attribute>(tags.size());
  if (attributes != nullptr) {
    for (std::size_t i = 0; i < tags.size(); ++i) {
      attributes[i] = tags[i].tag;
    }
    process.attributes = {attributes, tags.size()};
  }
  process.dropped_attributes = process_tags_.dropped();
  return service != nullptr;
}

void ZipkinAgentTranslator::AddOtherSide(const ZipkinV1Span& from, const Span& span,
                                         const Resource& process) {
  const ZipkinV1Annotation* const sent = Find(from, "cs");
  const ZipkinV1Annotation* const received = Find(from, "sr");
  if (sent == nullptr || received == nullptr) {
    return;
  }
  const bool was_client = span.kind == SpanKind::kClient;
  const ZipkinV1Annotation* const begin = was_client ? received : sent;
  const ZipkinV1Annotation* const end = Find(from, was_client ? "ss" : "cr");
  tags_.Clear();
  tags_.Add({"span.kind", Value::String(was_client ? "server" : "client")});
  Span other = span;
  other.attributes = tags_.CopyTo(batch_.arena());
  other.dropped_attributes = 0;
  other.events = {};
  other.kind = was_client ? SpanKind::kServer : SpanKind::kClient;
  other.status = StatusCode::kUnset;
  other.start_time = TimeFromMicros(begin->timestamp_us);
  other.duration = end == nullptr ? Nanoseconds(0)
                                  : TimeFromMicros(end->timestamp_us).time_since_epoch() -
                                        other.start_time.time_since_epoch();
  spans_.Add(other, process);
}

}  // namespace pugmark
