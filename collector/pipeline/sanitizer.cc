#include "collector/pipeline/sanitizer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

namespace pugmark {
namespace {

constexpr std::string_view kServiceNameKey = "service.name";
constexpr Nanoseconds kLeastDuration{1};

bool IsJaegerFormat(SourceFormat format) {
  return format == SourceFormat::kJaeger || format == SourceFormat::kProto;
}

// A time as Go's time.Time.String writes it: "2026-11-20 09:59:59.999998 +0000 UTC", zeros at the
// end of the fraction left out.
std::string GoTimeText(UnixTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(seconds - day);
  std::array<char, 64> text{};
  std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d.%09d", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>((time - seconds).count()));
  std::string result(text.data());
  result.erase(result.find_last_not_of('0') + 1);
  if (result.back() == '.') {
    result.pop_back();
  }
  return result + " +0000 UTC";
}

void SanitizeServiceName(SpanBatch& batch, Resource& resource) {
  if (resource.has_service_name) {
    if (resource.service_name.empty()) {
      resource.service_name = "empty-service-name";
    }
    return;
  }
  resource.has_service_name = true;
  if (IsJaegerFormat(batch.format)) {
    resource.service_name = "null-process-and-service-name";
    return;
  }
  // A service name that is no string stays among the attributes.
  if (FindAttribute(resource.attributes, kServiceNameKey) == nullptr) {
    resource.service_name = "missing-service-name";
    return;
  }
  resource.service_name = "service-name-wrong-type";
  const auto rest =
      std::remove_if(resource.attributes.begin(), resource.attributes.end(),
                     [](const Attribute& attribute) { return attribute.key == kServiceNameKey; });
  resource.attributes =
      resource.attributes.first(static_cast<std::size_t>(rest - resource.attributes.begin()));
}

void SanitizeDuration(SpanBatch& batch, Span& span) {
  if (IsJaegerFormat(span.format)) {
    AppendAttribute(
        batch.arena(), span.attributes,
        {"InvalidNegativeDuration",
         Value::Bytes("Duration can't be negative, so it is changed to default value")});
  } else {
    const std::string warning =
        "Negative duration detected, sanitizing end timestamp. Original end timestamp: " +
        GoTimeText(AddSaturating(span.start_time, span.duration)) +
        ", adjusted to: " + GoTimeText(AddSaturating(span.start_time, kLeastDuration));
    AppendWarning(batch.arena(), span.warnings, batch.Intern(warning));
  }
  span.duration = kLeastDuration;
}

}  // namespace

void Sanitize(SpanBatch& batch) {
  for (Resource& resource : batch.resources()) {
    SanitizeServiceName(batch, resource);
  }
  for (Span& span : batch.spans()) {
    if (span.duration < kLeastDuration) [[unlikely]] {
      SanitizeDuration(batch, span);
    }
  }
}

}  // namespace pugmark
