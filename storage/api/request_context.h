// What every storage call is told about the request it serves.
#pragma once

#include <chrono>
#include <cstddef>
#include <limits>
#include <stop_token>
#include <string>

#include "common/base/result.h"

namespace pugmark {

struct RequestContext {
  std::string tenant;  // "" while tenancy is off; part of every key
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::stop_token stop;  // asked to stop when the client has gone
  std::size_t byte_budget =
      std::numeric_limits<std::size_t>::max();  // bytes a reader may hold for this request
  std::string credentials;  // bearer token to pass on to a remote backend; "" for none

  [[nodiscard]] bool Expired() const {
    return stop.stop_requested() || std::chrono::steady_clock::now() >= deadline;
  }
  // kCancelled or kDeadlineExceeded, where the request is over.
  [[nodiscard]] Status Check() const {
    if (stop.stop_requested()) {
      return Error{ErrorCode::kCancelled, "the client has gone"};
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return Error{ErrorCode::kDeadlineExceeded, "the request's deadline has passed"};
    }
    return {};
  }
};

}  // namespace pugmark
