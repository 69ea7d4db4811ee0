#include "storage/rocks/block.h"

#include <xxhash.h>
#include <zstd.h>

#include "storage/rocks/byte_cursor.h"

namespace pugmark::rocks {
namespace {

constexpr std::size_t kLengthBytes = sizeof(std::uint32_t);

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// One per thread that reads: making one costs more than unpacking a small block.
ZSTD_DCtx* UnpackContext() {
  static thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  return context.get();
}

ContentHash HashBytes(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

}  // namespace

SpanKind SpanRecord::kind() const {
  const auto kind = At<std::uint8_t>(kSpanKindAt);
  return kind <= static_cast<std::uint8_t>(SpanKind::kConsumer) ? static_cast<SpanKind>(kind)
                                                                : SpanKind::kUnspecified;
}

StatusCode SpanRecord::status() const {
  const auto status = At<std::uint8_t>(kSpanStatusAt);
  return status <= static_cast<std::uint8_t>(StatusCode::kError) ? static_cast<StatusCode>(status)
                                                                 : StatusCode::kUnset;
}

SourceFormat SpanRecord::format() const {
  const auto format = At<std::uint8_t>(kSpanFormatAt);
  return format <= static_cast<std::uint8_t>(SourceFormat::kZipkin)
             ? static_cast<SourceFormat>(format)
             : SourceFormat::kUnknown;
}

std::string_view SpanRecord::name() const {
  ByteCursor cursor(bytes_.substr(kSpanRestAt));
  for (int i = 0; i < kNumbersBeforeName; ++i) {
    (void)cursor.Varint();
  }
  return cursor.Text();
}

Status Block::Fail(std::string_view what) {
  spans_.clear();
  resources_.clear();
  scopes_.clear();
  return Error{ErrorCode::kDataLoss, "block: " + std::string(what)};
}

Status Block::Load(std::string_view value) {
  spans_.clear();
  resources_.clear();
  scopes_.clear();
  resource_hashes_.clear();
  scope_hashes_.clear();

  ByteCursor cursor(value);
  const std::uint8_t version = cursor.Byte();
  const auto compression = static_cast<BlockCompression>(cursor.Byte());
  const auto body_bytes = cursor.Fixed<std::uint32_t>();
  const auto spans_bytes = cursor.Fixed<std::uint32_t>();
  const auto resources_bytes = cursor.Fixed<std::uint32_t>();
  const auto span_count = cursor.Fixed<std::uint32_t>();
  const auto resource_count = cursor.Fixed<std::uint32_t>();
  const auto scope_count = cursor.Fixed<std::uint32_t>();
  if (!cursor.ok()) {
    return Fail("header cut short");
  }
  if (version != kBlockVersion) {
    return Fail("want version " + std::to_string(kBlockVersion) + ", got " +
                std::to_string(version));
  }
  if (body_bytes > kMaxBlockBytes || spans_bytes > body_bytes ||
      resources_bytes > body_bytes - spans_bytes) {
    return Fail("sizes in the header do not fit");
  }
  if (const Status unpacked = Unpack(compression, cursor.Raw(cursor.left()), body_bytes);
      !unpacked) {
    return unpacked;
  }
  resources_begin_ = spans_bytes;
  scopes_begin_ = spans_bytes + resources_bytes;
  if (!Split(0, resources_begin_, span_count, kSpanRestAt, spans_) ||
      !Split(resources_begin_, scopes_begin_, resource_count, kLengthBytes + 1, resources_) ||
      !Split(scopes_begin_, body_bytes, scope_count, kLengthBytes, scopes_)) {
    return Fail("records do not fill their section");
  }
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    if (span(i).resource() > resource_count || span(i).scope() > scope_count) {
      return Fail("a span names a resource or scope that is not there");
    }
  }
  return {};
}

Status Block::Unpack(BlockCompression compression, std::string_view packed,
                     std::uint32_t body_bytes) {
  if (compression == BlockCompression::kNone) {
    if (packed.size() != body_bytes) {
      return Fail("want a body of " + std::to_string(body_bytes) + " bytes, got " +
                  std::to_string(packed.size()));
    }
    body_.assign(packed);
    return {};
  }
  if (compression != BlockCompression::kZstd) {
    return Fail("unknown compression");
  }
  // The frame says the size too: a header that lies reserves nothing.
  if (ZSTD_getFrameContentSize(packed.data(), packed.size()) != body_bytes) {
    return Fail("compressed frame of another size");
  }
  body_.resize(body_bytes);
  const std::size_t written = ZSTD_decompressDCtx(UnpackContext(), body_.data(), body_.size(),
                                                  packed.data(), packed.size());
  if (ZSTD_isError(written) != 0 || written != body_bytes) {
    return Fail("damaged compressed frame");
  }
  return {};
}

bool Block::Split(std::uint32_t begin, std::uint32_t end, std::uint32_t count,
                  std::size_t least_bytes, Offsets& offsets) const {
  if (count > (end - begin) / least_bytes) {
    return false;
  }
  offsets.reserve(count);
  std::uint32_t at = begin;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (end - at < least_bytes) {
      return false;
    }
    const auto length = LoadLittle<std::uint32_t>(body_.data() + at);
    if (length > end - at - kLengthBytes || length + kLengthBytes < least_bytes) {
      return false;
    }
    offsets.push_back(at);
    at += static_cast<std::uint32_t>(kLengthBytes) + length;
  }
  return at == end;
}

std::string_view Block::ServiceName(const SpanRecord& record) const {
  if (record.resource() == 0) {
    return {};
  }
  ByteCursor cursor(resource(record.resource() - 1).substr(kLengthBytes + 1));
  return cursor.Text();
}

ContentHash Block::Hash(const SpanRecord& record) {
  if (resource_hashes_.size() != resources_.size() || scope_hashes_.size() != scopes_.size()) {
    for (std::size_t i = 0; i < resources_.size(); ++i) {
      // Without has_service_name, in which equal spans may differ.
      resource_hashes_.push_back(HashBytes(resource(i).substr(kLengthBytes + 1)));
    }
    for (std::size_t i = 0; i < scopes_.size(); ++i) {
      scope_hashes_.push_back(HashBytes(scope(i).substr(kLengthBytes)));
    }
  }
  const ContentHash parts[3] = {
      HashBytes(record.bytes().substr(kSpanTraceIdAt)),
      record.resource() == 0 ? ContentHash{} : resource_hashes_[record.resource() - 1],
      record.scope() == 0 ? ContentHash{} : scope_hashes_[record.scope() - 1]};
  return HashBytes({reinterpret_cast<const char*>(parts), sizeof parts});
}

std::size_t Block::bytes() const {
  return body_.capacity() +
         (spans_.capacity() + resources_.capacity() + scopes_.capacity()) * sizeof(std::uint32_t) +
         (resource_hashes_.capacity() + scope_hashes_.capacity()) * sizeof(ContentHash);
}

}  // namespace pugmark::rocks
