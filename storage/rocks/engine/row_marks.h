// Which rows of a row group, or of a stretch of a head, pass a plan.
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/result.h"
#include "storage/rocks/engine/query_plan.h"
#include "storage/rocks/head/head.h"
#include "storage/rocks/segment/row_group.h"

namespace pugmark::engine {

using RowMarks = std::vector<std::uint8_t>;

// Clears the marks of rows that do not pass.
// Hold a shared lock of the head. `marks` are of the rows from `first` on.
void MarkHeadRows(const Head& head, std::uint32_t first, const PlanNode& plan, RowMarks& marks);

// What the token filter says of a plan, by its leaves; made once per segment.
class GroupSieve {
 public:
  static Result<GroupSieve> Make(Segment& segment, const Schema& schema, const PlanNode& plan);
  // False where no row of the group (index into the header's groups) can pass.
  [[nodiscard]] bool MayPass(std::size_t group) const { return Passes(root_, group); }

 private:
  struct Node {
    PlanNode::Kind kind = PlanNode::Kind::kEverything;
    std::vector<Node> children;
    bool every_group = true;
    std::vector<bool> groups;
  };
  static Result<Node> Sift(Segment& segment, const Schema& schema, const PlanNode& plan);
  static bool Passes(const Node& node, std::size_t group);

  Node root_;
};

Status MarkGroupRows(RowGroup& group, const PlanNode& plan, RowMarks& marks);

}  // namespace pugmark::engine
