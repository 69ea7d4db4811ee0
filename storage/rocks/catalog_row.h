// Rows that list services and operations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/model/span.h"
#include "storage/rocks/keys.h"

namespace pugmark::rocks {

// Views into the value they were parsed from.
struct CatalogRow {
  std::string_view service;
  std::string_view operation;
  SpanKind kind = SpanKind::kUnspecified;
  BlockId listed_until = 0;  // the row is expired when blocks up to this one are
};

[[nodiscard]] std::string CatalogKey(std::string_view tenant, std::uint64_t service_hash,
                                     std::uint64_t operation_hash, SpanKind kind);
// All operations of a service.
[[nodiscard]] std::string CatalogServicePrefix(std::string_view tenant, std::uint64_t service_hash);
void AppendCatalogValue(std::string& value, const CatalogRow& row);
[[nodiscard]] std::optional<CatalogRow> ParseCatalogValue(std::string_view value);
[[nodiscard]] bool IsExpiredCatalogRow(std::string_view value, BlockId oldest_kept);

}  // namespace pugmark::rocks
