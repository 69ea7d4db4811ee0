// A repeatable stream of bad messages made from valid ones: what the agent's ports, the collector's
// bodies and, under the sanitizers, the decoders are fed with. The n-th input depends on the seed
// messages and n alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/codec/thrift_batch.h"

namespace pugmark::testing {

class MalformedInputs {
 public:
  // `messages`: whole agent messages of that protocol.
  MalformedInputs(ThriftProtocol protocol, std::vector<std::string> messages);

  // Reads the agent messages among the recorded inputs below `testdata`/golden/inputs.
  static MalformedInputs FromTestdata(ThriftProtocol protocol, const std::string& testdata);

  // First every seed message with each of its fields left out, then, in turn: cut off, bytes
  // changed, random bytes, empty, a length field set to a huge number, two messages spliced, and
  // oversized ones (up to 65,507 bytes).
  [[nodiscard]] std::string At(std::uint64_t n) const;
  [[nodiscard]] std::size_t left_out_count() const { return left_out_.size(); }

 private:
  std::vector<std::string> messages_;
  std::vector<std::string> left_out_;
};

}  // namespace pugmark::testing
