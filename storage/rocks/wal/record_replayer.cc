#include "storage/rocks/wal/record_replayer.h"

#include <xxhash.h>

#include <bit>
#include <string>
#include <vector>

#include "storage/rocks/columnar/text_template.h"
#include "storage/rocks/wal/record_format.h"

namespace pugmark::engine {
namespace {

constexpr std::int64_t kMicro = 1'000;

Error Damaged(std::string why) { return {ErrorCode::kDataLoss, "log record: " + std::move(why)}; }

// Sums and products wrap: a record may hold any bits.
std::int64_t Sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t Times(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

class Replayer {
 public:
  Replayer(std::string_view body, Head& head) : in_(body), head_(head) {}

  Result<RecordSummary> Run() {
    RecordSummary summary;
    (void)in_.Byte();  // the version, checked before
    const std::uint8_t flags = in_.Byte();
    summary.starts_head = (flags & kRecordStartsHead) != 0;
    if (summary.starts_head != head_.rows.empty()) {
      return Damaged("is not the one that follows");
    }
    unit_ns_ = (flags & kRecordInMicros) != 0 ? kMicro : 1;
    ReadTenant();
    ReadResources();
    const std::uint64_t spans = in_.VarintUpTo(in_.left());
    for (std::uint64_t i = 0; i < spans && !in_.failed(); ++i) {
      ReadSpan();
    }
    if (in_.failed()) {
      return Damaged("malformed");
    }
    if (in_.Fixed<std::uint32_t>() != head_.Fingerprint() || !in_.Complete()) {
      return Damaged("replayed to another head than it was written from");
    }
    summary.spans = static_cast<std::size_t>(spans);
    return summary;
  }

 private:
  // A number below `size`, or kNotFound for the code 0: a definition follows.
  std::uint32_t Reference(std::size_t size) {
    const std::uint64_t code = in_.VarintUpTo(size);
    return code == 0 ? kNotFound : static_cast<std::uint32_t>(code - 1);
  }

  void ReadTenant() {
    tenant_ = Reference(head_.schema().tenants.size());
    if (tenant_ == kNotFound) {
      tenant_ = head_.AddTenant(in_.Text());
    }
  }

  void ReadResources() {
    const std::uint64_t count = in_.VarintUpTo(in_.left());
    for (std::uint64_t i = 0; i < count && !in_.failed(); ++i) {
      const std::uint32_t known = Reference(head_.schema().resources.size());
      resource_ = known == kNotFound ? head_.AddResource(in_.Text()) : known;
    }
    has_many_resources_ = count > 1;
    if (count == 0) {
      in_.Fail();
    }
  }

  void ReadSpan() {
    HeadRow row;
    row.resource = resource_;
    if (has_many_resources_) {
      row.resource = static_cast<std::uint32_t>(in_.Varint());
      if (row.resource >= head_.schema().resources.size()) {
        in_.Fail();
      }
    }
    if (in_.failed()) {
      return;
    }
    row.trace = ReadTrace();
    row.type = ReadType(head_.schema().resources[row.resource].service);
    if (in_.failed()) {
      return;
    }
    row.span_id = in_.Fixed<SpanId>();
    row.parent_span_id = ReadParent();
    recent_ids_.Push(row.span_id);
    previous_start_ = Sum(previous_start_, UnZigZag(in_.Varint()));
    row.start_ns = Times(previous_start_, unit_ns_);
    row.duration_ns = Times(UnZigZag(in_.Varint()), unit_ns_);
    row.event_count = static_cast<std::uint32_t>(in_.VarintUpTo(in_.left()));
    row.values_at = static_cast<std::uint32_t>(head_.values.size());
    row.events_at = static_cast<std::uint32_t>(head_.events.size());
    ReadValues(row.type);
    for (std::uint32_t i = 0; i < row.event_count && !in_.failed(); ++i) {
      ReadEvent();
    }
    if (!in_.failed()) {
      head_.AddRow(row);
    }
  }

  std::uint32_t ReadTrace() {
    const std::uint64_t back = in_.VarintUpTo(head_.traces.size());
    if (back != 0) {
      return static_cast<std::uint32_t>(head_.traces.size() - back);
    }
    TraceId id;
    id.high = in_.Fixed<std::uint64_t>();
    id.low = in_.Fixed<std::uint64_t>();
    return head_.AddTrace(tenant_, id);
  }

  std::uint32_t ReadType(std::uint32_t service) {
    const std::uint32_t known = Reference(head_.schema().types.size());
    if (known != kNotFound) {
      head_.recent_types[head_.schema().types[known].operation].Use(known);
      return known;
    }
    SpanType type;
    type.operation = Reference(head_.schema().operations.size());
    if (type.operation == kNotFound) {
      type.operation = head_.AddOperation(tenant_, service, in_.Text());
    }
    const std::uint8_t kind = in_.Byte();
    const std::uint8_t status = in_.Byte();
    const std::uint8_t format = in_.Byte();
    if (kind > static_cast<std::uint8_t>(SpanKind::kConsumer) ||
        status > static_cast<std::uint8_t>(StatusCode::kError) ||
        format > static_cast<std::uint8_t>(SourceFormat::kZipkin)) {
      in_.Fail();
    }
    type.kind = static_cast<SpanKind>(kind);
    type.status = static_cast<StatusCode>(status);
    type.format = static_cast<SourceFormat>(format);
    const std::uint64_t scope = in_.VarintUpTo(head_.schema().scopes.size() + 1);
    if (scope == 1) {
      type.scope = head_.AddScope(in_.Text()) + 1;
    } else if (scope != 0) {
      type.scope = static_cast<std::uint32_t>(scope - 1);
    }
    type.shape = ReadShape();
    if (in_.failed()) {
      return 0;
    }
    const std::uint32_t number = head_.AddType(type);
    head_.recent_types[type.operation].Use(number);
    return number;
  }

  std::uint32_t ReadShape() {
    const std::uint32_t known = Reference(head_.schema().shapes.size());
    if (known != kNotFound) {
      return known;
    }
    (void)in_.Byte();  // the level, which the columns repeat
    Shape shape;
    shape.attribute_count = static_cast<std::uint32_t>(in_.VarintUpTo(in_.left()));
    const std::uint64_t count = in_.VarintUpTo(in_.left());
    if (shape.attribute_count > count) {
      in_.Fail();
    }
    for (std::uint64_t i = 0; i < count && !in_.failed(); ++i) {
      shape.columns.push_back(ReadColumn());
    }
    return in_.failed() ? 0 : head_.AddShape(std::move(shape));
  }

  std::uint32_t ReadColumn() {
    const std::uint32_t known = Reference(head_.columns.size());
    if (known != kNotFound) {
      return known;
    }
    const std::uint8_t level = in_.Byte();
    const std::uint8_t field = in_.Byte();
    const std::uint8_t type = in_.Byte();
    const std::string_view key = in_.Text();
    if (level > static_cast<std::uint8_t>(ColumnLevel::kEvent) ||
        field > static_cast<std::uint8_t>(kLastColumnField) ||
        type > static_cast<std::uint8_t>(ValueType::kMap)) {
      in_.Fail();
    }
    if (in_.failed()) {
      return 0;
    }
    return head_.AddColumn({static_cast<ColumnLevel>(level), static_cast<ColumnField>(field),
                            static_cast<ValueType>(type), key});
  }

  SpanId ReadParent() {
    const std::uint8_t code = in_.Byte();
    if (code == kNoParent) {
      return 0;
    }
    if (code == kExplicitParent) {
      return in_.Fixed<SpanId>();
    }
    const std::size_t back = code - std::size_t{kFirstParentBack};
    if (!recent_ids_.Has(back)) {
      in_.Fail();
      return 0;
    }
    return recent_ids_[back];
  }

  void ReadValues(std::uint32_t type) {
    const Shape& shape = head_.schema().shapes[head_.schema().types[type].shape];
    const std::string_view bits = in_.Bytes((shape.columns.size() + 7) / 8);
    for (std::uint32_t i = 0; i < shape.columns.size() && !in_.failed(); ++i) {
      HeadColumn& column = head_.columns[shape.columns[i]];
      if ((static_cast<std::uint8_t>(bits[i / 8]) >> (i % 8) & 1) != 0) {
        const std::uint32_t code = head_.last_value(type, i).code;
        if ((code & kPlainBit) != 0) {
          in_.Fail();
          return;
        }
        ++column.occurrences;
        head_.values.push_back(code);
        continue;
      }
      const std::uint32_t code = ReadValue(column);
      if (in_.failed()) {
        return;
      }
      head_.values.push_back(code);
      NoteValue(type, i, code, column);
    }
  }

  void NoteValue(std::uint32_t type, std::uint32_t position, std::uint32_t code,
                 const HeadColumn& column) {
    const bool is_plain = (code & kPlainBit) != 0;
    const std::uint64_t bits = !column.is_number ? 0
                               : is_plain        ? column.words[code & ~kPlainBit]
                                                 : column.numbers[code];
    head_.NoteValue(type, position, code, bits,
                    column.is_number || is_plain ? std::string_view() : column.texts[code]);
  }

  void ReadEvent() {
    HeadEvent event;
    event.name = Reference(head_.schema().event_names.size());
    if (event.name == kNotFound) {
      event.name = head_.AddEventName(in_.Text());
    }
    event.shape = ReadShape();
    event.time_ns = Times(Sum(previous_start_, UnZigZag(in_.Varint())), unit_ns_);
    event.values_at = static_cast<std::uint32_t>(head_.values.size());
    if (in_.failed()) {
      return;
    }
    head_.recent_shape[event.name] = event.shape;
    head_.events.push_back(event);
    const Shape& shape = head_.schema().shapes[event.shape];
    for (std::size_t i = 0; i < shape.columns.size() && !in_.failed(); ++i) {
      head_.values.push_back(ReadValue(head_.columns[shape.columns[i]]));
    }
  }

  std::uint32_t ReadValue(HeadColumn& column) {
    ++column.occurrences;
    const std::uint64_t code = in_.VarintUpTo(column.dictionary_size() + kFirstValue - 1);
    if (code >= kFirstValue) {
      column.last_code = static_cast<std::uint32_t>(code - kFirstValue);
      return column.last_code;
    }
    if (column.is_number) {
      const std::uint64_t bits = ReadNumber(column.info.type);
      if (code == kPlainValue) {
        column.is_plain = true;
        return column.AddPlainNumber(bits);
      }
      ++column.misses;
      column.last_code = column.AddNumber(bits);
      return column.last_code;
    }
    if (code == kPlainValue) {
      return ReadPlainText(column);
    }
    ++column.misses;
    const std::string_view text = head_.arena().CopyText(in_.Text());
    column.dictionary_bytes += text.size();
    column.last_code = column.texts.Add(text, HashText(text));
    return column.last_code;
  }

  std::uint64_t ReadNumber(ValueType type) {
    switch (type) {
      case ValueType::kBool:
        return in_.Byte();
      case ValueType::kDouble:
        return in_.Fixed<std::uint64_t>();
      default:
        return static_cast<std::uint64_t>(UnZigZag(in_.Varint()));
    }
  }

  std::uint32_t ReadPlainText(HeadColumn& column) {
    const std::uint64_t code = in_.VarintUpTo(column.patterns.size() + kFirstPattern - 1);
    if (code == kRawText) {
      const std::string_view text = head_.arena().CopyText(in_.Text());
      return column.AddPlainRaw(text, TokenHash(column.key_hash, HashText(text)));
    }
    column.is_plain = true;
    std::uint32_t pattern = 0;
    if (code == kNewPattern) {
      const std::string_view text = head_.arena().CopyText(in_.Text());
      const std::optional<unsigned> slots = CountTemplateSlots(text);
      if (!slots) {
        in_.Fail();
        return kPlainBit;
      }
      pattern = column.AddPattern(text, HashText(text), *slots);
    } else {
      pattern = static_cast<std::uint32_t>(code - kFirstPattern);
    }
    std::array<std::uint64_t, kMostTemplateSlots> slots;
    const unsigned count = column.pattern_slots[pattern];
    for (unsigned i = 0; i < count; ++i) {
      slots[i] = in_.Varint();
    }
    const std::span<const std::uint64_t> used(slots.data(), count);
    const std::size_t size = JoinTemplate(column.patterns[pattern], used, joined_);
    return column.AddPlainTemplate(
        pattern, TokenHash(column.key_hash, HashText({joined_.data(), size})), used);
  }

  ByteReader in_;
  Head& head_;
  std::int64_t unit_ns_ = 1;
  std::uint32_t tenant_ = 0;
  std::uint32_t resource_ = 0;
  bool has_many_resources_ = false;
  std::int64_t previous_start_ = 0;
  RecentSpanIds recent_ids_;
  std::array<char, kMostJoinedText> joined_;
};

}  // namespace

Result<RecordSummary> CheckRecord(std::string_view record) {
  if (record.size() < 2 + kRecordChecksumBytes) {
    return Damaged("cut short, " + std::to_string(record.size()) + " bytes");
  }
  const std::string_view body = record.substr(0, record.size() - kRecordChecksumBytes);
  if (LoadLittle<std::uint64_t>(body.data() + body.size()) !=
      XXH3_64bits(body.data(), body.size())) {
    return Damaged("checksum mismatch");
  }
  const auto version = static_cast<std::uint8_t>(body[0]);
  const auto flags = static_cast<std::uint8_t>(body[1]);
  if (version != kRecordVersion || (flags & ~kRecordFlags) != 0) {
    return Error{ErrorCode::kFailedPrecondition, "log record: version " + std::to_string(version) +
                                                     ", this release reads " +
                                                     std::to_string(kRecordVersion)};
  }
  RecordSummary summary;
  summary.starts_head = (flags & kRecordStartsHead) != 0;
  return summary;
}

Result<RecordSummary> ReplayRecord(std::string_view record, Head& head) {
  Result<RecordSummary> checked = CheckRecord(record);
  if (!checked) {
    return checked;
  }
  return Replayer(record.substr(0, record.size() - kRecordChecksumBytes), head).Run();
}

}  // namespace pugmark::engine
