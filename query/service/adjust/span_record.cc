#include "query/service/adjust/span_record.h"

#include <arpa/inet.h>
#include <xxhash.h>

#include <array>
#include <string_view>

namespace pugmark {
namespace {

// Go's net.IP.String of 4 or 16 bytes; "" for any other length.
std::string IpText(std::string_view bytes) {
  constexpr std::string_view kMappedPrefix("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  if (bytes.size() == 16 && bytes.starts_with(kMappedPrefix)) {
    bytes.remove_prefix(kMappedPrefix.size());
  }
  if (bytes.size() != 4 && bytes.size() != 16) {
    return "";
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
  return text.data();
}

std::string JaegerHostKey(const Resource& resource) {
  const Attribute* const ip = FindAttribute(resource.attributes, "ip");
  if (ip == nullptr) {
    return "";
  }
  switch (ip->value.type()) {
    case ValueType::kString:
      return std::string(ip->value.text());
    case ValueType::kInt:
      return DottedIp(static_cast<std::uint32_t>(ip->value.integer()));
    case ValueType::kBytes:
      return IpText(ip->value.text());
    default:
      return "";
  }
}

std::string TextOf(const Attribute* attribute) {
  return attribute == nullptr ? "" : std::string(attribute->value.text());
}

std::string OtlpHostKey(const Resource& resource) {
  if (std::string id = TextOf(FindAttribute(resource.attributes, "host.id")); !id.empty()) {
    return id;
  }
  const Attribute* const ips = FindAttribute(resource.attributes, "host.ip");
  if (ips != nullptr && !ips->value.elements().empty() &&
      ips->value.elements().front().type() == ValueType::kString) {
    return std::string(ips->value.elements().front().text());
  }
  return TextOf(FindAttribute(resource.attributes, "host.name"));
}

// Jaeger's spans say their kind with the first tag of that key.
bool HasKindTag(const Span& span, std::string_view kind) {
  const Attribute* const tag = FindAttribute(span.attributes, "span.kind");
  return tag != nullptr && tag->value.type() == ValueType::kString && tag->value.text() == kind;
}

}  // namespace

std::string DottedIp(std::uint32_t address) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    text += std::to_string(address >> shift & 0xff);
    if (shift != 0) {
      text += '.';
    }
  }
  return text;
}

std::string HostKey(const Resource& resource, AdjustDialect dialect) {
  return dialect == AdjustDialect::kJaeger ? JaegerHostKey(resource) : OtlpHostKey(resource);
}

std::uint64_t HashContent(const Span& span) {
  // HashSpan leaves out what rarely tells spans apart; a wrong duplicate would be lost to the
  // reader.
  std::uint64_t hash = HashSpan(span);
  const auto mix = [&hash](const void* data, std::size_t size) {
    hash = XXH3_64bits_withSeed(data, size, hash);
  };
  const std::array<std::uint32_t, 3> numbers{span.flags, static_cast<std::uint32_t>(span.kind),
                                             static_cast<std::uint32_t>(span.status)};
  mix(numbers.data(), sizeof numbers);
  mix(span.trace_state.data(), span.trace_state.size());
  mix(span.status_message.data(), span.status_message.size());
  for (const std::string_view warning : span.warnings) {
    mix(warning.data(), warning.size());
  }
  return hash == 0 ? 1 : hash;
}

void SpanRecords::Add(const Span& span) {
  SpanRecord record;
  record.original_id = span.span_id;
  record.id = span.span_id;
  record.parent_id = span.parent_span_id;
  record.start_ns = span.start_time.time_since_epoch().count();
  record.duration_ns = span.duration.count();
  record.host = HostOf(*span.resource);
  if (dialect_ == AdjustDialect::kJaeger) {
    record.is_client = HasKindTag(span, "client");
    record.is_server = HasKindTag(span, "server");
  } else {
    record.is_client = span.kind == SpanKind::kClient;
    record.is_server = span.kind == SpanKind::kServer;
  }
  records_.push_back(record);
}

std::uint32_t SpanRecords::HostOf(const Resource& resource) {
  if (&resource != last_resource_) {
    std::string key = HostKey(resource, dialect_);
    last_resource_ = &resource;
    last_host_ =
        key.empty()
            ? 0
            : hosts_.try_emplace(std::move(key), static_cast<std::uint32_t>(hosts_.size() + 1))
                  .first->second;
  }
  return last_host_;
}

}  // namespace pugmark
