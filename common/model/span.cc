#include "common/model/span.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>

namespace pugmark {
namespace {

constexpr std::array<std::string_view, 6> kKindNames{"",       "internal", "server",
                                                     "client", "producer", "consumer"};

// Nearly all texts are spelled as expected: the plain comparison comes first.
bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return a == b || std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) ==
                  std::tolower(static_cast<unsigned char>(y));
         });
}

bool SameEvents(std::span<const Event> a, std::span<const Event> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Event& x, const Event& y) {
    return x.time == y.time && x.name == y.name && x.dropped_attributes == y.dropped_attributes &&
           SameAttributes(x.attributes, y.attributes);
  });
}

bool SameLinks(std::span<const Link> a, std::span<const Link> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Link& x, const Link& y) {
    return x.trace_id == y.trace_id && x.span_id == y.span_id && x.ref_type == y.ref_type &&
           x.trace_state == y.trace_state && x.flags == y.flags &&
           x.dropped_attributes == y.dropped_attributes &&
           SameAttributes(x.attributes, y.attributes);
  });
}

// Feeds the parts of a span into one hash, each text with its length so that neighbours cannot run
// together.
class SpanHasher {
 public:
  void Add(std::uint64_t value) { hash_ = XXH3_64bits_withSeed(&value, sizeof value, hash_); }
  void Add(std::string_view text) {
    hash_ = XXH3_64bits_withSeed(text.data(), text.size(), hash_ ^ text.size());
  }
  void Add(const Value& value) {
    Add(static_cast<std::uint64_t>(value.type()));
    switch (value.type()) {
      case ValueType::kEmpty:
        break;
      case ValueType::kString:
      case ValueType::kBytes:
        Add(value.text());
        break;
      case ValueType::kBool:
      case ValueType::kInt:
        Add(static_cast<std::uint64_t>(value.integer()));
        break;
      case ValueType::kDouble:
        Add(std::bit_cast<std::uint64_t>(value.real()));
        break;
      case ValueType::kArray:
        Add(value.elements().size());
        for (const Value& element : value.elements()) {
          Add(element);
        }
        break;
      case ValueType::kMap:
        Add(value.entries());
        break;
    }
  }
  void Add(std::span<const Attribute> attributes) {
    Add(attributes.size());
    for (const Attribute& attribute : attributes) {
      Add(attribute.key);
      Add(attribute.value);
    }
  }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

 private:
  std::uint64_t hash_ = 0;
};

// Whether a tag `error` says so: true, or the text "true" in any case.
bool IsTrue(const Value& value) {
  return value.type() == ValueType::kBool
             ? value.boolean()
             : value.type() == ValueType::kString && EqualsIgnoreCase(value.text(), "true");
}

StatusCode StatusFromCode(const Value& code) {
  if (EqualsIgnoreCase(code.text(), "ERROR")) {
    return StatusCode::kError;
  }
  return EqualsIgnoreCase(code.text(), "OK") ? StatusCode::kOk : StatusCode::kUnset;
}

}  // namespace

const Link* ParentReference(const Span& span) {
  if (span.parent_span_id == 0 && span.links.empty()) {
    return nullptr;
  }
  const auto found = std::find_if(span.links.begin(), span.links.end(), [&span](const Link& link) {
    return link.ref_type != RefType::kLink && link.span_id == span.parent_span_id &&
           link.trace_id == span.trace_id;
  });
  return found == span.links.end() ? nullptr : &*found;
}

SpanId ParentFromReferences(TraceId trace_id, std::span<const Link> links) {
  for (const RefType wanted : {RefType::kChildOf, RefType::kFollowsFrom}) {
    for (const Link& link : links) {
      if (link.ref_type == wanted && link.trace_id == trace_id) {
        return link.span_id;
      }
    }
  }
  return 0;
}

std::string_view SpanKindName(SpanKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  return index < kKindNames.size() ? kKindNames[index] : std::string_view();
}

SpanKind SpanKindFromName(std::string_view name) {
  for (std::size_t i = 1; i < kKindNames.size(); ++i) {
    if (EqualsIgnoreCase(kKindNames[i], name)) {
      return static_cast<SpanKind>(i);
    }
  }
  return SpanKind::kUnspecified;
}

void DeriveKindAndStatus(Span& span) {
  const bool needs_status = span.status == StatusCode::kUnset;
  StatusCode from_code = StatusCode::kUnset;
  // One pass, told apart by length first: this runs for every span.
  for (const Attribute& attribute : span.attributes) {
    if (attribute.key.size() == 9 && attribute.key == "span.kind") {
      if (span.kind == SpanKind::kUnspecified && attribute.value.type() == ValueType::kString) {
        span.kind = SpanKindFromName(attribute.value.text());
      }
    } else if (attribute.key.size() == 5 && attribute.key == "error") {
      if (needs_status && IsTrue(attribute.value)) {
        span.status = StatusCode::kError;
      }
    } else if (attribute.key.size() == 16 && attribute.key == "otel.status_code") {
      if (attribute.value.type() == ValueType::kString) {
        from_code = StatusFromCode(attribute.value);
      }
    }
  }
  if (needs_status && span.status == StatusCode::kUnset) {
    span.status = from_code;
  }
}

bool SameResource(const Resource& a, const Resource& b) {
  return &a == &b || (a.service_name == b.service_name && a.schema_url == b.schema_url &&
                      a.dropped_attributes == b.dropped_attributes &&
                      SameAttributes(a.attributes, b.attributes));
}

bool SameScope(const Scope& a, const Scope& b) {
  return &a == &b || (a.name == b.name && a.version == b.version && a.schema_url == b.schema_url &&
                      a.dropped_attributes == b.dropped_attributes &&
                      SameAttributes(a.attributes, b.attributes));
}

bool SameSpan(const Span& a, const Span& b) {
  const bool same_scope =
      a.scope == nullptr || b.scope == nullptr ? a.scope == b.scope : SameScope(*a.scope, *b.scope);
  return a.trace_id == b.trace_id && a.span_id == b.span_id &&
         a.parent_span_id == b.parent_span_id && a.start_time == b.start_time &&
         a.duration == b.duration && a.name == b.name && a.trace_state == b.trace_state &&
         a.status_message == b.status_message && a.flags == b.flags && a.kind == b.kind &&
         a.status == b.status && a.format == b.format &&
         a.dropped_attributes == b.dropped_attributes && a.dropped_events == b.dropped_events &&
         a.dropped_links == b.dropped_links && same_scope &&
         SameAttributes(a.attributes, b.attributes) && SameEvents(a.events, b.events) &&
         SameLinks(a.links, b.links) &&
         std::equal(a.warnings.begin(), a.warnings.end(), b.warnings.begin(), b.warnings.end()) &&
         SameResource(*a.resource, *b.resource);
}

std::uint64_t HashSpan(const Span& span) {
  SpanHasher hasher;
  hasher.Add(span.trace_id.high);
  hasher.Add(span.trace_id.low);
  hasher.Add(span.span_id);
  hasher.Add(span.parent_span_id);
  hasher.Add(static_cast<std::uint64_t>(span.start_time.time_since_epoch().count()));
  hasher.Add(static_cast<std::uint64_t>(span.duration.count()));
  hasher.Add(span.name);
  hasher.Add(span.attributes);
  hasher.Add(span.events.size());
  for (const Event& event : span.events) {
    hasher.Add(static_cast<std::uint64_t>(event.time.time_since_epoch().count()));
    hasher.Add(event.name);
    hasher.Add(event.attributes);
  }
  hasher.Add(span.links.size());
  for (const Link& link : span.links) {
    hasher.Add(link.trace_id.high);
    hasher.Add(link.trace_id.low);
    hasher.Add(link.span_id);
    hasher.Add(static_cast<std::uint64_t>(link.ref_type));
    hasher.Add(link.attributes);
  }
  hasher.Add(span.resource->service_name);
  hasher.Add(span.resource->attributes);
  return hasher.hash();
}

}  // namespace pugmark
