// Writes protobuf from the last byte to the first: the length of a submessage is known when its
// prefix is written, so one pass suffices. Callers write fields in reverse order.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace pugmark {

class ReverseWriter {
 public:
  explicit ReverseWriter(std::size_t expected_bytes)
      : buffer_(expected_bytes, '\0'), at_(expected_bytes) {}

  // Bytes written so far: the difference of two values is the length of what lies between.
  [[nodiscard]] std::size_t size() const { return buffer_.size() - at_; }
  [[nodiscard]] std::string_view view() const { return std::string_view(buffer_).substr(at_); }

  void Bytes(std::string_view bytes) {
    Reserve(bytes.size());
    at_ -= bytes.size();
    std::memcpy(buffer_.data() + at_, bytes.data(), bytes.size());
  }
  void Varint(std::uint64_t value) {
    char bytes[10];
    std::size_t count = 0;
    for (; value >= 0x80; value >>= 7) {
      bytes[count++] = static_cast<char>(value | 0x80);
    }
    bytes[count++] = static_cast<char>(value);
    Bytes({bytes, count});
  }
  // A whole field with its tag. Proto3 leaves out what is zero or empty.
  void TextField(std::uint32_t field, std::string_view text) {
    if (!text.empty()) {
      BytesField(field, text);
    }
  }
  void BytesField(std::uint32_t field, std::string_view bytes) {
    Bytes(bytes);
    Varint(bytes.size());
    Varint(field << 3 | 2);
  }
  void VarintField(std::uint32_t field, std::uint64_t value) {
    if (value != 0) {
      Varint(value);
      Varint(field << 3);
    }
  }
  void Fixed64Field(std::uint32_t field, std::uint64_t value) {
    if (value != 0) {
      Bytes({reinterpret_cast<const char*>(&value), sizeof value});
      Varint(field << 3 | 1);
    }
  }
  // Ends a submessage whose contents were written since size() was `before`.
  void EndMessage(std::uint32_t field, std::size_t before) {
    Varint(size() - before);
    Varint(field << 3 | 2);
  }

 private:
  void Reserve(std::size_t bytes) {
    if (bytes > at_) {
      const std::size_t more = buffer_.size() + bytes;
      buffer_.insert(0, more, '\0');
      at_ += more;
    }
  }

  std::string buffer_;
  std::size_t at_;  // of the first byte written
};

}  // namespace pugmark
