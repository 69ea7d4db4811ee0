// Every decoder under limits that are soon reached: the first byte says which.
#include "proto/codec/api_v2_decoder.h"
#include "proto/codec/thrift_batch.h"
#include "tests/fuzz/decoded_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pugmark;
  if (size == 0) {
    return 0;
  }
  BatchLimits limits;
  limits.max_spans = 4;
  limits.max_attributes = 3;
  limits.max_events = 2;
  limits.max_links = 2;
  limits.max_value_bytes = 10;
  limits.max_arena_bytes = std::size_t{16} << (data[0] >> 4);
  SpanBatch batch(fuzz::ToBytes(data + 1, size - 1), limits);
  switch (data[0] & 3) {
    case 0:
      fuzz::CheckDecoded(batch, DecodeAgentMessage(ThriftProtocol::kCompact, batch));
      break;
    case 1:
      fuzz::CheckDecoded(batch, DecodeAgentMessage(ThriftProtocol::kBinary, batch));
      break;
    case 2:
      fuzz::CheckDecoded(batch, DecodeThriftBatch(ThriftProtocol::kBinary, batch));
      break;
    default:
      fuzz::CheckDecoded(batch, DecodePostSpansRequest(batch));
  }
  return 0;
}
