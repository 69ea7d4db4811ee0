// Bodies that real clients sent, through a decoder and the UI JSON writer, beside the answers that
// Jaeger v1.76 gave for them (tests/testdata/golden): nothing is lost or changed on the way.
//
// Compared as check.py does: the order of spans, tags and processes is the server's own.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "proto/codec/api_v2_decoder.h"
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

using Decode = DecodeStatus (*)(SpanBatch&);

struct Recorded {
  std::string answer;  // below answers/v1.76, without extension
  Decode decode;
  std::vector<std::string> inputs;
};

// What reaches the collector through the agent has become api_v2 on the way.
DecodeStatus ThroughAgent(SpanBatch& batch) {
  if (const DecodeStatus status = DecodeAgentMessage(ThriftProtocol::kBinary, batch);
      !status.ok()) {
    return status;
  }
  for (Span& span : batch.spans()) {
    span.format = SourceFormat::kProto;
  }
  return {};
}

void CheckRecorded(const std::string& folder, const Recorded& recorded) {
  CAPTURE(recorded.answer);
  std::vector<std::unique_ptr<SpanBatch>> batches;
  const Json answer =
      Json::parse(ReadTestdata(folder + "/answers/v1.76/" + recorded.answer + ".json"))["data"][0];
  std::vector<Span> spans;
  for (const std::string& input : recorded.inputs) {
    auto batch = std::make_unique<SpanBatch>(ReadTestdata(folder + "/inputs/" + input + ".bin"));
    REQUIRE(recorded.decode(*batch).ok());
    for (const Span& span : batch->spans()) {
      if (span.trace_id.ToText() == answer["traceID"]) {
        spans.push_back(span);
      }
    }
    batches.push_back(std::move(batch));
  }
  REQUIRE_FALSE(spans.empty());
  const Json ours = OurTrace(spans[0].trace_id, spans);
  const Json theirs = NormalTrace(answer);
  if (ours != theirs) {
    FAIL(Json::diff(theirs, ours).dump(1));
  }
}

}  // namespace

TEST_CASE("recorded answers: Thrift and api_v2", "[codec][recorded]") {
  CheckRecorded(
      "golden",
      GENERATE(values<Recorded>({
          {"trace-000000000000000f00000000000000f1-raw",
           DecodePostSpansRequest,
           {"grpc-all-types"}},
          {"trace-7585cc2f296d3562210e14fbc502c39a-raw", ThroughAgent, {"client-node-otel-jaeger"}},
      })));
  CheckRecorded("golden/more",
                GENERATE(values<Recorded>({
                    {"trace-0000000000000321-raw", DecodePostSpansRequest, {"grpc-firehose"}},
                    {"trace-0000000000000322-raw", DecodePostSpansRequest, {"grpc-firehose"}},
                    {"trace-0000000000000323-raw", DecodePostSpansRequest, {"grpc-firehose"}},
                })));
}

}  // namespace pugmark::testing
