// Services and their operations, as the listings show them.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/api/trace_reader.h"
#include "storage/rocks/engine/database.h"
#include "storage/rocks/head/head.h"

namespace pugmark::engine {

// Thread safety: may be called concurrently.
class ServiceCatalog {
 public:
  static constexpr std::size_t kMostServices = 10'000;     // of a tenant, listed
  static constexpr std::size_t kMostOperations = 100'000;  // of a tenant, listed

  void Load(const std::vector<CatalogRow>& rows);
  // The types of `head` from number `first` on; the caller holds the head's lock.
  void Add(const Head& head, std::size_t first, std::int64_t now_ns);
  // The rows that sealing `head` writes.
  static std::vector<CatalogRow> RowsOf(const Head& head, std::int64_t now_ns);
  // Takes out what was last seen before; returns it.
  std::vector<CatalogRow> Expire(std::int64_t before_ns);

  [[nodiscard]] Listing<std::string> Services(const std::string& tenant) const;
  [[nodiscard]] Listing<Operation> Operations(const std::string& tenant, const std::string& service,
                                              std::optional<SpanKind> kind) const;
  [[nodiscard]] std::size_t size() const;

 private:
  struct Tenant {
    std::map<std::string, std::map<Operation, std::int64_t>, std::less<>> services;
    std::size_t operations = 0;
    bool left_out_service = false;
    bool left_out_operation = false;
  };

  void Put(std::string_view tenant, std::string_view service, std::string_view operation,
           SpanKind kind, std::int64_t seen_ns);

  mutable std::mutex mutex_;
  std::map<std::string, Tenant, std::less<>> tenants_;
};

}  // namespace pugmark::engine
