#include "storage/rocks/wal/record_writer.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>

#include "storage/rocks/columnar/value_codec.h"

namespace pugmark::engine {
namespace {

// A column goes plain when its dictionary has as many entries and still misses this often.
constexpr std::size_t kLeastPlainDictionary = 8'192;
constexpr std::uint64_t kPlainMissShare = 4;  // one in
constexpr std::size_t kMostDictionaryBytes = std::size_t{4} << 20;
// A text longer than this is seldom the same twice, and would make dictionaries unwieldy.
constexpr std::size_t kMostDictionaryText = 4'096;
constexpr std::size_t kMostPatterns = 4'096;
// Patterns are worth their place when values share them.
constexpr std::size_t kFreePatterns = 64;
constexpr std::uint64_t kValuesPerPattern = 8;
// Wider spans are packed: their shapes would be large and rarely repeat.
constexpr std::size_t kMostColumnsOfSpan = 256;
constexpr unsigned kHeadsBetweenForgetting = 16;
constexpr std::int64_t kMicro = 1'000;

bool IsMicros(const Span& span) {
  return span.start_time.time_since_epoch().count() % kMicro == 0 &&
         span.duration.count() % kMicro == 0 &&
         std::all_of(span.events.begin(), span.events.end(), [](const Event& event) {
           return event.time.time_since_epoch().count() % kMicro == 0;
         });
}

// Differences wrap, so that any two times have one.
std::int64_t Difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

FieldList FieldsOf(const Span& span) {
  FieldList fields;
  if (!span.status_message.empty()) {
    fields.Add(ColumnField::kStatusMessage);
  }
  if (!span.trace_state.empty()) {
    fields.Add(ColumnField::kTraceState);
  }
  if (span.flags != 0) {
    fields.Add(ColumnField::kFlags);
  }
  if (HasRest(span)) {
    fields.Add(ColumnField::kRest);
  }
  return fields;
}

ValueType TypeOfField(ColumnField field) {
  switch (field) {
    case ColumnField::kFlags:
    case ColumnField::kDroppedAttributes:
      return ValueType::kInt;
    case ColumnField::kRest:
      return ValueType::kBytes;
    case ColumnField::kPackedAttributes:
      return ValueType::kMap;
    default:
      return ValueType::kString;
  }
}

}  // namespace

std::string PlainColumns::KeyOf(const ColumnInfo& column) {
  return std::string(1, static_cast<char>(column.level)) + static_cast<char>(column.type) +
         std::string(column.key);
}

void PlainColumns::Learn(const Head& sealed) {
  if (++heads_ % kHeadsBetweenForgetting == 0) {
    is_plain_.clear();
  }
  for (const HeadColumn& column : sealed.columns) {
    if (column.is_plain && column.info.field == ColumnField::kAttribute) {
      is_plain_[KeyOf(column.info)] = true;
    }
  }
}

bool PlainColumns::Contains(const ColumnInfo& column) const {
  return column.field == ColumnField::kAttribute && is_plain_.contains(KeyOf(column));
}

std::string_view RecordWriter::Append(Head& head, std::string_view tenant,
                                      std::span<const Span> spans) {
  head_ = &head;
  resources_.clear();
  scope_ = nullptr;
  scope_number_ = kNoScope;
  trace_ = kNotFound;
  previous_start_ = 0;
  recent_ids_ = RecentSpanIds();
  const bool in_micros = std::all_of(spans.begin(), spans.end(), IsMicros);
  unit_ns_ = in_micros ? kMicro : 1;

  record_.Clear();
  record_.Byte(kRecordVersion);
  record_.Byte(static_cast<std::uint8_t>((head.rows.empty() ? kRecordStartsHead : 0) |
                                         (in_micros ? kRecordInMicros : 0)));
  WriteTenant(tenant);
  WriteResources(spans);
  record_.Varint(spans.size());
  for (const Span& span : spans) {
    WriteSpan(span);
  }
  record_.Fixed(head.Fingerprint());
  record_.Fixed(static_cast<std::uint64_t>(XXH3_64bits(record_.view().data(), record_.size())));
  return record_.view();
}

void RecordWriter::WriteTenant(std::string_view tenant) {
  const std::uint32_t known = head_->FindTenant(tenant);
  if (known != kNotFound) {
    tenant_ = known;
    record_.Varint(std::uint64_t{known} + 1);
    return;
  }
  tenant_ = head_->AddTenant(tenant);
  record_.Varint(0);
  record_.Text(tenant);
}

void RecordWriter::WriteResources(std::span<const Span> spans) {
  std::vector<const Resource*> distinct;
  for (const Span& span : spans) {
    if (distinct.empty() || distinct.back() != span.resource) {
      distinct.push_back(span.resource);
    }
  }
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  record_.Varint(distinct.size());
  for (const Resource* resource : distinct) {
    WriteResource(*resource);
  }
}

void RecordWriter::WriteResource(const Resource& resource) {
  scratch_.Clear();
  EncodeResource(scratch_, resource);
  std::uint32_t number = head_->resources.Find(scratch_.view(), HashText(scratch_.view()));
  if (number == kNotFound) {
    record_.Varint(0);
    record_.Text(scratch_.view());
    number = head_->AddResource(scratch_.view());
  } else {
    record_.Varint(std::uint64_t{number} + 1);
  }
  resources_.emplace_back(&resource, number);
}

std::uint32_t RecordWriter::ResourceNumber(const Resource* resource) {
  if (last_resource_ >= resources_.size() || resources_[last_resource_].first != resource) {
    // In the order of their addresses.
    const auto found = std::lower_bound(resources_.begin(), resources_.end(),
                                        std::pair<const Resource*, std::uint32_t>(resource, 0));
    last_resource_ = static_cast<std::size_t>(found - resources_.begin());
  }
  return resources_[last_resource_].second;
}

void RecordWriter::WriteSpan(const Span& span) {
  const std::uint32_t resource = ResourceNumber(span.resource);
  if (resources_.size() > 1) {
    record_.Varint(resource);
  }
  HeadRow row;
  row.resource = resource;
  row.trace = WriteTrace(span.trace_id);
  row.type = WriteType(span, resource);
  row.span_id = span.span_id;
  row.parent_span_id = span.parent_span_id;
  record_.Fixed(span.span_id);
  WriteParent(span.parent_span_id);
  recent_ids_.Push(span.span_id);
  row.start_ns = span.start_time.time_since_epoch().count();
  row.duration_ns = span.duration.count();
  const std::int64_t start = row.start_ns / unit_ns_;
  record_.Varint(ZigZag(Difference(start, previous_start_)));
  previous_start_ = start;
  record_.Varint(ZigZag(row.duration_ns / unit_ns_));
  record_.Varint(span.events.size());
  row.values_at = static_cast<std::uint32_t>(head_->values.size());
  row.events_at = static_cast<std::uint32_t>(head_->events.size());
  row.event_count = static_cast<std::uint32_t>(span.events.size());
  WriteValues(span, row.type);
  WriteEvents(span);
  head_->AddRow(row);
}

std::uint32_t RecordWriter::WriteTrace(TraceId id) {
  // Neighbours are mostly of one trace.
  const bool is_last = trace_ != kNotFound && head_->traces[trace_].id == id;
  const std::uint32_t known = is_last ? trace_ : head_->FindTrace(tenant_, id);
  if (known == kNotFound) {
    record_.Varint(0);
    record_.Fixed(id.high);
    record_.Fixed(id.low);
    trace_ = head_->AddTrace(tenant_, id);
  } else {
    record_.Varint(head_->traces.size() - known);
    trace_ = known;
  }
  return trace_;
}

std::uint32_t RecordWriter::WriteType(const Span& span, std::uint32_t resource) {
  const std::uint32_t service = head_->schema().resources[resource].service;
  const std::uint32_t operation = head_->FindOperation(tenant_, service, span.name);
  const std::uint32_t scope = FindScope(span.scope);
  const FieldList fields = FieldsOf(span);
  const std::uint32_t recent =
      operation == kNotFound ? kNotFound : RecentType(operation, span, scope, fields);
  if (recent == kNotFound) {
    return WriteUnusualType(span, operation, service, scope, fields);
  }
  record_.Varint(std::uint64_t{recent} + 1);
  if (head_->recent_types[operation].types[0] != recent) {
    head_->recent_types[operation].Use(recent);
  }
  return recent;
}

std::uint32_t RecordWriter::RecentType(std::uint32_t operation, const Span& span,
                                       std::uint32_t scope, const FieldList& fields) const {
  const Schema& schema = head_->schema();
  for (const std::uint32_t number : head_->recent_types[operation].types) {
    if (number == kNotFound) {
      break;
    }
    const SpanType& type = schema.types[number];
    if (type.scope == scope && type.kind == span.kind && type.status == span.status &&
        type.format == span.format && Fits(schema.shapes[type.shape], span.attributes, fields)) {
      return number;
    }
  }
  return kNotFound;
}

bool RecordWriter::Fits(const Shape& shape, std::span<const Attribute> attributes,
                        const FieldList& fields) const {
  const Schema& schema = head_->schema();
  const std::size_t field_count = shape.columns.size() - shape.attribute_count;
  if (shape.attribute_count != attributes.size()) {
    // A packed shape holds any attributes, where they may be packed at all.
    const bool is_packed =
        shape.attribute_count == 0 && field_count == fields.size + 1 &&
        schema.columns[shape.columns.back()].field == ColumnField::kPackedAttributes;
    if (!is_packed ||
        (attributes.size() <= kMostColumnsOfSpan && head_->columns.size() < limits_.columns)) {
      return false;
    }
  } else if (field_count != fields.size || attributes.size() > kMostColumnsOfSpan) {
    return false;
  }
  for (std::size_t i = 0; i < shape.attribute_count; ++i) {
    const ColumnInfo& column = schema.columns[shape.columns[i]];
    if (column.type != attributes[i].value.type() || !SameText(column.key, attributes[i].key)) {
      return false;
    }
  }
  for (std::size_t i = 0; i < fields.size; ++i) {
    if (schema.columns[shape.columns[shape.attribute_count + i]].field != fields.fields[i]) {
      return false;
    }
  }
  return true;
}

std::uint32_t RecordWriter::WriteUnusualType(const Span& span, std::uint32_t operation,
                                             std::uint32_t service, std::uint32_t scope,
                                             const FieldList& fields) {
  // Whether the type is new is known only once its shape is: the definition is written, and taken
  // back where the type turns out to exist, which means that all its parts exist.
  const std::size_t before = record_.size();
  record_.Varint(0);
  SpanType type;
  type.operation = operation;
  if (operation == kNotFound) {
    record_.Varint(0);
    record_.Text(span.name);
    type.operation = head_->AddOperation(tenant_, service, span.name);
  } else {
    record_.Varint(std::uint64_t{operation} + 1);
  }
  type.kind = span.kind;
  type.status = span.status;
  type.format = span.format;
  record_.Byte(static_cast<std::uint8_t>(type.kind));
  record_.Byte(static_cast<std::uint8_t>(type.status));
  record_.Byte(static_cast<std::uint8_t>(type.format));
  if (scope == kNotFound) {
    scratch_.Clear();
    EncodeScope(scratch_, *span.scope);
    record_.Varint(1);
    record_.Text(scratch_.view());
    scope_number_ = head_->AddScope(scratch_.view()) + 1;
    type.scope = scope_number_;
  } else {
    record_.Varint(scope == kNoScope ? 0 : std::uint64_t{scope} + 1);
    type.scope = scope;
  }
  type.shape = WriteShape(span.attributes, ColumnLevel::kSpan, fields);
  std::uint32_t number = head_->FindType(type);
  if (number == kNotFound) {
    number = head_->AddType(type);
  } else {
    record_.Truncate(before);
    record_.Varint(std::uint64_t{number} + 1);
  }
  head_->recent_types[type.operation].Use(number);
  return number;
}

std::uint32_t RecordWriter::FindScope(const Scope* scope) {
  if (scope == nullptr) {
    return kNoScope;
  }
  if (scope != scope_) {
    scratch_.Clear();
    EncodeScope(scratch_, *scope);
    const std::uint32_t known = head_->scopes.Find(scratch_.view(), HashText(scratch_.view()));
    scope_ = scope;
    scope_number_ = known == kNotFound ? kNotFound : known + 1;
  }
  return scope_number_;
}

bool RecordWriter::MustPack(std::span<const Attribute> attributes, ColumnLevel level) const {
  if (attributes.size() > kMostColumnsOfSpan) {
    return true;
  }
  return head_->columns.size() >= limits_.columns &&
         std::any_of(attributes.begin(), attributes.end(), [&](const Attribute& attribute) {
           return head_->FindColumn({level, ColumnField::kAttribute, attribute.value.type(),
                                     attribute.key}) == kNotFound;
         });
}

std::uint32_t RecordWriter::WriteShape(std::span<const Attribute> attributes, ColumnLevel level,
                                       const FieldList& fields) {
  std::vector<ColumnInfo> wanted;
  const bool is_packed = MustPack(attributes, level);
  if (!is_packed) {
    for (const Attribute& attribute : attributes) {
      wanted.push_back({level, ColumnField::kAttribute, attribute.value.type(), attribute.key});
    }
  }
  for (std::size_t i = 0; i < fields.size; ++i) {
    wanted.push_back({level, fields.fields[i], TypeOfField(fields.fields[i]), {}});
  }
  if (is_packed) {
    wanted.push_back({level, ColumnField::kPackedAttributes, ValueType::kMap, {}});
  }
  Shape shape;
  shape.attribute_count = is_packed ? 0 : static_cast<std::uint32_t>(attributes.size());
  for (const ColumnInfo& column : wanted) {
    shape.columns.push_back(head_->FindColumn(column));
  }
  const std::uint32_t known = head_->FindShape(shape);
  if (known != kNotFound) {
    record_.Varint(std::uint64_t{known} + 1);
    return known;
  }
  record_.Varint(0);
  record_.Byte(static_cast<std::uint8_t>(level));
  record_.Varint(shape.attribute_count);
  record_.Varint(shape.columns.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    // Looked up again: a key may come twice in one span.
    std::uint32_t& number = shape.columns[i];
    number = number == kNotFound ? head_->FindColumn(wanted[i]) : number;
    if (number != kNotFound) {
      record_.Varint(std::uint64_t{number} + 1);
      continue;
    }
    record_.Varint(0);
    record_.Byte(static_cast<std::uint8_t>(wanted[i].level));
    record_.Byte(static_cast<std::uint8_t>(wanted[i].field));
    record_.Byte(static_cast<std::uint8_t>(wanted[i].type));
    record_.Text(wanted[i].key);
    number = head_->AddColumn(wanted[i]);
    head_->columns[number].is_plain = plain_columns_.Contains(wanted[i]);
  }
  return head_->AddShape(std::move(shape));
}

void RecordWriter::WriteParent(SpanId parent) {
  if (parent == 0) {
    record_.Byte(kNoParent);
    return;
  }
  const std::size_t back = recent_ids_.Find(parent);
  if (back == kParentRing) {
    record_.Byte(kExplicitParent);
    record_.Fixed(parent);
  } else {
    record_.Byte(static_cast<std::uint8_t>(kFirstParentBack + back));
  }
}

ColumnValue RecordWriter::ValueOf(const Attribute& attribute) {
  const Value& value = attribute.value;
  switch (value.type()) {
    case ValueType::kString:
    case ValueType::kBytes:
      return {0, value.text()};
    case ValueType::kBool:
      return {value.boolean() ? 1U : 0U, {}};
    case ValueType::kInt:
      return {static_cast<std::uint64_t>(value.integer()), {}};
    case ValueType::kDouble:
      return {std::bit_cast<std::uint64_t>(value.real()), {}};
    case ValueType::kEmpty:
    case ValueType::kArray:
    case ValueType::kMap:
      break;
  }
  scratch_.Clear();
  EncodeValue(scratch_, value);
  return {0, scratch_.view()};
}

ColumnValue RecordWriter::Packed(std::span<const Attribute> attributes) {
  scratch_.Clear();
  EncodeAttributes(scratch_, attributes);
  return {0, scratch_.view()};
}

ColumnValue RecordWriter::FieldOf(const Span& span, ColumnField field) {
  switch (field) {
    case ColumnField::kStatusMessage:
      return {0, span.status_message};
    case ColumnField::kTraceState:
      return {0, span.trace_state};
    case ColumnField::kFlags:
      return {span.flags, {}};
    case ColumnField::kPackedAttributes:
      return Packed(span.attributes);
    default:
      break;
  }
  scratch_.Clear();
  EncodeRest(scratch_, span);
  return {0, scratch_.view()};
}

bool RecordWriter::RepeatsLast(const LastValue& last, const HeadColumn& column,
                               const ColumnValue& value) const {
  if ((last.code & kPlainBit) != 0) {
    return false;
  }
  return column.is_number
             ? last.bits == value.bits
             : last.size == value.text.size() && SameBytes(last.text, value.text.data(), last.size);
}

void RecordWriter::WriteValues(const Span& span, std::uint32_t type) {
  const Shape& shape = head_->schema().shapes[head_->schema().types[type].shape];
  const std::size_t count = shape.columns.size();
  const std::size_t bits_at = record_.size();
  std::fill_n(record_.Extend((count + 7) / 8), (count + 7) / 8, '\0');
  for (std::uint32_t i = 0; i < count; ++i) {
    HeadColumn& column = head_->columns[shape.columns[i]];
    const ColumnValue value =
        i < shape.attribute_count ? ValueOf(span.attributes[i]) : FieldOf(span, column.info.field);
    const LastValue& last = head_->last_value(type, i);
    if (RepeatsLast(last, column, value)) {
      char& byte = *record_.At(bits_at + i / 8);
      byte = static_cast<char>(byte | (1 << (i % 8)));
      ++column.occurrences;
      head_->values.push_back(last.code);
      continue;
    }
    const std::uint32_t code = WriteValue(column, value);
    head_->values.push_back(code);
    const bool is_dictionary_text = !column.is_number && (code & kPlainBit) == 0;
    head_->NoteValue(type, i, code, value.bits,
                     is_dictionary_text ? column.texts[code] : std::string_view());
  }
}

void RecordWriter::WriteEvents(const Span& span) {
  for (const Event& event : span.events) {
    std::uint32_t name = head_->event_names.Find(event.name, HashText(event.name));
    if (name == kNotFound) {
      record_.Varint(0);
      record_.Text(event.name);
      name = head_->AddEventName(event.name);
    } else {
      record_.Varint(std::uint64_t{name} + 1);
    }
    FieldList fields;
    if (event.dropped_attributes != 0) {
      fields.Add(ColumnField::kDroppedAttributes);
    }
    std::uint32_t number = head_->recent_shape[name];
    if (number != kNotFound && Fits(head_->schema().shapes[number], event.attributes, fields)) {
      record_.Varint(std::uint64_t{number} + 1);
    } else {
      number = WriteShape(event.attributes, ColumnLevel::kEvent, fields);
      head_->recent_shape[name] = number;
    }
    const std::int64_t time = event.time.time_since_epoch().count();
    record_.Varint(
        ZigZag(Difference(time / unit_ns_, span.start_time.time_since_epoch().count() / unit_ns_)));
    head_->events.push_back({time, name, number, static_cast<std::uint32_t>(head_->values.size())});
    const Shape& shape = head_->schema().shapes[number];
    for (std::uint32_t i = 0; i < shape.columns.size(); ++i) {
      HeadColumn& column = head_->columns[shape.columns[i]];
      ColumnValue value;
      if (i < shape.attribute_count) {
        value = ValueOf(event.attributes[i]);
      } else if (column.info.field == ColumnField::kDroppedAttributes) {
        value.bits = event.dropped_attributes;
      } else {
        value = Packed(event.attributes);
      }
      head_->values.push_back(WriteValue(column, value));
    }
  }
}

std::uint32_t RecordWriter::WriteValue(HeadColumn& column, const ColumnValue& value) {
  ++column.occurrences;
  return column.is_number ? WriteNumber(column, value.bits) : WriteText(column, value.text);
}

std::uint32_t RecordWriter::WriteNumber(HeadColumn& column, std::uint64_t bits) {
  const auto write_bits = [&] {
    switch (column.info.type) {
      case ValueType::kBool:
        record_.Byte(static_cast<std::uint8_t>(bits));
        break;
      case ValueType::kDouble:
        record_.Fixed(bits);
        break;
      default:
        record_.Varint(ZigZag(static_cast<std::int64_t>(bits)));
    }
  };
  if (!column.is_plain) {
    const std::uint32_t known =
        column.last_code != kNoCode && column.numbers[column.last_code] == bits
            ? column.last_code
            : column.FindNumber(bits);
    if (known != kNotFound) {
      record_.Varint(kFirstValue + std::uint64_t{known});
      column.last_code = known;
      return known;
    }
    ++column.misses;
    if (column.numbers.size() < kLeastPlainDictionary ||
        column.misses * kPlainMissShare <= column.occurrences) {
      record_.Varint(kNewValue);
      write_bits();
      column.last_code = column.AddNumber(bits);
      return column.last_code;
    }
    column.is_plain = true;
  }
  record_.Varint(kPlainValue);
  write_bits();
  return column.AddPlainNumber(bits);
}

std::uint32_t RecordWriter::WriteText(HeadColumn& column, std::string_view text) {
  if (column.is_plain || text.size() > kMostDictionaryText) {
    return WritePlainText(column, text);
  }
  if (column.last_code != kNoCode && SameText(column.texts[column.last_code], text)) {
    record_.Varint(kFirstValue + std::uint64_t{column.last_code});
    return column.last_code;
  }
  const std::uint64_t hash = HashText(text);
  const std::uint32_t known = column.texts.Find(text, hash);
  if (known != kNotFound) {
    record_.Varint(kFirstValue + std::uint64_t{known});
    column.last_code = known;
    return known;
  }
  ++column.misses;
  if ((column.texts.size() >= kLeastPlainDictionary ||
       column.dictionary_bytes >= kMostDictionaryBytes) &&
      column.misses * kPlainMissShare > column.occurrences) {
    column.is_plain = true;
    return WritePlainText(column, text);
  }
  record_.Varint(kNewValue);
  record_.Text(text);
  column.dictionary_bytes += text.size();
  column.last_code = column.texts.Add(head_->arena().CopyText(text), hash);
  return column.last_code;
}

std::uint32_t RecordWriter::WritePlainText(HeadColumn& column, std::string_view text) {
  const std::uint64_t token = TokenHash(column.key_hash, HashText(text));
  record_.Varint(kPlainValue);
  if (column.info.type == ValueType::kString && SplitIntoTemplate(text, split_)) {
    const std::string_view pattern = split_.pattern_view();
    const std::uint64_t hash = HashText(pattern);
    std::uint32_t number = column.patterns.Find(pattern, hash);
    if (number != kNotFound) {
      record_.Varint(kFirstPattern + std::uint64_t{number});
    } else if (column.patterns.size() < kMostPatterns &&
               column.patterns.size() < kFreePatterns + column.occurrences / kValuesPerPattern) {
      record_.Varint(kNewPattern);
      record_.Text(pattern);
      number = column.AddPattern(head_->arena().CopyText(pattern), hash, split_.slot_count);
    }
    if (number != kNotFound) {
      for (const std::uint64_t slot : split_.slot_view()) {
        record_.Varint(slot);
      }
      return column.AddPlainTemplate(number, token, split_.slot_view());
    }
  }
  record_.Varint(kRawText);
  record_.Text(text);
  return column.AddPlainRaw(head_->arena().CopyText(text), token);
}

}  // namespace pugmark::engine
