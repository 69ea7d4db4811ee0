// Zipkin's spans as its formats give them, before they become ours, and the list of those that have
// become ours.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "common/model/span_batch.h"
#include "proto/codec/scratch_list.h"

namespace pugmark {

struct ZipkinEndpoint {
  std::string_view service_name;
  std::string_view ipv4;  // as text, in JSON and protobuf
  std::string_view ipv6;
  std::uint32_t ipv4_number = 0;  // in Thrift
  std::string_view ipv6_bytes;
  std::uint16_t port = 0;

  [[nodiscard]] bool has_ipv4() const { return !ipv4.empty() || ipv4_number != 0; }
  // The IPv4 address, else the IPv6 address: Jaeger shows one. In the arena where it was a number.
  [[nodiscard]] std::string_view IpText(Arena& arena) const;
};

// The text of 4 or 16 address bytes, in the arena; empty for any other number of bytes.
std::string_view AddressText(Arena& arena, std::string_view bytes);
// An IPv6 address as Go writes it; `text` itself where it is none.
std::string_view NormalIpv6(Arena& arena, std::string_view text);

struct ZipkinV2Annotation {
  UnixTime time;
  std::string_view value;
};

struct ZipkinV2Span {
  TraceId trace_id;
  SpanId id = 0;
  SpanId parent_id = 0;
  SpanKind kind = SpanKind::kUnspecified;
  std::string_view name;
  std::uint64_t timestamp_us = 0;  // 0: absent
  std::uint64_t duration_us = 0;
  ZipkinEndpoint local;
  ZipkinEndpoint remote;
};

struct ZipkinV1Annotation {
  std::int64_t timestamp_us = 0;
  std::string_view value;
  ZipkinEndpoint endpoint;
};

struct ZipkinV1BinaryAnnotation {
  std::string_view key;
  Value value;
  ZipkinEndpoint endpoint;
};

struct ZipkinV1Span {
  TraceId trace_id;
  SpanId id = 0;
  SpanId parent_id = 0;
  bool has_parent_id = false;
  std::string_view name;
  bool debug = false;
  bool has_timestamp = false;
  std::int64_t timestamp_us = 0;
  bool has_duration = false;
  std::int64_t duration_us = 0;
  std::span<const ZipkinV1Annotation> annotations;
  std::span<const ZipkinV1BinaryAnnotation> binary_annotations;
  std::uint32_t dropped_annotations = 0;  // beyond the batch's limits
  std::uint32_t dropped_binary_annotations = 0;
};

// Gathers finished spans with their resources; neighbours with equal resources share one.
class ZipkinSpanList {
 public:
  explicit ZipkinSpanList(SpanBatch& batch)
      : batch_(batch),
        spans_(span_stack_, batch.limits().max_spans),
        resources_(resource_stack_, batch.limits().max_spans) {}

  void Add(const Span& span, const Resource& resource);
  // Gives the spans to the batch; kTooManySpans or kTooLarge where they are too many.
  DecodeError Finish(SourceFormat format);

 private:
  struct ResourceOfSpans {
    Resource resource;
    std::size_t end = 0;  // number of the first span behind its own
  };

  SpanBatch& batch_;
  ScratchStack<Span> span_stack_;
  ScratchStack<ResourceOfSpans> resource_stack_;
  ScratchList<Span> spans_;
  ScratchList<ResourceOfSpans> resources_;
};

}  // namespace pugmark
