// A stored block, unpacked: its span records can be looked at without decoding them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/model/span.h"
#include "storage/rocks/block_format.h"

namespace pugmark::rocks {

// One encoded span. The block has checked that the fixed part is there.
class SpanRecord {
 public:
  explicit SpanRecord(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  [[nodiscard]] TraceId trace_id() const {
    return TraceId::FromBigEndian(bytes_.substr(kSpanTraceIdAt, 16));
  }
  [[nodiscard]] SpanId span_id() const { return At<SpanId>(kSpanIdAt); }
  [[nodiscard]] SpanId parent_span_id() const { return At<SpanId>(kSpanParentAt); }
  [[nodiscard]] UnixTime start_time() const {
    return UnixTime(Nanoseconds(At<std::int64_t>(kSpanStartAt)));
  }
  [[nodiscard]] Nanoseconds duration() const {
    return Nanoseconds(At<std::int64_t>(kSpanDurationAt));
  }
  // What is not one of the model's values reads as unspecified, unset, unknown.
  [[nodiscard]] SpanKind kind() const;
  [[nodiscard]] StatusCode status() const;
  [[nodiscard]] SourceFormat format() const;
  // "" for a damaged record.
  [[nodiscard]] std::string_view name() const;
  // 1 + index in the block's tables, 0 for none.
  [[nodiscard]] std::uint32_t resource() const { return At<std::uint32_t>(kSpanResourceAt); }
  [[nodiscard]] std::uint32_t scope() const { return At<std::uint32_t>(kSpanScopeAt); }

 private:
  template <typename T>
  [[nodiscard]] T At(std::size_t offset) const {
    return LoadLittle<T>(bytes_.data() + offset);
  }

  std::string_view bytes_;
};

// Stands for the whole content of a span, resource and scope included: equal for two spans that
// SameSpan calls equal, different for others but for a chance of 2^-128.
struct ContentHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const ContentHash&, const ContentHash&) = default;
};
struct HashOfContentHash {
  std::uint64_t operator()(const ContentHash& hash) const noexcept { return hash.low; }
};

// Thread safety: one thread at a time.
class Block {
 public:
  // Unpacks a row's value, which need not outlive the call. kDataLoss for bytes that are no block;
  // the block is empty then.
  Status Load(std::string_view value);

  [[nodiscard]] std::size_t span_count() const { return spans_.size(); }
  [[nodiscard]] SpanRecord span(std::size_t index) const {
    return SpanRecord(Piece(spans_, index, resources_begin_));
  }
  [[nodiscard]] std::size_t resource_count() const { return resources_.size(); }
  [[nodiscard]] std::size_t scope_count() const { return scopes_.size(); }
  // A resource or scope record, its length field included.
  [[nodiscard]] std::string_view resource(std::size_t index) const {
    return Piece(resources_, index, scopes_begin_);
  }
  [[nodiscard]] std::string_view scope(std::size_t index) const {
    return Piece(scopes_, index, static_cast<std::uint32_t>(body_.size()));
  }
  // "" where the record names no resource.
  [[nodiscard]] std::string_view ServiceName(const SpanRecord& record) const;
  [[nodiscard]] ContentHash Hash(const SpanRecord& record);

  // Memory held.
  [[nodiscard]] std::size_t bytes() const;

 private:
  using Offsets = std::vector<std::uint32_t>;

  Status Fail(std::string_view what);
  Status Unpack(BlockCompression compression, std::string_view packed, std::uint32_t body_bytes);
  // Finds the records between two offsets of the body.
  [[nodiscard]] bool Split(std::uint32_t begin, std::uint32_t end, std::uint32_t count,
                           std::size_t least_bytes, Offsets& offsets) const;
  [[nodiscard]] std::string_view Piece(const Offsets& offsets, std::size_t index,
                                       std::uint32_t end) const {
    const std::uint32_t begin = offsets[index];
    return std::string_view(body_).substr(
        begin, (index + 1 < offsets.size() ? offsets[index + 1] : end) - begin);
  }

  std::string body_;
  std::uint32_t resources_begin_ = 0;
  std::uint32_t scopes_begin_ = 0;
  Offsets spans_;
  Offsets resources_;
  Offsets scopes_;
  std::vector<ContentHash> resource_hashes_;  // filled by the first Hash()
  std::vector<ContentHash> scope_hashes_;
};

}  // namespace pugmark::rocks
