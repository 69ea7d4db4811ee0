// The set of service names that have a label of their own.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>

namespace pugmark {

// Thread safety: Normalize may be called concurrently.
class ServiceLabels {
 public:
  explicit ServiceLabels(std::size_t most) : most_(most) {}
  // See NormalizeServiceLabel.
  std::string Normalize(std::string_view service);

 private:
  const std::size_t most_;
  std::shared_mutex mutex_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace pugmark
