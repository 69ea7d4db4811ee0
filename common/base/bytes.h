// Loads and stores of fixed-width integers at unaligned addresses. The caller has checked the
// length.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

namespace pugmark {

static_assert(std::endian::native == std::endian::little,
              "loads below swap for big-endian formats");

template <typename T>
[[nodiscard]] inline T LoadLittle(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

[[nodiscard]] inline std::uint16_t LoadBig16(const void* from) {
  return __builtin_bswap16(LoadLittle<std::uint16_t>(from));
}
[[nodiscard]] inline std::uint32_t LoadBig32(const void* from) {
  return __builtin_bswap32(LoadLittle<std::uint32_t>(from));
}
[[nodiscard]] inline std::uint64_t LoadBig64(const void* from) {
  return __builtin_bswap64(LoadLittle<std::uint64_t>(from));
}

inline void StoreBig32(void* to, std::uint32_t value) {
  value = __builtin_bswap32(value);
  std::memcpy(to, &value, sizeof value);
}
inline void StoreBig64(void* to, std::uint64_t value) {
  value = __builtin_bswap64(value);
  std::memcpy(to, &value, sizeof value);
}

inline void AppendBig32(std::string& out, std::uint32_t value) {
  char bytes[4];
  StoreBig32(bytes, value);
  out.append(bytes, sizeof bytes);
}
inline void AppendBig64(std::string& out, std::uint64_t value) {
  char bytes[8];
  StoreBig64(bytes, value);
  out.append(bytes, sizeof bytes);
}

}  // namespace pugmark
