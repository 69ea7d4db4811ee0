// Tags of Zipkin spans that mean more than an attribute, as the OpenTelemetry collector reads them:
// what belongs to the resource, to the scope, to the status.
#pragma once

#include <cstdint>
#include <string_view>

namespace pugmark {

enum class ZipkinTag : std::uint8_t {
  kAttribute,  // any other
  kResource,
  kStatusCode,
  kStatusDescription,
  kError,
  kSpanKind,
  kTraceState,
  kScopeName,
  kScopeVersion,
  kLink,
};

[[nodiscard]] ZipkinTag ClassifyZipkinTag(std::string_view key);

}  // namespace pugmark
