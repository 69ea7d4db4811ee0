#include "proto/codec/api_v2_decoder.h"
#include "tests/fuzz/decoded_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pugmark;
  SpanBatch batch(fuzz::ToBytes(data, size));
  fuzz::CheckDecoded(batch, DecodePostSpansRequest(batch));
  return 0;
}
