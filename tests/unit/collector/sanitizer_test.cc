#include "collector/pipeline/sanitizer.h"

#include <catch2/catch.hpp>

#include "collector_support.h"

namespace pugmark {
namespace {

TEST_CASE("sanitizer: a span in order stays as it is", "[collector]") {
  const auto batch = MakeBatch({{}});
  const std::size_t before = batch->arena().bytes_reserved();
  Sanitize(*batch);
  CHECK(batch->spans()[0].attributes.empty());
  CHECK(batch->spans()[0].warnings.empty());
  CHECK(batch->resources()[0].service_name == "shop");
  CHECK(batch->arena().bytes_reserved() == before);
}

TEST_CASE("sanitizer: service names that are missing or empty", "[collector]") {
  const auto [format, service, has_service, expected] =
      GENERATE(table<SourceFormat, std::string, bool, std::string>({
          {SourceFormat::kJaeger, "", true, "empty-service-name"},
          {SourceFormat::kProto, "", true, "empty-service-name"},
          {SourceFormat::kOtlp, "", true, "empty-service-name"},
          {SourceFormat::kProto, "", false, "null-process-and-service-name"},
          {SourceFormat::kOtlp, "", false, "missing-service-name"},
          {SourceFormat::kZipkin, "", false, "missing-service-name"},
          {SourceFormat::kOtlp, "shop", true, "shop"},
      }));
  CAPTURE(format, service, has_service);
  TestSpan span;
  span.service = service;
  span.has_service = has_service;
  const auto batch = MakeBatch({span}, format);
  Sanitize(*batch);
  CHECK(batch->resources()[0].service_name == expected);
  CHECK(batch->resources()[0].has_service_name);
}

TEST_CASE("sanitizer: a service name that is no string goes away", "[collector]") {
  TestSpan span;
  span.service = "";
  span.has_service = false;
  const auto batch = MakeBatch({span}, SourceFormat::kOtlp);
  Resource& resource = batch->resources()[0];
  AppendAttribute(batch->arena(), resource.attributes, {"a", Value::Int(1)});
  AppendAttribute(batch->arena(), resource.attributes, {"service.name", Value::Int(7)});
  AppendAttribute(batch->arena(), resource.attributes, {"b", Value::Int(2)});
  Sanitize(*batch);
  CHECK(resource.service_name == "service-name-wrong-type");
  REQUIRE(resource.attributes.size() == 2);
  CHECK(resource.attributes[0].key == "a");
  CHECK(resource.attributes[1].key == "b");
}

TEST_CASE("sanitizer: durations below one nanosecond", "[collector]") {
  const auto duration = GENERATE(Nanoseconds(0), Nanoseconds(-2'000));
  TestSpan span;
  span.duration = duration;
  SECTION("Jaeger's formats get a binary tag") {
    const auto batch = MakeBatch({span}, SourceFormat::kProto);
    Sanitize(*batch);
    const Span& repaired = batch->spans()[0];
    CHECK(repaired.duration == Nanoseconds(1));
    CHECK(repaired.warnings.empty());
    REQUIRE(repaired.attributes.size() == 1);
    CHECK(repaired.attributes[0].key == "InvalidNegativeDuration");
    CHECK(repaired.attributes[0].value.type() == ValueType::kBytes);
    CHECK(repaired.attributes[0].value.text() ==
          "Duration can't be negative, so it is changed to default value");
  }
  SECTION("others get a warning with both times") {
    const auto batch = MakeBatch({span}, SourceFormat::kOtlp);
    Sanitize(*batch);
    const Span& repaired = batch->spans()[0];
    CHECK(repaired.duration == Nanoseconds(1));
    CHECK(repaired.attributes.empty());
    REQUIRE(repaired.warnings.size() == 1);
    const std::string original = duration == Nanoseconds(0)
                                     ? "2026-11-18 11:06:40 +0000 UTC"
                                     : "2026-11-18 11:06:39.999998 +0000 UTC";
    CHECK(repaired.warnings[0] ==
          "Negative duration detected, sanitizing end timestamp. Original end timestamp: " +
              original + ", adjusted to: 2026-11-18 11:06:40.000000001 +0000 UTC");
  }
}

TEST_CASE("sanitizer: the longest duration before the first time does not overflow",
          "[collector]") {
  TestSpan span;
  span.duration = Nanoseconds::min();
  const auto batch = MakeBatch({span}, SourceFormat::kOtlp);
  batch->spans()[0].start_time = kMinTime;
  Sanitize(*batch);
  CHECK(batch->spans()[0].duration == Nanoseconds(1));
  CHECK(batch->spans()[0].warnings.size() == 1);
}

}  // namespace
}  // namespace pugmark
