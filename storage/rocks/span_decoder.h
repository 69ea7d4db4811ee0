// Decodes the records of one block into spans.
#pragma once

#include <vector>

#include "common/base/result.h"
#include "common/model/arena.h"
#include "common/model/span.h"
#include "storage/rocks/block.h"

namespace pugmark::rocks {

// Thread safety: one thread at a time.
class SpanDecoder {
 public:
  enum class Texts {
    kInBlock,  // spans point into the block, which must outlive them unchanged
    kInArena,  // each record is copied into the arena first: spans outlive the block
  };

  // Both outlive the decoder.
  SpanDecoder(const Block& block, Arena& arena, Texts texts);

  // kDataLoss for a damaged record, kResourceExhausted when the arena is full.
  [[nodiscard]] Status Decode(const SpanRecord& record, Span& span);
  // The error for an arena that is full.
  [[nodiscard]] static Status OutOfRoom(const Arena& arena);

 private:
  [[nodiscard]] std::string_view Place(std::string_view record);
  [[nodiscard]] Resource* ResourceAt(std::uint32_t index);
  [[nodiscard]] const Scope* ScopeAt(std::uint32_t index);
  [[nodiscard]] Status Fault(std::string_view what) const;

  const Block& block_;
  Arena& arena_;
  const Texts texts_;
  // Decoded when first named; null before.
  std::vector<Resource*> resources_;
  std::vector<const Scope*> scopes_;
};

}  // namespace pugmark::rocks
