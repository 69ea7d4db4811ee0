// Protobuf messages by hand, for tests that need exactly these bytes; and a look at mutated ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace google::protobuf {
class Descriptor;
}

namespace pugmark::testing {

std::string Varint(std::uint64_t value);
// A whole field with its tag.
std::string VarintField(std::uint32_t field, std::uint64_t value);
std::string BytesField(std::uint32_t field, std::string_view contents);
std::string Fixed64Field(std::uint32_t field, std::uint64_t value);
std::string Fixed32Field(std::uint32_t field, std::uint32_t value);

// What a comparison with generated classes has to know about mutated bytes.
struct WireFacts {
  // Some message has a singular field of a message or bytes type more than once. Protobuf merges
  // such messages, our decoders take the last; and an id that is replaced by a later one is checked
  // by our decoders only.
  bool repeats_singular = false;
  // Some field of type string is no UTF-8, which generated classes refuse.
  bool bad_utf8 = false;
};
// Of `wire`, which is of type `message`; looks as far as the bytes are well-formed.
WireFacts LookAtWire(std::string_view wire, const google::protobuf::Descriptor& message);

// What generated classes make of a message.
struct ProtoVerdict {
  bool accepted = false;
  WireFacts facts;
  std::string contents;  // Describe() of the spans
};

}  // namespace pugmark::testing
