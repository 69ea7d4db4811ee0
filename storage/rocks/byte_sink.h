// Appends to a growing buffer: the writing half of the block format.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace pugmark::rocks {

class ByteSink {
 public:
  void Clear() { size_ = 0; }
  // Drops what was appended after the first `size` bytes.
  void Truncate(std::size_t size) { size_ = size; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }

  // Room for `bytes` more; commit with Advance.
  char* Room(std::size_t bytes) {
    if (bytes > capacity_ - size_) {
      Grow(bytes);
    }
    return bytes_.get() + size_;
  }
  void Advance(std::size_t bytes) { size_ += bytes; }

  void Byte(std::uint8_t value) {
    *Room(1) = static_cast<char>(value);
    ++size_;
  }
  // Little endian, as it lies in memory.
  template <typename T>
  void Fixed(T value) {
    std::memcpy(Room(sizeof value), &value, sizeof value);
    size_ += sizeof value;
  }
  template <typename T>
  void Patch(std::size_t at, T value) {
    std::memcpy(bytes_.get() + at, &value, sizeof value);
  }
  // LEB128, as Protobuf has it.
  void Varint(std::uint64_t value) {
    char* out = Room(kMaxVarintBytes);
    char* const begin = out;
    while (value >= 0x80) {
      *out++ = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    *out++ = static_cast<char>(value);
    size_ += static_cast<std::size_t>(out - begin);
  }
  void Raw(std::string_view bytes) {
    if (!bytes.empty()) {
      std::memcpy(Room(bytes.size()), bytes.data(), bytes.size());
      size_ += bytes.size();
    }
  }
  // Its length as a varint, then the bytes.
  void Text(std::string_view text) {
    Varint(text.size());
    Raw(text);
  }

 private:
  static constexpr std::size_t kMaxVarintBytes = 10;

  void Grow(std::size_t bytes) {
    const std::size_t capacity = std::max(size_ + bytes, capacity_ * 2 + 4096);
    auto grown = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ != 0) {
      std::memcpy(grown.get(), bytes_.get(), size_);
    }
    bytes_ = std::move(grown);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// For small values that are strings.
inline void AppendVarint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

}  // namespace pugmark::rocks
