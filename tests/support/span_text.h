// Spans as text that names everything a span holds: two spans with the same text are equal, and a
// failing comparison shows where they differ.
#pragma once

#include <span>
#include <string>

#include "common/model/span.h"

namespace pugmark::testing {

std::string Describe(const Value& value);
std::string Describe(const Resource& resource);
std::string Describe(const Span& span);
std::string Describe(std::span<const Span> spans);

}  // namespace pugmark::testing
