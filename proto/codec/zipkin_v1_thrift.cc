// Zipkin's v1 Thrift: a bare list<zipkincore.Span> in a body, and Agent.emitZipkinBatch in a
// datagram.
#include "proto/codec/zipkin_agent_translator.h"
#include "proto/codec/zipkin_decoder.h"
#include "proto/codec/zipkin_thrift.h"
#include "proto/codec/zipkin_v1_translator.h"

namespace pugmark {
namespace {

template <typename Reader, typename Translator>
DecodeStatus Finish(Reader& reader, Translator& translator) {
  if (reader.cursor().ok()) {
    if (const DecodeError error = translator.Finish(); error != DecodeError::kNone) {
      reader.cursor().Fail(error);
    }
  }
  return reader.cursor().status();
}

template <typename Cursor>
DecodeStatus DecodeMessage(SpanBatch& batch) {
  ZipkinThriftReader<Cursor> reader(batch);
  ZipkinAgentTranslator translator(batch);
  Cursor& cursor = reader.cursor();
  const std::string_view method = cursor.ReadMessageName();
  if (cursor.ok() && method != "emitZipkinBatch") {
    cursor.Fail(DecodeError::kUnknownMethod);
  }
  bool found = false;
  std::int16_t id = 0;
  std::uint8_t type = 0;
  while (cursor.NextField(id, type)) {
    if (id != 1 || type != Cursor::kList) {
      cursor.Skip(type);
      continue;
    }
    found = true;
    reader.EachSpan([&](const ZipkinV1Span& span) {
      if (!translator.Add(span)) {
        cursor.Fail(DecodeError::kMalformed);
      }
    });
  }
  if (cursor.ok() && !found) {
    cursor.Fail(DecodeError::kMalformed);
  }
  return Finish(reader, translator);
}

}  // namespace

DecodeStatus DecodeZipkinV1Thrift(SpanBatch& batch) {
  ZipkinThriftReader<BinaryCursor> reader(batch);
  ZipkinV1Translator translator(batch);
  reader.EachSpan([&](const ZipkinV1Span& span) { translator.Add(span); });
  return Finish(reader, translator);
}

DecodeStatus DecodeZipkinAgentMessage(ThriftProtocol protocol, SpanBatch& batch) {
  return protocol == ThriftProtocol::kCompact ? DecodeMessage<CompactCursor>(batch)
                                              : DecodeMessage<BinaryCursor>(batch);
}

}  // namespace pugmark
