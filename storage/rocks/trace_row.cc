#include "storage/rocks/trace_row.h"

#include "common/base/bytes.h"
#include "storage/rocks/byte_cursor.h"
#include "storage/rocks/byte_sink.h"

namespace pugmark::rocks {

void AppendTraceValue(std::string& value, const TraceRow& row) {
  const std::int64_t start = row.start.time_since_epoch().count();
  const std::int64_t end = row.end.time_since_epoch().count();
  AppendBig64(value, static_cast<std::uint64_t>(start));
  // As a difference, modulo 2^64: small for any real trace.
  AppendVarint(value, static_cast<std::uint64_t>(end) - static_cast<std::uint64_t>(start));
  AppendVarint(value, row.spans);
}

std::optional<TraceRow> ParseTraceValue(std::string_view value) {
  ByteCursor cursor(value);
  const std::string_view start = cursor.Raw(8);
  const std::uint64_t length = cursor.Varint();
  TraceRow row;
  row.spans = cursor.Varint32();
  if (!cursor.ok()) {
    return std::nullopt;
  }
  const std::uint64_t start_ns = LoadBig64(start.data());
  row.start = UnixTime(Nanoseconds(static_cast<std::int64_t>(start_ns)));
  row.end = UnixTime(Nanoseconds(static_cast<std::int64_t>(start_ns + length)));
  return row;
}

}  // namespace pugmark::rocks
