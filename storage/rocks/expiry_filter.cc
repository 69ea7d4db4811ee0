#include "storage/rocks/expiry_filter.h"

#include <string>

#include "storage/rocks/catalog_row.h"

namespace pugmark::rocks {
namespace {

// It decides by the row alone, so it may run on any of several copies of a row.
class ExpiryFilter : public rocksdb::CompactionFilter {
 public:
  explicit ExpiryFilter(BlockId droppable_before) : droppable_before_(droppable_before) {}

  const char* Name() const override { return "pugmark.expiry"; }
  bool Filter(int /*level*/, const rocksdb::Slice& key, const rocksdb::Slice& value,
              std::string* /*new_value*/, bool* /*value_changed*/) const override {
    if (key.empty()) {
      return false;
    }
    const auto kind = static_cast<RowKind>(key[0]);
    if (kind == RowKind::kCatalog || kind == RowKind::kCatalogFull) {
      return IsExpiredCatalogRow(value.ToStringView(), droppable_before_);
    }
    const std::optional<BlockId> block = BlockOfKey(key.ToStringView());
    return block && *block < droppable_before_;
  }

 private:
  const BlockId droppable_before_;
};

class ExpiryFilterFactory : public rocksdb::CompactionFilterFactory {
 public:
  explicit ExpiryFilterFactory(std::function<BlockId()> droppable_before)
      : droppable_before_(std::move(droppable_before)) {}

  const char* Name() const override { return "pugmark.expiry"; }
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context& /*context*/) override {
    return std::make_unique<ExpiryFilter>(droppable_before_());
  }

 private:
  const std::function<BlockId()> droppable_before_;
};

}  // namespace

std::shared_ptr<rocksdb::CompactionFilterFactory> MakeExpiryFilter(
    std::function<BlockId()> droppable_before) {
  return std::make_shared<ExpiryFilterFactory>(std::move(droppable_before));
}

}  // namespace pugmark::rocks
