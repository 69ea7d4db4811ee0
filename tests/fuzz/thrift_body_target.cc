#include "proto/codec/thrift_batch.h"
#include "tests/fuzz/decoded_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pugmark;
  SpanBatch batch(fuzz::ToBytes(data, size));
  fuzz::CheckDecoded(batch, DecodeThriftBatch(ThriftProtocol::kBinary, batch));
  return 0;
}
