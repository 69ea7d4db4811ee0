#include "storage/rocks/rocks_config.h"

namespace pugmark {

void RocksConfig::RegisterOptions(OptionSet& options) {
  options.Add("rocksdb.directory", directory,
              "The folder of the store; made where it is not there. One process owns it, others "
              "on the same host may read it");
  options.Add("rocksdb.span-store-ttl", span_store_ttl,
              "How long spans are kept after they were written; 0: for ever");
  options.Add("rocksdb.ephemeral", ephemeral,
              "Keep the store in a temporary folder that is removed when the process ends; "
              "rocksdb.directory is not used then");
  options.Add("rocksdb.sync", sync,
              "When a write is acknowledged: group - once it is on the disk, one sync serving all "
              "that wait; every - each write syncs by itself; none - once the system has it, which "
              "a power failure may undo");
}

Status RocksConfig::Validate() const {
  if (directory.empty() && !ephemeral) {
    return InvalidArgument("rocksdb.directory: want a folder, got \"\"");
  }
  if (span_store_ttl.count() < 0) {
    return InvalidArgument("rocksdb.span-store-ttl: want 0 or more, got " +
                           std::to_string(span_store_ttl.count()) + "ns");
  }
  if (sync != "group" && sync != "every" && sync != "none") {
    return InvalidArgument("rocksdb.sync: want group, every or none, got \"" + sync + "\"");
  }
  return {};
}

SyncMode RocksConfig::sync_mode() const {
  if (sync == "every") {
    return SyncMode::kEvery;
  }
  return sync == "none" ? SyncMode::kNone : SyncMode::kGroup;
}

}  // namespace pugmark
