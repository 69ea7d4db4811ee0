// Straightforward translations of a parsed document tree, as a second opinion on the JSON decoders:
// no cursor, no fast path, no views.
#pragma once

#include <string>
#include <string_view>

namespace pugmark::testing {

struct JsonVerdict {
  bool accepted = false;
  // The document has something that the two read differently: a key twice in one object (the tree
  // keeps one), a surrogate escape (of which the tree's parser refuses a lone one), or -0 (which it
  // takes for an integer).
  bool incomparable = false;
  std::string contents;  // Describe() of the spans
};

// By the rules of otlp_json_decoder.h.
JsonVerdict OtlpJsonByOracle(std::string_view text);

// By the rules of zipkin_decoder.h, with the translators that the decoders use.
JsonVerdict ZipkinV2JsonByOracle(std::string_view text);
JsonVerdict ZipkinV1JsonByOracle(std::string_view text);

}  // namespace pugmark::testing
