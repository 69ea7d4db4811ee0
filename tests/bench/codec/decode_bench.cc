// Decoders: wire bytes into a SpanBatch, the copy of the bytes not counted.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collector.pb.h"
#include "otlp/trace_service.pb.h"
#include "proto/codec/api_v2_decoder.h"
#include "proto/codec/api_v2_encoder.h"
#include "proto/codec/otlp_decoder.h"
#include "proto/codec/otlp_json_decoder.h"
#include "proto/codec/otlp_json_writer.h"
#include "proto/codec/thrift_batch.h"
#include "proto/codec/thrift_encoder.h"
#include "tests/bench/codec/measure.h"
#include "tests/bench/codec/payload.h"
#include "tests/support/otlp_oracle.h"
#include "tests/support/thrift_oracle.h"

namespace pugmark::bench {
namespace {

constexpr std::size_t kBatchesPerIteration = 4;

std::string ThriftBytes(ThriftProtocol protocol, std::size_t spans) {
  SpanBatch batch("");
  FillUsualSpans(batch, SourceFormat::kJaeger, spans);
  return EncodeAgentMessage(protocol, batch.resources()[0], batch.spans());
}

std::string ApiV2Bytes(std::size_t spans) {
  SpanBatch batch("");
  FillUsualSpans(batch, SourceFormat::kProto, spans);
  std::string bytes;
  AppendPostSpansRequest(bytes, batch.resources()[0], batch.spans());
  return bytes;
}

std::string OtlpBytes(std::size_t spans) {
  SpanBatch batch("");
  FillUsualSpans(batch, SourceFormat::kOtlp, spans);
  return testing::OtlpWithOracle(batch);
}

std::string OtlpJsonBytes(std::size_t spans) {
  SpanBatch batch("");
  FillUsualSpans(batch, SourceFormat::kOtlp, spans);
  std::string text;
  OtlpJsonWriter writer(text);
  writer.Begin();
  writer.AddSpans(batch.spans());
  writer.End();
  return text;
}

// Decodes copies of `bytes`; only `decode` is timed.
template <typename Decode>
void MeasureDecoder(benchmark::State& state, const std::string& bytes, const Decode& decode) {
  const auto spans = static_cast<std::size_t>(state.range(0));
  CpuTimer timer(state);
  for (auto _ : state) {
    std::vector<std::unique_ptr<SpanBatch>> batches;
    for (std::size_t i = 0; i < kBatchesPerIteration; ++i) {
      batches.push_back(std::make_unique<SpanBatch>(bytes));
    }
    timer.Time([&] {
      for (const auto& batch : batches) {
        if (!decode(*batch).ok()) {
          state.SkipWithError("not decoded");
        }
      }
    });
  }
  timer.Show(spans * kBatchesPerIteration, bytes.size() * kBatchesPerIteration);
}

// Runs `read` over `bytes`: what generated code takes to fill its classes.
template <typename Read>
void MeasureGenerated(benchmark::State& state, const std::string& bytes, const Read& read) {
  CpuTimer timer(state);
  for (auto _ : state) {
    timer.Time([&] { read(bytes); });
  }
  timer.Show(static_cast<std::size_t>(state.range(0)), bytes.size());
}

std::size_t SpansOf(const benchmark::State& state) {
  return static_cast<std::size_t>(state.range(0));
}

void DecodeThriftCompact(benchmark::State& state) {
  MeasureDecoder(
      state, ThriftBytes(ThriftProtocol::kCompact, SpansOf(state)),
      [](SpanBatch& batch) { return DecodeAgentMessage(ThriftProtocol::kCompact, batch); });
}
void DecodeThriftBinary(benchmark::State& state) {
  MeasureDecoder(state, ThriftBytes(ThriftProtocol::kBinary, SpansOf(state)), [](SpanBatch& batch) {
    return DecodeAgentMessage(ThriftProtocol::kBinary, batch);
  });
}
void DecodeApiV2(benchmark::State& state) {
  MeasureDecoder(state, ApiV2Bytes(SpansOf(state)), DecodePostSpansRequest);
}
void DecodeOtlpProto(benchmark::State& state) {
  MeasureDecoder(state, OtlpBytes(SpansOf(state)), DecodeOtlp);
}

void DecodeOtlpJsonText(benchmark::State& state) {
  MeasureDecoder(state, OtlpJsonBytes(SpansOf(state)), DecodeOtlpJson);
}

void GeneratedThriftCompact(benchmark::State& state) {
  MeasureGenerated(
      state, ThriftBytes(ThriftProtocol::kCompact, SpansOf(state)),
      [](const std::string& bytes) { testing::ReadWithOracle(ThriftProtocol::kCompact, bytes); });
}
void GeneratedThriftBinary(benchmark::State& state) {
  MeasureGenerated(
      state, ThriftBytes(ThriftProtocol::kBinary, SpansOf(state)),
      [](const std::string& bytes) { testing::ReadWithOracle(ThriftProtocol::kBinary, bytes); });
}
void GeneratedApiV2(benchmark::State& state) {
  MeasureGenerated(state, ApiV2Bytes(SpansOf(state)), [](const std::string& bytes) {
    jaeger::api_v2::PostSpansRequest request;
    benchmark::DoNotOptimize(request.ParseFromString(bytes));
  });
}
void GeneratedOtlpProto(benchmark::State& state) {
  MeasureGenerated(state, OtlpBytes(SpansOf(state)), [](const std::string& bytes) {
    opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest request;
    benchmark::DoNotOptimize(request.ParseFromString(bytes));
  });
}

#define PUGMARK_PER_SPAN(function) \
  BENCHMARK(function)->Arg(1)->Arg(100)->Arg(512)->UseManualTime()->Unit(benchmark::kMicrosecond)

PUGMARK_PER_SPAN(DecodeThriftCompact);
PUGMARK_PER_SPAN(GeneratedThriftCompact);
PUGMARK_PER_SPAN(DecodeThriftBinary);
PUGMARK_PER_SPAN(GeneratedThriftBinary);
PUGMARK_PER_SPAN(DecodeApiV2);
PUGMARK_PER_SPAN(GeneratedApiV2);
PUGMARK_PER_SPAN(DecodeOtlpProto);
PUGMARK_PER_SPAN(GeneratedOtlpProto);
PUGMARK_PER_SPAN(DecodeOtlpJsonText);

}  // namespace
}  // namespace pugmark::bench
