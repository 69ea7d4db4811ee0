// Zipkin v1 spans into ours, as Jaeger's collector translates them on 9411 (reference 8.5).
#pragma once

#include "proto/codec/zipkin_spans.h"

namespace pugmark {

class ZipkinV1Translator {
 public:
  explicit ZipkinV1Translator(SpanBatch& batch) : batch_(batch), spans_(batch) {}

  void Add(const ZipkinV1Span& span);
  DecodeError Finish() { return spans_.Finish(SourceFormat::kZipkin); }

 private:
  // What the core annotations say ("cs", "sr", ...), and who else names the service.
  struct Facts {
    SpanKind kind = SpanKind::kUnspecified;
    std::int64_t first_us = 0;
    std::int64_t last_us = 0;
    const ZipkinEndpoint* endpoint = nullptr;
    std::string_view other_service;
  };

  Facts ReadAnnotations(const ZipkinV1Span& from, ScratchList<Event>& events);
  void AddBinaryAnnotation(const ZipkinV1BinaryAnnotation& from, Span& span,
                           ScratchList<Attribute>& attributes);
  void AddPeer(const ZipkinEndpoint& peer, ScratchList<Attribute>& attributes);
  void SetTimes(const ZipkinV1Span& from, const Facts& facts, Span& span,
                ScratchList<Attribute>& attributes);
  Resource MakeResource(const Facts& facts);

  SpanBatch& batch_;
  ZipkinSpanList spans_;
  ScratchStack<Attribute> attribute_stack_;
  ScratchStack<Event> event_stack_;
};

}  // namespace pugmark
