#include "storage/memory/trace_table.h"

#include <algorithm>
#include <mutex>
#include <unordered_set>
#include <utility>

#include "common/model/span_batch.h"

namespace pugmark {
namespace {

// What a trace and a fragment take beside their spans: objects, map nodes, index places. Estimates,
// so that many tiny traces cannot pass the bound unseen.
constexpr std::size_t kTraceBytes = 1024;
constexpr std::size_t kFragmentBytes = 128;

std::size_t FragmentBytes(std::size_t spans) {
  return kFragmentBytes + spans * SpanSet::kBytesPerSpan;
}

bool ByTrace(const Span& a, const Span& b) { return a.trace_id < b.trace_id; }

std::string_view ServiceName(const Span& span) { return span.resource->service_name; }

// Finds the services of spans, one after another.
template <typename Table>
class ServiceCursor {
 public:
  explicit ServiceCursor(Table& services) : services_(services) {}

  // The entry of the span's service; neighbours mostly share theirs.
  auto& Of(const Span& span) {
    if (last_ == services_.end() || last_->first != ServiceName(span)) {
      last_ = services_.find(ServiceName(span));
      if (last_ == services_.end()) {
        last_ = services_.try_emplace(std::string(ServiceName(span))).first;
      }
    }
    return last_->second;
  }

 private:
  Table& services_;
  typename Table::iterator last_ = services_.end();
};

}  // namespace

TraceTable::TraceTable(std::size_t max_traces, std::size_t max_bytes, WhenFull when_full)
    : max_traces_(max_traces), when_full_(when_full) {
  usage_.max_bytes = max_bytes;
}

Status TraceTable::CheckRoom(std::size_t bytes) const {
  if (bytes > usage_.max_bytes) {
    return InvalidArgument("a batch of " + std::to_string(bytes) + " bytes can never fit in " +
                           std::to_string(usage_.max_bytes));
  }
  if (when_full_ == WhenFull::kRefuse && usage_.bytes + bytes > usage_.max_bytes) {
    return Error{ErrorCode::kResourceExhausted, "full: " + std::to_string(usage_.bytes) + " of " +
                                                    std::to_string(usage_.max_bytes) +
                                                    " bytes are in use"};
  }
  return {};
}

Result<std::shared_ptr<StoredBatch>> TraceTable::Copy(std::span<const Span> spans) const {
  const std::size_t bytes = CopyBytes(spans);
  const std::size_t arena_bytes = bytes + Arena::kChunkOverhead;
  {
    const std::shared_lock lock(mutex_);
    if (Status fits = CheckRoom(arena_bytes); !fits) {
      return std::move(fits.error());
    }
  }
  auto batch = std::make_shared<StoredBatch>(arena_bytes);
  batch->bytes = arena_bytes + sizeof(StoredBatch);
  if (batch->arena.Reserve(bytes)) {
    batch->spans = CopySpans(batch->arena, spans);
  }
  if (batch->spans.size() != spans.size()) {
    return Error{ErrorCode::kResourceExhausted, "out of memory"};
  }
  if (!std::is_sorted(batch->spans.begin(), batch->spans.end(), ByTrace)) {
    std::stable_sort(batch->spans.begin(), batch->spans.end(), ByTrace);
  }
  return batch;
}

Status TraceTable::Insert(const std::string& tenant_name, std::span<const Span> spans) {
  if (spans.empty()) {
    return {};
  }
  Result<std::shared_ptr<StoredBatch>> copy = Copy(spans);
  if (!copy) {
    return std::move(copy.error());
  }
  const std::shared_ptr<StoredBatch> batch = *std::move(copy);
  std::vector<std::uint64_t> hashes(batch->spans.size());
  std::transform(batch->spans.begin(), batch->spans.end(), hashes.begin(), HashSpan);

  Dropped dropped;  // freed after the lock was given back
  const std::unique_lock lock(mutex_);
  if (Status fits = CheckRoom(batch->bytes); !fits) {
    return fits;
  }
  const auto tenant = tenants_.try_emplace(tenant_name).first;
  const std::span<const std::uint64_t> all_hashes(hashes);
  for (auto first = batch->spans.begin(); first != batch->spans.end();) {
    const auto last = std::upper_bound(first, batch->spans.end(), *first, ByTrace);
    const auto offset = static_cast<std::size_t>(first - batch->spans.begin());
    const auto count = static_cast<std::size_t>(last - first);
    InsertTrace(tenant, batch, {first, last}, all_hashes.subspan(offset, count));
    first = last;
  }
  DropBeyondBounds(tenant_name, dropped);
  return {};
}

void TraceTable::InsertTrace(Tenants::iterator tenant, const std::shared_ptr<StoredBatch>& batch,
                             std::span<Span> spans, std::span<const std::uint64_t> hashes) {
  const std::shared_ptr<StoredTrace> trace = FindOrAdd(tenant, spans.front().trace_id);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    spans[kept] = spans[i];  // the set points to where the span stays
    kept += trace->InsertSpan(spans[kept], hashes[i]) ? 1 : 0;
  }
  usage_.repeated_spans += spans.size() - kept;
  if (kept == 0) {
    return;
  }
  usage_.spans += kept;
  usage_.bytes += FragmentBytes(kept) + (batch->fragments++ == 0 ? batch->bytes : 0);
  IndexFragment(tenant->second, trace, spans.first(kept));
  trace->Append({batch, spans.first(kept)});
}

std::shared_ptr<StoredTrace> TraceTable::FindOrAdd(Tenants::iterator tenant, TraceId trace_id) {
  std::shared_ptr<StoredTrace>& trace = tenant->second.traces[trace_id];
  if (trace == nullptr) {
    trace = std::make_shared<StoredTrace>(trace_id, next_number_++);
    tenant->second.by_number.emplace(trace->number(), trace_id);
    by_number_.emplace(trace->number(), tenant);
    ++usage_.traces;
    usage_.bytes += kTraceBytes;
  }
  return trace;
}

void TraceTable::IndexFragment(Tenant& tenant, const std::shared_ptr<StoredTrace>& trace,
                               std::span<const Span> spans) {
  const auto put = [&trace](TimeIndex& index, UnixTime start) {
    std::vector<StoredTrace::Place>& places = trace->places();
    const auto place =
        std::find_if(places.begin(), places.end(),
                     [&index](const StoredTrace::Place& each) { return each.index == &index; });
    if (place == places.end()) {
      index.Insert(start, trace);
      places.push_back({&index, start});
    } else if (place->newest < start) {
      index.Move(place->newest, start, *trace);
      place->newest = start;
    }
  };
  ServiceCursor services(tenant.services);
  for (const Span& span : spans) {
    Service& service = services.Of(span);
    const OperationLess::View key(span.name, span.kind);
    auto operation = service.operations.find(key);
    if (operation == service.operations.end()) {
      operation = service.operations.emplace(Operation{std::string(span.name), span.kind}, 0).first;
    }
    ++operation->second;
    put(service.traces, span.start_time);
    put(tenant.by_time, span.start_time);
  }
}

void TraceTable::SetMaxBytes(std::size_t max_bytes) {
  Dropped dropped;
  const std::unique_lock lock(mutex_);
  usage_.max_bytes = max_bytes;
  DropBeyondBounds("", dropped);
}

void TraceTable::DropBeyondBounds(const std::string& written_tenant, Dropped& dropped) {
  if (when_full_ == WhenFull::kRefuse) {
    return;
  }
  const auto tenant = tenants_.find(written_tenant);
  while (max_traces_ != 0 && tenant != tenants_.end() &&
         tenant->second.traces.size() > max_traces_) {
    DropOldest(tenant, dropped);
  }
  while (usage_.bytes > usage_.max_bytes && !by_number_.empty()) {
    DropOldest(by_number_.begin()->second, dropped);
  }
}

void TraceTable::DropOldest(Tenants::iterator tenant, Dropped& dropped) {
  const auto [number, trace_id] = *tenant->second.by_number.begin();
  const auto found = tenant->second.traces.find(trace_id);
  std::shared_ptr<StoredTrace> trace = std::move(found->second);
  tenant->second.traces.erase(found);
  tenant->second.by_number.erase(number);
  by_number_.erase(number);
  Unindex(tenant->second, *trace);

  --usage_.traces;
  ++usage_.evicted_traces;
  usage_.bytes -= kTraceBytes;
  for (const auto& fragment : trace->fragments()) {
    usage_.spans -= fragment->spans.size();
    usage_.evicted_spans += fragment->spans.size();
    usage_.bytes -= FragmentBytes(fragment->spans.size());
    usage_.bytes -= --fragment->batch->fragments == 0 ? fragment->batch->bytes : 0;
  }
  dropped.push_back(std::move(trace));
  if (tenant->second.traces.empty()) {
    tenants_.erase(tenant);
  }
}

void TraceTable::Unindex(Tenant& tenant, StoredTrace& trace) {
  for (const StoredTrace::Place& place : trace.places()) {
    place.index->Erase(place.newest, trace);
  }
  std::unordered_set<std::string_view> names;
  ServiceCursor services(tenant.services);
  for (const auto& fragment : trace.fragments()) {
    for (const Span& span : fragment->spans) {
      Service& service = services.Of(span);
      const auto operation = service.operations.find(OperationLess::View(span.name, span.kind));
      if (--operation->second == 0) {
        service.operations.erase(operation);
      }
      names.insert(ServiceName(span));
    }
  }
  for (const std::string_view name : names) {
    const auto service = tenant.services.find(name);
    if (service->second.operations.empty()) {
      tenant.services.erase(service);
    }
  }
}

std::vector<TraceTable::Candidate> TraceTable::Candidates(const std::string& tenant_name,
                                                          const std::optional<std::string>& service,
                                                          UnixTime since) const {
  std::vector<Candidate> candidates;
  const std::shared_lock lock(mutex_);
  const auto tenant = tenants_.find(tenant_name);
  if (tenant == tenants_.end()) {
    return candidates;
  }
  const TimeIndex* index = &tenant->second.by_time;
  if (service) {
    const auto found = tenant->second.services.find(*service);
    if (found == tenant->second.services.end()) {
      return candidates;
    }
    index = &found->second.traces;
  }
  for (const auto& [key, trace] : index->traces()) {
    if (key.newest < since) {
      break;
    }
    candidates.push_back({trace, key.newest});
  }
  return candidates;
}

std::vector<TraceView> TraceTable::Find(const std::string& tenant_name,
                                        std::span<const TraceLookup> lookups) const {
  std::vector<TraceView> views;
  std::unordered_set<TraceId> seen;
  const std::shared_lock lock(mutex_);
  const auto tenant = tenants_.find(tenant_name);
  if (tenant == tenants_.end()) {
    return views;
  }
  for (const TraceLookup& lookup : lookups) {
    const auto found = tenant->second.traces.find(lookup.trace_id);
    if (found != tenant->second.traces.end() && seen.insert(lookup.trace_id).second) {
      views.push_back(found->second->View());
    }
  }
  return views;
}

Listing<std::string> TraceTable::Services(const std::string& tenant_name, std::size_t most) const {
  Listing<std::string> listing;
  const std::shared_lock lock(mutex_);
  const auto tenant = tenants_.find(tenant_name);
  if (tenant == tenants_.end()) {
    return listing;
  }
  for (const auto& [name, service] : tenant->second.services) {
    if (listing.items.size() == most) {
      listing.truncated = true;
      break;
    }
    listing.items.push_back(name);
  }
  return listing;
}

Listing<Operation> TraceTable::Operations(const std::string& tenant_name,
                                          const std::string& service, std::optional<SpanKind> kind,
                                          std::size_t most) const {
  Listing<Operation> listing;
  const std::shared_lock lock(mutex_);
  const auto tenant = tenants_.find(tenant_name);
  if (tenant == tenants_.end()) {
    return listing;
  }
  const auto found = tenant->second.services.find(service);
  if (found == tenant->second.services.end()) {
    return listing;
  }
  for (const auto& [operation, spans] : found->second.operations) {
    if (kind && operation.kind != *kind) {
      continue;
    }
    if (listing.items.size() == most) {
      listing.truncated = true;
      break;
    }
    listing.items.push_back(operation);
  }
  return listing;
}

TraceTable::Usage TraceTable::usage() const {
  const std::shared_lock lock(mutex_);
  Usage usage = usage_;
  usage.tenants = tenants_.size();
  return usage;
}

}  // namespace pugmark
