// What the parts of one read request share: whose rows, which are expired, when to give up.
#pragma once

#include <cstddef>
#include <string>

#include "common/base/result.h"
#include "storage/api/request_context.h"
#include "storage/rocks/keys.h"

namespace pugmark::rocks {

struct ReadScope {
  RequestContext context;
  BlockId oldest_kept = 0;  // blocks with smaller ids are expired

  // Error for a request that would hold more than it may.
  [[nodiscard]] Status MayHold(std::size_t bytes) const {
    if (bytes <= context.byte_budget) {
      return {};
    }
    return Error{ErrorCode::kResourceExhausted, "the read needs more than the " +
                                                    std::to_string(context.byte_budget) +
                                                    " bytes allowed for it"};
  }
};

}  // namespace pugmark::rocks
