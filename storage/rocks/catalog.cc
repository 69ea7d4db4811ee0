#include "storage/rocks/catalog.h"

#include <algorithm>

#include "common/base/bytes.h"

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
  bool is_full = false;
  tenants_.With([&](const Tenants& tenants) {
    static const TenantRows kNone;
    const auto found = tenants.find(tenant);
    const TenantRows& known = found == tenants.end() ? kNone : found->second;
    for (const BlockIndex::Entry& entry : entries) {
      const auto row = known.rows.find(RowHash(entry.operation_hash, entry.kind));
      if (row == known.rows.end() && IsFull(known, entry.service_hash)) {
        is_full = is_full || known.full_until < block;
      } else if (row == known.rows.end() || row->second.until < block) {
        wanted.push_back(&entry);
      }
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
  if (is_full) {
    value.clear();
    AppendBig64(value, listed_until);
    rows.Put(KeyPrefix(RowKind::kCatalogFull, tenant), value);
    pending.full_until_ = listed_until;
  }
}

void Catalog::Confirm(std::string_view tenant, const Pending& pending) {
  if (pending.items_.empty() && pending.full_until_ == 0) {
    return;
  }
  tenants_.With([&](Tenants& tenants) {
    const auto found = tenants.find(tenant);
    TenantRows& rows = found != tenants.end() ? found->second : tenants[std::string(tenant)];
    for (const Pending::Item& item : pending.items_) {
      Remember(rows, item);
    }
    rows.full_until = std::max(rows.full_until, pending.full_until_);
  });
}

bool Catalog::IsFull(const TenantRows& rows, std::uint64_t service_hash) {
  return rows.rows.size() >= kMaxOperations ||
         (rows.services.size() >= kMaxServices && !rows.services.contains(service_hash));
}

void Catalog::Remember(TenantRows& rows, const Pending::Item& item) {
  const auto [row, is_new] =
      rows.rows.try_emplace(item.row_hash, Listed{item.listed_until, item.service_hash});
  row->second.until = std::max(row->second.until, item.listed_until);
  if (is_new) {
    ++rows.services[item.service_hash];
  }
}

void Catalog::DropExpired(BlockId oldest_kept) {
  tenants_.With([&](Tenants& tenants) {
    for (auto& [tenant, rows] : tenants) {
      for (auto row = rows.rows.begin(); row != rows.rows.end();) {
        if (row->second.until >= oldest_kept) {
          ++row;
          continue;
        }
        const auto service = rows.services.find(row->second.service_hash);
        if (service != rows.services.end() && --service->second == 0) {
          rows.services.erase(service);
        }
        row = rows.rows.erase(row);
      }
    }
    std::erase_if(tenants, [](const auto& tenant) { return tenant.second.rows.empty(); });
  });
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
