// Writes protobuf from the last byte to the first: the length of a submessage is known when its
// prefix is written, so one pass suffices. Callers write fields in reverse order.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace pugmark {

class ReverseWriter {
 public:
  explicit ReverseWriter(std::size_t expected_bytes)
      : buffer_(std::make_unique_for_overwrite<char[]>(expected_bytes)),
        capacity_(expected_bytes),
        at_(expected_bytes) {}

  // Bytes written so far: the difference of two values is the length of what lies between.
  [[nodiscard]] std::size_t size() const { return capacity_ - at_; }
  [[nodiscard]] std::string_view view() const { return {buffer_.get() + at_, size()}; }

  void Bytes(std::string_view bytes) {
    if (!bytes.empty()) {
      std::memcpy(Take(bytes.size()), bytes.data(), bytes.size());
    }
  }
  void Varint(std::uint64_t value) {
    if (value < 0x80) [[likely]] {
      *Take(1) = static_cast<char>(value);
      return;
    }
    char bytes[10];
    std::size_t count = 0;
    for (; value >= 0x80; value >>= 7) {
      bytes[count++] = static_cast<char>(value | 0x80);
    }
    bytes[count++] = static_cast<char>(value);
    Bytes({bytes, count});
  }
  void Fixed64(std::uint64_t value) { std::memcpy(Take(sizeof value), &value, sizeof value); }
  void Tag(std::uint32_t field, std::uint32_t wire_type) { Varint(field << 3 | wire_type); }

  // A whole field with its tag. Proto3 leaves out what is zero or empty.
  void TextField(std::uint32_t field, std::string_view text) {
    if (!text.empty()) {
      BytesField(field, text);
    }
  }
  void BytesField(std::uint32_t field, std::string_view bytes) {
    Bytes(bytes);
    Varint(bytes.size());
    Tag(field, 2);
  }
  void VarintField(std::uint32_t field, std::uint64_t value) {
    if (value != 0) {
      Varint(value);
      Tag(field, 0);
    }
  }
  void Fixed64Field(std::uint32_t field, std::uint64_t value) {
    if (value != 0) {
      Fixed64(value);
      Tag(field, 1);
    }
  }
  void Fixed32Field(std::uint32_t field, std::uint32_t value) {
    if (value != 0) {
      std::memcpy(Take(sizeof value), &value, sizeof value);
      Tag(field, 5);
    }
  }
  // Ends a submessage whose contents were written since size() was `before`.
  void EndMessage(std::uint32_t field, std::size_t before) {
    Varint(size() - before);
    Tag(field, 2);
  }

 private:
  // Where the next `bytes` go.
  char* Take(std::size_t bytes) {
    if (bytes > at_) [[unlikely]] {
      Grow(bytes);
    }
    at_ -= bytes;
    return buffer_.get() + at_;
  }

  void Grow(std::size_t bytes) {
    const std::size_t written = size();
    const std::size_t capacity = 2 * capacity_ + bytes;
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    std::memcpy(larger.get() + capacity - written, buffer_.get() + at_, written);
    buffer_ = std::move(larger);
    capacity_ = capacity;
    at_ = capacity - written;
  }

  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_;
  std::size_t at_;  // of the first byte written
};

}  // namespace pugmark
