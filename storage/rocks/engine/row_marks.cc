#include "storage/rocks/engine/row_marks.h"

#include <algorithm>

namespace pugmark::engine {
namespace {

// Combines the marks of children; `mark(child, marks)` fills those of one.
template <typename Mark>
Status Combine(const PlanNode& plan, RowMarks& marks, const Mark& mark) {
  if (plan.kind == PlanNode::Kind::kAnd) {
    for (const PlanNode& child : plan.children) {
      if (Status status = mark(child, marks); !status) {
        return status;
      }
    }
    return {};
  }
  RowMarks any(marks.size(), 0);
  for (const PlanNode& child : plan.children) {
    RowMarks one = marks;
    if (Status status = mark(child, one); !status) {
      return status;
    }
    for (std::size_t i = 0; i < any.size(); ++i) {
      any[i] |= one[i];
    }
  }
  marks = std::move(any);
  return {};
}

bool HeadCodePasses(const HeadColumn& column, const ColumnPredicate& predicate,
                    std::uint32_t code) {
  if (predicate.any_value) {
    return true;
  }
  if ((code & kPlainBit) == 0) {
    return predicate.HasId(code);
  }
  if (!predicate.plain) {
    return false;
  }
  if (column.is_number) {
    return !predicate.bits_are_known || column.words[code & ~kPlainBit] == predicate.bits;
  }
  // The token stands for the text: others with the same one are left to the matcher.
  return !predicate.text_is_known || column.words[(code & ~kPlainBit) + 1] ==
                                         TokenHash(column.key_hash, HashText(predicate.text));
}

class HeadLeaf {
 public:
  HeadLeaf(const Head& head, const PlanNode& leaf) : head_(head), leaf_(leaf) {
    by_column_.resize(head.columns.size());
    for (const ColumnPredicate& predicate : leaf.columns) {
      by_column_[predicate.column] = &predicate;
    }
  }

  [[nodiscard]] bool Passes(const HeadRow& row) const {
    if (leaf_.whole_types[row.type] != 0) {
      return true;
    }
    const Schema& schema = head_.schema();
    if (ShapePasses(schema.shapes[schema.types[row.type].shape], row.values_at)) {
      return true;
    }
    for (std::uint32_t i = 0; i < row.event_count; ++i) {
      const HeadEvent& event = head_.events[row.events_at + i];
      if (ShapePasses(schema.shapes[event.shape], event.values_at)) {
        return true;
      }
    }
    return false;
  }

 private:
  [[nodiscard]] bool ShapePasses(const Shape& shape, std::uint32_t values_at) const {
    for (std::size_t i = 0; i < shape.columns.size(); ++i) {
      const std::uint32_t column = shape.columns[i];
      if (by_column_[column] != nullptr &&
          HeadCodePasses(head_.columns[column], *by_column_[column], head_.values[values_at + i])) {
        return true;
      }
    }
    return false;
  }

  const Head& head_;
  const PlanNode& leaf_;
  std::vector<const ColumnPredicate*> by_column_;
};

bool GroupValuePasses(const ColumnPredicate& predicate, bool is_number, bool is_plain,
                      std::uint32_t id, const ColumnValue& value) {
  if (predicate.any_value) {
    return true;
  }
  if (!is_plain) {
    return predicate.HasId(id);
  }
  if (!predicate.plain) {
    return false;
  }
  return is_number ? !predicate.bits_are_known || value.bits == predicate.bits
                   : !predicate.text_is_known || SameText(value.text, predicate.text);
}

// Walks one column of a group in the order its values are stored in.
class ColumnWalk {
 public:
  ColumnWalk(RowGroup& group, const ColumnPredicate& predicate)
      : group_(group),
        predicate_(predicate),
        is_number_(IsNumber(group.schema().columns[predicate.column].type)) {}

  // Sets passes[row] where a value of the row passes.
  Status Run(RowMarks& passes) {
    MarkConstants(passes);
    Result<const ColumnData*> column = group_.LoadColumn(predicate_.column);
    if (!column) {
      return column.error();
    }
    column_ = *column;
    if (column_ == nullptr || !AnyPasses()) {
      return {};
    }
    const bool is_event = group_.schema().columns[predicate_.column].level == ColumnLevel::kEvent;
    if (Status status = is_event ? group_.LoadEvents() : Status(); !status) {
      return status;
    }
    if (Status status = group_.LoadEntries(); !status) {
      return status;
    }
    CountUses(is_event);
    std::size_t event = 0;
    for (std::uint32_t entry = 0; entry < group_.entries(); ++entry) {
      for (std::uint32_t row = group_.first_row(entry); row < group_.end_row(entry); ++row) {
        std::uint32_t uses = 0;
        if (is_event) {
          for (std::uint32_t i = 0; i < group_.event_counts()[row]; ++i) {
            uses += uses_[group_.event_shapes()[event++]];
          }
        } else {
          uses = uses_[group_.types()[row]];
        }
        for (; uses > 0; --uses) {
          if (!Step(entry, passes[row])) {
            return Error{ErrorCode::kDataLoss, "row group: columns do not fit together"};
          }
        }
      }
    }
    return {};
  }

 private:
  void MarkConstants(RowMarks& passes) {
    const SegmentSchema& full = group_.tables().full();
    std::vector<std::uint8_t> types(full.schema.types.size());
    bool has_any = false;
    for (std::size_t type = 0; type < types.size(); ++type) {
      const Shape& shape = full.schema.shapes[full.schema.types[type].shape];
      for (std::size_t i = 0; i < shape.columns.size(); ++i) {
        const std::uint32_t constant = full.constants[type][i];
        if (shape.columns[i] == predicate_.column && constant != kVaries &&
            (predicate_.any_value || predicate_.HasId(constant))) {
          types[type] = 1;
          has_any = true;
        }
      }
    }
    if (has_any) {
      for (std::uint32_t row = 0; row < group_.rows(); ++row) {
        passes[row] |= types[group_.types()[row]];
      }
    }
  }

  // A look at the ids alone: most groups do not have the value at all.
  [[nodiscard]] bool AnyPasses() const {
    return predicate_.any_value || predicate_.plain ||
           std::any_of(column_->ids.begin(), column_->ids.end(),
                       [this](std::uint32_t id) { return id != 0 && predicate_.HasId(id - 1); });
  }

  // How many values of the column a row of a type, or an event of a shape, has.
  void CountUses(bool is_event) {
    const SegmentSchema& full = group_.tables().full();
    const std::size_t count = is_event ? full.schema.shapes.size() : full.schema.types.size();
    uses_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::vector<std::uint32_t>& columns =
          is_event ? full.schema.shapes[i].columns : full.varying_columns[i];
      uses_[i] =
          static_cast<std::uint32_t>(std::count(columns.begin(), columns.end(), predicate_.column));
    }
  }

  bool Step(std::uint32_t entry, std::uint8_t& mark) {
    ColumnValue value;
    const std::uint32_t id = at_ < column_->ids.size() ? column_->ids[at_] : 0;
    if (!cursor_.Next(*column_, is_number_, entry, buffer_, value)) {
      return false;
    }
    ++at_;
    if (GroupValuePasses(predicate_, is_number_, id == 0, id - 1, value)) {
      mark = 1;
    }
    return true;
  }

  RowGroup& group_;
  const ColumnPredicate& predicate_;
  const bool is_number_;
  const ColumnData* column_ = nullptr;
  std::vector<std::uint32_t> uses_;
  ColumnCursor cursor_;
  ColumnCursor::Buffer buffer_;
  std::size_t at_ = 0;
};

Status MarkGroupLeaf(RowGroup& group, const PlanNode& leaf, RowMarks& marks) {
  RowMarks passes(marks.size(), 0);
  for (std::size_t row = 0; row < marks.size(); ++row) {
    passes[row] = leaf.whole_types[group.types()[row]];
  }
  for (const ColumnPredicate& predicate : leaf.columns) {
    if (Status status = ColumnWalk(group, predicate).Run(passes); !status) {
      return status;
    }
  }
  for (std::size_t row = 0; row < marks.size(); ++row) {
    marks[row] &= passes[row];
  }
  return {};
}

}  // namespace

void MarkHeadRows(const Head& head, std::uint32_t first, const PlanNode& plan, RowMarks& marks) {
  if (plan.kind == PlanNode::Kind::kEverything) {
    return;
  }
  if (plan.kind != PlanNode::Kind::kLeaf) {
    (void)Combine(plan, marks, [&](const PlanNode& child, RowMarks& of_child) -> Status {
      MarkHeadRows(head, first, child, of_child);
      return {};
    });
    return;
  }
  const HeadLeaf leaf(head, plan);
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (marks[i] != 0 && !leaf.Passes(head.rows[first + i])) {
      marks[i] = 0;
    }
  }
}

Result<GroupSieve::Node> GroupSieve::Sift(Segment& segment, const Schema& schema,
                                          const PlanNode& plan) {
  Node node;
  node.kind = plan.kind;
  for (const PlanNode& child : plan.children) {
    Result<Node> sifted = Sift(segment, schema, child);
    if (!sifted) {
      return sifted;
    }
    node.children.push_back(std::move(*sifted));
  }
  if (plan.kind != PlanNode::Kind::kLeaf) {
    return node;
  }
  node.every_group =
      std::any_of(plan.whole_types.begin(), plan.whole_types.end(),
                  [](std::uint8_t type) { return type != 0; }) ||
      std::any_of(plan.columns.begin(), plan.columns.end(), [](const ColumnPredicate& predicate) {
        return predicate.any_value || !predicate.ids.empty() || !predicate.text_is_known;
      });
  if (node.every_group) {
    return node;
  }
  const Result<const SegmentHeader*> header = segment.Header();
  if (!header) {
    return header.error();
  }
  node.groups.resize((*header)->groups.size());
  for (const ColumnPredicate& predicate : plan.columns) {
    const Result<std::vector<bool>> groups = segment.FindToken(
        TokenHash(HashText(schema.columns[predicate.column].key), HashText(predicate.text)));
    if (!groups) {
      return groups.error();
    }
    for (std::size_t i = 0; i < groups->size(); ++i) {
      node.groups[i] = node.groups[i] || (*groups)[i];
    }
  }
  return node;
}

Result<GroupSieve> GroupSieve::Make(Segment& segment, const Schema& schema, const PlanNode& plan) {
  Result<Node> root = Sift(segment, schema, plan);
  if (!root) {
    return root.error();
  }
  GroupSieve sieve;
  sieve.root_ = std::move(*root);
  return sieve;
}

bool GroupSieve::Passes(const Node& node, std::size_t group) {
  switch (node.kind) {
    case PlanNode::Kind::kEverything:
      return true;
    case PlanNode::Kind::kLeaf:
      return node.every_group || node.groups[group];
    case PlanNode::Kind::kAnd:
      return std::all_of(node.children.begin(), node.children.end(),
                         [group](const Node& child) { return Passes(child, group); });
    case PlanNode::Kind::kOr:
      return std::any_of(node.children.begin(), node.children.end(),
                         [group](const Node& child) { return Passes(child, group); });
  }
  return true;
}

Status MarkGroupRows(RowGroup& group, const PlanNode& plan, RowMarks& marks) {
  switch (plan.kind) {
    case PlanNode::Kind::kEverything:
      return {};
    case PlanNode::Kind::kLeaf:
      return MarkGroupLeaf(group, plan, marks);
    case PlanNode::Kind::kAnd:
    case PlanNode::Kind::kOr:
      break;
  }
  return Combine(plan, marks, [&](const PlanNode& child, RowMarks& of_child) {
    return MarkGroupRows(group, child, of_child);
  });
}

}  // namespace pugmark::engine
