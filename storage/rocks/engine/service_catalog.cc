#include "storage/rocks/engine/service_catalog.h"

#include <algorithm>

namespace pugmark::engine {

void ServiceCatalog::Put(std::string_view tenant_name, std::string_view service,
                         std::string_view operation, SpanKind kind, std::int64_t seen_ns) {
  auto tenant = tenants_.find(tenant_name);
  if (tenant == tenants_.end()) {
    tenant = tenants_.emplace(std::string(tenant_name), Tenant()).first;
  }
  Tenant& known = tenant->second;
  auto at = known.services.find(service);
  if (at == known.services.end()) {
    if (known.services.size() >= kMostServices) {
      known.left_out_service = true;
      return;
    }
    at = known.services.emplace(std::string(service), std::map<Operation, std::int64_t>()).first;
  }
  Operation wanted{std::string(operation), kind};
  const auto found = at->second.find(wanted);
  if (found != at->second.end()) {
    found->second = std::max(found->second, seen_ns);
  } else if (known.operations >= kMostOperations) {
    known.left_out_operation = true;
  } else {
    at->second.emplace(std::move(wanted), seen_ns);
    ++known.operations;
  }
}

void ServiceCatalog::Load(const std::vector<CatalogRow>& rows) {
  const std::lock_guard lock(mutex_);
  for (const CatalogRow& row : rows) {
    Put(row.tenant, row.service, row.operation, static_cast<SpanKind>(row.kind), row.last_seen_ns);
  }
}

void ServiceCatalog::Add(const Head& head, std::size_t first, std::int64_t now_ns) {
  const Schema& schema = head.schema();
  const std::lock_guard lock(mutex_);
  for (std::size_t i = first; i < schema.types.size(); ++i) {
    const OperationInfo& operation = schema.operations[schema.types[i].operation];
    Put(schema.tenants[operation.tenant], schema.services[operation.service], operation.name,
        schema.types[i].kind, now_ns);
  }
}

std::vector<CatalogRow> ServiceCatalog::RowsOf(const Head& head, std::int64_t now_ns) {
  const Schema& schema = head.schema();
  std::vector<std::pair<std::uint32_t, SpanKind>> seen;
  for (const SpanType& type : schema.types) {
    seen.emplace_back(type.operation, type.kind);
  }
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  std::vector<CatalogRow> rows;
  for (const auto& [number, kind] : seen) {
    const OperationInfo& operation = schema.operations[number];
    rows.push_back({std::string(schema.tenants[operation.tenant]),
                    std::string(schema.services[operation.service]), std::string(operation.name),
                    static_cast<std::uint8_t>(kind), now_ns});
  }
  return rows;
}

std::vector<CatalogRow> ServiceCatalog::Expire(std::int64_t before_ns) {
  const std::lock_guard lock(mutex_);
  std::vector<CatalogRow> expired;
  for (auto& [tenant_name, tenant] : tenants_) {
    for (auto service = tenant.services.begin(); service != tenant.services.end();) {
      for (auto at = service->second.begin(); at != service->second.end();) {
        if (at->second >= before_ns) {
          ++at;
          continue;
        }
        expired.push_back({tenant_name, service->first, at->first.name,
                           static_cast<std::uint8_t>(at->first.kind), at->second});
        at = service->second.erase(at);
        --tenant.operations;
      }
      service = service->second.empty() ? tenant.services.erase(service) : std::next(service);
    }
  }
  return expired;
}

Listing<std::string> ServiceCatalog::Services(const std::string& tenant) const {
  const std::lock_guard lock(mutex_);
  Listing<std::string> listing;
  const auto found = tenants_.find(tenant);
  if (found != tenants_.end()) {
    for (const auto& [name, operations] : found->second.services) {
      listing.items.push_back(name);
    }
    listing.truncated = found->second.left_out_service;
  }
  return listing;
}

Listing<Operation> ServiceCatalog::Operations(const std::string& tenant, const std::string& service,
                                              std::optional<SpanKind> kind) const {
  const std::lock_guard lock(mutex_);
  Listing<Operation> listing;
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) {
    return listing;
  }
  listing.truncated = found->second.left_out_operation;
  const auto at = found->second.services.find(service);
  if (at != found->second.services.end()) {
    for (const auto& [operation, seen] : at->second) {
      if (!kind || operation.kind == *kind) {
        listing.items.push_back(operation);
      }
    }
  }
  return listing;
}

std::size_t ServiceCatalog::size() const {
  const std::lock_guard lock(mutex_);
  std::size_t sum = 0;
  for (const auto& [name, tenant] : tenants_) {
    sum += tenant.operations;
  }
  return sum;
}

}  // namespace pugmark::engine
