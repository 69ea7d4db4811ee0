#include "query/ui/static_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

namespace pugmark {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 20'000;
constexpr std::uint64_t kMostFileBytes = std::uint64_t{64} << 20;

bool IsInside(const fs::path& folder, const fs::path& path) {
  const auto [end, at] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  const int fd_;
};

}  // namespace

Result<StaticFiles> StaticFiles::List(const std::string& folder) {
  std::error_code error;
  const fs::path root = fs::canonical(folder, error);
  fs::recursive_directory_iterator entries(root, error);
  if (error) {
    return InvalidArgument("cannot list " + folder + ": " + error.message());
  }
  StaticFiles files;
  for (; entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    if (error) {
      return InvalidArgument("cannot list " + folder + ": " + error.message());
    }
    const fs::path real = fs::canonical(entries->path(), error);
    struct stat status {};
    if (error || !IsInside(root, real) || ::stat(real.c_str(), &status) != 0 ||
        !S_ISREG(status.st_mode)) {
      error.clear();
      continue;
    }
    if (files.files_.size() == kMostFiles) {
      return InvalidArgument(folder + " holds more than " + std::to_string(kMostFiles) + " files");
    }
    files.files_[entries->path().lexically_relative(root).generic_string()] =
        File{real.string(), static_cast<std::uint64_t>(status.st_size),
             status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
  }
  return files;
}

const StaticFiles::File* StaticFiles::Find(std::string_view name) const {
  const auto found = files_.find(name);
  return found == files_.end() ? nullptr : &found->second;
}

Result<std::string> StaticFiles::Read(const File& file) {
  // No link is followed at the end: the path was resolved when the folder was listed.
  const Descriptor descriptor(::open(file.path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (descriptor.get() < 0 || ::fstat(descriptor.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<std::uint64_t>(status.st_size) > kMostFileBytes) {
    return NotFound("cannot read " + file.path);
  }
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t have = 0;
  while (have < content.size()) {
    const ssize_t got = ::read(descriptor.get(), content.data() + have, content.size() - have);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return NotFound("cannot read " + file.path);
    }
    have += static_cast<std::size_t>(got);
  }
  return content;
}

std::string_view ContentTypeOf(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kTypes{{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".gif", "image/gif"},
      {".webp", "image/webp"},
      {".ico", "image/x-icon"},
      {".woff", "font/woff"},
      {".woff2", "font/woff2"},
      {".ttf", "font/ttf"},
      {".wasm", "application/wasm"},
      {".txt", "text/plain; charset=utf-8"},
  }};
  for (const auto& [ending, type] : kTypes) {
    if (name.ends_with(ending)) {
      return type;
    }
  }
  return "application/octet-stream";
}

}  // namespace pugmark
