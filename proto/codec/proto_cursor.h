// A bounds-checked reader of the protobuf wire format over bytes in memory
// (protobuf.dev/programming-guides/encoding). A cursor covers one message; a submessage gets one of
// its own.
//
// The first error sticks in the shared ProtoErrors; every later read gives zeros and every loop
// ends.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/bytes.h"
#include "proto/codec/decode_status.h"

namespace pugmark {

inline constexpr std::uint32_t kWireVarint = 0;
inline constexpr std::uint32_t kWireFixed64 = 1;
inline constexpr std::uint32_t kWireBytes = 2;
inline constexpr std::uint32_t kWireGroup = 3;
inline constexpr std::uint32_t kWireGroupEnd = 4;
inline constexpr std::uint32_t kWireFixed32 = 5;

// The tag of a field as it stands on the wire.
[[nodiscard]] constexpr std::uint32_t ProtoTag(std::uint32_t field, std::uint32_t wire_type) {
  return field << 3 | wire_type;
}

// The first error of a whole decoding, and where it was.
struct ProtoErrors {
  const char* begin = nullptr;
  DecodeStatus status;

  void Note(DecodeError error, const char* at) {
    if (status.ok()) {
      status = {error, static_cast<std::size_t>(at - begin)};
    }
  }
};

class ProtoCursor {
 public:
  ProtoCursor(std::string_view message, ProtoErrors& errors)
      : at_(message.data()), end_(message.data() + message.size()), errors_(errors) {}

  // The tag of the next field; 0 at the end of the message.
  [[nodiscard]] std::uint32_t NextTag() {
    if (at_ >= end_) {
      return 0;
    }
    const char* const start = at_;
    const auto tag = static_cast<std::uint32_t>(ReadVarint());
    if (at_ - start > kLongestTagBytes || tag >> 3 == 0) {
      Fail(DecodeError::kMalformed);
      return 0;
    }
    return tag;
  }

  [[nodiscard]] std::uint64_t ReadVarint() {
    if (at_ < end_ && static_cast<std::uint8_t>(*at_) < 0x80) [[likely]] {
      return static_cast<std::uint8_t>(*at_++);
    }
    std::uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at_ >= end_) {
        Fail(DecodeError::kTruncated);
        return 0;
      }
      const auto byte = static_cast<std::uint8_t>(*at_++);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << (shift & 63);
      if (byte < 0x80) {
        return value;
      }
    }
    Fail(DecodeError::kMalformed);
    return 0;
  }

  [[nodiscard]] std::uint64_t ReadFixed64() {
    if (end_ - at_ < 8) {
      Fail(DecodeError::kTruncated);
      return 0;
    }
    const auto value = LoadLittle<std::uint64_t>(at_);
    at_ += 8;
    return value;
  }

  [[nodiscard]] std::uint32_t ReadFixed32() {
    if (end_ - at_ < 4) {
      Fail(DecodeError::kTruncated);
      return 0;
    }
    const auto value = LoadLittle<std::uint32_t>(at_);
    at_ += 4;
    return value;
  }

  [[nodiscard]] std::string_view ReadBytes() {
    const char* const start = at_;
    const std::uint64_t size = ReadVarint();
    if (at_ - start > kLongestLengthBytes || size > kLargestLength) [[unlikely]] {
      Fail(DecodeError::kMalformed);
      return {};
    }
    if (size > static_cast<std::uint64_t>(end_ - at_)) {
      Fail(DecodeError::kTruncated);
      return {};
    }
    const std::string_view bytes(at_, static_cast<std::size_t>(size));
    at_ += size;
    return bytes;
  }

  // Skips the value of a field of an unknown number or an unexpected type.
  void Skip(std::uint32_t tag, int depth = 0) {
    switch (tag & 7) {
      case kWireVarint:
        static_cast<void>(ReadVarint());
        return;
      case kWireFixed64:
        static_cast<void>(ReadFixed64());
        return;
      case kWireBytes:
        static_cast<void>(ReadBytes());
        return;
      case kWireFixed32:
        static_cast<void>(ReadFixed32());
        return;
      case kWireGroup:
        SkipGroup(tag, depth);
        return;
      default:
        Fail(DecodeError::kMalformed);
    }
  }

  void Fail(DecodeError error) {
    errors_.Note(error, at_);
    at_ = end_;
  }

 private:
  static constexpr int kMaxGroupDepth = 32;
  // As in Google's own parser.
  static constexpr int kLongestTagBytes = 5;
  static constexpr int kLongestLengthBytes = 5;
  static constexpr std::uint64_t kLargestLength = 0x7fffffff;

  void SkipGroup(std::uint32_t start, int depth) {
    if (depth >= kMaxGroupDepth) {
      Fail(DecodeError::kTooDeep);
      return;
    }
    while (const std::uint32_t tag = NextTag()) {
      if ((tag & 7) == kWireGroupEnd) {
        if (tag >> 3 != start >> 3) {
          Fail(DecodeError::kMalformed);
        }
        return;
      }
      Skip(tag, depth + 1);
    }
    Fail(DecodeError::kTruncated);  // no end of the group
  }

  const char* at_;
  const char* const end_;
  ProtoErrors& errors_;
};

}  // namespace pugmark
