// All rows of the store as they were at one moment.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "common/base/result.h"
#include "storage/api/request_context.h"

namespace rocksdb {
class Iterator;
}

namespace pugmark::rocks {

// Walks rows in the order of their keys.
//
// Thread safety: one caller at a time, not always the same.
class RowIterator {
 public:
  explicit RowIterator(std::unique_ptr<rocksdb::Iterator> impl);
  RowIterator(RowIterator&&) noexcept;
  ~RowIterator();

  // To the first row whose key is not smaller.
  void Seek(std::string_view key);
  void Next();
  // Whether it stands on a row whose key starts with `prefix`.
  [[nodiscard]] bool On(std::string_view prefix) const;
  // Both good until the iterator moves. Call them only where On("") is true.
  [[nodiscard]] std::string_view key() const;
  [[nodiscard]] std::string_view value() const;
  // Why it does not stand on a row, where that is an error: kDataLoss or kUnavailable.
  [[nodiscard]] Status status() const;

 private:
  std::unique_ptr<rocksdb::Iterator> impl_;
};

// Two iterators over the same moment: one for an index, one for what the index names. It keeps the
// files of that moment, so it must not outlive a request by much.
class View {
 public:
  // `keep` is freed after the iterators.
  View(std::shared_ptr<void> keep, RowIterator index, RowIterator rows)
      : keep_(std::move(keep)), index_(std::move(index)), rows_(std::move(rows)) {}

  [[nodiscard]] RowIterator& index() { return index_; }
  [[nodiscard]] RowIterator& rows() { return rows_; }

 private:
  const std::shared_ptr<void> keep_;
  RowIterator index_;
  RowIterator rows_;
};

// Where views come from.
//
// Thread safety: may be called concurrently.
class ViewSource {
 public:
  virtual ~ViewSource() = default;
  // May wait until the view is fresh enough, within the deadline of `context`.
  virtual Result<std::unique_ptr<View>> Pin(const RequestContext& context) = 0;
};

}  // namespace pugmark::rocks
