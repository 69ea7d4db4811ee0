#include "storage/rocks/view.h"

#include <rocksdb/iterator.h>

#include "storage/rocks/rocks_status.h"

namespace pugmark::rocks {

RowIterator::RowIterator(std::unique_ptr<rocksdb::Iterator> impl) : impl_(std::move(impl)) {}
RowIterator::RowIterator(RowIterator&&) noexcept = default;
RowIterator::~RowIterator() = default;

void RowIterator::Seek(std::string_view key) { impl_->Seek({key.data(), key.size()}); }
void RowIterator::Next() { impl_->Next(); }

bool RowIterator::On(std::string_view prefix) const {
  return impl_->Valid() && impl_->key().starts_with({prefix.data(), prefix.size()});
}

std::string_view RowIterator::key() const { return impl_->key().ToStringView(); }
std::string_view RowIterator::value() const { return impl_->value().ToStringView(); }
Status RowIterator::status() const { return FromRocks(impl_->status(), "read the store"); }

}  // namespace pugmark::rocks
