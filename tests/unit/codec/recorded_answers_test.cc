// Bodies that real clients sent, through a decoder and a JSON writer, beside the answers that
// Jaeger v1.76 (/api) and v2.20 (/api/v3) gave for them (tests/testdata/golden): nothing is lost or
// changed on the way.
//
// Compared as check.py does: the order of spans, tags and processes is the server's own.
#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "common/base/hex.h"
#include "proto/codec/api_v2_decoder.h"
#include "proto/codec/otlp_decoder.h"
#include "proto/codec/otlp_json_decoder.h"
#include "proto/codec/otlp_json_writer.h"
#include "proto/codec/thrift_batch.h"
#include "proto/codec/ui_json_writer.h"
#include "tests/support/testdata.h"

namespace pugmark::testing {
namespace {

using Json = nlohmann::json;

// Lists of objects sorted, and processes in the place of their numbers.
void Normalize(Json& node) {
  if (node.is_object()) {
    for (Json& child : node) {
      Normalize(child);
    }
  } else if (node.is_array()) {
    for (Json& child : node) {
      Normalize(child);
    }
    std::sort(node.begin(), node.end());
  }
}

Json NormalTrace(Json trace) {
  for (Json& span : trace["spans"]) {
    span["process"] = trace["processes"][span["processID"].get<std::string>()];
    span.erase("processID");
  }
  trace.erase("processes");
  Normalize(trace);
  return trace;
}

Json OurTrace(TraceId trace_id, const std::vector<Span>& spans) {
  std::string out;
  UiTraceWriter writer(out);
  writer.Begin(trace_id);
  for (const Span& span : spans) {
    writer.AddSpan(span);
  }
  writer.End();
  return NormalTrace(Json::parse(out));
}

Json OurV3Trace(const std::vector<Span>& spans) {
  std::string out;
  OtlpJsonWriter writer(out);
  writer.Begin();
  writer.AddSpans(spans);
  writer.End();
  Json trace = Json::parse(out);
  Normalize(trace);
  return trace;
}

using Decode = DecodeStatus (*)(SpanBatch&);

// What reaches the collector through the agent has become api_v2 on the way.
template <ThriftProtocol kProtocol>
DecodeStatus ThroughAgent(SpanBatch& batch) {
  if (const DecodeStatus status = DecodeAgentMessage(kProtocol, batch); !status.ok()) {
    return status;
  }
  for (Span& span : batch.spans()) {
    span.format = SourceFormat::kProto;
  }
  return {};
}
constexpr Decode kThroughAgentBinary = ThroughAgent<ThriftProtocol::kBinary>;
constexpr Decode kThroughAgentCompact = ThroughAgent<ThriftProtocol::kCompact>;

DecodeStatus BinaryBatch(SpanBatch& batch) {
  return DecodeThriftBatch(ThriftProtocol::kBinary, batch);
}

struct Recorded {
  std::string folder;  // below testdata
  std::string answer;  // without extension
  Decode decode;
  std::vector<std::string> inputs;
};

// The spans of one trace in the inputs, and the batches that own them.
struct Found {
  std::vector<std::unique_ptr<SpanBatch>> batches;
  std::vector<Span> spans;
};

Found FindTrace(const Recorded& recorded, const std::string& trace_id) {
  Found found;
  for (const std::string& input : recorded.inputs) {
    auto batch =
        std::make_unique<SpanBatch>(ReadTestdata(recorded.folder + "/inputs/" + input + ".bin"));
    REQUIRE(recorded.decode(*batch).ok());
    for (const Span& span : batch->spans()) {
      if (Hex16(span.trace_id.high) + Hex16(span.trace_id.low) == trace_id) {
        found.spans.push_back(span);
      }
    }
    found.batches.push_back(std::move(batch));
  }
  REQUIRE_FALSE(found.spans.empty());
  return found;
}

void CheckSame(const Json& theirs, const Json& ours) {
  if (ours != theirs) {
    FAIL(Json::diff(theirs, ours).dump(1));
  }
}

// Jaeger v1.76's answer to /api/traces/{id}?raw=true.
void CheckV1(const Recorded& recorded) {
  CAPTURE(recorded.answer);
  const Json answer = Json::parse(
      ReadTestdata(recorded.folder + "/answers/v1.76/" + recorded.answer + ".json"))["data"][0];
  std::string trace_id = answer["traceID"];
  trace_id.insert(0, 32 - trace_id.size(), '0');
  const Found found = FindTrace(recorded, trace_id);
  CheckSame(NormalTrace(answer), OurTrace(found.spans[0].trace_id, found.spans));
}

// Jaeger v2.20's answer to /api/v3/traces/{id}.
void CheckV2(const Recorded& recorded) {
  CAPTURE(recorded.answer);
  Json answer = Json::parse(
      ReadTestdata(recorded.folder + "/answers/v2.20/" + recorded.answer + ".json"))["result"];
  const Json& first_scope = answer["resourceSpans"][0]["scopeSpans"][0];
  const Found found = FindTrace(recorded, first_scope["spans"][0]["traceId"]);
  Normalize(answer);
  CheckSame(answer, OurV3Trace(found.spans));
}

const std::string kGolden = "golden";
const std::string kMore = "golden/more";

}  // namespace

TEST_CASE("recorded answers: v1.76", "[codec][recorded]") {
  const std::vector<Recorded> recorded{
      {kGolden,
       "trace-000000000000000f00000000000000f1-raw",
       DecodePostSpansRequest,
       {"grpc-all-types"}},
      {kGolden,
       "trace-7585cc2f296d3562210e14fbc502c39a-raw",
       kThroughAgentBinary,
       {"client-node-otel-jaeger"}},
      {kMore, "trace-0000000000000321-raw", DecodePostSpansRequest, {"grpc-firehose"}},
      {kMore, "trace-0000000000000322-raw", DecodePostSpansRequest, {"grpc-firehose"}},
      {kMore, "trace-0000000000000323-raw", DecodePostSpansRequest, {"grpc-firehose"}},
      {kGolden, "trace-00000000000000a2-raw", DecodeOtlp, {"otlp-status-and-kinds"}},
      {kGolden, "trace-00000000000000ab-raw", DecodeOtlp, {"otlp-same-span-twice"}},
      {kGolden, "trace-00000000000000b0-raw", DecodeOtlp, {"otlp-skew-late"}},
      {kGolden, "trace-00000000000000b1-raw", DecodeOtlp, {"otlp-skew-early"}},
      {kMore,
       "trace-00000000000000090000000000000318-raw",
       DecodeOtlp,
       {"otlp-part-0", "otlp-part-1", "otlp-part-2"}},
      {kMore, "trace-00000000000000090000000000000319-raw", DecodeOtlp, {"otlp-links"}},
      {kMore, "trace-00000000000000300000000000000301-raw", DecodeOtlp, {"otlp-grpc-scope"}},
      {kMore, "trace-0000000000000313-raw", DecodeOtlp, {"otlp-far-future"}},
      {kMore, "trace-0000000000000315-raw", DecodeOtlp, {"otlp-invalid-utf8"}},
      {kMore, "trace-0000000000000317-raw", DecodeOtlp, {"otlp-zero-span-id"}},
      {kMore, "trace-000000000000031a-raw", DecodeOtlp, {"otlp-tags-that-mean-something"}},
      {kMore, "trace-000000000000031b-raw", DecodeOtlp, {"otlp-sdk-in-span"}},
      {kMore,
       "trace-52be51e3bdd426eb7dff714491e1a60e-raw",
       DecodeOtlp,
       {"client-python-otel-otlp"}},
      {kGolden, "trace-000000000000001100000000000000a1", DecodeOtlpJson, {"otlp-all-types"}},
      {kGolden,
       "trace-2ca1b9de033abf670237845b4a164696-raw",
       DecodeOtlpJson,
       {"client-node-otel-otlp-json"}},
  };
  for (const Recorded& one : recorded) {
    CheckV1(one);
  }
}

TEST_CASE("recorded answers: v2.20", "[codec][recorded]") {
  const std::vector<Recorded> recorded{
      {kGolden, "v3-trace-000000000000000d00000000000000d1", BinaryBatch, {"thrift-all-types"}},
      {kGolden, "v3-trace-00000000000000d3", kThroughAgentCompact, {"thrift-flags"}},
      {kGolden, "v3-trace-00000000000000e5", kThroughAgentBinary, {"thrift-odd"}},
      {kGolden,
       "v3-trace-01a293e71d33952d",
       kThroughAgentCompact,
       {"client-ruby-jaeger-client-udp"}},
      {kGolden, "v3-trace-000000000000001100000000000000a1", DecodeOtlpJson, {"otlp-all-types"}},
      {kGolden, "v3-trace-00000000000000a2", DecodeOtlp, {"otlp-status-and-kinds"}},
      {kGolden,
       "v3-trace-2ca1b9de033abf670237845b4a164696",
       DecodeOtlpJson,
       {"client-node-otel-otlp-json"}},
      {kMore, "v3-trace-00000000000000300000000000000301", DecodeOtlp, {"otlp-grpc-scope"}},
      {kMore, "v3-trace-0000000000000310", DecodeOtlp, {"otlp-not-a-number"}},
      {kMore, "v3-trace-0000000000000315", DecodeOtlp, {"otlp-invalid-utf8"}},
      {kMore, "v3-trace-0000000000000317", DecodeOtlp, {"otlp-zero-span-id"}},
      {kMore, "v3-trace-52be51e3bdd426eb7dff714491e1a60e", DecodeOtlp, {"client-python-otel-otlp"}},
  };
  for (const Recorded& one : recorded) {
    CheckV2(one);
  }
}

}  // namespace pugmark::testing
