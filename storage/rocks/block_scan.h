// Goes through the blocks whose spans start within a window, newest first.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.h"
#include "storage/api/trace_query.h"
#include "storage/rocks/block.h"
#include "storage/rocks/flat_map.h"
#include "storage/rocks/index_row.h"
#include "storage/rocks/read_scope.h"
#include "storage/rocks/view.h"

namespace pugmark::rocks {

class BlockScan {
 public:
  // `prefix` (TimePrefix) says whose blocks. Scope and view outlive the scan.
  BlockScan(const ReadScope& scope, View& view, std::string prefix, TimeRange window);

  // The next row of a block that was not loaded yet; its newest start is not later than that of the
  // row before. Nothing at the end.
  Result<std::optional<IndexRow>> Next();
  // Loads the block of a row; null when it is being dropped. It is good until the next call.
  Result<Block*> Load(const IndexRow& row);

  // Memory held.
  [[nodiscard]] std::size_t bytes() const { return block_.bytes() + loaded_.bytes(); }

 private:
  struct Nothing {};

  const ReadScope& scope_;
  View& view_;
  const std::string prefix_;
  const TimeRange window_;
  bool has_begun_ = false;
  FlatMap<BlockId, Nothing, MixBits> loaded_;
  Block block_;
};

}  // namespace pugmark::rocks
