// The version of the layout, kept under kSchemaKey.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/result.h"

namespace pugmark::rocks {

inline constexpr std::uint32_t kSchemaVersion = 1;

inline std::string SchemaValue(std::uint32_t version = kSchemaVersion) {
  std::string value;
  AppendBig32(value, version);
  return value;
}

// OK for the version that this program reads and writes.
inline Status CheckSchemaValue(std::string_view value, const std::string& directory) {
  if (value.size() != sizeof(std::uint32_t)) {
    return Error{ErrorCode::kDataLoss, directory + ": the format version cannot be read"};
  }
  const std::uint32_t version = LoadBig32(value.data());
  if (version != kSchemaVersion) {
    return Error{ErrorCode::kFailedPrecondition,
                 directory + ": the store has format version " + std::to_string(version) +
                     ", this program reads version " + std::to_string(kSchemaVersion)};
  }
  return {};
}

}  // namespace pugmark::rocks
