// Any Thrift message as a tree, without knowing its schema: parse one, take parts out, write it
// again in either protocol. For tests that damage valid messages systematically; not built for
// speed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/codec/thrift_batch.h"

namespace pugmark::testing {

// Types as the binary protocol numbers them.
enum class ThriftType : std::uint8_t {
  kBool = 2,
  kByte = 3,
  kDouble = 4,
  kI16 = 6,
  kI32 = 8,
  kI64 = 10,
  kString = 11,
  kStruct = 12,
  kMap = 13,
  kSet = 14,
  kList = 15,
};

struct ThriftNode {
  ThriftType type = ThriftType::kStruct;
  std::int16_t id = 0;                            // of a struct's field
  std::int64_t integer = 0;                       // bool, byte, i16, i32, i64; the bits of a double
  std::string text;                               // string
  ThriftType element_type = ThriftType::kStruct;  // list, set
  std::vector<ThriftNode> children;               // fields or elements
};

struct ThriftMessage {
  std::string method;
  int type = 4;  // ONEWAY
  std::int32_t sequence = 0;
  ThriftNode arguments;
};

// Empty for anything but one whole message without maps.
std::optional<ThriftMessage> ParseThriftMessage(ThriftProtocol protocol, std::string_view bytes);
std::string WriteThriftMessage(ThriftProtocol protocol, const ThriftMessage& message);
// A bare struct, as POST /api/traces has it.
std::string WriteThriftStruct(ThriftProtocol protocol, const ThriftNode& node);

// Every variant of `message` with exactly one struct field, at any depth, left out.
std::vector<ThriftMessage> WithEachFieldLeftOut(const ThriftMessage& message);

}  // namespace pugmark::testing
