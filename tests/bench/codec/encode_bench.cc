// Encoders: spans of one batch into a buffer that keeps its memory.
#include <string>

#include "proto/codec/api_v2_encoder.h"
#include "proto/codec/otlp_encoder.h"
#include "proto/codec/otlp_json_writer.h"
#include "proto/codec/ui_json_writer.h"
#include "tests/bench/codec/measure.h"
#include "tests/bench/codec/payload.h"
#include "tests/support/otlp_oracle.h"

namespace pugmark::bench {
namespace {

template <typename Encode>
void MeasureEncoder(benchmark::State& state, SourceFormat format, const Encode& encode) {
  const auto spans = static_cast<std::size_t>(state.range(0));
  SpanBatch batch("");
  FillUsualSpans(batch, format, spans);
  std::string out;
  CpuTimer timer(state);
  for (auto _ : state) {
    out.clear();
    timer.Time([&] { encode(batch, out); });
  }
  timer.Show(spans, out.size());
}

void EncodeUiJson(benchmark::State& state) {
  MeasureEncoder(state, SourceFormat::kJaeger, [](SpanBatch& batch, std::string& out) {
    UiTraceWriter writer(out);
    writer.Begin(batch.spans()[0].trace_id);
    for (const Span& span : batch.spans()) {
      writer.AddSpan(span);
    }
    writer.End();
  });
}

void EncodeApiV2(benchmark::State& state) {
  MeasureEncoder(state, SourceFormat::kProto, [](SpanBatch& batch, std::string& out) {
    AppendPostSpansRequest(out, batch.resources()[0], batch.spans());
  });
}

void EncodeOtlp(benchmark::State& state) {
  MeasureEncoder(state, SourceFormat::kOtlp,
                 [](SpanBatch& batch, std::string& out) { AppendTracesData(out, batch.spans()); });
}

void EncodeOtlpJson(benchmark::State& state) {
  MeasureEncoder(state, SourceFormat::kOtlp, [](SpanBatch& batch, std::string& out) {
    OtlpJsonWriter writer(out);
    writer.Begin();
    writer.AddSpans(batch.spans());
    writer.End();
  });
}

void GeneratedOtlpEncode(benchmark::State& state) {
  MeasureEncoder(state, SourceFormat::kOtlp,
                 [](SpanBatch& batch, std::string& out) { out = testing::OtlpWithOracle(batch); });
}

#define PUGMARK_PER_SPAN(function) \
  BENCHMARK(function)->Arg(1)->Arg(100)->Arg(512)->UseManualTime()->Unit(benchmark::kMicrosecond)

PUGMARK_PER_SPAN(EncodeUiJson);
PUGMARK_PER_SPAN(EncodeApiV2);
PUGMARK_PER_SPAN(EncodeOtlp);
PUGMARK_PER_SPAN(EncodeOtlpJson);
PUGMARK_PER_SPAN(GeneratedOtlpEncode);

}  // namespace
}  // namespace pugmark::bench
