#include "proto/codec/span_groups.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <tuple>
#include <unordered_map>

namespace pugmark {
namespace {

std::size_t Mix(std::size_t hash, std::string_view text) {
  return hash * 31 + std::hash<std::string_view>()(text);
}
std::size_t Mix(std::size_t hash, std::span<const Attribute> attributes) {
  for (const Attribute& attribute : attributes) {
    hash = Mix(Mix(hash, attribute.key), attribute.value.text());
  }
  return hash;
}

// Null stands for a span without a scope, which OTLP shows as an empty one.
const Scope& ScopeOf(const Scope* scope) {
  static const Scope none;
  return scope == nullptr ? none : *scope;
}

struct ResourceContent {
  static std::size_t Hash(const Resource* r) {
    return Mix(Mix(Mix(0, r->service_name), r->schema_url), r->attributes);
  }
  static bool Same(const Resource* a, const Resource* b) {
    return a->has_service_name == b->has_service_name && SameResource(*a, *b);
  }
};
struct ScopeContent {
  static std::size_t Hash(const Scope* s) {
    return Mix(Mix(Mix(0, ScopeOf(s).name), ScopeOf(s).version), ScopeOf(s).attributes);
  }
  static bool Same(const Scope* a, const Scope* b) { return SameScope(ScopeOf(a), ScopeOf(b)); }
};

// Numbers contents in the order of their first occurrence.
template <typename T, typename Content>
class Numbers {
 public:
  std::uint32_t Of(const T* item) {
    if (numbers_.empty() || item != last_) {  // neighbours usually share
      last_number_ =
          numbers_.try_emplace(item, static_cast<std::uint32_t>(numbers_.size())).first->second;
      last_ = item;
    }
    return last_number_;
  }

 private:
  struct Hash {
    std::size_t operator()(const T* item) const { return Content::Hash(item); }
  };
  struct Same {
    bool operator()(const T* a, const T* b) const { return a == b || Content::Same(a, b); }
  };

  std::unordered_map<const T*, std::uint32_t, Hash, Same> numbers_;
  const T* last_ = nullptr;
  std::uint32_t last_number_ = 0;
};

auto Order(const SpanGroups::Member& member) { return std::tie(member.resource, member.scope); }

}  // namespace

SpanGroups::SpanGroups(std::span<const Span> spans) {
  Numbers<Resource, ResourceContent> resources;
  Numbers<Scope, ScopeContent> scopes;
  members_.reserve(spans.size());
  for (const Span& span : spans) {
    members_.push_back({resources.Of(span.resource), scopes.Of(span.scope), &span});
  }
  const auto before = [](const Member& a, const Member& b) { return Order(a) < Order(b); };
  if (!std::is_sorted(members_.begin(), members_.end(), before)) {
    std::stable_sort(members_.begin(), members_.end(), before);
  }
}

}  // namespace pugmark
