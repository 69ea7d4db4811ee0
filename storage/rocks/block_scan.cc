#include "storage/rocks/block_scan.h"

#include <utility>

namespace pugmark::rocks {

BlockScan::BlockScan(const ReadScope& scope, View& view, std::string prefix, TimeRange window)
    : scope_(scope), view_(view), prefix_(std::move(prefix)), window_(window) {}

Result<std::optional<IndexRow>> BlockScan::Next() {
  RowIterator& index = view_.index();
  if (has_begun_) {
    index.Next();
  } else {
    // A row reaches at most to the end of the slot that it begins in.
    std::string from = prefix_;
    AppendTimeAndBlock(from, EndOfSlot(window_.max), 0);
    index.Seek(from);
    has_begun_ = true;
  }
  for (; index.On(prefix_); index.Next()) {
    if (Status alive = scope_.context.Check(); !alive) {
      return std::move(alive.error());
    }
    std::optional<IndexRow> row = ParseIndexRow(index.key(), index.value());
    if (!row) {
      return Error{ErrorCode::kDataLoss, "damaged index row"};
    }
    if (row->bounds.newest < window_.min) {
      return std::optional<IndexRow>();
    }
    if (row->block >= scope_.oldest_kept && row->bounds.oldest <= window_.max &&
        loaded_.Get(row->block) == nullptr) {
      return row;
    }
  }
  if (Status status = index.status(); !status) {
    return std::move(status.error());
  }
  return std::optional<IndexRow>();
}

Result<Block*> BlockScan::Load(const IndexRow& row) {
  loaded_.Insert(row.block);
  const std::string key = BlockKey(scope_.context.tenant, row.block);
  RowIterator& rows = view_.rows();
  rows.Seek(key);
  if (!rows.On(key)) {
    if (Status status = rows.status(); !status) {
      return std::move(status.error());
    }
    return nullptr;
  }
  if (Status status = block_.Load(rows.value()); !status) {
    return std::move(status.error());
  }
  return &block_;
}

}  // namespace pugmark::rocks
