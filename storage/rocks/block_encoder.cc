#include "storage/rocks/block_encoder.h"

#include <zstd.h>

#include "common/base/bytes.h"
#include "storage/rocks/block_format.h"

namespace pugmark::rocks {
namespace {

constexpr int kZstdLevel = 1;
// Smaller bodies gain less than the call costs.
constexpr std::size_t kLeastCompressedBytes = 512;

void PutAttributes(ByteSink& out, std::span<const Attribute> attributes, int depth);

void PutValue(ByteSink& out, const Value& value, int depth) {
  if (depth > kMaxValueDepth) {
    out.Byte(static_cast<std::uint8_t>(ValueType::kEmpty));  // deeper than any decoder hands over
    return;
  }
  out.Byte(static_cast<std::uint8_t>(value.type()));
  switch (value.type()) {
    case ValueType::kEmpty:
      break;
    case ValueType::kString:
    case ValueType::kBytes:
      out.Text(value.text());
      break;
    case ValueType::kBool:
      out.Byte(value.boolean() ? 1 : 0);
      break;
    case ValueType::kInt:
      out.Fixed(value.integer());
      break;
    case ValueType::kDouble:
      out.Fixed(value.real());
      break;
    case ValueType::kArray:
      out.Varint(value.elements().size());
      for (const Value& element : value.elements()) {
        PutValue(out, element, depth + 1);
      }
      break;
    case ValueType::kMap:
      PutAttributes(out, value.entries(), depth + 1);
      break;
  }
}

void PutAttributes(ByteSink& out, std::span<const Attribute> attributes, int depth) {
  out.Varint(attributes.size());
  for (const Attribute& attribute : attributes) {
    out.Text(attribute.key);
    PutValue(out, attribute.value, depth);
  }
}

void PutEvents(ByteSink& out, std::span<const Event> events) {
  out.Varint(events.size());
  for (const Event& event : events) {
    out.Fixed<std::int64_t>(event.time.time_since_epoch().count());
    out.Text(event.name);
    out.Varint(event.dropped_attributes);
    PutAttributes(out, event.attributes, 0);
  }
}

void PutLinks(ByteSink& out, std::span<const Link> links) {
  out.Varint(links.size());
  for (const Link& link : links) {
    link.trace_id.ToBigEndian(out.Room(16));
    out.Advance(16);
    out.Fixed(link.span_id);
    out.Byte(static_cast<std::uint8_t>(link.ref_type));
    out.Varint(link.flags);
    out.Varint(link.dropped_attributes);
    out.Text(link.trace_state);
    PutAttributes(out, link.attributes, 0);
  }
}

void PutSpan(ByteSink& out, const Span& span, std::uint32_t resource, std::uint32_t scope) {
  out.Fixed<std::uint32_t>(0);  // the length, patched by the caller
  out.Fixed(resource);
  out.Fixed(scope);
  span.trace_id.ToBigEndian(out.Room(16));
  out.Advance(16);
  out.Fixed(span.span_id);
  out.Fixed(span.parent_span_id);
  out.Fixed<std::int64_t>(span.start_time.time_since_epoch().count());
  out.Fixed<std::int64_t>(span.duration.count());
  out.Byte(static_cast<std::uint8_t>(span.kind));
  out.Byte(static_cast<std::uint8_t>(span.status));
  out.Byte(static_cast<std::uint8_t>(span.format));
  out.Varint(span.flags);
  out.Varint(span.dropped_attributes);
  out.Varint(span.dropped_events);
  out.Varint(span.dropped_links);
  out.Text(span.name);
  out.Text(span.trace_state);
  out.Text(span.status_message);
  PutAttributes(out, span.attributes, 0);
  PutEvents(out, span.events);
  PutLinks(out, span.links);
  out.Varint(span.warnings.size());
  for (const std::string_view warning : span.warnings) {
    out.Text(warning);
  }
}

// A record: its length, then the content.
template <typename Put>
void PutRecord(ByteSink& out, Put&& put) {
  const std::size_t begin = out.size();
  out.Fixed<std::uint32_t>(0);
  put();
  out.Patch(begin, static_cast<std::uint32_t>(out.size() - begin - sizeof(std::uint32_t)));
}

}  // namespace

void BlockEncoder::FreeContext::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }

BlockEncoder::BlockEncoder() : context_(ZSTD_createCCtx()) {}
BlockEncoder::~BlockEncoder() = default;

void BlockEncoder::Start() {
  spans_.Clear();
  resources_.Clear();
  scopes_.Clear();
  resource_positions_.Clear();
  scope_positions_.Clear();
  last_resource_ = nullptr;
  last_scope_ = nullptr;
  span_count_ = 0;
}

bool BlockEncoder::Add(const Span& span) {
  const std::uint32_t resource = IndexOf(span.resource);
  const std::uint32_t scope = IndexOf(span.scope);
  const std::size_t begin = spans_.size();
  PutSpan(spans_, span, resource, scope);
  if (body_bytes() > kMaxBlockBytes) {
    spans_.Truncate(begin);
    return false;
  }
  spans_.Patch(begin, static_cast<std::uint32_t>(spans_.size() - begin - sizeof(std::uint32_t)));
  ++span_count_;
  return true;
}

std::uint32_t BlockEncoder::IndexOf(const Resource* resource) {
  if (resource == nullptr) {
    return 0;
  }
  if (resource == last_resource_) {
    return last_resource_index_;
  }
  const auto [index, is_new] =
      resource_positions_.Insert(reinterpret_cast<std::uintptr_t>(resource));
  if (is_new) {
    index = static_cast<std::uint32_t>(resource_positions_.size());
    PutRecord(resources_, [&] {
      resources_.Byte(resource->has_service_name ? 1 : 0);
      resources_.Text(resource->service_name);
      resources_.Text(resource->schema_url);
      resources_.Varint(resource->dropped_attributes);
      PutAttributes(resources_, resource->attributes, 0);
    });
  }
  last_resource_ = resource;
  last_resource_index_ = index;
  return index;
}

std::uint32_t BlockEncoder::IndexOf(const Scope* scope) {
  if (scope == nullptr) {
    return 0;
  }
  if (scope == last_scope_) {
    return last_scope_index_;
  }
  const auto [index, is_new] = scope_positions_.Insert(reinterpret_cast<std::uintptr_t>(scope));
  if (is_new) {
    index = static_cast<std::uint32_t>(scope_positions_.size());
    PutRecord(scopes_, [&] {
      scopes_.Text(scope->name);
      scopes_.Text(scope->version);
      scopes_.Text(scope->schema_url);
      scopes_.Varint(scope->dropped_attributes);
      PutAttributes(scopes_, scope->attributes, 0);
    });
  }
  last_scope_ = scope;
  last_scope_index_ = index;
  return index;
}

std::string_view BlockEncoder::Finish() {
  block_.Clear();
  block_.Byte(kBlockVersion);
  block_.Byte(static_cast<std::uint8_t>(BlockCompression::kNone));
  block_.Fixed(static_cast<std::uint32_t>(body_bytes()));
  block_.Fixed(static_cast<std::uint32_t>(spans_.size()));
  block_.Fixed(static_cast<std::uint32_t>(resources_.size()));
  block_.Fixed(span_count_);
  block_.Fixed(static_cast<std::uint32_t>(resource_positions_.size()));
  block_.Fixed(static_cast<std::uint32_t>(scope_positions_.size()));
  const std::size_t header_bytes = block_.size();
  block_.Raw(spans_.view());
  block_.Raw(resources_.view());
  block_.Raw(scopes_.view());
  return body_bytes() < kLeastCompressedBytes ? block_.view() : Compress(header_bytes);
}

std::string_view BlockEncoder::Compress(std::size_t header_bytes) {
  const std::string_view body = block_.view().substr(header_bytes);
  compressed_.Clear();
  compressed_.Raw(block_.view().substr(0, header_bytes));
  compressed_.Patch(1, static_cast<std::uint8_t>(BlockCompression::kZstd));
  const std::size_t bound = ZSTD_compressBound(body.size());
  const std::size_t written = ZSTD_compressCCtx(context_.get(), compressed_.Room(bound), bound,
                                                body.data(), body.size(), kZstdLevel);
  if (ZSTD_isError(written) != 0 || written >= body.size()) {
    return block_.view();
  }
  compressed_.Advance(written);
  return compressed_.view();
}

}  // namespace pugmark::rocks
