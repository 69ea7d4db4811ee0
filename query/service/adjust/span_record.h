// What the adjusters that look at a whole trace keep of each span: small enough that a trace of
// millions of spans fits, so that its spans themselves need not be held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/model/span.h"
#include "query/service/adjust/dialect.h"

namespace pugmark {

// What an adjuster has to say about a span; each becomes a warning of it.
enum SpanFinding : std::uint8_t {
  kDuplicateId = 1,
  kParentMissing = 2,
  kSkewFound = 4,    // `shift` would be right, but is more than allowed
  kSkewShifted = 8,  // `shift` was applied
};

struct SpanRecord {
  SpanId original_id = 0;  // as stored
  SpanId id = 0;
  SpanId parent_id = 0;
  std::int64_t start_ns = 0;
  std::int64_t duration_ns = 0;
  std::int64_t shift_ns = 0;
  std::uint64_t content_hash = 0;  // 0 until somebody needs it
  std::uint32_t host = 0;          // 0: not known
  bool is_client = false;
  bool is_server = false;
  bool dropped = false;       // a duplicate of an earlier span
  std::uint8_t findings = 0;  // bits of SpanFinding
};

// Makes the records of one trace.
class SpanRecords {
 public:
  explicit SpanRecords(AdjustDialect dialect) : dialect_(dialect) {}

  // The resources of the spans before may be gone, and their addresses in use again.
  void BeginPart() { last_resource_ = nullptr; }
  // `span` is as its dialect shows it (ToJaegerView, for kJaeger).
  void Add(const Span& span);
  [[nodiscard]] std::vector<SpanRecord>& records() { return records_; }
  [[nodiscard]] const std::vector<SpanRecord>& records() const { return records_; }

 private:
  [[nodiscard]] std::uint32_t HostOf(const Resource& resource);

  const AdjustDialect dialect_;
  std::vector<SpanRecord> records_;
  std::unordered_map<std::string, std::uint32_t> hosts_;
  const Resource* last_resource_ = nullptr;
  std::uint32_t last_host_ = 0;
};

// Equal for spans that show the same content. Never 0.
[[nodiscard]] std::uint64_t HashContent(const Span& span);

// The text that tells hosts apart; "" where the resource does not say it.
[[nodiscard]] std::string HostKey(const Resource& resource, AdjustDialect dialect);

// "a.b.c.d".
[[nodiscard]] std::string DottedIp(std::uint32_t address);

}  // namespace pugmark
