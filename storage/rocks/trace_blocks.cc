#include "storage/rocks/trace_blocks.h"

#include <optional>
#include <utility>

namespace pugmark::rocks {

TraceBlocks::TraceBlocks(const ReadScope& scope, View& view, TraceId trace_id)
    : scope_(scope),
      view_(view),
      trace_id_(trace_id),
      prefix_(TracePrefix(scope.context.tenant, trace_id)) {
  view_.index().Seek(prefix_);
}

Result<bool> TraceBlocks::Next(Block& block) {
  RowIterator& index = view_.index();
  RowIterator& rows = view_.rows();
  for (; index.On(prefix_); index.Next()) {
    if (Status alive = scope_.context.Check(); !alive) {
      return std::move(alive.error());
    }
    const std::optional<BlockId> id = BlockOfKey(index.key());
    if (!id || *id < scope_.oldest_kept) {
      continue;
    }
    const std::string key = BlockKey(scope_.context.tenant, *id);
    rows.Seek(key);
    if (rows.On(key)) {
      if (Status status = block.Load(rows.value()); !status) {
        return std::move(status.error()).Wrap("trace " + trace_id_.ToText());
      }
      index.Next();
      return true;
    }
    // Else its rows are being dropped, unless they cannot be read.
    if (Status status = rows.status(); !status) {
      return std::move(status.error());
    }
  }
  if (Status status = index.status(); !status) {
    return std::move(status.error());
  }
  return false;
}

}  // namespace pugmark::rocks
