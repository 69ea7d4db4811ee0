#include "storage/rocks/segment/row_group.h"

#include <algorithm>

namespace pugmark::engine {
namespace {

constexpr std::int64_t kMicro = 1'000;

Error Damaged(std::uint16_t chunk) {
  return {ErrorCode::kDataLoss, "row group chunk " + std::to_string(chunk) + " is malformed"};
}

BlockDecoder& DecoderOfThread() {
  static thread_local BlockDecoder decoder;
  return decoder;
}

std::int64_t WrappingAdd(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

bool AllBelow(const std::vector<std::uint32_t>& values, std::size_t bound) {
  return std::all_of(values.begin(), values.end(), [bound](std::uint32_t v) { return v < bound; });
}

template <typename T>
std::uint64_t Sum(const std::vector<T>& values) {
  std::uint64_t sum = 0;
  for (const T value : values) {
    sum += value;
  }
  return sum;
}

}  // namespace

TraceId RowGroup::trace_id(std::uint32_t entry) const {
  const char* const bytes = trace_ids_.data() + kTraceBytes * entry;
  return {LoadLittle<std::uint64_t>(bytes), LoadLittle<std::uint64_t>(bytes + 8)};
}

Status RowGroup::Load(std::uint16_t chunk) {
  if ((loaded_ >> chunk & 1) != 0) {
    return {};
  }
  Result<std::optional<std::string>> bytes = segment_->source().Read(number_, chunk);
  if (!bytes) {
    return bytes.error();
  }
  if (!bytes->has_value()) {
    return Damaged(chunk);
  }
  return Decode(chunk, **bytes);
}

Status RowGroup::Decode(std::uint16_t chunk, std::string_view bytes) {
  ByteReader in(bytes);
  if (in.Byte() != kSegmentVersion) {
    return Damaged(chunk);
  }
  if (chunk >= kFirstColumnChunk) {
    const std::uint32_t column = chunk - std::uint32_t{kFirstColumnChunk};
    return column < columns_.size() ? DecodeColumn(column, in) : Status(Damaged(chunk));
  }
  bool ok = false;
  BlockDecoder& decoder = DecoderOfThread();
  switch (chunk) {
    case kEntriesChunk:
      ok = DecodeEntries(in);
      break;
    case kTypesChunk:
      ok = decoder.Integers(in, rows(), types_) && types_.size() == rows() &&
           AllBelow(types_, schema().types.size());
      break;
    case kStartsChunk:
      ok = DecodeTimes(in, rows(), starts_) && starts_.size() == rows();
      break;
    case kDurationsChunk:
      ok = DecodeTimes(in, rows(), durations_) && durations_.size() == rows();
      break;
    case kResourcesChunk:
      ok = decoder.Integers(in, rows(), resources_) && resources_.size() == rows();
      break;
    case kIdsChunk:
      ok = DecodeIds(in);
      break;
    case kEventsChunk:
      ok = DecodeEvents(in);
      break;
    default:
      break;
  }
  if (!ok || !in.Complete()) {
    return Damaged(chunk);
  }
  loaded_ |= 1U << chunk;
  bytes_ += std::size_t{16} * rows();
  return {};
}

bool RowGroup::DecodeTimes(ByteReader& in, std::uint64_t most, std::vector<std::int64_t>& out) {
  const std::uint8_t flags = in.Byte();
  std::vector<std::uint64_t> values;
  if (!DecoderOfThread().Integers(in, most, values)) {
    return false;
  }
  const std::uint64_t unit = (flags & kUnitMicros) != 0 ? kMicro : 1;
  const bool is_zigzag = (flags & kZigZagged) != 0;
  out.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint64_t value =
        is_zigzag ? static_cast<std::uint64_t>(UnZigZag(values[i])) : values[i];
    out[i] = static_cast<std::int64_t>(value * unit);
  }
  return true;
}

bool RowGroup::DecodeEntries(ByteReader& in) {
  std::vector<std::uint32_t> counts;
  if (!DecoderOfThread().Block(in, kTraceBytes * entries(), trace_ids_) ||
      trace_ids_.size() != kTraceBytes * entries() ||
      !DecoderOfThread().Integers(in, entries(), counts) || counts.size() != entries()) {
    return false;
  }
  std::int64_t start = in.Fixed<std::int64_t>();
  if (!DecodeTimes(in, entries(), entry_starts_) || entry_starts_.size() != entries()) {
    return false;
  }
  first_rows_.assign(1, 0);
  for (std::uint32_t i = 0; i < entries(); ++i) {
    start = WrappingAdd(start, entry_starts_[i]);
    entry_starts_[i] = start;
    if (counts[i] == 0 || counts[i] > rows() - first_rows_.back()) {
      return false;
    }
    first_rows_.push_back(first_rows_.back() + counts[i]);
  }
  return first_rows_.back() == rows();
}

bool RowGroup::DecodeIds(ByteReader& in) {
  BlockDecoder& decoder = DecoderOfThread();
  const std::uint64_t id_bytes = std::uint64_t{8} * rows();
  if (!decoder.Block(in, id_bytes, span_ids_) || span_ids_.size() != id_bytes ||
      !decoder.Block(in, rows(), parent_codes_) || parent_codes_.size() != rows() ||
      !decoder.Block(in, id_bytes, explicit_parents_)) {
    return false;
  }
  const auto explicit_count = static_cast<std::size_t>(
      std::count(parent_codes_.begin(), parent_codes_.end(), static_cast<char>(kParentExplicit)));
  return explicit_parents_.size() == 8 * explicit_count;
}

bool RowGroup::DecodeEvents(ByteReader& in) {
  BlockDecoder& decoder = DecoderOfThread();
  if (!decoder.Integers(in, rows(), event_counts_) || event_counts_.size() != rows()) {
    return false;
  }
  const std::uint64_t count = Sum(event_counts_);
  return decoder.Integers(in, count, event_names_) && event_names_.size() == count &&
         AllBelow(event_names_, schema().event_names.size()) &&
         decoder.Integers(in, count, event_shapes_) && event_shapes_.size() == count &&
         AllBelow(event_shapes_, schema().shapes.size()) && DecodeTimes(in, count, event_times_) &&
         event_times_.size() == count;
}

Status RowGroup::DecodeColumn(std::uint32_t number, ByteReader& in) {
  if (columns_[number] != nullptr) {
    return {};
  }
  const auto chunk = static_cast<std::uint16_t>(kFirstColumnChunk + number);
  auto column = std::make_unique<ColumnData>();
  const Result<const Dictionary*> dictionary = DictionaryOf(number);
  if (!dictionary) {
    return dictionary.error();
  }
  column->dictionary = *dictionary;
  BlockDecoder& decoder = DecoderOfThread();
  const bool is_number = IsNumber(schema().columns[number].type);
  const std::size_t values =
      is_number ? (*dictionary)->numbers.size() : (*dictionary)->texts.size();
  // A shape may have a column several times, and events add to the rows: only bytes bound this.
  if (!decoder.Integers(in, kMostChunkBytes, column->ids) || !AllBelow(column->ids, values + 1)) {
    return Damaged(chunk);
  }
  const auto plain =
      static_cast<std::size_t>(std::count(column->ids.begin(), column->ids.end(), 0U));
  bool ok = true;
  if (plain != 0 && is_number) {
    ok = decoder.Integers(in, plain, column->numbers) && column->numbers.size() == plain;
  } else if (plain != 0) {
    ok = decoder.Integers(in, plain, column->patterns) && column->patterns.size() == plain &&
         AllBelow(column->patterns, kPatternFirst + (*dictionary)->patterns.size());
    column->slots.resize(static_cast<std::size_t>(in.VarintUpTo(kMostTemplateSlots)));
    for (std::vector<std::uint64_t>& slots : column->slots) {
      ok = ok && decoder.Integers(in, plain, slots);
    }
    ok = ok && decoder.Integers(in, plain, column->raw_sizes) &&
         decoder.Block(in, kMostChunkBytes, column->raw) &&
         Sum(column->raw_sizes) == column->raw.size();
  }
  if (!ok || !in.Complete()) {
    return Damaged(chunk);
  }
  bytes_ += column->ids.size() * 4 + column->numbers.size() * 8 + column->patterns.size() * 4 +
            column->raw.size();
  columns_[number] = std::move(column);
  return {};
}

Status RowGroup::LoadEntries() { return Load(kEntriesChunk); }
Status RowGroup::LoadTypes() { return Load(kTypesChunk); }
Status RowGroup::LoadDurations() { return Load(kDurationsChunk); }
Status RowGroup::LoadResources() { return Load(kResourcesChunk); }
Status RowGroup::LoadIds() { return Load(kIdsChunk); }
Status RowGroup::LoadEvents() { return Load(kEventsChunk); }

Status RowGroup::LoadStarts() {
  if (Status status = LoadEntries(); !status) {
    return status;
  }
  return Load(kStartsChunk);
}

Result<const Dictionary*> RowGroup::DictionaryOf(std::uint32_t column) {
  if (dictionaries_[column] == nullptr) {
    const Result<const Dictionary*> dictionary = tables_->DictionaryOf(column);
    if (!dictionary) {
      return dictionary;
    }
    dictionaries_[column] = *dictionary;
  }
  return dictionaries_[column];
}

Result<const ColumnData*> RowGroup::LoadColumn(std::uint32_t number) {
  if (columns_[number] == nullptr && !has_all_) {
    column_loaded_.resize(columns_.size());
    if (!column_loaded_[number]) {
      const auto chunk = static_cast<std::uint16_t>(kFirstColumnChunk + number);
      Result<std::optional<std::string>> bytes = segment_->source().Read(number_, chunk);
      if (!bytes) {
        return bytes.error();
      }
      if (bytes->has_value()) {
        if (Status status = Decode(chunk, **bytes); !status) {
          return status.error();
        }
      }
      column_loaded_[number] = true;
    }
  }
  return columns_[number].get();
}

Status RowGroup::LoadAll() {
  if (has_all_) {
    return {};
  }
  Status status = segment_->source().ReadGroup(
      number_, [this](std::uint16_t chunk, std::string_view bytes) -> Status {
        return chunk < kFirstColumnChunk && (loaded_ >> chunk & 1) != 0 ? Status()
                                                                        : Decode(chunk, bytes);
      });
  if (!status) {
    return status;
  }
  constexpr std::uint32_t kWhole = (1U << (kEventsChunk + 1)) - 1;
  if (loaded_ != kWhole) {
    return Error{ErrorCode::kDataLoss, "row group: a chunk is missing"};
  }
  has_all_ = true;
  return {};
}

void ColumnCursor::SkipPlain(const ColumnData& column, std::size_t count) {
  const std::size_t end = std::min(plain_at_ + count, column.patterns.size());
  if (slot_at_.size() < column.slots.size()) {
    slot_at_.resize(column.slots.size());
  }
  for (std::size_t i = plain_at_; i < end; ++i) {
    const std::uint32_t code = column.patterns[i];
    if (code == kPatternRaw) {
      raw_offset_ += raw_at_ < column.raw_sizes.size() ? column.raw_sizes[raw_at_] : 0;
      ++raw_at_;
    } else if (code >= kPatternFirst) {
      const unsigned slots = column.dictionary->pattern_slots[code - kPatternFirst];
      for (unsigned s = 0; s < slots && s < slot_at_.size(); ++s) {
        ++slot_at_[s];
      }
    }
  }
}

void ColumnCursor::Skip(const ColumnData& column, std::uint64_t count) {
  const std::size_t end =
      at_ + static_cast<std::size_t>(std::min<std::uint64_t>(count, column.ids.size() - at_));
  std::size_t plain = 0;
  for (std::size_t i = at_; i < end; ++i) {
    plain += column.ids[i] == 0 ? 1 : 0;
  }
  at_ = end;
  if (plain != 0 && !column.patterns.empty()) {
    SkipPlain(column, plain);
  }
  plain_at_ += plain;
}

bool ColumnCursor::Next(const ColumnData& column, bool is_number, std::uint64_t entry,
                        Buffer& buffer, ColumnValue& value) {
  if (at_ >= column.ids.size()) {
    return false;
  }
  const std::uint32_t id = column.ids[at_++];
  if (id != 0) {
    if (is_number) {
      value.bits = column.dictionary->numbers[id - 1];
    } else {
      value.text = column.dictionary->texts[id - 1];
    }
    return true;
  }
  if (!is_number) {
    return NextText(column, entry, buffer, value);
  }
  value.bits = column.numbers[plain_at_++];
  return true;
}

bool ColumnCursor::NextText(const ColumnData& column, std::uint64_t entry, Buffer& buffer,
                            ColumnValue& value) {
  const std::uint32_t code = column.patterns[plain_at_++];
  const bool has_last = entry_ == entry;
  if (code == kPatternRaw) {
    if (raw_at_ >= column.raw_sizes.size()) {
      return false;
    }
    // The sizes add up to the block's, so this lies within it.
    raw_ = {column.raw.data() + raw_offset_, column.raw_sizes[raw_at_]};
    raw_offset_ += column.raw_sizes[raw_at_++];
    pattern_ = kPatternRaw;
  } else if (code == kPatternRepeated) {
    if (!has_last) {
      return false;
    }
  } else {
    const unsigned count = column.dictionary->pattern_slots[code - kPatternFirst];
    if (count > column.slots.size()) {
      return false;
    }
    if (slot_at_.size() < column.slots.size()) {
      slot_at_.resize(column.slots.size());
    }
    const bool follows = has_last && pattern_ == code;
    for (unsigned i = 0; i < count; ++i) {
      if (slot_at_[i] >= column.slots[i].size()) {
        return false;
      }
      const std::uint64_t slot = column.slots[i][slot_at_[i]++];
      slots_[i] = follows ? slots_[i] ^ slot : slot;
    }
    pattern_ = code;
  }
  entry_ = entry;
  if (pattern_ == kPatternRaw) {
    value.text = raw_;
    return true;
  }
  const std::uint32_t pattern = pattern_ - kPatternFirst;
  const std::size_t size =
      JoinTemplate(column.dictionary->patterns[pattern],
                   {slots_.data(), column.dictionary->pattern_slots[pattern]}, buffer);
  value.text = {buffer.data(), size};
  return true;
}

RowCursor::RowCursor(RowGroup& group)
    : group_(group),
      schema_(group.schema()),
      cursors_(group.tables().columns()),
      last_resources_(schema_.services.size()) {}

Status RowCursor::Assemble(std::uint32_t row, SpanAssembler& assembler, Span& span) {
  SkipTo(row);
  while (row_ < row) {
    if (!StepOver()) {
      return Error{ErrorCode::kDataLoss, "row group: columns do not fit together"};
    }
  }
  RowCore core;
  if (!FindCore(core) || !assembler.Assemble(core, *this, span)) {
    return Error{ErrorCode::kDataLoss, "row group: a span cannot be put together"};
  }
  ++row_;
  return {};
}

// Forward to the entry of `row` by counting values; what repeats starts anew with each entry.
void RowCursor::SkipTo(std::uint32_t row) {
  std::uint32_t target = entry_;
  while (group_.end_row(target) <= row) {
    ++target;
  }
  const std::uint32_t first = group_.first_row(target);
  entry_ = target;
  if (first <= row_) {
    return;
  }
  std::vector<std::uint32_t> type_counts(schema_.types.size());
  std::size_t events = 0;
  for (std::uint32_t i = row_; i < first; ++i) {
    ++type_counts[group_.types_[i]];
    events += group_.event_counts_[i];
    explicit_at_ += group_.parent_codes_[i] == static_cast<char>(kParentExplicit) ? 1 : 0;
  }
  std::vector<std::uint64_t> skips(cursors_.size());
  for (std::size_t type = 0; type < type_counts.size(); ++type) {
    if (type_counts[type] != 0) {
      for (const std::uint32_t column : group_.tables().full().varying_columns[type]) {
        skips[column] += type_counts[type];
      }
    }
  }
  for (std::size_t i = 0; i < events; ++i) {
    for (const std::uint32_t column : schema_.shapes[group_.event_shapes_[event_at_ + i]].columns) {
      ++skips[column];
    }
  }
  event_at_ += events;
  for (std::uint32_t column = 0; column < skips.size(); ++column) {
    if (skips[column] != 0 && group_.column(column) != nullptr) {
      cursors_[column].Skip(*group_.column(column), skips[column]);
    }
  }
  row_ = first;
}

// Past a row whose values may be what later ones of its entry refer to.
bool RowCursor::StepOver() {
  RowCore core;
  if (!FindCore(core)) {
    return false;
  }
  ColumnValue value;
  for (const std::uint32_t column : group_.tables().full().varying_columns[core.type]) {
    if (!FromColumn(column, value)) {
      return false;
    }
  }
  for (std::uint32_t i = 0; i < core.event_count; ++i) {
    EventCore event;
    if (!NextEvent(event)) {
      return false;
    }
    for (const std::uint32_t column : schema_.shapes[event.shape].columns) {
      if (!FromColumn(column, value)) {
        return false;
      }
    }
  }
  ++row_;
  return true;
}

bool RowCursor::FindCore(RowCore& core) {
  core.trace_id = group_.trace_id(entry_);
  core.span_id = group_.span_id(row_);
  core.start_ns = group_.start_ns(entry_, row_);
  core.duration_ns = group_.durations_[row_];
  core.type = group_.types_[row_];
  core.event_count = group_.event_counts_[row_];
  type_ = core.type;
  start_ns_ = core.start_ns;
  const auto parent = static_cast<std::uint8_t>(group_.parent_codes_[row_]);
  if (parent == kParentExplicit) {
    core.parent_span_id = LoadLittle<SpanId>(group_.explicit_parents_.data() + 8 * explicit_at_++);
  } else if (parent != kParentNone) {
    const std::int64_t distance = parent <= 128 ? parent - 1 : -(parent - 128);
    const std::int64_t at = std::int64_t{row_} - distance;
    if (at < 0 || at >= group_.rows()) {
      return false;
    }
    core.parent_span_id = group_.span_id(static_cast<std::uint32_t>(at));
  }
  const std::uint32_t service = schema_.ServiceOf(core.type);
  LastResource& last = last_resources_[service];
  const std::uint32_t code = group_.resources_[row_];
  if (code != 0) {
    const std::vector<std::uint32_t>& known = group_.tables().full().service_resources[service];
    if (code > known.size()) {
      return false;
    }
    last = {entry_, known[code - 1]};
  } else if (last.entry != entry_) {
    return false;
  }
  core.resource = last.resource;
  return true;
}

bool RowCursor::FromColumn(std::uint32_t column, ColumnValue& value) {
  const ColumnData* const data = group_.column(column);
  return data != nullptr && cursors_[column].Next(*data, IsNumber(schema_.columns[column].type),
                                                  entry_, buffer_, value);
}

bool RowCursor::NextValue(std::uint32_t position, std::uint32_t column, ColumnValue& value) {
  const std::uint32_t constant = group_.tables().full().constants[type_][position];
  if (constant == kVaries) {
    return FromColumn(column, value);
  }
  const Result<const Dictionary*> dictionary = group_.DictionaryOf(column);
  if (!dictionary) {
    return false;
  }
  if (IsNumber(schema_.columns[column].type)) {
    value.bits = (*dictionary)->numbers[constant];
  } else {
    value.text = (*dictionary)->texts[constant];
  }
  return true;
}

bool RowCursor::NextEvent(EventCore& event) {
  if (event_at_ >= group_.event_names_.size()) {
    return false;
  }
  current_event_ = event_at_++;
  event.name = group_.event_names_[current_event_];
  event.shape = group_.event_shapes_[current_event_];
  event.time_ns = WrappingAdd(start_ns_, group_.event_times_[current_event_]);
  return true;
}

bool RowCursor::NextEventValue(std::uint32_t /*position*/, std::uint32_t column,
                               ColumnValue& value) {
  return FromColumn(column, value);
}

}  // namespace pugmark::engine
