// Bounded writing and reading of the store's own formats: fixed-width little-endian numbers,
// LEB128 varints, texts with their length.
//
// A reader never looks past its end: after the first value that does not fit it is `failed()`, and
// everything it returns is zero or empty. Callers check once per record or chunk, not per value.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "common/base/bytes.h"

namespace pugmark::engine {

// Signed numbers whose absolute value is small become small unsigned ones.
[[nodiscard]] constexpr std::uint64_t ZigZag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
[[nodiscard]] constexpr std::int64_t UnZigZag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

// Grows as needed and keeps its buffer between uses.
class ByteWriter {
 public:
  static constexpr std::size_t kMostVarintBytes = 10;

  void Clear() { size_ = 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::string_view view() const { return {buffer_.get(), size_}; }

  void Byte(std::uint8_t value) {
    Reserve(1);
    buffer_[size_++] = static_cast<char>(value);
  }
  void Varint(std::uint64_t value) {
    Reserve(kMostVarintBytes);
    char* out = buffer_.get() + size_;
    while (value >= 0x80) {
      *out++ = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    *out++ = static_cast<char>(value);
    size_ = static_cast<std::size_t>(out - buffer_.get());
  }
  template <typename T>
  void Fixed(T value) {
    Reserve(sizeof value);
    std::memcpy(buffer_.get() + size_, &value, sizeof value);
    size_ += sizeof value;
  }
  void Bytes(std::string_view bytes) {
    if (bytes.empty()) {
      return;
    }
    Reserve(bytes.size());
    std::memcpy(buffer_.get() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void Text(std::string_view text) {
    Varint(text.size());
    Bytes(text);
  }
  // `bytes` uninitialised bytes at the end, to be written through the pointer before the next call.
  [[nodiscard]] char* Extend(std::size_t bytes) {
    Reserve(bytes);
    char* const at = buffer_.get() + size_;
    size_ += bytes;
    return at;
  }
  void Truncate(std::size_t size) { size_ = std::min(size, size_); }
  // Writable access to bytes already there, for lengths that are known late.
  [[nodiscard]] char* At(std::size_t offset) { return buffer_.get() + offset; }

 private:
  void Reserve(std::size_t bytes) {
    if (capacity_ - size_ < bytes) [[unlikely]] {
      Grow(bytes);
    }
  }
  void Grow(std::size_t bytes) {
    const std::size_t wanted = std::max({size_ + bytes, capacity_ * 2, std::size_t{256}});
    std::unique_ptr<char[]> grown(new char[wanted]);
    if (size_ != 0) {
      std::memcpy(grown.get(), buffer_.get(), size_);
    }
    buffer_ = std::move(grown);
    capacity_ = wanted;
  }

  std::unique_ptr<char[]> buffer_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

class ByteReader {
 public:
  ByteReader() = default;
  explicit ByteReader(std::string_view bytes)
      : next_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool AtEnd() const { return next_ == end_; }
  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - next_); }
  // Everything read so far made sense and nothing is left.
  [[nodiscard]] bool Complete() const { return !failed_ && AtEnd(); }

  std::uint8_t Byte() {
    if (next_ == end_) [[unlikely]] {
      Fail();
      return 0;
    }
    return static_cast<std::uint8_t>(*next_++);
  }
  std::uint64_t Varint() {
    if (next_ != end_ && static_cast<std::uint8_t>(*next_) < 0x80) [[likely]] {
      return static_cast<std::uint8_t>(*next_++);
    }
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && next_ != end_; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(*next_++);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    Fail();
    return 0;
  }
  // A varint that must not exceed `most`: counts and ids that size or index something.
  std::uint64_t VarintUpTo(std::uint64_t most) {
    const std::uint64_t value = Varint();
    if (value > most) [[unlikely]] {
      Fail();
      return 0;
    }
    return value;
  }
  template <typename T>
  T Fixed() {
    if (left() < sizeof(T)) [[unlikely]] {
      Fail();
      return T{};
    }
    const T value = LoadLittle<T>(next_);
    next_ += sizeof(T);
    return value;
  }
  std::string_view Bytes(std::uint64_t count) {
    if (count > left()) [[unlikely]] {
      Fail();
      return {};
    }
    const std::string_view bytes(next_, static_cast<std::size_t>(count));
    next_ += count;
    return bytes;
  }
  std::string_view Text() { return Bytes(Varint()); }
  void Fail() {
    failed_ = true;
    next_ = end_;
  }

 private:
  const char* next_ = nullptr;
  const char* end_ = nullptr;
  bool failed_ = false;
};

// Compares short texts inline: keys and values of attributes are mostly shorter than a call pays.
[[nodiscard]] inline bool SameBytes(const char* a, const char* b, std::size_t size) {
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 <= size; at += 8) {
      if (LoadLittle<std::uint64_t>(a + at) != LoadLittle<std::uint64_t>(b + at)) {
        return false;
      }
    }
    return LoadLittle<std::uint64_t>(a + size - 8) == LoadLittle<std::uint64_t>(b + size - 8);
  }
  if (size >= 4) {
    return LoadLittle<std::uint32_t>(a) == LoadLittle<std::uint32_t>(b) &&
           LoadLittle<std::uint32_t>(a + size - 4) == LoadLittle<std::uint32_t>(b + size - 4);
  }
  for (std::size_t at = 0; at < size; ++at) {
    if (a[at] != b[at]) {
      return false;
    }
  }
  return true;
}
[[nodiscard]] inline bool SameText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && SameBytes(a.data(), b.data(), a.size());
}

// Spreads a number over all 64 bits.
[[nodiscard]] constexpr std::uint64_t Mix(std::uint64_t value) {
  value ^= value >> 32;
  value *= 0xd6e8feb86659fd93U;
  value ^= value >> 32;
  value *= 0xd6e8feb86659fd93U;
  return value ^ (value >> 32);
}

}  // namespace pugmark::engine
