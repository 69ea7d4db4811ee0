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

// Whether some message in `wire` (of type `message`, nested ones included) has a singular field of
// a message or bytes type more than once. Protobuf merges such messages, our decoders take the
// last; and an id that is replaced by a later one is checked by our decoders only.
bool RepeatsSingular(std::string_view wire, const google::protobuf::Descriptor& message);

}  // namespace pugmark::testing
