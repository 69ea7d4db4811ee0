// What services and operations are listed already, so that only new ones cost a row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/time.h"
#include "common/concurrency/guarded.h"
#include "storage/rocks/block_index.h"
#include "storage/rocks/catalog_row.h"
#include "storage/rocks/row_batch.h"

namespace pugmark::rocks {

// How many are listed per tenant. Spans of further ones are stored and found all the same.
inline constexpr std::size_t kMaxServices = 10'000;
inline constexpr std::size_t kMaxOperations = 100'000;

// Thread safety: may be called concurrently.
class Catalog {
 public:
  // Rows are good for `refresh` from when they are written, and written again after that: a service
  // that sends nothing any more stays listed at most that much longer than its spans.
  explicit Catalog(Nanoseconds refresh) : refresh_(refresh) {}

  // Rows put into a batch that is not written yet.
  class Pending {
   private:
    friend class Catalog;
    struct Item {
      std::uint64_t service_hash;
      std::uint64_t row_hash;
      BlockId listed_until;
    };
    std::vector<Item> items_;
    BlockId full_until_ = 0;
  };

  // Remembers a row found in the store at start.
  void Load(std::string_view tenant, const CatalogRow& row);
  // Puts rows for the entries that are not listed, or one that says that the list is full, and
  // remembers them in `pending`.
  void PutRows(std::string_view tenant, const std::vector<BlockIndex::Entry>& entries,
               BlockId block, RowBatch& rows, Pending& pending);
  // To be called once the rows are in the log. Until then others put them too, so that no write is
  // acknowledged whose rows are not there.
  void Confirm(std::string_view tenant, const Pending& pending);

  // Forgets what is expired in the store.
  void DropExpired(BlockId oldest_kept);

  [[nodiscard]] std::size_t size() const;

 private:
  struct Listed {
    BlockId until = 0;
    std::uint64_t service_hash = 0;
  };
  struct TenantRows {
    std::unordered_map<std::uint64_t, std::size_t> services;  // hash -> operations
    std::unordered_map<std::uint64_t, Listed> rows;           // by hash
    BlockId full_until = 0;  // until then the store says that not all are listed
  };
  using Tenants = std::map<std::string, TenantRows, std::less<>>;

  [[nodiscard]] static bool IsFull(const TenantRows& rows, std::uint64_t service_hash);
  static void Remember(TenantRows& rows, const Pending::Item& item);

  const Nanoseconds refresh_;
  Guarded<Tenants> tenants_;
};

}  // namespace pugmark::rocks
