#include "storage/rocks/sampling_rows.h"

#include <optional>
#include <utility>

#include "common/base/bytes.h"
#include "storage/rocks/byte_cursor.h"
#include "storage/rocks/byte_sink.h"

namespace pugmark::rocks {
namespace {

constexpr Nanoseconds kThroughputKept = std::chrono::hours(24);
constexpr std::size_t kMostDroppedAtOnce = 100;

Error Damaged(std::string_view what) {
  return {ErrorCode::kDataLoss, "sampling: damaged " + std::string(what)};
}

void PutFigures(ByteSink& out, const OperationFigures& figures) {
  out.Varint(figures.size());
  for (const auto& [service, operations] : figures) {
    out.Text(service);
    out.Varint(operations.size());
    for (const auto& [operation, figure] : operations) {
      out.Text(operation);
      out.Fixed(figure);
    }
  }
}

std::optional<OperationFigures> GetFigures(ByteCursor& cursor) {
  OperationFigures figures;
  for (std::size_t services = cursor.Count(2); services != 0; --services) {
    auto& operations = figures[std::string(cursor.Text())];
    for (std::size_t count = cursor.Count(1 + sizeof(double)); count != 0; --count) {
      std::string operation(cursor.Text());
      operations[std::move(operation)] = cursor.Fixed<double>();
    }
  }
  return cursor.ok() ? std::optional(std::move(figures)) : std::nullopt;
}

void PutThroughput(ByteSink& out, const std::vector<Throughput>& throughput) {
  out.Varint(throughput.size());
  for (const Throughput& item : throughput) {
    out.Text(item.service);
    out.Text(item.operation);
    out.Fixed(item.count);
    out.Varint(item.probabilities.size());
    for (const std::string& probability : item.probabilities) {
      out.Text(probability);
    }
  }
}

bool GetThroughputOf(std::string_view value, std::vector<Throughput>& found) {
  ByteCursor cursor(value);
  for (std::size_t count = cursor.Count(3 + sizeof(std::int64_t)); count != 0; --count) {
    Throughput& item = found.emplace_back();
    item.service = cursor.Text();
    item.operation = cursor.Text();
    item.count = cursor.Fixed<std::int64_t>();
    for (std::size_t texts = cursor.Count(1); texts != 0; --texts) {
      item.probabilities.emplace(cursor.Text());
    }
  }
  return cursor.ok();
}

std::string ThroughputKey(UnixTime at) {
  std::string key = KeyPrefix(RowKind::kThroughput, {});
  AppendBig64(key, OrderedTime(at));
  return key;
}

std::string LeaseKey(const std::string& resource) {
  return KeyPrefix(RowKind::kLease, {}) + resource;
}

}  // namespace

Status RocksSamplingStore::InsertThroughput(const std::vector<Throughput>& throughput,
                                            UnixTime at) {
  const std::lock_guard lock(mutex_);
  RowBatch batch;
  Result<std::unique_ptr<View>> view = database_.Pin({});
  if (!view) {
    return std::move(view.error());
  }
  const std::string all = KeyPrefix(RowKind::kThroughput, {});
  const std::string oldest_kept = ThroughputKey(AddSaturating(at, -kThroughputKept));
  RowIterator& rows = (*view)->index();
  for (rows.Seek(all);
       rows.On(all) && rows.key() < oldest_kept && batch.rows() < kMostDroppedAtOnce; rows.Next()) {
    batch.Delete(rows.key());
  }
  std::string key = ThroughputKey(at);
  // Apart from rows of the same instant, also of an earlier process.
  AppendBig64(key, static_cast<std::uint64_t>(clock_.Now().time_since_epoch().count()));
  AppendBig64(key, sequence_++);
  ByteSink value;
  PutThroughput(value, throughput);
  batch.Put(key, value.view());
  return database_.Write(batch, false);
}

Result<std::vector<Throughput>> RocksSamplingStore::GetThroughput(UnixTime start, UnixTime end) {
  Result<std::unique_ptr<View>> view = database_.Pin({});
  if (!view) {
    return std::move(view.error());
  }
  const std::string all = KeyPrefix(RowKind::kThroughput, {});
  std::vector<Throughput> found;
  RowIterator& rows = (*view)->index();
  for (rows.Seek(ThroughputKey(start)); rows.On(all); rows.Next()) {
    if (rows.key().size() < all.size() + sizeof(std::uint64_t)) {
      return Damaged("throughput key");
    }
    const std::uint64_t at = LoadBig64(rows.key().data() + all.size());
    if (at > OrderedTime(end)) {
      break;
    }
    if (at != OrderedTime(start) && !GetThroughputOf(rows.value(), found)) {
      return Damaged("throughput row");
    }
  }
  if (Status status = rows.status(); !status) {
    return std::move(status.error());
  }
  return found;
}

Status RocksSamplingStore::InsertProbabilities(const std::string& host,
                                               const OperationFigures& probabilities,
                                               const OperationFigures& qps, UnixTime at) {
  const std::lock_guard lock(mutex_);
  const std::string key = KeyPrefix(RowKind::kProbabilities, {});
  Result<std::optional<std::string>> known = database_.Get(key);
  if (!known) {
    return std::move(known.error());
  }
  if (*known && (*known)->size() >= sizeof(std::uint64_t) &&
      LoadBig64((*known)->data()) > OrderedTime(at)) {
    return {};
  }
  ByteSink value;
  StoreBig64(value.Room(sizeof(std::uint64_t)), OrderedTime(at));
  value.Advance(sizeof(std::uint64_t));
  value.Text(host);
  PutFigures(value, probabilities);
  PutFigures(value, qps);
  RowBatch batch;
  batch.Put(key, value.view());
  return database_.Write(batch, false);
}

Result<std::optional<OperationFigures>> RocksSamplingStore::GetLatestProbabilities() {
  Result<std::optional<std::string>> value = database_.Get(KeyPrefix(RowKind::kProbabilities, {}));
  if (!value) {
    return std::move(value.error());
  }
  if (!*value) {
    return std::optional<OperationFigures>();
  }
  ByteCursor cursor(**value);
  (void)cursor.Raw(sizeof(std::uint64_t));
  (void)cursor.Text();
  std::optional<OperationFigures> probabilities = GetFigures(cursor);
  if (!probabilities) {
    return Damaged("probabilities row");
  }
  return probabilities;
}

Result<bool> RocksSamplingStore::AcquireLease(const std::string& resource, const std::string& owner,
                                              std::chrono::seconds ttl) {
  const std::lock_guard lock(mutex_);
  Result<std::optional<std::string>> held = database_.Get(LeaseKey(resource));
  if (!held) {
    return std::move(held.error());
  }
  const UnixTime now = clock_.Now();
  if (*held) {
    ByteCursor cursor(**held);
    const auto until = UnixTime(Nanoseconds(cursor.Fixed<std::int64_t>()));
    const std::string_view holder = cursor.Raw(cursor.left());
    if (cursor.ok() && holder != owner && now < until) {
      return false;
    }
  }
  ByteSink value;
  value.Fixed<std::int64_t>(
      AddSaturating(now, DurationFromParts(ttl.count(), 0)).time_since_epoch().count());
  value.Raw(owner);
  RowBatch batch;
  batch.Put(LeaseKey(resource), value.view());
  if (Status written = database_.Write(batch, false); !written) {
    return std::move(written.error());
  }
  return true;
}

Status RocksSamplingStore::ReleaseLease(const std::string& resource, const std::string& owner) {
  const std::lock_guard lock(mutex_);
  Result<std::optional<std::string>> held = database_.Get(LeaseKey(resource));
  if (!held) {
    return std::move(held.error());
  }
  if (!*held || (*held)->size() < sizeof(std::int64_t) ||
      std::string_view(**held).substr(sizeof(std::int64_t)) != owner) {
    return {};
  }
  RowBatch batch;
  batch.Delete(LeaseKey(resource));
  return database_.Write(batch, false);
}

}  // namespace pugmark::rocks
