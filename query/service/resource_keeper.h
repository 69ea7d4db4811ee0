// Copies of the resources of one trace, which outlive the chunks that they came in.
#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>

#include "common/base/result.h"
#include "common/model/arena.h"
#include "common/model/span.h"

namespace pugmark {

class ResourceKeeper {
 public:
  // Holds at most `limit_bytes`.
  explicit ResourceKeeper(std::size_t limit_bytes) : arena_(std::make_unique<Arena>(limit_bytes)) {}

  // Points every span to the kept copy of its resource; equal resources become one.
  // kResourceExhausted beyond the limit.
  Status Adopt(std::span<Span> spans);

 private:
  struct ContentHash {
    std::size_t operator()(const Resource* resource) const;
  };
  struct SameContent {
    bool operator()(const Resource* a, const Resource* b) const { return SameResource(*a, *b); }
  };

  std::unique_ptr<Arena> arena_;
  std::unordered_map<const Resource*, Resource*, ContentHash, SameContent> kept_;
};

}  // namespace pugmark
