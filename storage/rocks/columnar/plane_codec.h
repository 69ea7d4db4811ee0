// How a column's numbers and bytes are stored.
//
// A block is bytes behind a mode: 0 raw, 1 one repeated byte, 2 zstd.
//   mode u8 | size varint | raw: the bytes / repeated: the byte / zstd: packed size varint, frame
// A list of unsigned integers is as many blocks ("planes") as its widest value has bytes, the
// lowest bytes first: high planes are mostly constant and cost three bytes each.
//   width u8 (0 to 8) | count varint | width blocks of `count` bytes
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "storage/rocks/columnar/byte_io.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace pugmark::engine {

// Thread safety: one thread at a time.
class BlockEncoder {
 public:
  explicit BlockEncoder(int zstd_level = 1);
  ~BlockEncoder();
  BlockEncoder(const BlockEncoder&) = delete;
  BlockEncoder& operator=(const BlockEncoder&) = delete;

  void Block(ByteWriter& out, std::string_view bytes);
  // For bytes that are known not to shrink, such as random ids.
  static void RawBlock(ByteWriter& out, std::string_view bytes);
  void Integers(ByteWriter& out, std::span<const std::uint32_t> values);
  void Integers(ByteWriter& out, std::span<const std::uint64_t> values);

 private:
  template <typename T>
  void Planes(ByteWriter& out, std::span<const T> values);
  bool Compress(ByteWriter& out, std::string_view bytes);

  const int level_;
  ZSTD_CCtx_s* const context_;
  std::vector<char> plane_;
};

// Thread safety: one thread at a time.
class BlockDecoder {
 public:
  BlockDecoder();
  ~BlockDecoder();
  BlockDecoder(const BlockDecoder&) = delete;
  BlockDecoder& operator=(const BlockDecoder&) = delete;

  // Each fails the reader, and returns false, for a block that is malformed or larger than `most`.
  bool Block(ByteReader& in, std::uint64_t most, std::vector<char>& out);
  // `most` bounds the count.
  bool Integers(ByteReader& in, std::uint64_t most, std::vector<std::uint32_t>& out);
  bool Integers(ByteReader& in, std::uint64_t most, std::vector<std::uint64_t>& out);

 private:
  template <typename T>
  bool Planes(ByteReader& in, std::uint64_t most, std::vector<T>& out);

  ZSTD_DCtx_s* const context_;
  std::vector<char> plane_;
};

}  // namespace pugmark::engine
