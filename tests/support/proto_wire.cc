#include "tests/support/proto_wire.h"

#include <google/protobuf/descriptor.h>

#include <cstring>
#include <set>

namespace pugmark::testing {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

bool TakeVarint(std::string_view& wire, std::uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 70 && !wire.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(wire.front());
    wire.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (shift & 63);
    if (byte < 0x80) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string Varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) {
    bytes += static_cast<char>(value | 0x80);
  }
  return bytes += static_cast<char>(value);
}

std::string VarintField(std::uint32_t field, std::uint64_t value) {
  return Varint(field << 3) + Varint(value);
}

std::string BytesField(std::uint32_t field, std::string_view contents) {
  return Varint(field << 3 | 2) + Varint(contents.size()) + std::string(contents);
}

std::string Fixed64Field(std::uint32_t field, std::uint64_t value) {
  return Varint(field << 3 | 1) + std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string Fixed32Field(std::uint32_t field, std::uint32_t value) {
  return Varint(field << 3 | 5) + std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

bool RepeatsSingular(std::string_view wire, const Descriptor& message) {
  std::set<std::uint64_t> seen;
  std::uint64_t tag = 0;
  while (!wire.empty() && TakeVarint(wire, tag)) {
    std::uint64_t size = 0;
    switch (tag & 7) {
      case 0:
        TakeVarint(wire, size);
        continue;
      case 1:
        size = 8;
        break;
      case 5:
        size = 4;
        break;
      case 2: {
        if (!TakeVarint(wire, size) || size > wire.size()) {
          return false;
        }
        const FieldDescriptor* const field =
            message.FindFieldByNumber(static_cast<int>(tag >> 3 & 0x1fffffff));
        if (field == nullptr || field->type() == FieldDescriptor::TYPE_STRING) {
          break;
        }
        if (!field->is_repeated() && !seen.insert(tag).second) {
          return true;
        }
        if (field->type() == FieldDescriptor::TYPE_MESSAGE &&
            RepeatsSingular(wire.substr(0, size), *field->message_type())) {
          return true;
        }
        break;
      }
      default:
        continue;  // group marks have no value of their own
    }
    wire.remove_prefix(std::min<std::size_t>(size, wire.size()));
  }
  return false;
}

}  // namespace pugmark::testing
