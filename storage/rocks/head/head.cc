#include "storage/rocks/head/head.h"

#include <xxhash.h>

#include <algorithm>

namespace pugmark::engine {
namespace {

// Far above what sealing lets a head grow to; only a bound.
constexpr std::size_t kMostArenaBytes = std::size_t{2} << 30;

template <typename T>
void AppendBytes(std::string& key, T value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string ColumnKey(const ColumnInfo& info) {
  std::string key;
  AppendBytes(key, info.level);
  AppendBytes(key, info.field);
  AppendBytes(key, info.type);
  key += info.key;
  return key;
}

std::string ShapeKey(const Shape& shape) {
  std::string key;
  AppendBytes(key, shape.attribute_count);
  key.append(reinterpret_cast<const char*>(shape.columns.data()),
             shape.columns.size() * sizeof(std::uint32_t));
  return key;
}

std::string TypeKey(const SpanType& type) {
  std::string key;
  AppendBytes(key, type.operation);
  AppendBytes(key, type.scope);
  AppendBytes(key, type.shape);
  AppendBytes(key, type.kind);
  AppendBytes(key, type.status);
  AppendBytes(key, type.format);
  return key;
}

std::uint32_t Lookup(const std::unordered_map<std::string, std::uint32_t>& numbers,
                     const std::string& key) {
  const auto found = numbers.find(key);
  return found == numbers.end() ? kNotFound : found->second;
}

std::uint64_t OperationHash(std::uint32_t tenant, std::uint32_t service, std::string_view name) {
  return HashText(name) ^ Mix((std::uint64_t{tenant} << 32 | service) + 1);
}

std::uint64_t TraceHash(std::uint32_t tenant, TraceId id) { return HashTraceId(id) ^ Mix(tenant); }

template <typename T>
std::uint32_t Append(std::vector<T>& list, T item) {
  list.push_back(std::move(item));
  return static_cast<std::uint32_t>(list.size() - 1);
}

template <typename T>
std::size_t HeldBy(const std::vector<T>& list) {
  return list.capacity() * sizeof(T);
}

}  // namespace

std::uint64_t HashText(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

void RecentTypes::Use(std::uint32_t type) {
  std::size_t at = 0;
  while (at + 1 < kCount && types[at] != type) {
    ++at;
  }
  std::copy_backward(types, types + at, types + at + 1);
  types[0] = type;
}

Head::Head() : arena_(kMostArenaBytes) {}

std::uint32_t Head::AddTenant(std::string_view tenant) {
  const std::string_view kept = arena_.CopyText(tenant);
  schema_.tenants.push_back(kept);
  return tenants_.Add(kept, HashText(kept));
}

std::uint32_t Head::FindTenant(std::string_view tenant) const {
  return tenants_.Find(tenant, HashText(tenant));
}

std::uint32_t Head::AddService(std::string_view name) {
  const std::string_view kept = arena_.CopyText(name);
  schema_.services.push_back(kept);
  ordinals_.push_back(0);
  return services.Add(kept, HashText(kept));
}

std::uint32_t Head::AddOperation(std::uint32_t tenant, std::uint32_t service,
                                 std::string_view name) {
  const std::uint32_t number =
      Append(schema_.operations, OperationInfo{tenant, service, arena_.CopyText(name)});
  operation_index_.Add(OperationHash(tenant, service, name), number);
  recent_types.emplace_back();
  return number;
}

std::uint32_t Head::FindOperation(std::uint32_t tenant, std::uint32_t service,
                                  std::string_view name) const {
  return operation_index_.Find(OperationHash(tenant, service, name), [&](std::uint32_t n) {
    const OperationInfo& operation = schema_.operations[n];
    return operation.tenant == tenant && operation.service == service &&
           SameText(operation.name, name);
  });
}

std::uint32_t Head::AddEventName(std::string_view name) {
  const std::string_view kept = arena_.CopyText(name);
  schema_.event_names.push_back(kept);
  recent_shape.push_back(kNotFound);
  return event_names.Add(kept, HashText(kept));
}

std::uint32_t Head::AddResource(std::string_view encoded) {
  const std::string_view name = ResourceServiceName(ByteReader(encoded));
  const std::uint32_t known = services.Find(name, HashText(name));
  const std::uint32_t service = known == kNotFound ? AddService(name) : known;
  const std::string_view kept = arena_.CopyText(encoded);
  schema_.resources.push_back({service, ordinals_[service]++, kept});
  return resources.Add(kept, HashText(kept));
}

std::uint32_t Head::AddScope(std::string_view encoded) {
  const std::string_view kept = arena_.CopyText(encoded);
  schema_.scopes.push_back(kept);
  return scopes.Add(kept, HashText(kept));
}

std::uint32_t Head::AddColumn(const ColumnInfo& info) {
  ColumnInfo kept = info;
  kept.key = arena_.CopyText(info.key);
  const std::uint32_t number = Append(schema_.columns, kept);
  columns.emplace_back(kept);
  column_numbers_.emplace(ColumnKey(kept), number);
  return number;
}

std::uint32_t Head::FindColumn(const ColumnInfo& info) const {
  return Lookup(column_numbers_, ColumnKey(info));
}

std::uint32_t Head::AddShape(Shape shape) {
  const auto number = static_cast<std::uint32_t>(schema_.shapes.size());
  shape_numbers_.emplace(ShapeKey(shape), number);
  return Append(schema_.shapes, std::move(shape));
}

std::uint32_t Head::FindShape(const Shape& shape) const {
  return Lookup(shape_numbers_, ShapeKey(shape));
}

std::uint32_t Head::AddType(const SpanType& type) {
  const std::uint32_t number = Append(schema_.types, type);
  first_last_value_.push_back(static_cast<std::uint32_t>(last_values_.size()));
  last_values_.resize(last_values_.size() + schema_.shapes[type.shape].columns.size());
  type_numbers_.emplace(TypeKey(type), number);
  return number;
}

std::uint32_t Head::FindType(const SpanType& type) const {
  return Lookup(type_numbers_, TypeKey(type));
}

std::uint32_t Head::AddTrace(std::uint32_t tenant, TraceId id) {
  HeadTrace trace;
  trace.id = id;
  trace.tenant = tenant;
  const std::uint32_t number = Append(traces, trace);
  trace_index_.Add(TraceHash(tenant, id), number);
  return number;
}

std::uint32_t Head::FindTrace(std::uint32_t tenant, TraceId id) const {
  return trace_index_.Find(TraceHash(tenant, id), [&](std::uint32_t n) {
    return traces[n].id == id && traces[n].tenant == tenant;
  });
}

void Head::AddRow(HeadRow row) {
  HeadTrace& trace = traces[row.trace];
  row.previous_in_trace = trace.last_row;
  trace.last_row = static_cast<std::uint32_t>(rows.size());
  trace.min_start_ns =
      trace.row_count == 0 ? row.start_ns : std::min(trace.min_start_ns, row.start_ns);
  ++trace.row_count;
  min_start_ns = rows.empty() ? row.start_ns : std::min(min_start_ns, row.start_ns);
  max_start_ns = rows.empty() ? row.start_ns : std::max(max_start_ns, row.start_ns);
  rows.push_back(row);
}

void Head::NoteValue(std::uint32_t type, std::uint32_t position, std::uint32_t code,
                     std::uint64_t bits, std::string_view text) {
  LastValue& last = last_value(type, position);
  const bool is_plain = (code & kPlainBit) != 0;
  last.has_varied |= is_plain || (last.code != kNoCode && last.code != code);
  last.code = code;
  last.bits = bits;
  last.text = text.data();
  last.size = static_cast<std::uint32_t>(text.size());
}

std::size_t Head::bytes() const {
  std::size_t held = arena_.bytes_reserved() + HeldBy(rows) + HeldBy(values) + HeldBy(events) +
                     HeldBy(traces) + trace_index_.bytes() + operation_index_.bytes() +
                     HeldBy(last_values_) + resources.bytes() + scopes.bytes() +
                     HeldBy(schema_.types) + HeldBy(schema_.operations) + HeldBy(recent_types);
  for (const HeadColumn& column : columns) {
    held += column.bytes();
  }
  return held;
}

bool Head::IsFull(const Limits& limits) const {
  return rows.size() >= limits.rows || schema_.types.size() >= limits.types ||
         schema_.tenants.size() >= limits.tenants || schema_.shapes.size() >= limits.shapes ||
         bytes() >= limits.bytes;
}

std::uint32_t Head::Fingerprint() const {
  const std::uint64_t counts[] = {
      rows.size(),      values.size(),        events.size(),         traces.size(),
      columns.size(),   schema_.types.size(), schema_.shapes.size(), schema_.operations.size(),
      resources.size(), scopes.size()};
  std::uint64_t mixed = 0;
  for (const std::uint64_t count : counts) {
    mixed = Mix(mixed + count + 1);
  }
  return static_cast<std::uint32_t>(mixed);
}

RowCore HeadRowSource::Core() const {
  RowCore core;
  core.trace_id = head_.traces[row_.trace].id;
  core.span_id = row_.span_id;
  core.parent_span_id = row_.parent_span_id;
  core.start_ns = row_.start_ns;
  core.duration_ns = row_.duration_ns;
  core.type = row_.type;
  core.resource = row_.resource;
  core.event_count = row_.event_count;
  return core;
}

void HeadRowSource::Load(std::uint32_t column_number, std::uint32_t code, ColumnValue& value) {
  const HeadColumn& column = head_.columns[column_number];
  if ((code & kPlainBit) == 0) {
    if (column.is_number) {
      value.bits = column.numbers[code];
    } else {
      value.text = column.texts[code];
    }
    return;
  }
  const std::size_t at = code & ~kPlainBit;
  const std::uint64_t word = column.words[at];
  if (column.is_number) {
    value.bits = word;
  } else if ((word & kRawWord) != 0) {
    value.text = column.raws[word & ~kRawWord];
  } else {
    const std::span<const std::uint64_t> slots(column.words.data() + at + 2,
                                               column.pattern_slots[word]);
    const std::size_t size = JoinTemplate(column.patterns[word], slots, joined_);
    value.text = {joined_.data(), size};
  }
}

bool HeadRowSource::NextValue(std::uint32_t position, std::uint32_t column, ColumnValue& value) {
  Load(column, head_.values[row_.values_at + position], value);
  return true;
}

bool HeadRowSource::NextEvent(EventCore& event) {
  const HeadEvent& stored = head_.events[event_++];
  event = {stored.time_ns, stored.name, stored.shape};
  event_value_ = stored.values_at;
  return true;
}

bool HeadRowSource::NextEventValue(std::uint32_t position, std::uint32_t column,
                                   ColumnValue& value) {
  Load(column, head_.values[event_value_ + position], value);
  return true;
}

}  // namespace pugmark::engine
