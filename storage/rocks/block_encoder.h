// Encodes spans into blocks. The same spans give the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "common/model/span.h"
#include "storage/rocks/byte_sink.h"
#include "storage/rocks/flat_map.h"

struct ZSTD_CCtx_s;

namespace pugmark::rocks {

// One block at a time; the buffers are kept for the next one.
//
// Thread safety: one thread at a time.
class BlockEncoder {
 public:
  BlockEncoder();
  ~BlockEncoder();

  // Begins an empty block.
  void Start();
  // Appends a span; false, and nothing appended, for one so large that no block holds it.
  bool Add(const Span& span);
  [[nodiscard]] std::size_t span_count() const { return span_count_; }
  [[nodiscard]] std::size_t body_bytes() const {
    return spans_.size() + resources_.size() + scopes_.size();
  }
  // The block, good until the next call of any method.
  [[nodiscard]] std::string_view Finish();

 private:
  struct FreeContext {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  using Positions = FlatMap<std::uint64_t, std::uint32_t, MixBits>;  // by address

  std::uint32_t IndexOf(const Resource* resource);
  std::uint32_t IndexOf(const Scope* scope);
  std::string_view Compress(std::size_t header_bytes);

  ByteSink spans_;
  ByteSink resources_;
  ByteSink scopes_;
  ByteSink block_;
  ByteSink compressed_;
  Positions resource_positions_;
  Positions scope_positions_;
  const Resource* last_resource_ = nullptr;
  std::uint32_t last_resource_index_ = 0;
  const Scope* last_scope_ = nullptr;
  std::uint32_t last_scope_index_ = 0;
  std::uint32_t span_count_ = 0;
  std::unique_ptr<ZSTD_CCtx_s, FreeContext> context_;
};

}  // namespace pugmark::rocks
