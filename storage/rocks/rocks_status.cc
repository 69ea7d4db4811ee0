#include "storage/rocks/rocks_status.h"

#include <string>

namespace pugmark::rocks {
namespace {

ErrorCode CodeOf(const rocksdb::Status& status) {
  if (status.IsCorruption()) {
    return ErrorCode::kDataLoss;
  }
  if (status.IsNotFound() || status.IsPathNotFound()) {
    return ErrorCode::kNotFound;
  }
  if (status.IsIncomplete() || status.IsBusy() || status.IsTryAgain() || status.IsTimedOut()) {
    return ErrorCode::kResourceExhausted;
  }
  if (status.IsInvalidArgument() || status.IsNotSupported()) {
    return ErrorCode::kInternal;
  }
  return ErrorCode::kUnavailable;  // input, output, space, shutdown
}

}  // namespace

Status FromRocks(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) {
    return {};
  }
  return Error{CodeOf(status), std::string(doing) + ": " + status.ToString()};
}

}  // namespace pugmark::rocks
