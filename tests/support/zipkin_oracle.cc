#include "tests/support/zipkin_oracle.h"

#include <cstring>
#include <vector>

#include "Agent.h"
#include "common/base/utf8.h"
#include "proto/codec/zipkin_agent_translator.h"
#include "proto/codec/zipkin_v1_translator.h"
#include "proto/codec/zipkin_v2_translator.h"
#include "tests/support/span_text.h"
#include "tests/support/strict_protocol.h"
#include "zipkin/zipkin.pb.h"

namespace pugmark::testing {
namespace {

namespace oracle = ::pugmark::zipkin_oracle;

// What a verdict is refused with.
class Refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// ---- protobuf ----

ZipkinEndpoint ToEndpoint(SpanBatch& batch, const zipkin::proto3::Endpoint& from) {
  ZipkinEndpoint endpoint;
  endpoint.service_name = batch.Intern(from.service_name());
  endpoint.ipv4 = AddressText(batch.arena(), from.ipv4());
  endpoint.ipv6 = AddressText(batch.arena(), from.ipv6());
  endpoint.port = static_cast<std::uint16_t>(from.port());
  return endpoint;
}

SpanId ToSpanId(const std::string& bytes) {
  if (bytes.size() != 8 && !bytes.empty()) {
    throw Refused("span id");
  }
  return bytes.empty() ? 0 : LoadBig64(bytes.data());
}

void Translate(SpanBatch& batch, const zipkin::proto3::Span& from,
               ZipkinV2Translator& translator) {
  constexpr std::array kKinds{SpanKind::kUnspecified, SpanKind::kClient, SpanKind::kServer,
                              SpanKind::kProducer, SpanKind::kConsumer};
  ZipkinV2Span span;
  if (from.trace_id().size() != 8 && from.trace_id().size() != 16) {
    throw Refused("trace id");
  }
  span.trace_id = TraceId::FromBigEndian(from.trace_id());
  span.id = ToSpanId(from.id());
  span.parent_id = ToSpanId(from.parent_id());
  if (span.id == 0 || span.trace_id.IsZero()) {
    throw Refused("no id");
  }
  const int kind = from.kind();
  span.kind = kind >= 0 && kind < 5 ? kKinds[static_cast<std::size_t>(kind)] : SpanKind::kUnspecified;
  span.name = batch.Intern(from.name());
  span.timestamp_us = from.timestamp();
  span.duration_us = from.duration();
  span.local = ToEndpoint(batch, from.local_endpoint());
  span.remote = ToEndpoint(batch, from.remote_endpoint());
  translator.Begin();
  for (const auto& annotation : from.annotations()) {
    translator.AddAnnotation(TimeFromMicros(static_cast<std::int64_t>(annotation.timestamp())),
                             batch.Intern(annotation.value()));
  }
  for (const auto& tag : from.tags()) {
    translator.AddTag(batch.Intern(tag.key()), batch.Intern(tag.value()));
  }
  translator.End(span);
}

// ---- Thrift ----

std::string_view Text(SpanBatch& batch, const std::string& text) {
  return batch.Intern(RepairUtf8(text));
}

ZipkinEndpoint ToEndpoint(SpanBatch& batch, const oracle::Endpoint& from) {
  ZipkinEndpoint endpoint;
  endpoint.service_name = Text(batch, from.service_name);
  endpoint.ipv4_number = static_cast<std::uint32_t>(from.ipv4);
  endpoint.ipv6_bytes = batch.Intern(from.ipv6);
  endpoint.port = static_cast<std::uint16_t>(from.port);
  return endpoint;
}

Value ToValue(SpanBatch& batch, const oracle::BinaryAnnotation& from) {
  std::int32_t type = 0;  // generated code stores whatever came, which the enum may not hold
  std::memcpy(&type, &from.annotation_type, sizeof type);
  const std::string& bytes = from.value;
  const auto has = [&bytes](std::size_t size) { return bytes.size() == size; };
  if (type == oracle::AnnotationType::BOOL) {
    return Value::Bool(!bytes.empty() && bytes[0] != 0);
  }
  if (type == oracle::AnnotationType::I16 && has(2)) {
    return Value::Int(static_cast<std::int16_t>(LoadBig16(bytes.data())));
  }
  if (type == oracle::AnnotationType::I32 && has(4)) {
    return Value::Int(static_cast<std::int32_t>(LoadBig32(bytes.data())));
  }
  if (type == oracle::AnnotationType::I64 && has(8)) {
    return Value::Int(static_cast<std::int64_t>(LoadBig64(bytes.data())));
  }
  if (type == oracle::AnnotationType::DOUBLE && has(8)) {
    return Value::Double(std::bit_cast<double>(LoadBig64(bytes.data())));
  }
  return type == oracle::AnnotationType::STRING ? Value::String(Text(batch, bytes))
                                                : Value::Bytes(batch.Intern(bytes));
}

// The span and the lists that it points to.
struct V1 {
  ZipkinV1Span span;
  std::vector<ZipkinV1Annotation> annotations;
  std::vector<ZipkinV1BinaryAnnotation> binary_annotations;
};

void Fill(SpanBatch& batch, const oracle::Span& from, V1& to) {
  to.span.trace_id = {static_cast<std::uint64_t>(from.trace_id_high),
                      static_cast<std::uint64_t>(from.trace_id)};
  to.span.id = static_cast<SpanId>(from.id);
  to.span.parent_id = static_cast<SpanId>(from.parent_id);
  to.span.has_parent_id = from.__isset.parent_id;
  to.span.name = Text(batch, from.name);
  to.span.debug = from.debug;
  to.span.has_timestamp = from.__isset.timestamp;
  to.span.timestamp_us = from.timestamp;
  to.span.has_duration = from.__isset.duration;
  to.span.duration_us = from.duration;
  for (const oracle::Annotation& annotation : from.annotations) {
    to.annotations.push_back({annotation.timestamp, Text(batch, annotation.value),
                              ToEndpoint(batch, annotation.host)});
  }
  for (const oracle::BinaryAnnotation& annotation : from.binary_annotations) {
    to.binary_annotations.push_back({Text(batch, annotation.key), ToValue(batch, annotation),
                                     ToEndpoint(batch, annotation.host)});
  }
  to.span.annotations = to.annotations;
  to.span.binary_annotations = to.binary_annotations;
  if (to.span.id == 0 || to.span.trace_id.IsZero()) {
    throw Refused("no id");
  }
}

void Finish(DecodeError error) {
  if (error != DecodeError::kNone) {
    throw Refused("limits");
  }
}

// read(protocol) returns the generated spans; translate(batch, spans) fills the batch with them.
template <typename Read, typename Translate>
OracleVerdict Judge(ThriftProtocol protocol, std::string_view bytes, const Read& read,
                    const Translate& translate) {
  std::string copy(bytes);
  const auto transport = std::make_shared<apache::thrift::transport::TMemoryBuffer>(
      reinterpret_cast<std::uint8_t*>(copy.data()), static_cast<std::uint32_t>(copy.size()));
  OracleVerdict verdict;
  try {
    SpanBatch batch("");
    std::vector<oracle::Span> spans;
    if (protocol == ThriftProtocol::kCompact) {
      StrictProtocol<tp::TCompactProtocol> compact(transport, bytes.size());
      spans = read(compact);
    } else {
      StrictProtocol<tp::TBinaryProtocol> binary(transport, bytes.size());
      spans = read(binary);
    }
    translate(batch, spans);
    verdict.contents = Describe(batch.spans());
    verdict.accepted = true;
  } catch (const std::exception& error) {
    verdict.reason = error.what();
  }
  return verdict;
}

}  // namespace

ProtoVerdict ZipkinProtoByOracle(std::string_view bytes) {
  ProtoVerdict verdict;
  verdict.facts = LookAtWire(bytes, *zipkin::proto3::ListOfSpans::descriptor());
  zipkin::proto3::ListOfSpans list;
  google::protobuf::SetLogHandler(nullptr);  // a line for each invalid text otherwise
  if (!list.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return verdict;
  }
  SpanBatch batch("");
  ZipkinV2Translator translator(batch);
  try {
    for (const auto& span : list.spans()) {
      Translate(batch, span, translator);
    }
    Finish(translator.Finish());
    verdict.accepted = true;
    verdict.contents = Describe(batch.spans());
  } catch (const Refused&) {
    verdict.accepted = false;
  }
  return verdict;
}

OracleVerdict ZipkinThriftByOracle(std::string_view bytes) {
  return Judge(
      ThriftProtocol::kBinary, bytes,
      [&](tp::TProtocol& from) {
        tp::TType type{};
        std::uint32_t size = 0;
        from.readListBegin(type, size);
        std::vector<oracle::Span> spans(size);
        for (oracle::Span& span : spans) {
          span.read(&from);
        }
        return spans;
      },
      [](SpanBatch& batch, const std::vector<oracle::Span>& spans) {
        ZipkinV1Translator translator(batch);
        for (const oracle::Span& span : spans) {
          V1 v1;
          Fill(batch, span, v1);
          translator.Add(v1.span);
        }
        Finish(translator.Finish());
      });
}

OracleVerdict ZipkinAgentMessageByOracle(ThriftProtocol protocol, std::string_view bytes) {
  return Judge(
      protocol, bytes,
      [](tp::TProtocol& from) {
        std::string method;
        tp::TMessageType type{};
        std::int32_t sequence = 0;
        from.readMessageBegin(method, type, sequence);
        if (method != "emitZipkinBatch") {
          throw Refused("method");
        }
        thrift_oracle::Agent_emitZipkinBatch_args arguments;
        arguments.read(&from);
        if (!arguments.__isset.spans) {
          throw Refused("no batch");
        }
        return arguments.spans;
      },
      [](SpanBatch& batch, const std::vector<oracle::Span>& spans) {
        ZipkinAgentTranslator translator(batch);
        for (const oracle::Span& span : spans) {
          V1 v1;
          Fill(batch, span, v1);
          if (!translator.Add(v1.span)) {
            throw Refused("no service");
          }
        }
        Finish(translator.Finish());
      });
}

}  // namespace pugmark::testing
