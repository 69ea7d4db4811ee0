#include "storage/rocks/rocks_storage.h"

#include <sys/statvfs.h>

#include <utility>

#include "storage/rocks/owner_storage.h"
#include "storage/rocks/reader_storage.h"
#include "storage/rocks/rocks_environment.h"

namespace pugmark {

Result<std::unique_ptr<Storage>> OpenRocksStorage(
    const RocksConfig& config, StorageRole role, Metrics& metrics,
    std::function<void(const std::string& why)> on_fatal, const Clock& clock) {
  rocks::RocksEnvironment environment;
  environment.clock = &clock;
  return rocks::OpenRocksStorageIn(config, role, metrics, std::move(on_fatal), environment);
}

namespace rocks {

double FreeShareOfDisk(const std::string& directory) {
  struct statvfs disk {};
  if (statvfs(directory.c_str(), &disk) != 0) {
    return 1;
  }
  // As df counts: blocks that only root may use are neither free nor ours.
  const auto ours = static_cast<double>(disk.f_blocks - disk.f_bfree + disk.f_bavail);
  return ours == 0 ? 1 : static_cast<double>(disk.f_bavail) / ours;
}

Result<std::unique_ptr<Storage>> OpenRocksStorageIn(
    const RocksConfig& config, StorageRole role, Metrics& metrics,
    std::function<void(const std::string& why)> on_fatal, const RocksEnvironment& environment) {
  if (Status valid = config.Validate(); !valid) {
    return std::move(valid.error());
  }
  return role == StorageRole::kOwner ? OpenOwner(config, metrics, std::move(on_fatal), environment)
                                     : OpenReader(config, environment);
}

}  // namespace rocks
}  // namespace pugmark
