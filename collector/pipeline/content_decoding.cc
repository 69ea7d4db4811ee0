#include "collector/pipeline/content_decoding.h"

#include <libdeflate.h>
#include <zstd.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <utility>

#include "common/base/bytes.h"

namespace pugmark {
namespace {

constexpr std::size_t kGzipTrailerBytes = 8;
constexpr std::size_t kMostGzipMembers = 64;  // each costs some time even when it is empty
constexpr std::size_t kLeastGuess = std::size_t{4} << 10;
constexpr int kZstdWindowLog = 23;  // 8 MiB: what zstd's own levels use at most without asking

Error TooLarge(std::string_view encoding, std::size_t most) {
  return {ErrorCode::kResourceExhausted,
          std::string(encoding) + ": want at most " + std::to_string(most) + " bytes when decoded"};
}

Error Malformed(std::string_view encoding) {
  return InvalidArgument("the body is not valid " + std::string(encoding));
}

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const {
    libdeflate_free_decompressor(decompressor);
  }
};

// One for each thread: it is 30 KiB large and has no state between calls.
libdeflate_decompressor* ThreadDecompressor() {
  static thread_local const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(
      libdeflate_alloc_decompressor());
  return decompressor.get();
}

// Decodes one member or stream of a DEFLATE format from the front of `in` to the end of `out`,
// which grows as needed up to `most` bytes.
template <typename Decompress>
Status AppendInflated(std::string_view encoding, std::string_view& in, std::string& out,
                      std::size_t guess, std::size_t most, const Decompress& decompress) {
  const std::size_t before = out.size();
  std::size_t room = std::clamp(guess, kLeastGuess, std::max(kLeastGuess, most));
  for (;;) {
    room = std::min(room, most - before);
    out.resize(before + room);
    std::size_t used = 0;
    std::size_t made = 0;
    const libdeflate_result result =
        decompress(in.data(), in.size(), out.data() + before, room, &used, &made);
    if (result == LIBDEFLATE_SUCCESS) {
      in.remove_prefix(used);
      out.resize(before + made);
      return {};
    }
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE) {
      return Malformed(encoding);
    }
    if (room == most - before) {
      return TooLarge(encoding, most);
    }
    room *= 2;
  }
}

// RFC 1952: one or more members. The size at the end is a guess that its sender made.
Result<std::string> DecodeGzip(std::string_view body, std::size_t most) {
  std::string out;
  std::size_t guess =
      body.size() < kGzipTrailerBytes
          ? 0
          : LoadLittle<std::uint32_t>(body.data() + body.size() - sizeof(std::uint32_t));
  for (std::size_t members = 0; members == 0 || !body.empty(); ++members) {
    if (members == kMostGzipMembers) {
      return Malformed("gzip");
    }
    auto status = AppendInflated("gzip", body, out, guess, most, [](auto... arguments) {
      return libdeflate_gzip_decompress_ex(ThreadDecompressor(), arguments...);
    });
    if (!status.ok()) {
      return std::move(status).error();
    }
    guess = 0;
  }
  return out;
}

// RFC 1950; for "deflate" also the bare stream of RFC 1951 that some clients send.
Result<std::string> DecodeZlib(std::string_view encoding, std::string_view body, std::size_t most) {
  std::string out;
  std::string_view rest = body;
  const std::size_t guess = std::min(body.size(), most / 8) * 8;
  auto status = AppendInflated(encoding, rest, out, guess, most, [](auto... arguments) {
    return libdeflate_zlib_decompress_ex(ThreadDecompressor(), arguments...);
  });
  if (!status.ok() && status.error().code == ErrorCode::kInvalidArgument && encoding == "deflate") {
    out.clear();
    rest = body;
    status = AppendInflated(encoding, rest, out, guess, most, [](auto... arguments) {
      return libdeflate_deflate_decompress_ex(ThreadDecompressor(), arguments...);
    });
  }
  if (!status.ok()) {
    return std::move(status).error();
  }
  if (!rest.empty()) {
    return Malformed(encoding);
  }
  return out;
}

struct FreeZstdStream {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

Result<std::string> DecodeZstd(std::string_view body, std::size_t most) {
  static thread_local const std::unique_ptr<ZSTD_DStream, FreeZstdStream> stream(
      ZSTD_createDStream());
  ZSTD_DCtx_reset(stream.get(), ZSTD_reset_session_only);
  ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, kZstdWindowLog);
  const unsigned long long declared = ZSTD_getFrameContentSize(body.data(), body.size());
  std::string out;
  // A byte more than declared: the end of the frame is then seen without growing.
  out.resize(
      std::min(most, declared < most ? static_cast<std::size_t>(declared) + 1 : kLeastGuess));
  ZSTD_inBuffer in{body.data(), body.size(), 0};
  std::size_t made = 0;
  for (;;) {
    ZSTD_outBuffer piece{out.data(), out.size(), made};
    const std::size_t left = ZSTD_decompressStream(stream.get(), &piece, &in);
    made = piece.pos;
    if (ZSTD_isError(left) != 0) {
      return Malformed("zstd");
    }
    if (in.pos == in.size && left == 0) {
      out.resize(made);
      return out;
    }
    if (made < out.size()) {
      if (in.pos == in.size) {
        return Malformed("zstd");  // ends inside a frame
      }
      continue;
    }
    if (out.size() == most) {
      return TooLarge("zstd", most);
    }
    out.resize(std::min(most, out.size() * 2));
  }
}

std::string ToLower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return lower;
}

}  // namespace

std::size_t DecodingLimits::MostBytes(std::size_t encoded_bytes) const {
  const std::size_t by_ratio =
      encoded_bytes > max_bytes / max_ratio ? max_bytes : encoded_bytes * max_ratio;
  return std::min(max_bytes, std::max(free_bytes, by_ratio));
}

bool IsIdentity(std::string_view encoding) {
  return encoding.empty() || ToLower(encoding) == "identity";
}

Result<std::string> DecodeContent(std::string_view encoding, std::string_view body,
                                  const DecodingLimits& limits) {
  const std::string name = ToLower(encoding);
  const std::size_t most = limits.MostBytes(body.size());
  if (name == "gzip" || name == "x-gzip") {
    return DecodeGzip(body, most);
  }
  if (name == "zlib" || name == "deflate") {
    return DecodeZlib(name, body, most);
  }
  if (name == "zstd") {
    return body.empty() ? Malformed(name) : DecodeZstd(body, most);
  }
  return InvalidArgument("unsupported Content-Encoding: " + std::string(encoding));
}

}  // namespace pugmark
