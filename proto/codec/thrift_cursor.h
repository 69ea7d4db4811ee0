// Bounds-checked readers of Thrift's two wire protocols over bytes in memory: one class each, with
// the same members, so that one decoder serves both (thrift/doc/specs/thrift-compact-protocol.md
// and thrift-binary-protocol.md).
//
// The first error sticks, with its position; every later read gives zeros and every loop ends.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "common/base/bytes.h"
#include "proto/codec/decode_status.h"

namespace pugmark {

class ThriftCursor {
 public:
  static constexpr int kMaxSkipDepth = 16;

  explicit ThriftCursor(std::string_view bytes)
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  [[nodiscard]] bool ok() const { return error_ == DecodeError::kNone; }
  [[nodiscard]] DecodeStatus status() const { return {error_, position_}; }
  [[nodiscard]] std::size_t bytes_left() const { return static_cast<std::size_t>(end_ - at_); }

  // Takes the end of a struct, when it is what comes next.
  [[nodiscard]] bool TakeEnd() {
    if (at_ == end_ || *at_ != 0) {
      return false;
    }
    ++at_;
    return true;
  }

  void Fail(DecodeError error) {
    if (ok()) {
      error_ = error;
      position_ = static_cast<std::size_t>(at_ - begin_);
    }
    at_ = end_;
  }

 protected:
  // Whether `bytes` more are there; fails as truncated where not.
  [[nodiscard]] bool Need(std::size_t bytes) {
    if (bytes > bytes_left()) [[unlikely]] {
      Fail(DecodeError::kTruncated);
      return false;
    }
    return true;
  }
  [[nodiscard]] std::uint8_t TakeByte() {
    return Need(1) ? static_cast<std::uint8_t>(*at_++) : std::uint8_t{0};
  }
  [[nodiscard]] std::string_view TakeText(std::size_t size) {
    if (!Need(size)) {
      return {};
    }
    const std::string_view text(at_, size);
    at_ += size;
    return text;
  }

  const char* begin_;
  const char* at_;
  const char* end_;

 private:
  DecodeError error_ = DecodeError::kNone;
  std::size_t position_ = 0;
};

class BinaryCursor : public ThriftCursor {
 public:
  // A bool is a byte after its type.
  static constexpr std::uint8_t kBool = 2, kTrue = kBool, kFalse = kBool, kByte = 3, kDouble = 4,
                                kI16 = 6, kI32 = 8, kI64 = 10, kText = 11, kStruct = 12, kMap = 13,
                                kSet = 14, kList = 15;

  using ThriftCursor::ThriftCursor;

  static bool IsBool(std::uint8_t type) { return type == kBool; }

  // Strict headers (version 1) and the older form without a version.
  std::string_view ReadMessageName() {
    if (!Need(4)) {
      return {};
    }
    const std::uint32_t head = LoadBig32(at_);
    if ((head & 0x80000000U) != 0) {
      if ((head & 0xffff0000U) != 0x80010000U) {
        Fail(DecodeError::kMalformed);
        return {};
      }
      at_ += 4;
      const std::string_view name = ReadText();
      static_cast<void>(ReadI32());  // sequence id
      return name;
    }
    const std::string_view name = ReadText();
    static_cast<void>(TakeByte());  // message type
    static_cast<void>(ReadI32());
    return name;
  }

  // The next field of a struct; false at its end. `id` is the last field's id on the way in, 0 at
  // first.
  [[nodiscard]] bool NextField(std::int16_t& id, std::uint8_t& type) {
    type = TakeByte();
    if (type == 0 || !Need(2)) {
      return false;
    }
    id = static_cast<std::int16_t>(LoadBig16(at_));
    at_ += 2;
    return true;
  }

  // Takes the head of the field `id` of that type, when it is what comes next. `last_id` is the
  // field before it, 0 for none; ids are at most 15.
  [[nodiscard]] bool TakeField(int /*last_id*/, int id, std::uint8_t type) {
    if (bytes_left() < 3 || static_cast<std::uint8_t>(at_[0]) != type || at_[1] != 0 ||
        at_[2] != id) {
      return false;
    }
    at_ += 3;
    return true;
  }

  [[nodiscard]] std::int64_t ReadI64() {
    if (!Need(8)) {
      return 0;
    }
    const auto value = static_cast<std::int64_t>(LoadBig64(at_));
    at_ += 8;
    return value;
  }
  [[nodiscard]] std::int32_t ReadI32() {
    if (!Need(4)) {
      return 0;
    }
    const auto value = static_cast<std::int32_t>(LoadBig32(at_));
    at_ += 4;
    return value;
  }
  [[nodiscard]] double ReadDouble() { return std::bit_cast<double>(ReadI64()); }
  [[nodiscard]] bool ReadBool(std::uint8_t /*type*/) { return TakeByte() != 0; }
  [[nodiscard]] std::string_view ReadText() {
    const std::int32_t size = ReadI32();
    if (size < 0) {
      Fail(DecodeError::kMalformed);
      return {};
    }
    return TakeText(static_cast<std::size_t>(size));
  }

  // Head of a list or set. The count is at most the bytes left: every element takes at least one.
  [[nodiscard]] std::uint32_t ReadListHead(std::uint8_t& element_type) {
    element_type = TakeByte();
    const std::int32_t count = ReadI32();
    if (count < 0 || !IsType(element_type)) {
      Fail(DecodeError::kMalformed);
      return 0;
    }
    if (static_cast<std::size_t>(count) > bytes_left()) {
      Fail(DecodeError::kTruncated);
      return 0;
    }
    return static_cast<std::uint32_t>(count);
  }

  void Skip(std::uint8_t type, int depth = 0) {
    if (depth > kMaxSkipDepth) {
      Fail(DecodeError::kTooDeep);
      return;
    }
    switch (type) {
      case kBool:
      case kByte:
        static_cast<void>(TakeByte());
        return;
      case kI16:
        static_cast<void>(TakeText(2));
        return;
      case kI32:
        static_cast<void>(TakeText(4));
        return;
      case kI64:
      case kDouble:
        static_cast<void>(TakeText(8));
        return;
      case kText:
        static_cast<void>(ReadText());
        return;
      case kStruct:
        SkipStruct(depth);
        return;
      case kSet:
      case kList: {
        std::uint8_t element_type = 0;
        for (std::uint32_t left = ReadListHead(element_type); left > 0 && ok(); --left) {
          Skip(element_type, depth + 1);
        }
        return;
      }
      case kMap:
        SkipMap(depth);
        return;
      default:
        Fail(DecodeError::kMalformed);
    }
  }

 private:
  // Also 0 and 1 (stop and void), which empty containers may name.
  static bool IsType(std::uint8_t type) { return type <= kList && (0xfd5fU >> type & 1) != 0; }

  void SkipStruct(int depth) {
    std::int16_t id = 0;
    std::uint8_t type = 0;
    while (NextField(id, type)) {
      Skip(type, depth + 1);
    }
  }
  void SkipMap(int depth) {
    const std::uint8_t key_type = TakeByte();
    if (!IsType(key_type)) {
      Fail(DecodeError::kMalformed);
      return;
    }
    std::uint8_t value_type = 0;
    for (std::uint32_t left = ReadListHead(value_type); left > 0 && ok(); --left) {
      Skip(key_type, depth + 1);
      Skip(value_type, depth + 1);
    }
  }
};

class CompactCursor : public ThriftCursor {
 public:
  // A bool field carries its value in its type.
  static constexpr std::uint8_t kTrue = 1, kFalse = 2, kByte = 3, kI16 = 4, kI32 = 5, kI64 = 6,
                                kDouble = 7, kText = 8, kList = 9, kSet = 10, kMap = 11,
                                kStruct = 12;

  using ThriftCursor::ThriftCursor;

  static bool IsBool(std::uint8_t type) { return type == kTrue || type == kFalse; }

  std::string_view ReadMessageName() {
    const std::uint8_t protocol = TakeByte();
    const std::uint8_t type_and_version = TakeByte();
    if (ok() && (protocol != 0x82 || (type_and_version & 0x1f) != 1)) {
      Fail(DecodeError::kMalformed);
    }
    static_cast<void>(ReadVarint());  // sequence id
    return ReadText();
  }

  [[nodiscard]] bool NextField(std::int16_t& id, std::uint8_t& type) {
    const std::uint8_t head = TakeByte();
    type = head & 15;
    if (type == 0) {
      return false;
    }
    const int delta = head >> 4;
    id = static_cast<std::int16_t>(delta != 0 ? id + delta : ReadI64());
    return ok();
  }

  // As above.
  [[nodiscard]] bool TakeField(int last_id, int id, std::uint8_t type) {
    if (at_ == end_ || static_cast<std::uint8_t>(*at_) != ((id - last_id) << 4 | type)) {
      return false;
    }
    ++at_;
    return true;
  }

  // Zigzag varints of up to 64 bits serve all integer types.
  [[nodiscard]] std::int64_t ReadI64() {
    const std::uint64_t value = ReadVarint();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  [[nodiscard]] std::int32_t ReadI32() {
    const auto value = static_cast<std::uint32_t>(ReadVarint());
    return static_cast<std::int32_t>(value >> 1 ^ -(value & 1));
  }
  [[nodiscard]] double ReadDouble() {
    if (!Need(8)) {
      return 0;
    }
    const auto value = LoadLittle<double>(at_);
    at_ += 8;
    return value;
  }
  [[nodiscard]] bool ReadBool(std::uint8_t type) { return type == kTrue; }
  [[nodiscard]] std::string_view ReadText() { return TakeText(ReadSize()); }

  [[nodiscard]] std::uint32_t ReadListHead(std::uint8_t& element_type) {
    const std::uint8_t head = TakeByte();
    element_type = head & 15;
    if (element_type > kStruct) {
      Fail(DecodeError::kMalformed);
      return 0;
    }
    const std::uint32_t count = (head >> 4) == 15 ? ReadSize() : head >> 4;
    if (count > bytes_left()) {
      Fail(DecodeError::kTruncated);
      return 0;
    }
    return count;
  }

  void Skip(std::uint8_t type, int depth = 0) {
    if (depth > kMaxSkipDepth) {
      Fail(DecodeError::kTooDeep);
      return;
    }
    switch (type) {
      case kTrue:
      case kFalse:
        return;
      case kByte:
        static_cast<void>(TakeByte());
        return;
      case kI16:
      case kI32:
      case kI64:
        static_cast<void>(ReadVarint());
        return;
      case kDouble:
        static_cast<void>(TakeText(8));
        return;
      case kText:
        static_cast<void>(ReadText());
        return;
      case kStruct:
        SkipStruct(depth);
        return;
      case kSet:
      case kList: {
        std::uint8_t element_type = 0;
        for (std::uint32_t left = ReadListHead(element_type); left > 0 && ok(); --left) {
          SkipElement(element_type, depth);
        }
        return;
      }
      case kMap:
        SkipMap(depth);
        return;
      default:
        Fail(DecodeError::kMalformed);
    }
  }

 private:
  [[nodiscard]] std::uint64_t ReadVarint() {
    if (at_ < end_ && static_cast<std::uint8_t>(*at_) < 0x80) [[likely]] {
      return static_cast<std::uint8_t>(*at_++);
    }
    std::uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      const std::uint8_t byte = TakeByte();
      value |= static_cast<std::uint64_t>(byte & 0x7f) << (shift & 63);
      if (byte < 0x80) {
        return value;
      }
    }
    Fail(DecodeError::kMalformed);
    return 0;
  }

  // Sizes have 31 bits.
  [[nodiscard]] std::uint32_t ReadSize() {
    const auto size = static_cast<std::uint32_t>(ReadVarint());
    if (size > 0x7fffffffU) {
      Fail(DecodeError::kMalformed);
      return 0;
    }
    return size;
  }

  // Bools that are elements take a byte, unlike those that are fields.
  void SkipElement(std::uint8_t type, int depth) {
    if (IsBool(type)) {
      static_cast<void>(TakeByte());
    } else {
      Skip(type, depth + 1);
    }
  }
  void SkipStruct(int depth) {
    std::int16_t id = 0;
    std::uint8_t type = 0;
    while (NextField(id, type)) {
      Skip(type, depth + 1);
    }
  }
  void SkipMap(int depth) {
    const std::uint32_t count = ReadSize();
    if (count == 0) {
      return;
    }
    if (count > bytes_left()) {
      Fail(DecodeError::kTruncated);
      return;
    }
    const std::uint8_t types = TakeByte();
    if (types >> 4 > kStruct || (types & 15) > kStruct) {
      Fail(DecodeError::kMalformed);
      return;
    }
    for (std::uint32_t left = count; left > 0 && ok(); --left) {
      SkipElement(types >> 4, depth);
      SkipElement(types & 15, depth);
    }
  }
};

}  // namespace pugmark
