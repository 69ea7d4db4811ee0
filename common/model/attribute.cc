#include "common/model/attribute.h"

#include <algorithm>
#include <bit>

namespace pugmark {

bool SameValue(const Value& a, const Value& b) {
  if (a.type() != b.type()) {
    return false;
  }
  switch (a.type()) {
    case ValueType::kEmpty:
      return true;
    case ValueType::kString:
    case ValueType::kBytes:
      return a.text() == b.text();
    case ValueType::kBool:
      return a.boolean() == b.boolean();
    case ValueType::kInt:
      return a.integer() == b.integer();
    case ValueType::kDouble:
      return std::bit_cast<std::uint64_t>(a.real()) == std::bit_cast<std::uint64_t>(b.real());
    case ValueType::kArray:
      return std::equal(a.elements().begin(), a.elements().end(), b.elements().begin(),
                        b.elements().end(), SameValue);
    case ValueType::kMap:
      return SameAttributes(a.entries(), b.entries());
  }
  return false;
}

bool SameAttributes(std::span<const Attribute> a, std::span<const Attribute> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Attribute& x, const Attribute& y) {
                      return x.key == y.key && SameValue(x.value, y.value);
                    });
}

const Attribute* FindAttribute(std::span<const Attribute> attributes, std::string_view key) {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [key](const Attribute& a) { return a.key == key; });
  return found == attributes.end() ? nullptr : &*found;
}

}  // namespace pugmark
