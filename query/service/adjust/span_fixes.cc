#include "query/service/adjust/span_fixes.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "common/base/go_duration.h"
#include "common/base/hex.h"
#include "common/model/span_batch.h"
#include "query/service/adjust/jaeger_view.h"

namespace pugmark {
namespace {

constexpr std::array<std::string_view, 5> kLibraryKeys{
    "telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version",
    "telemetry.distro.name", "telemetry.distro.version"};

bool IsLibraryKey(std::string_view key) {
  return key.starts_with("telemetry.") &&
         std::find(kLibraryKeys.begin(), kLibraryKeys.end(), key) != kLibraryKeys.end();
}

bool IsIpKey(std::string_view key) { return key == "ip" || key == "peer.ipv4"; }

// Numbers of these keys are addresses.
void FixIps(std::span<Attribute> attributes, Arena& arena) {
  for (Attribute& attribute : attributes) {
    if (!IsIpKey(attribute.key)) {
      continue;
    }
    std::uint32_t address = 0;
    if (attribute.value.type() == ValueType::kInt) {
      address = static_cast<std::uint32_t>(attribute.value.integer());
    } else if (attribute.value.type() == ValueType::kDouble) {
      const double real = attribute.value.real();
      // Out of range there is no right answer, and converting would be undefined.
      address = real >= 0 && real < 4294967296.0 ? static_cast<std::uint32_t>(real) : 0;
    } else {
      continue;
    }
    attribute.value = Value::String(arena.CopyText(DottedIp(address)));
  }
}

void Warn(Span& span, Arena& arena, const std::string& text) {
  AppendWarning(arena, span.warnings, arena.CopyText(text));
}

// Points the reference to the parent elsewhere, or adds one.
void ReplaceParentReference(Span& span, SpanId parent, Arena& arena) {
  for (Link& link : span.links) {
    if (link.span_id == span.parent_span_id && link.trace_id == span.trace_id) {
      link.span_id = parent;
      return;
    }
  }
  auto* const links = arena.Allocate<Link>(span.links.size() + 1);
  if (links == nullptr) {
    return;
  }
  links[0] = Link();
  links[0].trace_id = span.trace_id;
  links[0].span_id = parent;
  links[0].ref_type = RefType::kChildOf;
  std::copy(span.links.begin(), span.links.end(), links + 1);
  span.links = {links, span.links.size() + 1};
}

// As Go prints the removed model.SpanRef.
std::string RemovedReferenceWarning(const Link& link) {
  return "Invalid span reference removed {TraceID:" + link.trace_id.ToText() +
         " SpanID:" + Hex16(link.span_id) +
         " RefType:" + (link.ref_type == RefType::kChildOf ? "CHILD_OF" : "FOLLOWS_FROM") +
         " XXX_NoUnkeyedLiteral:{} XXX_unrecognized:[] XXX_sizecache:0}";
}

void MoveParentReferenceToFront(Span& span) {
  const auto same_trace = [&span](const Link& link) { return link.trace_id == span.trace_id; };
  auto parent = std::find_if(span.links.begin(), span.links.end(), [&](const Link& link) {
    return same_trace(link) && link.ref_type == RefType::kChildOf;
  });
  if (parent == span.links.end()) {
    parent = std::find_if(span.links.begin(), span.links.end(), same_trace);
  }
  if (parent != span.links.end()) {
    std::iter_swap(span.links.begin(), parent);
  }
}

}  // namespace

Status SpanFixer::Fix(Span& span, const SpanRecord& record, Arena& arena) {
  ApplyIds(span, record, arena);
  ApplyFindings(span, record, arena);
  FixIps(span.attributes, arena);
  FixResource(span, arena);
  FixLinks(span, arena);
  if (arena.exhausted()) {
    return Error{ErrorCode::kResourceExhausted,
                 "the trace needs more memory than a request may hold"};
  }
  return {};
}

void SpanFixer::ApplyIds(Span& span, const SpanRecord& record, Arena& arena) const {
  span.span_id = record.id;
  if (span.parent_span_id != record.parent_id) {
    if (dialect_ == AdjustDialect::kJaeger) {
      ReplaceParentReference(span, record.parent_id, arena);
    }
    span.parent_span_id = record.parent_id;
  }
}

void SpanFixer::ApplyFindings(Span& span, const SpanRecord& record, Arena& arena) const {
  if (record.findings == 0) {
    return;
  }
  if ((record.findings & kDuplicateId) != 0) {
    Warn(span, arena, "duplicate span IDs; skipping clock skew adjustment");
  }
  if ((record.findings & kParentMissing) != 0) {
    const std::string parent = Hex16(record.parent_id);
    Warn(span, arena,
         dialect_ == AdjustDialect::kJaeger
             ? "invalid parent span IDs=" + parent + "; skipping clock skew adjustment"
             : "parent span ID=" + parent + " is not in the trace; skipping clock skew adjustment");
  }
  const std::string shift = FormatGoDuration(Nanoseconds(record.shift_ns));
  if ((record.findings & kSkewFound) != 0) {
    Warn(span, arena,
         max_skew_ == Nanoseconds(0)
             ? "clock skew adjustment disabled; not applying calculated delta of " + shift
             : "max clock skew adjustment delta of " + FormatGoDuration(max_skew_) +
                   " exceeded; not applying calculated delta of " + shift);
  }
  if ((record.findings & kSkewShifted) != 0) {
    span.start_time = AddSaturating(span.start_time, Nanoseconds(record.shift_ns));
    for (Event& event : span.events) {
      event.time = AddSaturating(event.time, Nanoseconds(record.shift_ns));
    }
    Warn(span, arena, "This span's timestamps were adjusted by " + shift);
  }
}

void SpanFixer::FixResource(Span& span, Arena& arena) {
  // What moves is set apart at the end of the span's attributes.
  auto kept_end = span.attributes.end();
  if (std::any_of(span.attributes.begin(), span.attributes.end(),
                  [](const Attribute& attribute) { return IsLibraryKey(attribute.key); })) {
    kept_end = std::stable_partition(
        span.attributes.begin(), span.attributes.end(),
        [](const Attribute& attribute) { return !IsLibraryKey(attribute.key); });
  }
  const std::span<Attribute> moving(kept_end, span.attributes.end());
  if (moving.empty() && span.resource == last_resource_) {
    span.resource = last_fixed_;
    return;
  }
  const Resource* const original = span.resource;
  auto* const fixed = arena.Allocate<Resource>(1);
  const std::size_t size = original->attributes.size() + moving.size();
  auto* const attributes = arena.Allocate<Attribute>(size);
  if (fixed == nullptr || (attributes == nullptr && size > 0)) {
    return;
  }
  *fixed = *original;
  Attribute* next = std::copy(original->attributes.begin(), original->attributes.end(), attributes);
  std::size_t staying = 0;
  for (const Attribute& attribute : moving) {
    const Attribute* const there = FindAttribute(original->attributes, attribute.key);
    if (dialect_ == AdjustDialect::kJaeger || there == nullptr) {
      *next++ = attribute;
    } else if (!SameValue(there->value, attribute.value)) {
      moving[staying++] = attribute;
      Warn(span, arena,
           "conflicting values between Span and Resource for attribute " +
               std::string(attribute.key));
    }
  }
  fixed->attributes = {attributes, static_cast<std::size_t>(next - attributes)};
  const auto kept = static_cast<std::size_t>(kept_end - span.attributes.begin());
  span.attributes = span.attributes.first(kept + staying);
  SortAttributes(span.attributes);
  FixIps(fixed->attributes, arena);
  SortAttributes(fixed->attributes);
  span.resource = fixed;
  if (moving.empty()) {
    last_resource_ = original;
    last_fixed_ = fixed;
  }
}

void SpanFixer::FixLinks(Span& span, Arena& arena) const {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < span.links.size(); ++i) {
    const Link& link = span.links[i];
    if (link.trace_id.IsZero()) {
      Warn(span, arena,
           dialect_ == AdjustDialect::kJaeger ? RemovedReferenceWarning(link)
                                              : "Invalid span link removed");
    } else {
      span.links[kept++] = link;
    }
  }
  span.links = span.links.first(kept);
  if (dialect_ == AdjustDialect::kJaeger) {
    MoveParentReferenceToFront(span);
  }
}

}  // namespace pugmark
