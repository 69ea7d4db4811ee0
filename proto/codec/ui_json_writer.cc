#include "proto/codec/ui_json_writer.h"

#include <array>
#include <cstdint>
#include <unordered_map>

#include "common/base/hex.h"
#include "proto/codec/jaeger_tags.h"
#include "proto/codec/json_indent.h"
#include "proto/codec/json_text.h"

namespace pugmark {
namespace {

// JavaScript's safe integers; beyond them Jaeger writes strings.
constexpr std::int64_t kLargestJsonInteger = (std::int64_t{1} << 53) - 1;

void AppendId(std::string& out, std::uint64_t id) {
  std::array<char, 18> text;
  text.front() = '"';
  WriteHex16(id, text.data() + 1);
  text.back() = '"';
  out.append(text.data(), text.size());
}

void AppendTraceId(std::string& out, TraceId id) {
  if (id.high == 0) {
    AppendId(out, id.low);
    return;
  }
  std::array<char, 34> text;
  text.front() = '"';
  WriteHex16(id.high, text.data() + 1);
  WriteHex16(id.low, text.data() + 17);
  text.back() = '"';
  out.append(text.data(), text.size());
}

void AppendTag(std::string& out, std::string_view key, const Value& value) {
  out += "{\"key\":";
  AppendGoJsonString(out, key);
  switch (value.type()) {
    case ValueType::kBool:
      out += value.boolean() ? ",\"type\":\"bool\",\"value\":true}"
                             : ",\"type\":\"bool\",\"value\":false}";
      return;
    case ValueType::kInt: {
      out += ",\"type\":\"int64\",\"value\":";
      const bool quoted =
          value.integer() > kLargestJsonInteger || value.integer() < -kLargestJsonInteger;
      if (quoted) {
        out += '"';
      }
      AppendInteger(out, value.integer());
      out += quoted ? "\"}" : "}";
      return;
    }
    case ValueType::kDouble:
      out += ",\"type\":\"float64\",\"value\":";
      AppendDouble(out, value.real());
      break;
    case ValueType::kBytes:
      out += ",\"type\":\"binary\",\"value\":\"";
      AppendBase64(out, value.text());
      out += '"';
      break;
    case ValueType::kString:
      out += ",\"type\":\"string\",\"value\":";
      AppendGoJsonString(out, value.text());
      break;
    case ValueType::kEmpty:
      out += ",\"type\":\"string\",\"value\":\"\"";
      break;
    case ValueType::kArray:
    case ValueType::kMap: {
      out += ",\"type\":\"string\",\"value\":";
      std::string json;
      AppendValueJson(json, value);
      AppendGoJsonString(out, json);
      break;
    }
  }
  out += '}';
}

// Writes the elements of a list with commas between them.
class ListWriter {
 public:
  explicit ListWriter(std::string& out) : out_(out) { out_ += '['; }
  // To be called before each element.
  void Next() {
    if (!first_) {
      out_ += ',';
    }
    first_ = false;
  }
  void End() { out_ += ']'; }

 private:
  std::string& out_;
  bool first_ = true;
};

void AppendTags(std::string& out, std::span<const Attribute> attributes) {
  ListWriter list(out);
  for (const Attribute& attribute : attributes) {
    list.Next();
    AppendTag(out, attribute.key, attribute.value);
  }
  list.End();
}

void AppendSpanTags(std::string& out, const Span& span) {
  ListWriter list(out);
  const auto append = [&](std::string_view key, const Value& value) {
    list.Next();
    AppendTag(out, key, value);
  };
  ForEachLeadingTag(span, append);
  for (const Attribute& attribute : span.attributes) {
    append(attribute.key, attribute.value);
  }
  ForEachTrailingTag(span, append);
  list.End();
}

void AppendReference(std::string& out, RefType type, TraceId trace_id, SpanId span_id) {
  out += type == RefType::kChildOf ? "{\"refType\":\"CHILD_OF\",\"traceID\":"
                                   : "{\"refType\":\"FOLLOWS_FROM\",\"traceID\":";
  AppendTraceId(out, trace_id);
  out += ",\"spanID\":";
  AppendId(out, span_id);
  out += '}';
}

void AppendReferences(std::string& out, const Span& span) {
  ListWriter list(out);
  const JaegerReferences references(span);
  if (references.adds_parent()) {
    list.Next();
    AppendReference(out, references.parent_type(), span.trace_id, span.parent_span_id);
  }
  for (const Link& link : span.links) {
    if (references.Shows(link)) {
      list.Next();
      AppendReference(out, link.ref_type, link.trace_id, link.span_id);
    }
  }
  list.End();
}

void AppendLogs(std::string& out, const Span& span) {
  ListWriter logs(out);
  for (const Event& event : span.events) {
    logs.Next();
    out += "{\"timestamp\":";
    AppendInteger(out, ToMicros(event.time));
    out += ",\"fields\":";
    ListWriter fields(out);
    if (!event.name.empty() && FindAttribute(event.attributes, "event") == nullptr) {
      fields.Next();
      AppendTag(out, "event", Value::String(event.name));
    }
    for (const Attribute& attribute : event.attributes) {
      fields.Next();
      AppendTag(out, attribute.key, attribute.value);
    }
    fields.End();
    out += '}';
  }
  logs.End();
}

template <typename Texts>
void AppendWarnings(std::string& out, const Texts& warnings) {
  if (warnings.empty()) {
    out += "null";
    return;
  }
  ListWriter list(out);
  for (const auto& warning : warnings) {
    list.Next();
    AppendGoJsonString(out, warning);
  }
  list.End();
}

// Resources equal in what Jaeger shows of them are one process.
struct ProcessHash {
  std::size_t operator()(const Resource* resource) const {
    std::size_t hash = std::hash<std::string_view>()(resource->service_name);
    for (const Attribute& attribute : resource->attributes) {
      hash = hash * 31 + std::hash<std::string_view>()(attribute.key);
      hash = hash * 31 + std::hash<std::string_view>()(attribute.value.text());
    }
    return hash;
  }
};
struct SameProcess {
  bool operator()(const Resource* a, const Resource* b) const {
    return a->service_name == b->service_name && SameAttributes(a->attributes, b->attributes);
  }
};

}  // namespace

struct UiTraceWriter::State {
  bool pretty = false;
  JsonIndenter indenter;
  std::string compact;  // where pretty output is gathered first
  bool first_span = true;
  const Resource* last_resource = nullptr;
  std::size_t last_number = 0;
  std::unordered_map<const Resource*, std::size_t, ProcessHash, SameProcess> numbers;
  std::vector<const Resource*> processes;  // by number, from 1

  std::size_t NumberOf(const Resource* resource) {
    if (resource != last_resource) {
      const auto [found, added] = numbers.try_emplace(resource, processes.size() + 1);
      if (added) {
        processes.push_back(resource);
      }
      last_resource = resource;
      last_number = found->second;
    }
    return last_number;
  }
};

UiTraceWriter::UiTraceWriter(std::string& out, bool pretty, int depth)
    : out_(out), state_(std::make_unique<State>()) {
  state_->pretty = pretty;
  state_->indenter = JsonIndenter(depth);
}

UiTraceWriter::~UiTraceWriter() = default;

void UiTraceWriter::Flush() {
  if (state_->pretty) {
    state_->indenter.Append(out_, state_->compact);
    state_->compact.clear();
  }
}

void UiTraceWriter::Begin(TraceId trace_id) {
  std::string& out = state_->pretty ? state_->compact : out_;
  out += "{\"traceID\":";
  AppendTraceId(out, trace_id);
  out += ",\"spans\":[";
  Flush();
}

void UiTraceWriter::AddSpan(const Span& span) {
  std::string& out = state_->pretty ? state_->compact : out_;
  out += state_->first_span ? "{\"traceID\":" : ",{\"traceID\":";
  state_->first_span = false;
  AppendTraceId(out, span.trace_id);
  out += ",\"spanID\":";
  AppendId(out, span.span_id);
  if (span.flags != 0 && !HasModelFields(span.format)) {  // OTLP's flags are others than Jaeger's
    out += ",\"flags\":";
    AppendUnsigned(out, span.flags);
  }
  out += ",\"operationName\":";
  AppendGoJsonString(out, span.name);
  out += ",\"references\":";
  AppendReferences(out, span);
  out += ",\"startTime\":";
  AppendInteger(out, ToMicros(span.start_time));
  out += ",\"duration\":";
  AppendInteger(out, ToMicros(span.duration));
  out += ",\"tags\":";
  AppendSpanTags(out, span);
  out += ",\"logs\":";
  AppendLogs(out, span);
  out += ",\"processID\":\"p";
  AppendUnsigned(out, state_->NumberOf(span.resource));
  out += "\",\"warnings\":";
  AppendWarnings(out, span.warnings);
  out += '}';
  Flush();
}

void UiTraceWriter::End(std::span<const std::string> warnings) {
  std::string& out = state_->pretty ? state_->compact : out_;
  out += "],\"processes\":{";
  for (std::size_t i = 0; i < state_->processes.size(); ++i) {
    out += i == 0 ? "\"p" : ",\"p";
    AppendUnsigned(out, i + 1);
    out += "\":{\"serviceName\":";
    AppendGoJsonString(out, state_->processes[i]->service_name);
    out += ",\"tags\":";
    AppendTags(out, state_->processes[i]->attributes);
    out += '}';
  }
  out += "},\"warnings\":";
  AppendWarnings(out, warnings);
  out += '}';
  Flush();
}

}  // namespace pugmark
