// Zipkin v2 spans into ours, as Jaeger's collector translates them (reference 8.5).
#pragma once

#include "proto/codec/zipkin_spans.h"

namespace pugmark {

// Takes the parts of one span after another: Begin, then its tags and annotations in any order,
// then End.
class ZipkinV2Translator {
 public:
  explicit ZipkinV2Translator(SpanBatch& batch)
      : batch_(batch),
        spans_(batch),
        attributes_(attribute_stack_, batch.limits().max_attributes),
        resource_attributes_(resource_attribute_stack_, batch.limits().max_attributes),
        events_(event_stack_, batch.limits().max_events),
        links_(link_stack_, batch.limits().max_links) {}

  void Begin();
  void AddTag(std::string_view key, std::string_view value);
  void AddAnnotation(UnixTime time, std::string_view value);
  void End(const ZipkinV2Span& span);

  DecodeError Finish() { return spans_.Finish(SourceFormat::kZipkin); }

 private:
  // Apart from Attribute, so that the attributes of resources gather on a stack of their own.
  struct ResourceAttribute {
    Attribute attribute;
  };

  void AddResourceTag(std::string_view key, std::string_view value);
  void AddLink(std::string_view value);
  void AddEndpoints(const ZipkinV2Span& span);
  void SetStatus(Span& span);
  void SetKind(Span& span, SpanKind kind);
  Resource MakeResource(const ZipkinEndpoint& local);
  const Scope* MakeScope();
  std::span<Attribute> ReadJsonAttributes(std::string_view json);

  SpanBatch& batch_;
  ZipkinSpanList spans_;
  ScratchStack<Attribute> attribute_stack_;
  ScratchStack<ResourceAttribute> resource_attribute_stack_;
  ScratchStack<Event> event_stack_;
  ScratchStack<Link> link_stack_;
  ScratchList<Attribute> attributes_;
  ScratchList<ResourceAttribute> resource_attributes_;
  ScratchList<Event> events_;
  ScratchList<Link> links_;

  // What tags say about the span at hand.
  std::string_view service_name_;
  std::string_view status_code_;
  std::string_view status_description_;
  std::string_view kind_;
  std::string_view trace_state_;
  std::string_view scope_name_;
  std::string_view scope_version_;
  bool has_service_name_ = false;
  bool has_status_code_ = false;
  bool has_error_ = false;
  const Scope* last_scope_ = nullptr;
};

}  // namespace pugmark
