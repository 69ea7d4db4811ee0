// Writes protobuf from the last byte to the first: the length of a submessage is known when its
// prefix is written, so one pass suffices. Callers write fields in reverse order.
//
// Encoding is as much a cost of a span as decoding it: nothing is cleared before it is written,
// short texts are copied without a call, and each operation keeps its position in a register
// (bytes may alias members, so the compiler would load it again after each).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace pugmark {

class ReverseWriter {
 public:
  explicit ReverseWriter(std::size_t expected_bytes) { Grow(expected_bytes); }

  // Bytes written so far: the difference of two values is the length of what lies between.
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end_ - at_); }
  [[nodiscard]] std::string_view view() const { return {at_, size()}; }

  void Bytes(std::string_view bytes) { at_ = Put(Room(bytes.size()), bytes); }
  void Varint(std::uint64_t value) { at_ = Put(Room(kMaxVarintBytes), value); }
  void Fixed64(std::uint64_t value) { at_ = PutWord(Room(sizeof value), value); }
  void Tag(std::uint32_t field, std::uint32_t wire_type) { Varint(field << 3 | wire_type); }

  // A whole field with its tag. Proto3 leaves out what is zero or empty.
  void TextField(std::uint32_t field, std::string_view text) {
    if (!text.empty()) {
      BytesField(field, text);
    }
  }
  void BytesField(std::uint32_t field, std::string_view bytes) {
    char* at = Put(Room(bytes.size() + 2 * kMaxVarintBytes), bytes);
    at = Put(at, std::uint64_t{bytes.size()});
    at_ = Put(at, std::uint64_t{field << 3 | 2});
  }
  void VarintField(std::uint32_t field, std::uint64_t value) {
    if (value != 0) {
      char* const at = Put(Room(2 * kMaxVarintBytes), value);
      at_ = Put(at, std::uint64_t{field << 3});
    }
  }
  void Fixed64Field(std::uint32_t field, std::uint64_t value) {
    if (value != 0) {
      char* const at = PutWord(Room(sizeof value + kMaxVarintBytes), value);
      at_ = Put(at, std::uint64_t{field << 3 | 1});
    }
  }
  void Fixed32Field(std::uint32_t field, std::uint32_t value) {
    if (value != 0) {
      char* const at = PutWord(Room(sizeof value + kMaxVarintBytes), value);
      at_ = Put(at, std::uint64_t{field << 3 | 5});
    }
  }
  // Ends a submessage whose contents were written since size() was `before`.
  void EndMessage(std::uint32_t field, std::size_t before) {
    char* const at = Put(Room(2 * kMaxVarintBytes), std::uint64_t{size() - before});
    at_ = Put(at, std::uint64_t{field << 3 | 2});
  }

 private:
  static constexpr std::size_t kMaxVarintBytes = 10;

  // The position, with room for that many bytes before it.
  char* Room(std::size_t bytes) {
    if (bytes > static_cast<std::size_t>(at_ - begin_.get())) [[unlikely]] {
      Grow(bytes);
    }
    return at_;
  }

  // At least doubles the buffer; what is written stays at its end.
  void Grow(std::size_t bytes) {
    const std::size_t written = size();
    const std::size_t capacity = 2 * static_cast<std::size_t>(end_ - begin_.get()) + bytes;
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    char* const end = larger.get() + capacity;
    if (written > 0) {
      std::memcpy(end - written, at_, written);
    }
    begin_ = std::move(larger);
    end_ = end;
    at_ = end - written;
  }

  // Each writes before `at`, where there is room, and returns the new position.

  static char* Put(char* at, std::uint64_t value) {
    if (value < 0x80) {
      *--at = static_cast<char>(value);
      return at;
    }
    if (value < 0x4000) {
      at -= 2;
      at[0] = static_cast<char>(value | 0x80);
      at[1] = static_cast<char>(value >> 7);
      return at;
    }
    return PutLongVarint(at, value);
  }
  static char* PutLongVarint(char* at, std::uint64_t value) {
    char bytes[kMaxVarintBytes];
    std::size_t count = 0;
    for (; value >= 0x80; value >>= 7) {
      bytes[count++] = static_cast<char>(value | 0x80);
    }
    bytes[count++] = static_cast<char>(value);
    at -= count;
    std::memcpy(at, bytes, count);
    return at;
  }
  template <typename Word>
  static char* PutWord(char* at, Word value) {
    at -= sizeof value;
    std::memcpy(at, &value, sizeof value);
    return at;
  }
  static char* Put(char* at, std::string_view bytes) {
    const std::size_t size = bytes.size();
    const char* const from = bytes.data();
    at -= size;
    if (size > 32) {
      std::memcpy(at, from, size);
    } else if (size >= 16) {
      CopyEnds<16>(at, from, size);
    } else if (size >= 8) {
      CopyEnds<8>(at, from, size);
    } else if (size >= 4) {
      CopyEnds<4>(at, from, size);
    } else {
      for (std::size_t i = 0; i < size; ++i) {
        at[i] = from[i];
      }
    }
    return at;
  }
  // A copy of `kEnd` to 2 * `kEnd` bytes: the first and the last, which may overlap.
  template <std::size_t kEnd>
  static void CopyEnds(char* to, const char* from, std::size_t size) {
    char last[kEnd];
    std::memcpy(last, from + size - kEnd, kEnd);
    std::memcpy(to, from, kEnd);
    std::memcpy(to + size - kEnd, last, kEnd);
  }

  std::unique_ptr<char[]> begin_;
  char* end_ = nullptr;
  char* at_ = nullptr;  // the first byte written
};

}  // namespace pugmark
