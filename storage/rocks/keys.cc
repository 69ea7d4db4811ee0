#include "storage/rocks/keys.h"

#include <xxhash.h>

#include "common/base/bytes.h"

namespace pugmark::rocks {
namespace {

constexpr std::size_t kBlockIdBytes = 8;
constexpr std::size_t kPrefixBytes = 2;  // kind, length of the tenant

std::size_t BytesBeforeBlockId(RowKind kind) {
  switch (kind) {
    case RowKind::kBlock:
      return 0;
    case RowKind::kTenantTime:
      return 8;  // time
    case RowKind::kTrace:
    case RowKind::kServiceTime:
    case RowKind::kOperationTime:
      return 16;  // trace id; hash and time
    default:
      return std::string_view::npos;
  }
}

}  // namespace

BlockId FirstBlockIdAt(UnixTime time) {
  const auto millis =
      std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return millis <= 0 ? 0 : static_cast<BlockId>(millis) << kBlockSequenceBits;
}

UnixTime TimeOfBlock(BlockId id) {
  return TimeFromMillis(static_cast<std::int64_t>(id >> kBlockSequenceBits));
}

std::uint64_t HashName(std::string_view service) {
  return XXH3_64bits(service.data(), service.size());
}

std::uint64_t HashOperation(std::uint64_t service_hash, std::string_view operation) {
  return XXH3_64bits_withSeed(operation.data(), operation.size(), service_hash);
}

std::string KeyPrefix(RowKind kind, std::string_view tenant) {
  std::string key;
  key.reserve(kPrefixBytes + tenant.size() + 3 * sizeof(std::uint64_t));
  key.push_back(static_cast<char>(kind));
  key.push_back(static_cast<char>(tenant.size()));
  key.append(tenant);
  return key;
}

std::string BlockKey(std::string_view tenant, BlockId id) {
  std::string key = KeyPrefix(RowKind::kBlock, tenant);
  AppendBig64(key, id);
  return key;
}

std::string TracePrefix(std::string_view tenant, TraceId id) {
  std::string key = KeyPrefix(RowKind::kTrace, tenant);
  AppendBig64(key, id.high);
  AppendBig64(key, id.low);
  return key;
}

std::string TimePrefix(RowKind kind, std::string_view tenant, std::uint64_t hash) {
  std::string key = KeyPrefix(kind, tenant);
  if (kind != RowKind::kTenantTime) {
    AppendBig64(key, hash);
  }
  return key;
}

std::optional<std::string_view> TenantOfKey(std::string_view key) {
  if (key.size() < kPrefixBytes) {
    return std::nullopt;
  }
  const std::size_t length = static_cast<unsigned char>(key[1]);
  if (key.size() - kPrefixBytes < length) {
    return std::nullopt;
  }
  return key.substr(kPrefixBytes, length);
}

std::optional<BlockId> BlockOfKey(std::string_view key) {
  const std::optional<std::string_view> tenant = TenantOfKey(key);
  if (!tenant) {
    return std::nullopt;
  }
  const std::size_t before = BytesBeforeBlockId(static_cast<RowKind>(key[0]));
  if (before == std::string_view::npos ||
      key.size() != kPrefixBytes + tenant->size() + before + kBlockIdBytes) {
    return std::nullopt;
  }
  return LoadBig64(key.data() + key.size() - kBlockIdBytes);
}

std::string AfterPrefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) {
    prefix.pop_back();
  }
  if (!prefix.empty()) {
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  }
  return prefix;
}

}  // namespace pugmark::rocks
