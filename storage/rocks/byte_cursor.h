// Reads what ByteSink wrote, or bytes that only claim to be that: every length is checked against
// the bytes left, and the first failure sticks, so that callers look once at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pugmark::rocks {

class ByteCursor {
 public:
  explicit ByteCursor(std::string_view bytes) : next_(bytes.data()), left_(bytes.size()) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t left() const { return left_; }

  std::uint8_t Byte() { return Fixed<std::uint8_t>(); }
  template <typename T>
  T Fixed() {
    T value{};
    if (const std::string_view bytes = Raw(sizeof value); bytes.size() == sizeof value) {
      std::memcpy(&value, bytes.data(), sizeof value);
    }
    return value;
  }
  std::uint64_t Varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = Byte();
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    Fail();  // longer than 64 bits need
    return 0;
  }
  // The next `count` bytes, empty on failure.
  std::string_view Raw(std::uint64_t count) {
    if (count > left_) {
      Fail();
      return {};
    }
    const std::string_view bytes(next_, static_cast<std::size_t>(count));
    next_ += count;
    left_ -= static_cast<std::size_t>(count);
    return bytes;
  }
  std::string_view Text() { return Raw(Varint()); }
  std::uint32_t Varint32() {
    const std::uint64_t value = Varint();
    if (value > UINT32_MAX) {
      Fail();
      return 0;
    }
    return static_cast<std::uint32_t>(value);
  }
  // The length of a list whose items take at least `item_bytes` each.
  std::size_t Count(std::size_t item_bytes) {
    const std::uint64_t count = Varint();
    if (count > left_ / item_bytes) {
      Fail();
      return 0;
    }
    return static_cast<std::size_t>(count);
  }
  void Fail() {
    ok_ = false;
    left_ = 0;
  }

 private:
  const char* next_;
  std::size_t left_;
  bool ok_ = true;
};

}  // namespace pugmark::rocks
