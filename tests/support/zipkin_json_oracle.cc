#include <charconv>
#include <vector>

#include "common/base/hex.h"
#include "proto/codec/zipkin_v1_translator.h"
#include "proto/codec/zipkin_v2_translator.h"
#include "tests/support/json_oracle.h"
#include "tests/support/json_tree.h"
#include "tests/support/span_text.h"

namespace pugmark::testing {
namespace {

using Json = JsonTree;

class ZipkinOracle {
 public:
  ZipkinOracle(SpanBatch& batch, bool& incomparable) : batch_(batch), incomparable_(incomparable) {}

  void ReadV2(const Json& document) {
    ZipkinV2Translator translator(batch_);
    for (const Json& json : List(document)) {
      ZipkinV2Span span;
      translator.Begin();
      span.trace_id = Trace(Member(json, "traceId"));
      span.id = Id(Member(json, "id"));
      span.parent_id = Id(Member(json, "parentId"));
      span.kind = Kind(Text(Member(json, "kind")));
      span.name = Text(Member(json, "name"));
      span.timestamp_us = Integer<std::uint64_t>(Member(json, "timestamp"));
      span.duration_us = Integer<std::uint64_t>(Member(json, "duration"));
      span.local = Endpoint(Member(json, "localEndpoint"));
      span.remote = Endpoint(Member(json, "remoteEndpoint"));
      // Tags and annotations in the order of the text.
      for (const auto& [key, value] : json.items()) {
        if (key == "tags") {
          AddTags(value, translator);
        } else if (key == "annotations") {
          for (const Json& annotation : Elements(value)) {
            translator.AddAnnotation(
                TimeFromMicros(Integer<std::int64_t>(Member(annotation, "timestamp"))),
                Text(Member(annotation, "value")));
          }
        }
      }
      CheckIds(span.trace_id, span.id);
      translator.End(span);
    }
    RequireNone(translator.Finish());
  }

  void ReadV1(const Json& document) {
    ZipkinV1Translator translator(batch_);
    for (const Json& json : List(document)) {
      ZipkinV1Span span;
      std::vector<ZipkinV1Annotation> annotations;
      std::vector<ZipkinV1BinaryAnnotation> binary_annotations;
      span.trace_id = Trace(Member(json, "traceId"));
      span.id = Id(Member(json, "id"));
      span.parent_id = Id(Member(json, "parentId"));
      span.name = Text(Member(json, "name"));
      span.timestamp_us = Integer<std::int64_t>(Member(json, "timestamp"));
      span.duration_us = Integer<std::int64_t>(Member(json, "duration"));
      for (const Json& annotation : Elements(Member(json, "annotations"))) {
        annotations.push_back({Integer<std::int64_t>(Member(annotation, "timestamp")),
                               Text(Member(annotation, "value")),
                               Endpoint(Member(annotation, "endpoint"))});
      }
      for (const Json& annotation : Elements(Member(json, "binaryAnnotations"))) {
        binary_annotations.push_back(BinaryAnnotation(annotation));
      }
      CheckIds(span.trace_id, span.id);
      span.annotations = annotations;
      span.binary_annotations = binary_annotations;
      translator.Add(span);
    }
    RequireNone(translator.Finish());
  }

 private:
  static const Json& List(const Json& document) {
    return document.is_array() ? document : throw Refused("no array");
  }
  static const Json& Elements(const Json& value) {
    static const Json empty = Json::array();
    return value.is_null() ? empty : List(value);
  }
  static const Json& Member(const Json& object, const char* name) {
    static const Json null;
    if (object.is_null()) {
      return null;
    }
    if (!object.is_object()) {
      throw Refused("no object");
    }
    const auto found = object.find(name);
    return found == object.end() ? null : *found;
  }
  std::string_view Text(const Json& value) {
    if (value.is_null()) {
      return {};
    }
    return value.is_string() ? batch_.Intern(value.get<std::string>()) : throw Refused("no string");
  }
  template <typename T>
  static T Integer(const Json& value) {
    if (value.is_null()) {
      return 0;
    }
    const std::string text = value.is_string()           ? value.get<std::string>()
                             : value.is_number_integer() ? value.dump()
                                                         : throw Refused("no integer");
    T integer = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
    return error == std::errc() && end == text.data() + text.size() ? integer
                                                                   : throw Refused("no integer");
  }

  TraceId Trace(const Json& json) {
    std::string text(Text(json));
    if (text.size() > 32) {
      throw Refused("trace id too long");
    }
    text.insert(0, 32 - text.size(), '0');
    TraceId id;
    if (!ParseHex(std::string_view(text).substr(0, 16), id.high) ||
        !ParseHex(std::string_view(text).substr(16), id.low)) {
      throw Refused("bad trace id");
    }
    return id;
  }
  SpanId Id(const Json& json) {
    SpanId id = 0;
    const std::string_view text = Text(json);
    return text.empty() || ParseHex(text, id) ? id : throw Refused("bad id");
  }
  static void CheckIds(TraceId trace_id, SpanId id) {
    if (id == 0 || trace_id.IsZero()) {
      throw Refused("no id");
    }
  }
  static void RequireNone(DecodeError error) {
    if (error != DecodeError::kNone) {
      throw Refused("limits");
    }
  }

  static SpanKind Kind(std::string_view name) {
    for (const SpanKind kind :
         {SpanKind::kClient, SpanKind::kServer, SpanKind::kProducer, SpanKind::kConsumer}) {
      std::string upper(SpanKindName(kind));
      for (char& c : upper) {
        c = static_cast<char>(c & ~0x20);
      }
      if (name == upper) {
        return kind;
      }
    }
    return SpanKind::kUnspecified;
  }

  ZipkinEndpoint Endpoint(const Json& json) {
    ZipkinEndpoint endpoint;
    endpoint.service_name = Text(Member(json, "serviceName"));
    endpoint.ipv4 = Text(Member(json, "ipv4"));
    endpoint.ipv6 = NormalIpv6(batch_.arena(), Text(Member(json, "ipv6")));
    endpoint.port = static_cast<std::uint16_t>(Integer<std::int64_t>(Member(json, "port")));
    return endpoint;
  }

  std::string_view ScalarText(const Json& value) {
    if (value.is_string()) {
      return Text(value);
    }
    if (value.is_boolean() || value.is_number()) {
      incomparable_ |= value.is_number_float();  // the tree does not keep how it was written
      return batch_.Intern(value.dump());
    }
    throw Refused("no scalar");
  }

  void AddTags(const Json& tags, ZipkinV2Translator& translator) {
    if (tags.is_null()) {
      return;
    }
    if (!tags.is_object()) {
      throw Refused("no object");
    }
    for (const auto& [key, value] : tags.items()) {
      if (!value.is_null()) {
        translator.AddTag(batch_.Intern(key), ScalarText(value));
      }
    }
  }

  ZipkinV1BinaryAnnotation BinaryAnnotation(const Json& json) {
    ZipkinV1BinaryAnnotation annotation;
    annotation.key = Text(Member(json, "key"));
    const Json& value = Member(json, "value");
    const bool address =
        annotation.key == "sa" || annotation.key == "ca" || annotation.key == "ma";
    if (address && value == true) {
      annotation.value = Value::Bool(true);
    } else {
      annotation.value =
          Value::String(value.is_null() ? std::string_view() : ScalarText(value));
    }
    annotation.endpoint = Endpoint(Member(json, "endpoint"));
    return annotation;
  }

  SpanBatch& batch_;
  bool& incomparable_;
};

template <typename Read>
JsonVerdict Judge(std::string_view text, const Read& read) {
  JsonVerdict verdict;
  const auto tree = ParseTree(text, verdict.incomparable);
  if (!tree) {
    return verdict;
  }
  SpanBatch batch("");
  ZipkinOracle oracle(batch, verdict.incomparable);
  try {
    read(oracle, *tree);
    verdict.accepted = true;
    verdict.contents = Describe(batch.spans());
  } catch (const Refused&) {
    verdict.accepted = false;
  }
  return verdict;
}

}  // namespace

JsonVerdict ZipkinV2JsonByOracle(std::string_view text) {
  return Judge(text, [](ZipkinOracle& oracle, const Json& tree) { oracle.ReadV2(tree); });
}

JsonVerdict ZipkinV1JsonByOracle(std::string_view text) {
  return Judge(text, [](ZipkinOracle& oracle, const Json& tree) { oracle.ReadV1(tree); });
}

}  // namespace pugmark::testing
