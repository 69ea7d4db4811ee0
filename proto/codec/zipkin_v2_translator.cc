#include "proto/codec/zipkin_v2_translator.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "common/base/hex.h"
#include "proto/codec/json_cursor.h"
#include "proto/codec/otlp_shape.h"
#include "proto/codec/text_limits.h"
#include "proto/codec/zipkin_tags.h"

namespace pugmark {
namespace {

constexpr std::string_view kStartAbsent = "otel.zipkin.absentField.startTime";

std::int64_t Saturated(std::uint64_t value) {
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(value, std::numeric_limits<std::int64_t>::max()));
}

// Takes what precedes the first '|' out of `text`; false where there is none.
bool TakePart(std::string_view& text, std::string_view& part) {
  const std::size_t bar = text.find('|');
  if (bar == std::string_view::npos) {
    return false;
  }
  part = text.substr(0, bar);
  text.remove_prefix(bar + 1);
  return true;
}

// Splits "json|dropped" at the last '|'.
bool TakeJsonAndCount(std::string_view text, std::string_view& json, std::uint32_t& count) {
  const std::size_t bar = text.rfind('|');
  if (bar == std::string_view::npos) {
    return false;
  }
  json = text.substr(0, bar);
  const std::string_view digits = text.substr(bar + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  return error == std::errc() && end == digits.data() + digits.size();
}

}  // namespace

void ZipkinV2Translator::Begin() {
  attributes_.Clear();
  resource_attributes_.Clear();
  events_.Clear();
  links_.Clear();
  service_name_ = status_code_ = status_description_ = kind_ = trace_state_ = scope_name_ =
      scope_version_ = {};
  has_service_name_ = has_status_code_ = has_error_ = false;
}

void ZipkinV2Translator::AddTag(std::string_view key, std::string_view value) {
  switch (ClassifyZipkinTag(key)) {
    case ZipkinTag::kAttribute:
      attributes_.Add({key, Value::String(value)});
      return;
    case ZipkinTag::kResource:
      AddResourceTag(key, value);
      return;
    case ZipkinTag::kStatusCode:
      status_code_ = value;
      has_status_code_ = true;
      return;
    case ZipkinTag::kStatusDescription:
      status_description_ = value;
      return;
    case ZipkinTag::kError:
      has_error_ = true;
      if (value != "true") {
        attributes_.Add({key, Value::String(value)});
      }
      return;
    case ZipkinTag::kSpanKind:
      kind_ = value;
      return;
    case ZipkinTag::kTraceState:
      trace_state_ = value;
      return;
    case ZipkinTag::kScopeName:
      scope_name_ = value;
      return;
    case ZipkinTag::kScopeVersion:
      scope_version_ = value;
      return;
    case ZipkinTag::kLink:
      AddLink(value);
      return;
  }
}

void ZipkinV2Translator::AddResourceTag(std::string_view key, std::string_view value) {
  if (key == "service.name") {
    service_name_ = value;
    has_service_name_ = true;
  } else {
    resource_attributes_.Add({{key, Value::String(value)}});
  }
}

// An OpenTelemetry exporter writes an event as "name|attributes as JSON|dropped attributes".
void ZipkinV2Translator::AddAnnotation(UnixTime time, std::string_view value) {
  Event event;
  event.time = time;
  event.name = value;
  std::string_view rest = value;
  std::string_view name;
  std::string_view json;
  std::uint32_t dropped = 0;
  if (TakePart(rest, name) && TakeJsonAndCount(rest, json, dropped)) {
    event.name = name;
    event.attributes = ReadJsonAttributes(json);
    event.dropped_attributes = dropped;
  }
  events_.Add(event);
}

// ... and a link as "trace id|span id|trace state|attributes as JSON|dropped attributes".
void ZipkinV2Translator::AddLink(std::string_view value) {
  Link link;
  std::string_view trace_id;
  std::string_view span_id;
  std::string_view json;
  const bool whole = TakePart(value, trace_id) && TakePart(value, span_id) &&
                     TakePart(value, link.trace_state) &&
                     TakeJsonAndCount(value, json, link.dropped_attributes);
  if (!whole || trace_id.size() != 32 || !ParseHex(trace_id.substr(0, 16), link.trace_id.high) ||
      !ParseHex(trace_id.substr(16), link.trace_id.low) || !ParseHex(span_id, link.span_id)) {
    return;
  }
  link.attributes = ReadJsonAttributes(json);
  link.ref_type = RefTypeOf(link.attributes);
  links_.Add(link);
}

// Strings, booleans and numbers of an object; nothing of a text that is none.
std::span<Attribute> ZipkinV2Translator::ReadJsonAttributes(std::string_view json) {
  ScratchList<Attribute> attributes(attribute_stack_, batch_.limits().max_attributes);
  JsonCursor cursor(json, batch_.arena());
  cursor.EachMember([&](std::string_view key) {
    switch (cursor.Peek()) {
      case '"':
        attributes.Add({key, Value::String(cursor.ReadString())});
        return true;
      case 't':
      case 'f':
        attributes.Add({key, Value::Bool(cursor.ReadBool())});
        return true;
      case '[':
      case '{':
      case 'n':
        return false;
      default: {
        const double number = cursor.ReadDouble();
        const bool whole = std::trunc(number) == number && std::abs(number) < 9e18;
        attributes.Add(
            {key, whole ? Value::Int(static_cast<std::int64_t>(number)) : Value::Double(number)});
        return true;
      }
    }
  });
  return cursor.ok() ? attributes.CopyTo(batch_.arena()) : std::span<Attribute>();
}

void ZipkinV2Translator::End(const ZipkinV2Span& from) {
  Span span;
  span.format = SourceFormat::kZipkin;
  span.trace_id = from.trace_id;
  span.span_id = from.id;
  span.parent_span_id = from.parent_id;
  span.name = from.name;
  span.start_time = TimeFromMicros(Saturated(from.timestamp_us));
  span.duration = DurationFromMicros(Saturated(from.duration_us));
  if (from.timestamp_us == 0) {
    attributes_.Add({kStartAbsent, Value::Bool(true)});
  }
  span.trace_state = trace_state_;
  AddEndpoints(from);
  SetKind(span, from.kind);
  SetStatus(span);
  span.scope = MakeScope();
  span.attributes = attributes_.CopyTo(batch_.arena());
  span.dropped_attributes = attributes_.dropped();
  span.events = events_.CopyTo(batch_.arena());
  span.dropped_events = events_.dropped();
  span.links = links_.CopyTo(batch_.arena());
  span.dropped_links = links_.dropped();
  spans_.Add(span, MakeResource(from.local));
}

void ZipkinV2Translator::AddEndpoints(const ZipkinV2Span& span) {
  const auto add_text = [this](std::string_view key, std::string_view text) {
    if (!text.empty()) {
      attributes_.Add({key, Value::String(text)});
    }
  };
  const auto add_port = [this](std::string_view key, std::uint16_t port) {
    if (port != 0) {
      attributes_.Add({key, Value::Int(port)});
    }
  };
  add_text("net.host.ip", span.local.IpText(batch_.arena()));
  add_port("net.host.port", span.local.port);
  add_text("peer.service", span.remote.service_name);
  add_text("net.peer.ip", span.remote.IpText(batch_.arena()));
  add_port("net.peer.port", span.remote.port);
}

void ZipkinV2Translator::SetKind(Span& span, SpanKind kind) {
  span.kind = kind;
  if (kind == SpanKind::kUnspecified && kind_ == "internal") {
    span.kind = SpanKind::kInternal;
  }
}

// A plain "OK" is not taken for a status: Jaeger's receiver knows only the names of the
// enumeration.
void ZipkinV2Translator::SetStatus(Span& span) {
  if (has_status_code_) {
    span.status = status_code_ == "STATUS_CODE_OK" ? StatusCode::kOk
                  : status_code_ == "STATUS_CODE_ERROR" || status_code_ == "ERROR"
                      ? StatusCode::kError
                      : StatusCode::kUnset;
    span.status_message = status_description_;
  } else if (!status_description_.empty()) {
    attributes_.Add({"otel.status_description", Value::String(status_description_)});
  }
  if (has_error_) {
    span.status = StatusCode::kError;
  }
}

Resource ZipkinV2Translator::MakeResource(const ZipkinEndpoint& local) {
  Resource resource;
  resource.has_service_name = has_service_name_ || !local.service_name.empty();
  resource.service_name = has_service_name_ ? service_name_ : local.service_name;
  if (resource_attributes_.size() > 0) {
    const auto found = resource_attributes_.items();
    auto* const attributes = batch_.arena().Allocate<Attribute>(found.size());
    if (attributes != nullptr) {
      for (std::size_t i = 0; i < found.size(); ++i) {
        attributes[i] = found[i].attribute;
      }
      resource.attributes = {attributes, found.size()};
    }
    resource.dropped_attributes = resource_attributes_.dropped();
  }
  return resource;
}

const Scope* ZipkinV2Translator::MakeScope() {
  const bool same = last_scope_ != nullptr && last_scope_->name == scope_name_ &&
                    last_scope_->version == scope_version_;
  if (!same) {
    auto* const scope = batch_.arena().Allocate<Scope>(1);
    if (scope != nullptr) {
      *scope = Scope();
      scope->name = scope_name_;
      scope->version = scope_version_;
    }
    last_scope_ = scope;
  }
  return last_scope_;
}

}  // namespace pugmark
