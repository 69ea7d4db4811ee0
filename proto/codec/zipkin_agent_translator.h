// Zipkin v1 spans into spans of Jaeger's model, as Jaeger's agent translates them (reference 8.6).
#pragma once

#include "proto/codec/zipkin_spans.h"

namespace pugmark {

class ZipkinAgentTranslator {
 public:
  explicit ZipkinAgentTranslator(SpanBatch& batch)
      : batch_(batch),
        spans_(batch),
        tags_(tag_stack_, batch.limits().max_attributes),
        process_tags_(process_tag_stack_, batch.limits().max_attributes) {}

  // False when nothing names the service.
  bool Add(const ZipkinV1Span& span);
  DecodeError Finish() { return spans_.Finish(SourceFormat::kZipkin); }

 private:
  // Apart from Attribute, so that the tags of processes gather on a stack of their own.
  struct ProcessTag {
    Attribute tag;
  };

  void AddBinaryAnnotation(const ZipkinV1BinaryAnnotation& annotation);
  void AddErrorTag(const ZipkinV1BinaryAnnotation& annotation);
  void AddPeer(const ZipkinEndpoint& peer);
  void SetTimes(const ZipkinV1Span& from, Span& span);
  std::span<Event> MakeLogs(const ZipkinV1Span& from);
  std::span<Attribute> MakeFields(std::string_view value);
  bool MakeProcess(const ZipkinV1Span& from, Resource& process);
  // A span that tells of both sides becomes two.
  void AddOtherSide(const ZipkinV1Span& from, const Span& span, const Resource& process);

  SpanBatch& batch_;
  ZipkinSpanList spans_;
  ScratchStack<Attribute> tag_stack_;
  ScratchStack<ProcessTag> process_tag_stack_;
  ScratchStack<Event> event_stack_;
  ScratchList<Attribute> tags_;
  ScratchList<ProcessTag> process_tags_;
};

}  // namespace pugmark
