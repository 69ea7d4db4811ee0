// Whose adjusters are meant: the two generations of Jaeger's APIs adjust traces in different ways
// (reference 3.9).
#pragma once

#include <cstdint>

namespace pugmark {

enum class AdjustDialect : std::uint8_t {
  kJaeger,  // /api and api_v2 as of 1.76: works on tags, references and processes
  kOtlp,    // api_v3 as of 2.20: works on attributes, links and resources
};

}  // namespace pugmark
