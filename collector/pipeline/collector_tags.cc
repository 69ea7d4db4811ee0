#include "collector/pipeline/collector_tags.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "common/config/tags.h"

namespace pugmark {
namespace {

// The value as Jaeger compares it with a tag of text.
std::string TextOf(const Value& value) {
  switch (value.type()) {
    case ValueType::kBool:
      return value.boolean() ? "true" : "false";
    case ValueType::kInt:
      return std::to_string(value.integer());
    case ValueType::kDouble: {
      std::array<char, 40> text{};
      std::snprintf(text.data(), text.size(), "%.10g", value.real());
      return text.data();
    }
    default:
      return std::string(value.text());
  }
}

}  // namespace

Result<CollectorTags> CollectorTags::Parse(std::string_view text,
                                           const std::map<std::string, std::string>& environment) {
  auto tags = ParseTags(text, environment);
  if (!tags.ok()) {
    return std::move(tags).Wrap("collector.tags");
  }
  CollectorTags result;
  result.tags_ = *std::move(tags);
  return result;
}

void CollectorTags::AddTo(SpanBatch& batch) const {
  if (tags_.empty()) {
    return;
  }
  const bool same_value_matters =
      batch.format == SourceFormat::kJaeger || batch.format == SourceFormat::kProto;
  for (const auto& [key, text] : tags_) {
    // The batch may outlive this object.
    const Attribute tag{batch.Intern(key), Value::String(batch.Intern(text))};
    for (Resource& resource : batch.resources()) {
      const bool has_it = std::any_of(
          resource.attributes.begin(), resource.attributes.end(), [&](const Attribute& attribute) {
            return attribute.key == key && (!same_value_matters || TextOf(attribute.value) == text);
          });
      if (!has_it) {
        AppendAttribute(batch.arena(), resource.attributes, tag);
      }
    }
  }
}

}  // namespace pugmark
