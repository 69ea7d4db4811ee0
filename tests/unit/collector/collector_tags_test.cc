#include "collector/pipeline/collector_tags.h"

#include <catch2/catch.hpp>

#include "collector_support.h"

namespace pugmark {
namespace {

CollectorTags Parse(std::string_view text) {
  auto tags = CollectorTags::Parse(text, {{"ZONE", "z1"}});
  REQUIRE(tags.ok());
  return *std::move(tags);
}

std::string Text(std::span<const Attribute> attributes) {
  std::string text;
  for (const Attribute& attribute : attributes) {
    text += std::string(attribute.key) + "=" + std::string(attribute.value.text()) + ";";
  }
  return text;
}

TEST_CASE("collector tags: every resource gets them", "[collector]") {
  TestSpan other;
  other.service = "cart";
  const auto batch = MakeBatch({{}, other});
  Parse("zone=${ZONE},cluster=main").AddTo(*batch);
  for (const Resource& resource : batch->resources()) {
    CHECK(Text(resource.attributes) == "zone=z1;cluster=main;");
  }
}

TEST_CASE("collector tags: what a resource has already", "[collector]") {
  const auto [format, value, added] = GENERATE(table<SourceFormat, std::string, bool>({
      {SourceFormat::kJaeger, "main", false},
      {SourceFormat::kProto, "other", true},
      {SourceFormat::kOtlp, "main", false},
      {SourceFormat::kOtlp, "other", false},
      {SourceFormat::kZipkin, "other", false},
  }));
  CAPTURE(format, value);
  const auto batch = MakeBatch({{}}, format);
  Resource& resource = batch->resources()[0];
  AppendAttribute(batch->arena(), resource.attributes, {"cluster", Value::String(value)});
  Parse("cluster=main").AddTo(*batch);
  CHECK(resource.attributes.size() == (added ? 2 : 1));
}

TEST_CASE("collector tags: values that are no text are compared as text", "[collector]") {
  const auto batch = MakeBatch({{}});
  Resource& resource = batch->resources()[0];
  AppendAttribute(batch->arena(), resource.attributes, {"n", Value::Int(5)});
  AppendAttribute(batch->arena(), resource.attributes, {"b", Value::Bool(true)});
  AppendAttribute(batch->arena(), resource.attributes, {"d", Value::Double(0.5)});
  Parse("n=5,b=true,d=0.5").AddTo(*batch);
  CHECK(resource.attributes.size() == 3);
}

TEST_CASE("collector tags: the batch does not need them afterwards", "[collector]") {
  const auto batch = MakeBatch({{}});
  { Parse("cluster=main").AddTo(*batch); }
  CHECK(Text(batch->resources()[0].attributes) == "cluster=main;");
}

TEST_CASE("collector tags: a pair without '=' names the option", "[collector]") {
  const auto tags = CollectorTags::Parse("a=b,c", {});
  REQUIRE_FALSE(tags.ok());
  CHECK(tags.error().code == ErrorCode::kInvalidArgument);
  CHECK(tags.error().message.find("collector.tags") != std::string::npos);
}

}  // namespace
}  // namespace pugmark
