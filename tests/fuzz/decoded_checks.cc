#include "tests/fuzz/decoded_checks.h"

#include <cstdio>
#include <cstdlib>

#include "proto/codec/api_v2_decoder.h"
#include "proto/codec/api_v2_encoder.h"
#include "proto/codec/thrift_encoder.h"
#include "proto/codec/ui_json_writer.h"

namespace pugmark::fuzz {
namespace {

void Require(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "violated: %s\n", what);
    std::abort();
  }
}

void CheckLimits(const SpanBatch& batch) {
  const BatchLimits& limits = batch.limits();
  Require(batch.spans().size() <= limits.max_spans, "max_spans");
  for (const Span& span : batch.spans()) {
    Require(span.resource >= batch.resources().data() &&
                span.resource < batch.resources().data() + batch.resources().size(),
            "the resource of a span is one of the batch's");
    Require(span.attributes.size() <= limits.max_attributes, "max_attributes");
    Require(span.events.size() <= limits.max_events, "max_events");
    Require(span.links.size() <= limits.max_links, "max_links");
    for (const Attribute& attribute : span.attributes) {
      Require(attribute.value.text().size() <= limits.max_value_bytes, "max_value_bytes");
    }
    for (const Event& event : span.events) {
      Require(event.attributes.size() <= limits.max_attributes, "max_attributes of an event");
    }
  }
}

void WriteUiJson(const SpanBatch& batch) {
  std::string out;
  UiTraceWriter writer(out, true);
  writer.Begin({});
  for (const Span& span : batch.spans()) {
    writer.AddSpan(span);
  }
  writer.End();
}

void WriteAndReadApiV2(const SpanBatch& batch) {
  const Resource none;
  std::string bytes;
  AppendPostSpansRequest(bytes, batch.resources().empty() ? none : batch.resources()[0],
                         batch.spans());
  SpanBatch again(std::move(bytes));
  const DecodeStatus status = DecodePostSpansRequest(again);
  Require(status.ok() || status.error == DecodeError::kTooLarge, "api_v2 of decoded spans");
  Require(!status.ok() || again.spans().size() == batch.spans().size(), "spans read again");
}

}  // namespace

void CheckDecoded(SpanBatch& batch, DecodeStatus status) {
  if (!status.ok()) {
    Require(status.position <= batch.payload().size(), "the position of an error");
    Require(batch.spans().empty(), "no spans after an error");
    return;
  }
  CheckLimits(batch);
  WriteUiJson(batch);
  WriteAndReadApiV2(batch);
  for (const Span& span : batch.spans()) {
    static_cast<void>(HashSpan(span));
  }
  if (!batch.resources().empty()) {
    static_cast<void>(
        EncodeThriftBatch(ThriftProtocol::kCompact, batch.resources()[0], batch.spans()));
  }
}

}  // namespace pugmark::fuzz
