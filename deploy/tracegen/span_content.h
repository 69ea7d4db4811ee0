// Writes the attributes and events of one span into an arena.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/model/arena.h"
#include "common/model/span.h"
#include "deploy/tracegen/random.h"

namespace pugmark::tracegen {

// A fixed-capacity list of attributes in an arena; further ones are left out, so that a span has
// exactly as many as were asked for.
class AttributeList {
 public:
  // The arena has room for the lists of a message: it is bounded by the batch size.
  AttributeList(Arena& arena, std::size_t capacity)
      : arena_(arena), values_(arena.Allocate<Attribute>(capacity)), capacity_(capacity) {}

  void Text(std::string_view key, std::string_view value) { Put(key, Value::String(value)); }
  void Int(std::string_view key, std::int64_t value) { Put(key, Value::Int(value)); }
  void Bool(std::string_view key, bool value) { Put(key, Value::Bool(value)); }
  void Double(std::string_view key, double value) { Put(key, Value::Double(value)); }
  // `prefix` followed by the number, in decimal.
  void Numbered(std::string_view key, std::string_view prefix, std::uint64_t number);
  // `prefix` followed by 16 hexadecimal digits.
  void Hex(std::string_view key, std::string_view prefix, std::uint64_t number);
  // The rest of the capacity: attr.00, attr.01, ... with a few dozen distinct values each.
  void Fill(Random& random);

  [[nodiscard]] std::span<Attribute> values() const { return {values_, size_}; }
  [[nodiscard]] bool full() const { return size_ == capacity_; }

 private:
  void Put(std::string_view key, Value value) {
    if (!full() && values_ != nullptr) {
      values_[size_++] = {key, value};
    }
  }
  std::string_view Join(std::string_view prefix, std::string_view suffix);

  Arena& arena_;
  Attribute* const values_;
  const std::size_t capacity_;
  std::size_t size_ = 0;
};

}  // namespace pugmark::tracegen
