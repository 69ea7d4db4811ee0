// The value of --collector.tags, added to the resource of every span.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/model/span_batch.h"

namespace pugmark {

// Thread safety: AddTo may be called concurrently for different batches.
class CollectorTags {
 public:
  CollectorTags() = default;
  // kInvalidArgument names the option.
  static Result<CollectorTags> Parse(std::string_view text,
                                     const std::map<std::string, std::string>& environment);

  // Jaeger's formats: a tag is left out where a resource has the same key and value. Others: where
  // it has the key.
  void AddTo(SpanBatch& batch) const;

 private:
  std::vector<std::pair<std::string, std::string>> tags_;
};

}  // namespace pugmark
