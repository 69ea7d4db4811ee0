#include "storage/rocks/catalog_row.h"

#include "common/base/bytes.h"
#include "storage/rocks/byte_cursor.h"

namespace pugmark::rocks {

std::string CatalogKey(std::string_view tenant, std::uint64_t service_hash,
                       std::uint64_t operation_hash, SpanKind kind) {
  std::string key = CatalogServicePrefix(tenant, service_hash);
  AppendBig64(key, operation_hash);
  key.push_back(static_cast<char>(kind));
  return key;
}

std::string CatalogServicePrefix(std::string_view tenant, std::uint64_t service_hash) {
  std::string key = KeyPrefix(RowKind::kCatalog, tenant);
  AppendBig64(key, service_hash);
  return key;
}

void AppendCatalogValue(std::string& value, const CatalogRow& row) {
  AppendBig64(value, row.listed_until);
  value.push_back(static_cast<char>(row.kind));
  AppendBig32(value, static_cast<std::uint32_t>(row.service.size()));
  value.append(row.service);
  value.append(row.operation);
}

std::optional<CatalogRow> ParseCatalogValue(std::string_view value) {
  constexpr std::size_t kFixedBytes = 8 + 1 + 4;
  if (value.size() < kFixedBytes) {
    return std::nullopt;
  }
  const std::uint32_t service_bytes = LoadBig32(value.data() + 9);
  if (service_bytes > value.size() - kFixedBytes) {
    return std::nullopt;
  }
  CatalogRow row;
  row.listed_until = LoadBig64(value.data());
  row.kind = static_cast<SpanKind>(value[8]);
  row.service = value.substr(kFixedBytes, service_bytes);
  row.operation = value.substr(kFixedBytes + service_bytes);
  return row;
}

bool IsExpiredCatalogRow(std::string_view value, BlockId oldest_kept) {
  return value.size() >= sizeof(BlockId) && LoadBig64(value.data()) < oldest_kept;
}

}  // namespace pugmark::rocks
