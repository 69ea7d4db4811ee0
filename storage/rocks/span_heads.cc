#include "storage/rocks/span_heads.h"

#include <utility>

#include "storage/rocks/flat_map.h"
#include "storage/rocks/trace_blocks.h"

namespace pugmark::rocks {
namespace {

struct Nothing {};

Error OutOfMemory() {
  return {ErrorCode::kResourceExhausted,
          "the names of services and operations need more memory than the read is allowed"};
}

}  // namespace

Result<std::string_view> HeadMaker::Keep(std::string_view text) {
  const std::string_view kept = arena_.CopyText(text);
  if (kept.size() != text.size()) {
    return OutOfMemory();
  }
  return kept;
}

Result<Resource*> HeadMaker::ServiceOf(const Block& block, const SpanRecord& record) {
  const std::string_view name = block.ServiceName(record);
  if (const auto known = services_.find(name); known != services_.end()) {
    return known->second;
  }
  auto* const resource = arena_.Allocate<Resource>(1);
  Result<std::string_view> kept = Keep(name);
  if (resource == nullptr || !kept) {
    return OutOfMemory();
  }
  *resource = Resource{};
  resource->service_name = *kept;
  services_.emplace(*kept, resource);
  return resource;
}

Result<Span> HeadMaker::Make(const Block& block, const SpanRecord& record) {
  Result<Resource*> resource = ServiceOf(block, record);
  if (!resource) {
    return std::move(resource.error());
  }
  auto name = names_.find(record.name());
  if (name == names_.end()) {
    Result<std::string_view> kept = Keep(record.name());
    if (!kept) {
      return std::move(kept.error());
    }
    name = names_.emplace(*kept, *kept).first;
  }
  Span head;
  head.trace_id = record.trace_id();
  head.span_id = record.span_id();
  head.parent_span_id = record.parent_span_id();
  head.start_time = record.start_time();
  head.duration = record.duration();
  head.kind = record.kind();
  head.status = record.status();
  head.format = record.format();
  head.name = name->second;
  head.resource = *resource;
  return head;
}

Status ReadHeads(const ReadScope& scope, View& view, TraceId trace_id, HeadMaker& maker,
                 std::vector<Span>& heads) {
  heads.clear();
  FlatMap<ContentHash, Nothing, HashOfContentHash> seen;
  TraceBlocks blocks(scope, view, trace_id);
  Block block;
  while (true) {
    Result<bool> more = blocks.Next(block);
    if (!more) {
      return std::move(more.error());
    }
    if (!*more) {
      return {};
    }
    for (std::size_t i = 0; i < block.span_count(); ++i) {
      const SpanRecord record = block.span(i);
      if (record.trace_id() != trace_id || !seen.Insert(block.Hash(record)).second) {
        continue;
      }
      Result<Span> head = maker.Make(block, record);
      if (!head) {
        return std::move(head.error());
      }
      heads.push_back(*head);
    }
    if (Status status = scope.MayHold(heads.capacity() * sizeof(Span) + seen.bytes()); !status) {
      return status;
    }
  }
}

}  // namespace pugmark::rocks
