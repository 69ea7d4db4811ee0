#include "proto/codec/otlp_decoder.h"
#include "tests/fuzz/decoded_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pugmark;
  SpanBatch batch(fuzz::ToBytes(data, size));
  fuzz::CheckDecoded(batch, DecodeOtlp(batch));
  return 0;
}
