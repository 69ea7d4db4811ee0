#include "storage/rocks/catalog.h"

#include <algorithm>

namespace pugmark::rocks {
namespace {

std::uint64_t RowHash(std::uint64_t operation_hash, SpanKind kind) {
  return MixBits{}(operation_hash + static_cast<std::uint64_t>(kind));
}

BlockId ListedUntil(BlockId block, Nanoseconds refresh) {
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(refresh).count();
  return block + (static_cast<BlockId>(millis) << kBlockSequenceBits);
}

}  // namespace

void Catalog::Load(std::string_view tenant, const CatalogRow& row) {
  const std::uint64_t service_hash = HashName(row.service);
  const std::uint64_t operation_hash = HashOperation(service_hash, row.operation);
  tenants_.With([&](Tenants& tenants) {
    Remember(tenants[std::string(tenant)],
             {service_hash, RowHash(operation_hash, row.kind), row.listed_until});
  });
}

void Catalog::PutRows(std::string_view tenant, const std::vector<BlockIndex::Entry>& entries,
                      BlockId block, RowBatch& rows, Pending& pending) {
  const BlockId listed_until = ListedUntil(block, refresh_);
  std::vector<const BlockIndex::Entry*> wanted;
  tenants_.With([&](Tenants& tenants) {
    const auto found = tenants.find(tenant);
    for (const BlockIndex::Entry& entry : entries) {
      if (found != tenants.end()) {
        const TenantRows& known = found->second;
        const auto row = known.rows.find(RowHash(entry.operation_hash, entry.kind));
        const bool is_listed = row != known.rows.end() && row->second >= block;
        if (is_listed || (row == known.rows.end() && IsFull(known, entry.service_hash))) {
          continue;
        }
      }
      wanted.push_back(&entry);
    }
  });
  std::string value;
  for (const BlockIndex::Entry* const entry : wanted) {
    value.clear();
    AppendCatalogValue(value, {entry->service, entry->operation, entry->kind, listed_until});
    rows.Put(CatalogKey(tenant, entry->service_hash, entry->operation_hash, entry->kind), value);
    pending.items_.push_back(
        {entry->service_hash, RowHash(entry->operation_hash, entry->kind), listed_until});
  }
}

void Catalog::Confirm(std::string_view tenant, const Pending& pending) {
  if (pending.items_.empty()) {
    return;
  }
  tenants_.With([&](Tenants& tenants) {
    const auto found = tenants.find(tenant);
    TenantRows& rows = found != tenants.end() ? found->second : tenants[std::string(tenant)];
    for (const Pending::Item& item : pending.items_) {
      Remember(rows, item);
    }
  });
}

bool Catalog::IsFull(const TenantRows& rows, std::uint64_t service_hash) {
  const bool is_known_service = rows.services.contains(service_hash);
  return rows.rows.size() > kMaxOperations ||
         (!is_known_service && rows.services.size() > kMaxServices);
}

void Catalog::Remember(TenantRows& rows, const Pending::Item& item) {
  const auto [row, is_new] = rows.rows.try_emplace(item.row_hash, item.listed_until);
  row->second = std::max(row->second, item.listed_until);
  if (is_new) {
    ++rows.services[item.service_hash];
  }
}

std::size_t Catalog::size() const {
  return tenants_.With([](const Tenants& tenants) {
    std::size_t rows = 0;
    for (const auto& [tenant, listed] : tenants) {
      rows += listed.rows.size();
    }
    return rows;
  });
}

}  // namespace pugmark::rocks
