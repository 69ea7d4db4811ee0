#include "storage/rocks/columnar/plane_codec.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace pugmark::engine {
namespace {

enum BlockMode : std::uint8_t { kRaw = 0, kRepeated = 1, kZstd = 2 };

// Below this a zstd frame's own bytes outweigh what it saves.
constexpr std::size_t kLeastCompressed = 48;
constexpr std::size_t kSample = 256;

// Whether compression is worth a try, from a sample: planes of random bytes are the larger part of
// a store, and zstd finding that out costs more than all its useful work.
bool LooksCompressible(std::string_view bytes) {
  if (bytes.size() < 2 * kSample) {
    return true;
  }
  std::array<std::uint16_t, 256> seen{};
  const std::size_t step = bytes.size() / kSample;
  unsigned squares = 0;
  for (std::size_t i = 0; i < kSample; ++i) {
    std::uint16_t& count = seen[static_cast<std::uint8_t>(bytes[i * step])];
    squares += 2U * count + 1U;
    ++count;
  }
  return squares >= 570;  // 256 random bytes give 511 on average
}

bool AllSame(std::string_view bytes) {
  return bytes.front() == bytes.back() &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace

BlockEncoder::BlockEncoder(int zstd_level) : level_(zstd_level), context_(ZSTD_createCCtx()) {}
BlockEncoder::~BlockEncoder() { ZSTD_freeCCtx(context_); }

void BlockEncoder::RawBlock(ByteWriter& out, std::string_view bytes) {
  out.Byte(kRaw);
  out.Text(bytes);
}

void BlockEncoder::Block(ByteWriter& out, std::string_view bytes) {
  if (bytes.size() > 1 && AllSame(bytes)) {
    out.Byte(kRepeated);
    out.Varint(bytes.size());
    out.Byte(static_cast<std::uint8_t>(bytes.front()));
    return;
  }
  if (bytes.size() < kLeastCompressed || !LooksCompressible(bytes) || !Compress(out, bytes)) {
    RawBlock(out, bytes);
  }
}

bool BlockEncoder::Compress(ByteWriter& out, std::string_view bytes) {
  const std::size_t before = out.size();
  out.Byte(kZstd);
  out.Varint(bytes.size());
  // The packed size follows, then the frame: the frame is written behind the longest size first and
  // moved, since its size is known only afterwards.
  const std::size_t at = out.size();
  const std::size_t bound = ZSTD_compressBound(bytes.size());
  char* const frame = out.Extend(ByteWriter::kMostVarintBytes + bound);
  const std::size_t packed = ZSTD_compressCCtx(context_, frame + ByteWriter::kMostVarintBytes,
                                               bound, bytes.data(), bytes.size(), level_);
  if (ZSTD_isError(packed) != 0 || packed + packed / 32 >= bytes.size()) {
    out.Truncate(before);
    return false;
  }
  out.Truncate(at);
  out.Varint(packed);
  const std::size_t to = out.size();
  // The bytes are still in the buffer: truncating and growing within capacity keep them.
  (void)out.Extend(packed);
  std::memmove(out.At(to), out.At(at) + ByteWriter::kMostVarintBytes, packed);
  return true;
}

template <typename T>
void BlockEncoder::Planes(ByteWriter& out, std::span<const T> values) {
  T any = 0;
  for (const T value : values) {
    any |= value;
  }
  const auto width = static_cast<unsigned>((std::bit_width(any) + 7) / 8);
  out.Byte(static_cast<std::uint8_t>(width));
  out.Varint(values.size());
  if (plane_.size() < values.size()) {
    plane_.resize(values.size());
  }
  for (unsigned byte = 0; byte < width; ++byte) {
    const unsigned shift = 8 * byte;
    char* const plane = plane_.data();
    for (std::size_t i = 0; i < values.size(); ++i) {
      plane[i] = static_cast<char>(values[i] >> shift);
    }
    Block(out, {plane, values.size()});
  }
}

void BlockEncoder::Integers(ByteWriter& out, std::span<const std::uint32_t> values) {
  Planes(out, values);
}
void BlockEncoder::Integers(ByteWriter& out, std::span<const std::uint64_t> values) {
  Planes(out, values);
}

BlockDecoder::BlockDecoder() : context_(ZSTD_createDCtx()) {}
BlockDecoder::~BlockDecoder() { ZSTD_freeDCtx(context_); }

bool BlockDecoder::Block(ByteReader& in, std::uint64_t most, std::vector<char>& out) {
  const std::uint8_t mode = in.Byte();
  const auto size = static_cast<std::size_t>(in.VarintUpTo(most));
  if (in.failed()) {
    return false;
  }
  switch (mode) {
    case kRaw: {
      const std::string_view bytes = in.Bytes(size);
      out.assign(bytes.begin(), bytes.end());
      break;
    }
    case kRepeated:
      out.assign(size, static_cast<char>(in.Byte()));
      break;
    case kZstd: {
      const std::string_view frame = in.Text();
      if (in.failed()) {
        return false;
      }
      out.resize(size);
      const std::size_t got =
          ZSTD_decompressDCtx(context_, out.data(), size, frame.data(), frame.size());
      if (ZSTD_isError(got) != 0 || got != size) {
        in.Fail();
      }
      break;
    }
    default:
      in.Fail();
  }
  return !in.failed();
}

template <typename T>
bool BlockDecoder::Planes(ByteReader& in, std::uint64_t most, std::vector<T>& out) {
  const std::uint8_t width = in.Byte();
  const auto count = static_cast<std::size_t>(in.VarintUpTo(most));
  if (in.failed() || width > sizeof(T)) {
    in.Fail();
    return false;
  }
  out.assign(count, 0);
  for (unsigned byte = 0; byte < width; ++byte) {
    if (!Block(in, count, plane_) || plane_.size() != count) {
      in.Fail();
      return false;
    }
    const unsigned shift = 8 * byte;
    const char* const plane = plane_.data();
    T* const values = out.data();
    for (std::size_t i = 0; i < count; ++i) {
      values[i] |= static_cast<T>(static_cast<T>(static_cast<std::uint8_t>(plane[i])) << shift);
    }
  }
  return true;
}

bool BlockDecoder::Integers(ByteReader& in, std::uint64_t most, std::vector<std::uint32_t>& out) {
  return Planes(in, most, out);
}
bool BlockDecoder::Integers(ByteReader& in, std::uint64_t most, std::vector<std::uint64_t>& out) {
  return Planes(in, most, out);
}

}  // namespace pugmark::engine
