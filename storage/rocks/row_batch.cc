#include "storage/rocks/row_batch.h"

#include <rocksdb/write_batch.h>

namespace pugmark::rocks {
namespace {

constexpr std::size_t kProtectionBytes = 8;  // a checksum per row until the row is in a file

}  // namespace

RowBatch::RowBatch() : impl_(std::make_unique<rocksdb::WriteBatch>(0, 0, kProtectionBytes, 0)) {}
RowBatch::~RowBatch() = default;

// Neither call can fail: the batch has no size limit.
void RowBatch::Put(std::string_view key, std::string_view value) {
  (void)impl_->Put({key.data(), key.size()}, {value.data(), value.size()});
}
void RowBatch::Delete(std::string_view key) { (void)impl_->Delete({key.data(), key.size()}); }
void RowBatch::Clear() { impl_->Clear(); }
std::size_t RowBatch::bytes() const { return impl_->GetDataSize(); }
std::size_t RowBatch::rows() const { return impl_->Count(); }

}  // namespace pugmark::rocks
