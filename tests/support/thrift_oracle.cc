#include "tests/support/thrift_oracle.h"

#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/transport/TBufferTransports.h>

#include <cstring>
#include <memory>

#include "Agent.h"
#include "common/base/utf8.h"
#include "tests/support/span_text.h"
#include "tests/support/strict_protocol.h"

namespace pugmark::testing {
namespace {

namespace oracle = ::pugmark::thrift_oracle;

class Translator {
 public:
  explicit Translator(SpanBatch& batch) : batch_(batch) {}

  void Translate(const oracle::Batch& from) {
    auto* const resource = batch_.arena().Allocate<Resource>(1);
    *resource = Resource();
    resource->service_name = Text(from.process.serviceName);
    resource->has_service_name = true;
    resource->attributes = Tags(from.process.tags);
    auto* const spans = batch_.arena().Allocate<Span>(from.spans.size());
    for (std::size_t i = 0; i < from.spans.size(); ++i) {
      spans[i] = OneSpan(from.spans[i]);
      spans[i].resource = resource;
    }
    batch_.SetContents({spans, from.spans.size()}, {resource, 1});
  }

 private:
  std::string_view Text(const std::string& text) { return batch_.Intern(RepairUtf8(text)); }

  template <typename To, typename From, typename Translate>
  std::span<To> List(const std::vector<From>& from, const Translate& translate) {
    auto* const list = batch_.arena().Allocate<To>(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      list[i] = translate(from[i]);
    }
    return {list, from.size()};
  }

  std::span<Attribute> Tags(const std::vector<oracle::Tag>& tags) {
    return List<Attribute>(tags, [this](const oracle::Tag& tag) {
      return Attribute{Text(tag.key), TagValue(tag)};
    });
  }

  // The number of an enumerator: generated code stores whatever came, which the type may not hold.
  template <typename Enum>
  static std::int32_t Number(const Enum& enumerator) {
    std::int32_t number = 0;
    static_assert(sizeof enumerator == sizeof number);
    std::memcpy(&number, &enumerator, sizeof number);
    return number;
  }

  Value TagValue(const oracle::Tag& tag) {
    switch (Number(tag.vType)) {
      case oracle::TagType::STRING:
        return Value::String(Text(tag.vStr));
      case oracle::TagType::DOUBLE:
        return Value::Double(tag.vDouble);
      case oracle::TagType::BOOL:
        return Value::Bool(tag.vBool);
      case oracle::TagType::LONG:
        return Value::Int(tag.vLong);
      case oracle::TagType::BINARY:
        return Value::Bytes(batch_.Intern(tag.vBinary));
    }
    return Value::String(batch_.Intern("Unknown VType: " + std::to_string(Number(tag.vType))));
  }

  Span OneSpan(const oracle::Span& from) {
    Span span;
    span.format = SourceFormat::kJaeger;
    span.trace_id = {static_cast<std::uint64_t>(from.traceIdHigh),
                     static_cast<std::uint64_t>(from.traceIdLow)};
    span.span_id = static_cast<SpanId>(from.spanId);
    span.parent_span_id = static_cast<SpanId>(from.parentSpanId);
    span.name = Text(from.operationName);
    span.flags = static_cast<std::uint32_t>(from.flags);
    span.start_time = TimeFromMicros(from.startTime);
    span.duration = DurationFromMicros(from.duration);
    span.attributes = Tags(from.tags);
    span.links = List<Link>(from.references, [](const oracle::SpanRef& ref) {
      Link link;
      link.trace_id = {static_cast<std::uint64_t>(ref.traceIdHigh),
                       static_cast<std::uint64_t>(ref.traceIdLow)};
      link.span_id = static_cast<SpanId>(ref.spanId);
      link.ref_type = Number(ref.refType) == oracle::SpanRefType::FOLLOWS_FROM
                          ? RefType::kFollowsFrom
                          : RefType::kChildOf;
      return link;
    });
    span.events = List<Event>(from.logs, [this](const oracle::Log& log) {
      Event event;
      event.time = TimeFromMicros(log.timestamp);
      event.attributes = Tags(log.fields);
      return event;
    });
    if (span.parent_span_id == 0) {
      span.parent_span_id = ParentFromReferences(span.trace_id, span.links);
    }
    DeriveKindAndStatus(span);
    return span;
  }

  SpanBatch& batch_;
};

// Calls read(protocol), which fills a generated batch and returns it.
template <typename Read>
OracleVerdict Judge(ThriftProtocol protocol, std::string_view bytes, const Read& read) {
  std::string copy(bytes);  // TMemoryBuffer wants bytes that it could write to
  const auto transport = std::make_shared<apache::thrift::transport::TMemoryBuffer>(
      reinterpret_cast<std::uint8_t*>(copy.data()), static_cast<std::uint32_t>(copy.size()));
  OracleVerdict verdict;
  try {
    oracle::Batch generated;
    if (protocol == ThriftProtocol::kCompact) {
      StrictProtocol<tp::TCompactProtocol> compact(transport, bytes.size());
      generated = read(compact);
    } else {
      StrictProtocol<tp::TBinaryProtocol> binary(transport, bytes.size());
      generated = read(binary);
    }
    SpanBatch batch("");
    Translator(batch).Translate(generated);
    ThriftBatchInfo info;
    info.has_seq_no = generated.__isset.seqNo;
    info.seq_no = generated.seqNo;
    info.has_stats = generated.__isset.stats;
    info.stats = {generated.stats.fullQueueDroppedSpans, generated.stats.tooLargeDroppedSpans,
                  generated.stats.failedToEmitSpans};
    verdict.contents = DescribeBatch(batch, info);
    verdict.accepted = true;
  } catch (const std::exception& error) {
    verdict.reason = error.what();
  }
  return verdict;
}

}  // namespace

OracleVerdict AgentMessageByOracle(ThriftProtocol protocol, std::string_view bytes) {
  return Judge(protocol, bytes, [](tp::TProtocol& from) {
    std::string method;
    tp::TMessageType type{};
    std::int32_t sequence = 0;
    from.readMessageBegin(method, type, sequence);
    if (method != "emitBatch") {
      throw tp::TProtocolException(tp::TProtocolException::INVALID_DATA, "method " + method);
    }
    oracle::Agent_emitBatch_args arguments;
    arguments.read(&from);
    if (!arguments.__isset.batch) {
      throw tp::TProtocolException(tp::TProtocolException::INVALID_DATA, "no batch");
    }
    return arguments.batch;
  });
}

OracleVerdict ThriftBatchByOracle(ThriftProtocol protocol, std::string_view bytes) {
  return Judge(protocol, bytes, [](tp::TProtocol& from) {
    oracle::Batch batch;
    batch.read(&from);
    return batch;
  });
}

void ReadWithOracle(ThriftProtocol protocol, std::string_view bytes) {
  std::string copy(bytes);
  const auto transport = std::make_shared<apache::thrift::transport::TMemoryBuffer>(
      reinterpret_cast<std::uint8_t*>(copy.data()), static_cast<std::uint32_t>(copy.size()));
  const auto read = [](tp::TProtocol& from) {
    std::string method;
    tp::TMessageType type{};
    std::int32_t sequence = 0;
    from.readMessageBegin(method, type, sequence);
    oracle::Agent_emitBatch_args arguments;
    arguments.read(&from);
  };
  if (protocol == ThriftProtocol::kCompact) {
    tp::TCompactProtocolT<apache::thrift::transport::TMemoryBuffer> compact(transport);
    read(compact);
  } else {
    tp::TBinaryProtocolT<apache::thrift::transport::TMemoryBuffer> binary(transport);
    read(binary);
  }
}

std::string DescribeBatch(const SpanBatch& batch, const ThriftBatchInfo& info) {
  std::string text = Describe(batch.spans());
  if (batch.resources().size() == 1) {
    text += "resource " + Describe(batch.resources()[0]) + "\n";
  }
  if (info.has_seq_no) {
    text += "sequence " + std::to_string(info.seq_no) + "\n";
  }
  if (info.has_stats) {
    text += "stats " + std::to_string(info.stats.full_queue_dropped_spans) + " " +
            std::to_string(info.stats.too_large_dropped_spans) + " " +
            std::to_string(info.stats.failed_to_emit_spans) + "\n";
  }
  return text;
}

}  // namespace pugmark::testing
