// The internal span: a superset of OTLP's and Jaeger's, independent of any wire format, so that
// nothing that any client sends is lost. The words are OpenTelemetry's; Jaeger's (tag, log,
// reference, process) live in its codecs and APIs only.
//
// Everything here is trivially copyable and points into the SpanBatch that owns it: nothing
// outlives its batch.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "common/base/time.h"
#include "common/model/attribute.h"
#include "common/model/ids.h"
#include "common/model/resource.h"

namespace pugmark {

// Numbers as in opentelemetry.proto.trace.v1.Span.SpanKind.
enum class SpanKind : std::uint8_t {
  kUnspecified = 0,
  kInternal = 1,
  kServer = 2,
  kClient = 3,
  kProducer = 4,
  kConsumer = 5,
};

// Numbers as in opentelemetry.proto.trace.v1.Status.StatusCode.
enum class StatusCode : std::uint8_t { kUnset = 0, kOk = 1, kError = 2 };

// What a link means. Jaeger's references are links of the first two types.
enum class RefType : std::uint8_t { kLink, kChildOf, kFollowsFrom };

// The wire format a span arrived in. Jaeger's APIs show it as the tag "@jaeger@format" for kJaeger
// and kProto.
enum class SourceFormat : std::uint8_t { kUnknown, kJaeger, kProto, kOtlp, kZipkin };

// Bits of Span::flags for spans of Jaeger's formats (reference 8.1). OTLP's 32 flag bits are kept
// as they came.
inline constexpr std::uint32_t kFlagSampled = 1;
inline constexpr std::uint32_t kFlagDebug = 2;

struct Event {
  UnixTime time;
  std::string_view name;  // empty for Jaeger's logs, whose "event" field stays an attribute
  std::span<Attribute> attributes;
  std::uint32_t dropped_attributes = 0;
};

struct Link {
  TraceId trace_id;
  SpanId span_id = 0;
  std::string_view trace_state;
  std::span<Attribute> attributes;
  std::uint32_t flags = 0;
  std::uint32_t dropped_attributes = 0;
  RefType ref_type = RefType::kLink;
};

// A span. `parent_span_id` names the parent for every format. The links of a span of a Jaeger
// format hold all its references in the order sent, also the one to its parent where the client
// sent one; see ParentReference.
struct Span {
  TraceId trace_id;
  SpanId span_id = 0;
  SpanId parent_span_id = 0;
  UnixTime start_time;
  Nanoseconds duration{0};  // negative as a broken client sent it, until the sanitizers have run
  std::string_view name;
  std::string_view trace_state;
  std::string_view status_message;
  std::span<Attribute> attributes;
  std::span<Event> events;
  std::span<Link> links;
  std::span<std::string_view> warnings;
  Resource* resource = nullptr;  // never null once decoded
  const Scope* scope = nullptr;  // null where the format has none
  std::uint32_t flags = 0;
  std::uint32_t dropped_attributes = 0;
  std::uint32_t dropped_events = 0;
  std::uint32_t dropped_links = 0;
  // For spans of Jaeger's and Zipkin's formats kind and status are derived from the attributes,
  // which stay.
  SpanKind kind = SpanKind::kUnspecified;
  StatusCode status = StatusCode::kUnset;
  SourceFormat format = SourceFormat::kUnknown;
};

static_assert(std::is_trivially_copyable_v<Span> && std::is_trivially_copyable_v<Event> &&
              std::is_trivially_copyable_v<Link>);

// The span's reference to its own parent among its links (same trace, id of the parent), or null
// when the client gave the parent by id alone; then Jaeger's formats show a CHILD_OF reference
// before the others.
[[nodiscard]] const Link* ParentReference(const Span& span);

// The parent that Jaeger derives from references: the first CHILD_OF of the same trace, else the
// first FOLLOWS_FROM of it, else 0 (reference 8.1).
[[nodiscard]] SpanId ParentFromReferences(TraceId trace_id, std::span<const Link> links);

// "client", "server", "producer", "consumer", "internal"; "" for kUnspecified. As the tag span.kind
// has it.
[[nodiscard]] std::string_view SpanKindName(SpanKind kind);
// The reverse, letter case ignored; kUnspecified for any other text.
[[nodiscard]] SpanKind SpanKindFromName(std::string_view name);

// Sets kind and status from the attributes span.kind, error and otel.status_code, as reference 8.4
// has it, where they are not set yet. The attributes stay.
void DeriveKindAndStatus(Span& span);

// Equal in everything that a reader shows: what makes one of two spans a duplicate. Resource and
// scope are compared by content.
[[nodiscard]] bool SameSpan(const Span& a, const Span& b);
// Equal for equal spans (SameSpan); stable across processes and releases of this store format.
[[nodiscard]] std::uint64_t HashSpan(const Span& span);

}  // namespace pugmark
