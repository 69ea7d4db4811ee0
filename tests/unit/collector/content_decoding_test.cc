#include "collector/pipeline/content_decoding.h"

#include <libdeflate.h>
#include <zstd.h>

#include <catch2/catch.hpp>
#include <random>

namespace pugmark {
namespace {

std::string Deflate(std::string_view format, std::string_view text) {
  libdeflate_compressor* const compressor = libdeflate_alloc_compressor(6);
  std::string out(text.size() + 1024, '\0');
  const std::size_t size =
      format == "gzip"
          ? libdeflate_gzip_compress(compressor, text.data(), text.size(), out.data(), out.size())
      : format == "zlib"
          ? libdeflate_zlib_compress(compressor, text.data(), text.size(), out.data(), out.size())
          : libdeflate_deflate_compress(compressor, text.data(), text.size(), out.data(),
                                        out.size());
  libdeflate_free_compressor(compressor);
  out.resize(size);
  return out;
}

std::string Zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

// As a client that does not know the size beforehand sends it.
std::string StreamedZstd(std::string_view text, int window_log) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(text.size()) + 1024, '\0');
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  ZSTD_inBuffer input{text.data(), text.size(), 0};
  ZSTD_compressStream2(context, &output, &input, ZSTD_e_continue);
  ZSTD_compressStream2(context, &output, &input, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  out.resize(output.pos);
  return out;
}

std::string Encode(std::string_view encoding, std::string_view text) {
  if (encoding == "zstd") {
    return Zstd(text);
  }
  return Deflate(encoding == "deflate" ? "zlib" : encoding, text);
}

std::string SomeText(std::size_t size) {
  std::string text;
  std::mt19937 random(7);
  while (text.size() < size) {
    text += "GET /orders/" + std::to_string(random() % 1000) + ";";
  }
  text.resize(size);
  return text;
}

TEST_CASE("content decoding: what was encoded comes back", "[collector]") {
  const std::string encoding = GENERATE("gzip", "x-gzip", "GZIP", "zlib", "deflate", "zstd");
  const std::size_t size = GENERATE(0, 1, 1'000, 5'000'000);
  CAPTURE(encoding, size);
  const std::string text = SomeText(size);
  const std::string name = encoding == "x-gzip" || encoding == "GZIP" ? "gzip" : encoding;
  const auto decoded = DecodeContent(encoding, Encode(name, text), {});
  REQUIRE(decoded.ok());
  CHECK(*decoded == text);
}

TEST_CASE("content decoding: streams in other shapes", "[collector]") {
  const std::string text = SomeText(300'000);
  SECTION("deflate without a zlib header") {
    const auto decoded = DecodeContent("deflate", Deflate("raw", text), {});
    REQUIRE(decoded.ok());
    CHECK(*decoded == text);
  }
  SECTION("gzip of several members") {
    const auto decoded = DecodeContent("gzip", Deflate("gzip", text) + Deflate("gzip", "end"), {});
    REQUIRE(decoded.ok());
    CHECK(*decoded == text + "end");
  }
  SECTION("gzip that lies about its size") {
    const std::string size = GENERATE(std::string(4, '\0'), std::string(4, '\xff'));
    std::string encoded = Deflate("gzip", text);
    encoded.replace(encoded.size() - 4, 4, size);
    const auto decoded = DecodeContent("gzip", encoded, {});
    CHECK_FALSE(decoded.ok());
    CHECK(decoded.error().code == ErrorCode::kInvalidArgument);
  }
  SECTION("zstd of unknown size") {
    const auto decoded = DecodeContent("zstd", StreamedZstd(text, 17), {});
    REQUIRE(decoded.ok());
    CHECK(*decoded == text);
  }
  SECTION("zstd of several frames") {
    const auto decoded = DecodeContent("zstd", Zstd(text) + StreamedZstd("end", 10), {});
    REQUIRE(decoded.ok());
    CHECK(*decoded == text + "end");
  }
}

TEST_CASE("content decoding: bombs are stopped", "[collector]") {
  const std::string encoding = GENERATE("gzip", "zlib", "deflate", "zstd");
  CAPTURE(encoding);
  SECTION("by size") {
    DecodingLimits limits;
    limits.max_bytes = 1'000'000;
    limits.max_ratio = 1'000'000;
    const auto fits = DecodeContent(encoding, Encode(encoding, std::string(999'999, 'x')), limits);
    CHECK(fits.ok());
    const auto bomb =
        DecodeContent(encoding, Encode(encoding, std::string(1'000'001, 'x')), limits);
    REQUIRE_FALSE(bomb.ok());
    CHECK(bomb.error().code == ErrorCode::kResourceExhausted);
  }
  SECTION("by ratio, once there is enough of it") {
    CHECK(DecodeContent(encoding, Encode(encoding, std::string(60'000, 'x')), {}).ok());
    const auto bomb = DecodeContent(encoding, Encode(encoding, std::string(10'000'000, 'x')), {});
    REQUIRE_FALSE(bomb.ok());
    CHECK(bomb.error().code == ErrorCode::kResourceExhausted);
  }
}

TEST_CASE("content decoding: a window beyond 8 MiB is refused", "[collector]") {
  const std::string encoded = StreamedZstd(SomeText(100'000), 27);
  const auto decoded = DecodeContent("zstd", encoded, {});
  REQUIRE_FALSE(decoded.ok());
  CHECK(decoded.error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("content decoding: every truncation and much damage fails cleanly", "[collector]") {
  const std::string encoding = GENERATE("gzip", "zlib", "zstd");
  CAPTURE(encoding);
  const std::string whole = Encode(encoding, SomeText(2'000));
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    CAPTURE(cut);
    CHECK_FALSE(DecodeContent(encoding, whole.substr(0, cut), {}).ok());
  }
  std::mt19937 random(11);
  for (int round = 0; round < 2'000; ++round) {
    std::string damaged = whole;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    const auto decoded = DecodeContent(encoding, damaged, {});
    if (!decoded.ok()) {
      CHECK_FALSE(decoded.error().message.empty());
    }
  }
  CHECK_FALSE(DecodeContent(encoding, whole + "x", {}).ok());
}

TEST_CASE("content decoding: encodings that are not known are named", "[collector]") {
  const std::string encoding = GENERATE("brotli9", "br", "gzip, gzip", "lz4");
  const auto decoded = DecodeContent(encoding, "x", {});
  REQUIRE_FALSE(decoded.ok());
  CHECK(decoded.error().message == "unsupported Content-Encoding: " + encoding);
  CHECK(IsIdentity(""));
  CHECK(IsIdentity("Identity"));
  CHECK_FALSE(IsIdentity("gzip"));
}

}  // namespace
}  // namespace pugmark
