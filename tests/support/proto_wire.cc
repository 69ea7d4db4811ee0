#include "tests/support/proto_wire.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <set>

#include "common/base/utf8.h"

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

namespace {

void Look(std::string_view wire, const Descriptor& message, WireFacts& facts);

void LookAtField(std::uint64_t tag, std::string_view contents, const Descriptor& message,
                 std::set<std::uint64_t>& seen, WireFacts& facts) {
  const FieldDescriptor* const field =
      message.FindFieldByNumber(static_cast<int>(tag >> 3 & 0x1fffffff));
  if (field == nullptr) {
    return;
  }
  switch (field->type()) {
    case FieldDescriptor::TYPE_STRING:
      facts.bad_utf8 |= !IsValidUtf8(contents);
      return;
    case FieldDescriptor::TYPE_MESSAGE:
      Look(contents, *field->message_type(), facts);
      break;
    case FieldDescriptor::TYPE_BYTES:
      break;
    default:
      return;
  }
  facts.repeats_singular |= !field->is_repeated() && !seen.insert(tag).second;
}

void Look(std::string_view wire, const Descriptor& message, WireFacts& facts) {
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
      case 2:
        if (!TakeVarint(wire, size) || size > wire.size()) {
          return;
        }
        LookAtField(tag, wire.substr(0, size), message, seen, facts);
        break;
      default:
        continue;  // group marks have no value of their own
    }
    wire.remove_prefix(std::min<std::size_t>(size, wire.size()));
  }
}

}  // namespace

WireFacts LookAtWire(std::string_view wire, const Descriptor& message) {
  WireFacts facts;
  Look(wire, message, facts);
  return facts;
}

}  // namespace pugmark::testing
