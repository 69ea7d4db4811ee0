// Goes through the blocks that hold spans of one trace, in the order they were written.
#pragma once

#include <string>

#include "common/base/result.h"
#include "common/model/ids.h"
#include "storage/rocks/block.h"
#include "storage/rocks/read_scope.h"
#include "storage/rocks/view.h"

namespace pugmark::rocks {

class TraceBlocks {
 public:
  // Scope and view outlive this; nobody else moves the view's iterators meanwhile.
  TraceBlocks(const ReadScope& scope, View& view, TraceId trace_id);

  // Loads the next block; false at the end.
  Result<bool> Next(Block& block);

 private:
  const ReadScope& scope_;
  View& view_;
  const TraceId trace_id_;
  const std::string prefix_;
};

}  // namespace pugmark::rocks
