#include "proto/codec/zipkin_json.h"

#include "common/base/hex.h"
#include "proto/codec/text_limits.h"

namespace pugmark {

void ZipkinJson::ReadTraceId(TraceId& id) {
  std::string_view text = cursor_.ReadString();
  id = TraceId();
  bool good = text.size() <= 32;
  if (good && text.size() > 16) {
    good = ParseHex(text.substr(0, text.size() - 16), id.high);
    text.remove_prefix(text.size() - 16);
  }
  if (cursor_.ok() && (!good || !ParseHex(text, id.low))) {
    cursor_.Fail(DecodeError::kBadId);
  }
}

void ZipkinJson::ReadSpanId(SpanId& id) {
  id = 0;
  if (cursor_.TakeNull()) {
    return;
  }
  const std::string_view text = cursor_.ReadString();
  if (cursor_.ok() && !ParseHex(text, id)) {
    cursor_.Fail(DecodeError::kBadId);
  }
}

ZipkinEndpoint ZipkinJson::ReadEndpoint() {
  ZipkinEndpoint endpoint;
  cursor_.EachMember([&](std::string_view key) {
    if (key == "serviceName") {
      endpoint.service_name = ReadText();
    } else if (key == "ipv4") {
      endpoint.ipv4 = ReadText();
    } else if (key == "ipv6") {
      endpoint.ipv6 = NormalIpv6(batch_.arena(), ReadText());
    } else if (key == "port") {
      endpoint.port = static_cast<std::uint16_t>(cursor_.ReadInt64());
    } else {
      return false;
    }
    return true;
  });
  return endpoint;
}

std::string_view ZipkinJson::ReadScalarText() {
  switch (cursor_.Peek()) {
    case 't':
    case 'f':
      return cursor_.ReadBool() ? "true" : "false";
    case '"':
      return ReadText();
    default:
      return cursor_.ReadNumberText();
  }
}

std::string_view ZipkinJson::Cut(std::string_view text) {
  return text.size() > batch_.limits().max_value_bytes ? CutText(batch_, text) : text;
}

}  // namespace pugmark
