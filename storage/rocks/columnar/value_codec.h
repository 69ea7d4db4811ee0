// The parts of a span that are stored as one piece of bytes: nested values, resources, scopes, and
// the rarely used rest of a span. Equal content gives equal bytes, so that pieces are interned by
// their bytes.
//
//   value      type u8 (ValueType), then: kString, kBytes text / kBool u8 / kInt zigzag varint /
//              kDouble 8 bytes / kArray count varint, values / kMap attributes
//   attributes count varint, then key text, value each
//   resource   flags u8 (1: has a service name) | service text | schema URL text |
//              dropped attributes varint | attributes
//   scope      name text | version text | schema URL text | dropped attributes varint | attributes
//   rest       dropped attributes, events, links varint | links: count varint, then each |
//   warnings:
//              count varint, then text each
//   link       flags u8 (1: of the span's own trace, 2: names the span's parent, 4: has more) |
//              ref type u8 | trace id 16 unless 1 | span id 8 unless 2 |
//              where 4: trace state text, flags varint, dropped attributes varint, attributes
#pragma once

#include <span>

#include "common/model/arena.h"
#include "common/model/span.h"
#include "storage/rocks/columnar/byte_io.h"

namespace pugmark::engine {

void EncodeValue(ByteWriter& out, const Value& value);
void EncodeAttributes(ByteWriter& out, std::span<const Attribute> attributes);
void EncodeResource(ByteWriter& out, const Resource& resource);
void EncodeScope(ByteWriter& out, const Scope& scope);
// What a span has beyond what columns of its own hold.
[[nodiscard]] bool HasRest(const Span& span);
void EncodeRest(ByteWriter& out, const Span& span);

// Decoded texts and lists lie in `arena`. Each fails the reader for malformed bytes and for an
// arena that is full.
Value DecodeValue(ByteReader& in, Arena& arena);
std::span<Attribute> DecodeAttributes(ByteReader& in, Arena& arena);
void DecodeResource(ByteReader& in, Arena& arena, Resource& resource);
void DecodeScope(ByteReader& in, Arena& arena, Scope& scope);
// Needs the ids of `span` set before.
void DecodeRest(ByteReader& in, Arena& arena, Span& span);

// The service name of an encoded resource; fails the reader.
std::string_view ResourceServiceName(ByteReader in);

}  // namespace pugmark::engine
