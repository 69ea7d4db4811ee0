// One record of the write-ahead log is one batch, written as the difference it makes to the head:
// what the head knows already is named by number, what is new is defined where it is first used.
// Records are therefore replayed in order from the first of their head.
//
//   record    version u8 (1) | flags u8 | tenant ref | resources: count varint, ref each |
//             span count varint | spans | fingerprint u32 of the head afterwards | XXH3-64 of all
//             bytes before
//   ref       varint: 0 and a definition, or number + 1. Definitions:
//             tenant, event name: text / resource, scope: text holding its encoding
//   span      resource number varint, where the record names more than one | trace | type | span id
//   8 |
//             parent u8 (0 none, 1 and 8 bytes, n: the span n - 1 back) | start zigzag varint (from
//             the span before) | duration zigzag varint | event count varint | one bit per column
//             of the shape: "as the type's last value here" | value for each other column | events
//   trace     varint: 0 and 16 bytes (high, low), or how many traces back it was first seen
//   type      ref; definition: operation ref (definition: name text) | kind, status, format u8 |
//             scope varint (0 none, 1 and a definition, number + 2) | shape ref
//   shape     definition: level u8 | attribute count varint | column count varint | column ref each
//   column    definition: level, field, type u8 | key text
//   event     name ref | shape ref | time zigzag varint (from the span's start) | value per column
//   value     varint: 0 and a value new in the dictionary, 1 and a plain value, or number + 2
//             number: kInt zigzag varint, kBool u8, kDouble 8 bytes; text: text
//             plain text: varint 0 and text, 1 and a new pattern (text) and slots, or pattern + 2
//             and slots; a slot is a varint
//   Times are in microseconds where flag 2 says so, else in nanoseconds.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pugmark::engine {

inline constexpr std::uint8_t kRecordVersion = 1;
inline constexpr std::uint8_t kRecordStartsHead = 1;
inline constexpr std::uint8_t kRecordInMicros = 2;
inline constexpr std::uint8_t kRecordFlags = kRecordStartsHead | kRecordInMicros;
inline constexpr std::size_t kRecordChecksumBytes = 8;

enum ValueCode : std::uint64_t { kNewValue = 0, kPlainValue = 1, kFirstValue = 2 };
enum PlainTextCode : std::uint64_t { kRawText = 0, kNewPattern = 1, kFirstPattern = 2 };
enum ParentCode : std::uint8_t { kNoParent = 0, kExplicitParent = 1, kFirstParentBack = 2 };

// Spans back that a parent is found among.
inline constexpr std::size_t kParentRing = 16;

// The ids of the last spans of a record, for both directions.
class RecentSpanIds {
 public:
  void Push(std::uint64_t id) { ids_[pushed_++ % kParentRing] = id; }
  // How many back `id` is, the last one being 0; kParentRing when it is not among them.
  [[nodiscard]] std::size_t Find(std::uint64_t id) const {
    for (std::size_t back = 0; back < kParentRing && back < pushed_; ++back) {
      if ((*this)[back] == id) {
        return back;
      }
    }
    return kParentRing;
  }
  [[nodiscard]] bool Has(std::size_t back) const { return back < kParentRing && back < pushed_; }
  [[nodiscard]] std::uint64_t operator[](std::size_t back) const {
    return ids_[(pushed_ - 1 - back) % kParentRing];
  }

 private:
  std::uint64_t ids_[kParentRing] = {};
  std::size_t pushed_ = 0;
};

}  // namespace pugmark::engine
