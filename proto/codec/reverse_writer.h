// Writes protobuf from the last byte to the first: the length of a submessage is known when its
// prefix is written, so one pass suffices. Callers write fields in reverse order.
//
// Nothing is cleared before it is written, and short texts are copied without a call: encoding is
// as much a cost of a span as decoding it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace pugmark {

class ReverseWriter {
 public:
  explicit ReverseWriter(std::size_t expected_bytes) { Grow(expected_bytes); }

  // Bytes written so far: the difference of two values is the length of what lies between.
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end_ - at_); }
  [[nodiscard]] std::string_view view() const { return {at_, size()}; }

  void Bytes(std::string_view bytes) {
    Reserve(bytes.size());
    Copy(bytes);
  }
  void Varint(std::uint64_t value) {
    Reserve(kMaxVarintBytes);
    PutVarint(value);
  }
  // A whole field with its tag. Proto3 leaves out what is zero or empty.
  void TextField(std::uint32_t field, std::string_view text) {
    if (!text.empty()) {
      BytesField(field, text);
    }
  }
  void BytesField(std::uint32_t field, std::string_view bytes) {
    Reserve(bytes.size() + 2 * kMaxVarintBytes);
    Copy(bytes);
    PutVarint(bytes.size());
    PutVarint(field << 3 | 2);
  }
  void VarintField(std::uint32_t field, std::uint64_t value) {
    if (value != 0) {
      Reserve(2 * kMaxVarintBytes);
      PutVarint(value);
      PutVarint(field << 3);
    }
  }
  void Fixed64Field(std::uint32_t field, std::uint64_t value) {
    if (value != 0) {
      Reserve(sizeof value + kMaxVarintBytes);
      Copy({reinterpret_cast<const char*>(&value), sizeof value});
      PutVarint(field << 3 | 1);
    }
  }
  // Ends a submessage whose contents were written since size() was `before`.
  void EndMessage(std::uint32_t field, std::size_t before) {
    Reserve(2 * kMaxVarintBytes);
    PutVarint(size() - before);
    PutVarint(field << 3 | 2);
  }

 private:
  static constexpr std::size_t kMaxVarintBytes = 10;

  void Reserve(std::size_t bytes) {
    if (bytes > static_cast<std::size_t>(at_ - begin_.get())) [[unlikely]] {
      Grow(bytes);
    }
  }

  // At least doubles the buffer; what is written stays at its end.
  void Grow(std::size_t bytes) {
    const std::size_t written = size();
    const std::size_t capacity = 2 * static_cast<std::size_t>(end_ - begin_.get()) + bytes;
    std::unique_ptr<char[]> larger(new char[capacity]);
    char* const end = larger.get() + capacity;
    if (written > 0) {
      std::memcpy(end - written, at_, written);
    }
    begin_ = std::move(larger);
    end_ = end;
    at_ = end - written;
  }

  // The rest is called with enough room reserved.

  void Copy(std::string_view bytes) {
    const std::size_t size = bytes.size();
    const char* const from = bytes.data();
    at_ -= size;
    if (size > 32) {
      std::memcpy(at_, from, size);
    } else if (size >= 8) {
      // Two or four words that may overlap.
      char head[8];
      std::memcpy(head, from, 8);
      if (size > 16) {
        char second[8];
        char last_but_one[8];
        std::memcpy(second, from + 8, 8);
        std::memcpy(last_but_one, from + size - 16, 8);
        std::memcpy(at_ + 8, second, 8);
        std::memcpy(at_ + size - 16, last_but_one, 8);
      }
      std::memcpy(at_ + size - 8, from + size - 8, 8);
      std::memcpy(at_, head, 8);
    } else {
      for (std::size_t i = 0; i < size; ++i) {
        at_[i] = from[i];
      }
    }
  }

  void PutVarint(std::uint64_t value) {
    if (value < 0x80) {
      *--at_ = static_cast<char>(value);
    } else if (value < 0x4000) {
      *--at_ = static_cast<char>(value >> 7);
      *--at_ = static_cast<char>(value | 0x80);
    } else {
      PutLongVarint(value);
    }
  }
  void PutLongVarint(std::uint64_t value) {
    char bytes[kMaxVarintBytes];
    std::size_t count = 0;
    for (; value >= 0x80; value >>= 7) {
      bytes[count++] = static_cast<char>(value | 0x80);
    }
    bytes[count++] = static_cast<char>(value);
    at_ -= count;
    std::memcpy(at_, bytes, count);
  }

  std::unique_ptr<char[]> begin_;
  char* end_ = nullptr;
  char* at_ = nullptr;  // the first byte written
};

}  // namespace pugmark
