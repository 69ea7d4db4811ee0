// What produced a span: Resource (OpenTelemetry's word; Jaeger's is process) and instrumentation
// Scope. Both live in the batch of their spans and are shared by many of them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "common/model/attribute.h"

namespace pugmark {

struct Resource {
  std::string_view service_name;  // apart from the attributes, which do not repeat it
  std::span<Attribute> attributes;
  std::string_view schema_url;
  std::uint32_t dropped_attributes = 0;
  bool has_service_name =
      false;  // false: the client sent none; the sanitizers then put a name in its place
};

struct Scope {
  std::string_view name;
  std::string_view version;
  std::span<Attribute> attributes;
  std::string_view schema_url;
  std::uint32_t dropped_attributes = 0;
};

[[nodiscard]] bool SameResource(const Resource& a, const Resource& b);
[[nodiscard]] bool SameScope(const Scope& a, const Scope& b);

}  // namespace pugmark
