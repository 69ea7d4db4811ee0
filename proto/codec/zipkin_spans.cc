#include "proto/codec/zipkin_spans.h"

#include <arpa/inet.h>

#include <array>
#include <string>

#include "common/base/bytes.h"

namespace pugmark {

std::string_view ZipkinEndpoint::IpText(Arena& arena) const {
  if (!ipv4.empty()) {
    return ipv4;
  }
  if (ipv4_number != 0) {
    std::array<char, 4> bytes;
    StoreBig32(bytes.data(), ipv4_number);
    return AddressText(arena, {bytes.data(), bytes.size()});
  }
  return ipv6.empty() ? AddressText(arena, ipv6_bytes) : ipv6;
}

std::string_view AddressText(Arena& arena, std::string_view bytes) {
  if (bytes.size() != 4 && bytes.size() != 16) {
    return {};
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
  return arena.CopyText(text.data());
}

std::string_view NormalIpv6(Arena& arena, std::string_view text) {
  std::array<char, 16> bytes{};
  if (text.size() >= INET6_ADDRSTRLEN ||
      inet_pton(AF_INET6, std::string(text).c_str(), bytes.data()) != 1) {
    return text;
  }
  return AddressText(arena, {bytes.data(), bytes.size()});
}

void ZipkinSpanList::Add(const Span& span, const Resource& resource) {
  const bool shared =
      resources_.size() > 0 &&
      SameResource(resources_.At(resources_.size() - 1).resource, resource) &&
      resources_.At(resources_.size() - 1).resource.has_service_name == resource.has_service_name;
  if (!shared) {
    resources_.Add({resource, 0});
  }
  spans_.Add(span);
  if (resources_.size() > 0) {
    resources_.At(resources_.size() - 1).end = spans_.size();
  }
}

DecodeError ZipkinSpanList::Finish(SourceFormat format) {
  if (spans_.dropped() > 0) {
    return DecodeError::kTooManySpans;
  }
  const std::span<Span> spans = spans_.CopyTo(batch_.arena());
  auto* const resources = batch_.arena().Allocate<Resource>(resources_.size());
  if (batch_.arena().exhausted()) {
    return DecodeError::kTooLarge;
  }
  std::size_t span = 0;
  for (std::size_t i = 0; i < resources_.size(); ++i) {
    resources[i] = resources_.At(i).resource;
    for (; span < resources_.At(i).end; ++span) {
      spans[span].resource = &resources[i];
    }
  }
  batch_.SetContents(spans, {resources, resources_.size()});
  batch_.format = format;
  return DecodeError::kNone;
}

}  // namespace pugmark
