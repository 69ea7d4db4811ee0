// Rows that are written together or not at all.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace rocksdb {
class WriteBatch;
}

namespace pugmark::rocks {

// Thread safety: one thread at a time.
class RowBatch {
 public:
  RowBatch();
  ~RowBatch();

  void Put(std::string_view key, std::string_view value);
  void Delete(std::string_view key);
  void Clear();
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] std::size_t rows() const;

  [[nodiscard]] rocksdb::WriteBatch& impl() { return *impl_; }

 private:
  std::unique_ptr<rocksdb::WriteBatch> impl_;
};

}  // namespace pugmark::rocks
