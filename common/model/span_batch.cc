#include "common/model/span_batch.h"

#include <algorithm>
#include <unordered_map>

namespace pugmark {
namespace {

template <typename T>
void Append(Arena& arena, std::span<T>& list, const T& item) {
  T* const grown = arena.Allocate<T>(list.size() + 1);
  if (grown == nullptr) {
    return;
  }
  std::copy(list.begin(), list.end(), grown);
  grown[list.size()] = item;
  list = {grown, list.size() + 1};
}

// Which copy stands for which original.
template <typename T>
class CopiesOf {
 public:
  // The copy of `original`, by `copy` when it is the first time; null for null.
  template <typename Copy>
  T* Find(const T* original, const Copy& copy) {
    if (original == nullptr || original == last_) {  // neighbours usually share
      return original == nullptr ? nullptr : last_copy_;
    }
    const auto [found, added] = copies_.try_emplace(original);
    if (added) {
      found->second = copy(*original);
    }
    last_ = original;
    last_copy_ = found->second;
    return last_copy_;
  }

 private:
  std::unordered_map<const T*, T*> copies_;
  const T* last_ = nullptr;
  T* last_copy_ = nullptr;
};

// Copies spans with everything they point to.
class DeepCopier {
 public:
  explicit DeepCopier(Arena& arena) : arena_(arena) {}

  Span CopySpan(const Span& span) {
    Span copy = span;
    copy.name = arena_.CopyText(span.name);
    copy.trace_state = arena_.CopyText(span.trace_state);
    copy.status_message = arena_.CopyText(span.status_message);
    copy.attributes = CopyAttributes(span.attributes);
    copy.events = arena_.Copy(span.events);
    for (Event& event : copy.events) {
      event.name = arena_.CopyText(event.name);
      event.attributes = CopyAttributes(event.attributes);
    }
    copy.links = arena_.Copy(span.links);
    for (Link& link : copy.links) {
      link.trace_state = arena_.CopyText(link.trace_state);
      link.attributes = CopyAttributes(link.attributes);
    }
    copy.warnings = arena_.Copy(span.warnings);
    for (std::string_view& warning : copy.warnings) {
      warning = arena_.CopyText(warning);
    }
    copy.resource = CopyResource(span.resource);
    copy.scope = CopyScope(span.scope);
    return copy;
  }

 private:
  std::span<Attribute> CopyAttributes(std::span<const Attribute> attributes) {
    const std::span<Attribute> copy = arena_.Copy(attributes);
    for (Attribute& attribute : copy) {
      attribute.key = arena_.CopyText(attribute.key);
      attribute.value = CopyValue(attribute.value);
    }
    return copy;
  }

  Value CopyValue(const Value& value) {
    switch (value.type()) {
      case ValueType::kString:
        return Value::String(arena_.CopyText(value.text()));
      case ValueType::kBytes:
        return Value::Bytes(arena_.CopyText(value.text()));
      case ValueType::kArray: {
        const std::span<Value> elements = arena_.Copy(value.elements());
        for (Value& element : elements) {
          element = CopyValue(element);
        }
        return Value::Array(elements);
      }
      case ValueType::kMap:
        return Value::Map(CopyAttributes(value.entries()));
      default:
        return value;
    }
  }

  Resource* CopyResource(Resource* resource) {
    return resources_.Find(resource, [this](const Resource& from) {
      auto* const copy = arena_.Allocate<Resource>(1);
      if (copy != nullptr) {
        *copy = from;
        copy->service_name = arena_.CopyText(from.service_name);
        copy->schema_url = arena_.CopyText(from.schema_url);
        copy->attributes = CopyAttributes(from.attributes);
      }
      return copy;
    });
  }

  const Scope* CopyScope(const Scope* scope) {
    return scopes_.Find(scope, [this](const Scope& from) {
      auto* const copy = arena_.Allocate<Scope>(1);
      if (copy != nullptr) {
        *copy = from;
        copy->name = arena_.CopyText(from.name);
        copy->version = arena_.CopyText(from.version);
        copy->schema_url = arena_.CopyText(from.schema_url);
        copy->attributes = CopyAttributes(from.attributes);
      }
      return copy;
    });
  }

  Arena& arena_;
  CopiesOf<Resource> resources_;
  CopiesOf<Scope> scopes_;
};

// Adds up what DeepCopier takes, in its order: lists with the padding that may precede them, texts
// as they are.
class CopyMeter {
 public:
  void AddSpan(const Span& span) {
    AddText(span.name);
    AddText(span.trace_state);
    AddText(span.status_message);
    AddAttributes(span.attributes);
    AddList(span.events);
    for (const Event& event : span.events) {
      AddText(event.name);
      AddAttributes(event.attributes);
    }
    AddList(span.links);
    for (const Link& link : span.links) {
      AddText(link.trace_state);
      AddAttributes(link.attributes);
    }
    AddList(span.warnings);
    for (const std::string_view warning : span.warnings) {
      AddText(warning);
    }
    AddResource(span.resource);
    AddScope(span.scope);
  }

  template <typename T>
  void AddList(std::span<T> list) {
    bytes_ += list.empty() ? 0 : list.size_bytes() + alignof(T) - 1;
  }

  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  void AddText(std::string_view text) { bytes_ += text.size(); }

  void AddAttributes(std::span<const Attribute> attributes) {
    AddList(attributes);
    for (const Attribute& attribute : attributes) {
      AddText(attribute.key);
      AddValue(attribute.value);
    }
  }

  void AddValue(const Value& value) {
    AddText(value.text());
    AddAttributes(value.entries());
    AddList(value.elements());
    for (const Value& element : value.elements()) {
      AddValue(element);
    }
  }

  void AddResource(const Resource* resource) {
    if (resource != nullptr && resource != last_resource_) {
      AddList(std::span(resource, 1));
      AddText(resource->service_name);
      AddText(resource->schema_url);
      AddAttributes(resource->attributes);
      last_resource_ = resource;
    }
  }

  void AddScope(const Scope* scope) {
    if (scope != nullptr && scope != last_scope_) {
      AddList(std::span(scope, 1));
      AddText(scope->name);
      AddText(scope->version);
      AddText(scope->schema_url);
      AddAttributes(scope->attributes);
      last_scope_ = scope;
    }
  }

  std::size_t bytes_ = 0;
  const Resource* last_resource_ = nullptr;
  const Scope* last_scope_ = nullptr;
};

}  // namespace

void AppendAttribute(Arena& arena, std::span<Attribute>& attributes, const Attribute& attribute) {
  Append(arena, attributes, attribute);
}

void AppendWarning(Arena& arena, std::span<std::string_view>& warnings, std::string_view warning) {
  Append(arena, warnings, warning);
}

std::size_t CopyBytes(std::span<const Span> spans) {
  CopyMeter meter;
  meter.AddList(spans);
  for (const Span& span : spans) {
    meter.AddSpan(span);
  }
  return meter.bytes();
}

std::span<Span> CopySpans(Arena& arena, std::span<const Span> spans) {
  auto* const copies = arena.Allocate<Span>(spans.size());
  if (copies == nullptr) {
    return {};
  }
  DeepCopier copier(arena);
  for (std::size_t i = 0; i < spans.size(); ++i) {
    copies[i] = copier.CopySpan(spans[i]);
  }
  return arena.exhausted() ? std::span<Span>() : std::span<Span>(copies, spans.size());
}

}  // namespace pugmark
