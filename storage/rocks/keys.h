// The keys of the store, drawn byte by byte in README.md. Numbers are big endian, so that keys sort
// by them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.h"
#include "common/model/ids.h"

namespace pugmark::rocks {

// The first byte of every key.
enum class RowKind : char {
  kMeta = 'm',
  kBlock = 'b',          // encoded spans
  kTrace = 'x',          // trace id -> blocks
  kTenantTime = 't',     // newest first: blocks of a tenant,
  kServiceTime = 's',    // of a service,
  kOperationTime = 'o',  // of an operation
  kCatalog = 'c',        // services and operations,
  kCatalogFull = 'f',    // that there are more of them than are listed
  kThroughput = 'p',     // adaptive sampling: throughput by time,
  kProbabilities = 'q',  // probabilities by time,
  kLease = 'l',          // leases
};

inline constexpr std::size_t kMaxTenantBytes = 255;
inline constexpr std::string_view kSchemaKey = "mschema";

// Names one block. Ids rise, and the upper bits are the millisecond at which the block was written:
// retention needs nothing but the id, which every row of a block ends with.
using BlockId = std::uint64_t;
inline constexpr int kBlockSequenceBits = 20;

// The first id of that millisecond; times before 1970 count as 1970.
[[nodiscard]] BlockId FirstBlockIdAt(UnixTime time);
// When it was written, to the millisecond.
[[nodiscard]] UnixTime TimeOfBlock(BlockId id);

// Sorts as the times do; Inverted: newest first.
[[nodiscard]] constexpr std::uint64_t OrderedTime(UnixTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count()) ^ (std::uint64_t{1} << 63);
}
[[nodiscard]] constexpr std::uint64_t InvertedTime(UnixTime time) { return ~OrderedTime(time); }
[[nodiscard]] constexpr UnixTime TimeFromInverted(std::uint64_t inverted) {
  return UnixTime(Nanoseconds(static_cast<std::int64_t>(~inverted ^ (std::uint64_t{1} << 63))));
}

// Stand for names in keys, so that keys are short and bounded. Two names with one hash share index
// rows, which costs a look at the spans and no more.
[[nodiscard]] std::uint64_t HashName(std::string_view service);
[[nodiscard]] std::uint64_t HashOperation(std::uint64_t service_hash, std::string_view operation);

// kind | tenant length | tenant: what all rows of that kind and tenant start with.
[[nodiscard]] std::string KeyPrefix(RowKind kind, std::string_view tenant);
[[nodiscard]] std::string BlockKey(std::string_view tenant, BlockId id);
[[nodiscard]] std::string TracePrefix(std::string_view tenant, TraceId id);
// kind, tenant and, for services and operations, the hash of the name.
[[nodiscard]] std::string TimePrefix(RowKind kind, std::string_view tenant, std::uint64_t hash);

// The tenant of a row whose key starts with KeyPrefix; nothing for a malformed key.
[[nodiscard]] std::optional<std::string_view> TenantOfKey(std::string_view key);
// The block whose row this is; nothing for rows that belong to no block, or a malformed key.
[[nodiscard]] std::optional<BlockId> BlockOfKey(std::string_view key);
// The smallest key greater than every key that starts with `prefix`; "" where there is none.
[[nodiscard]] std::string AfterPrefix(std::string prefix);

}  // namespace pugmark::rocks
