#include "query/service/resource_keeper.h"

#include <functional>
#include <string_view>

#include "common/model/span_batch.h"

namespace pugmark {

std::size_t ResourceKeeper::ContentHash::operator()(const Resource* resource) const {
  const std::hash<std::string_view> hash_text;
  std::size_t hash = hash_text(resource->service_name);
  for (const Attribute& attribute : resource->attributes) {
    hash = hash * 31 + hash_text(attribute.key);
    hash = hash * 31 + hash_text(attribute.value.text());
  }
  return hash;
}

Status ResourceKeeper::Adopt(std::span<Span> spans) {
  // Neighbours usually share their resource.
  const Resource* last = nullptr;
  Resource* last_kept = nullptr;
  for (Span& span : spans) {
    if (span.resource != last) {
      last = span.resource;
      auto found = kept_.find(last);
      if (found == kept_.end()) {
        Span carrier;
        carrier.resource = span.resource;
        const std::span<Span> copy = CopySpans(*arena_, std::span<const Span>(&carrier, 1));
        if (copy.empty()) {
          return Error{ErrorCode::kResourceExhausted, "the processes of one trace need more than " +
                                                          std::to_string(arena_->limit_bytes()) +
                                                          " bytes"};
        }
        found = kept_.emplace(copy.front().resource, copy.front().resource).first;
      }
      last_kept = found->second;
    }
    span.resource = last_kept;
  }
  return {};
}

}  // namespace pugmark
