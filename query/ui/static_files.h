// The files of a folder, looked up by exact name: the folder is listed once, at the start, and no
// request ever becomes a path. What is not a plain file inside the folder (links out of it,
// devices) is not in the list.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace pugmark {

class StaticFiles {
 public:
  struct File {
    std::string path;  // in the file system
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
  };

  // kInvalidArgument where the folder cannot be listed, or holds too much.
  static Result<StaticFiles> List(const std::string& folder);

  // `name` is relative to the folder, decoded, with '/' between its parts; null for none.
  [[nodiscard]] const File* Find(std::string_view name) const;
  // The whole file; kNotFound when it is gone or has become something else.
  static Result<std::string> Read(const File& file);
  [[nodiscard]] std::size_t size() const { return files_.size(); }

 private:
  std::map<std::string, File, std::less<>> files_;
};

// By the ending of the name; application/octet-stream for others.
std::string_view ContentTypeOf(std::string_view name);

}  // namespace pugmark
