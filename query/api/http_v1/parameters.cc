#include "query/api/http_v1/parameters.h"

#include <string>

#include "common/base/go_duration.h"
#include "common/base/go_number.h"

namespace pugmark {

Error ParameterError(std::string_view name, const Error& error) {
  return InvalidArgument("unable to parse param '" + std::string(name) + "': " + error.message);
}

Result<std::optional<std::int64_t>> ParseNumber(const QueryParameters& parameters,
                                                std::string_view name) {
  const std::string_view text = parameters.Get(name);
  if (text.empty()) {
    return std::optional<std::int64_t>();
  }
  const auto number = ParseGoInt(text);
  if (!number.ok()) {
    return ParameterError(name, number.error());
  }
  return std::optional<std::int64_t>(*number);
}

Result<UnixTime> ParseMicros(const QueryParameters& parameters, std::string_view name,
                             UnixTime absent) {
  const auto number = ParseNumber(parameters, name);
  if (!number.ok()) {
    return number.error();
  }
  return *number ? TimeFromMicros(**number) : absent;
}

Result<UnixTime> ParseMillis(const QueryParameters& parameters, std::string_view name,
                             UnixTime absent) {
  const auto number = ParseNumber(parameters, name);
  if (!number.ok()) {
    return number.error();
  }
  return *number ? TimeFromMillis(**number) : absent;
}

Result<Nanoseconds> ParseMillisDuration(const QueryParameters& parameters, std::string_view name,
                                        Nanoseconds absent) {
  const auto number = ParseNumber(parameters, name);
  if (!number.ok()) {
    return number.error();
  }
  return *number ? Nanoseconds(SaturatingMultiply(**number, 1'000'000)) : absent;
}

Result<Nanoseconds> ParseDuration(const QueryParameters& parameters, std::string_view name) {
  const std::string_view text = parameters.Get(name);
  if (text.empty()) {
    return Nanoseconds(0);
  }
  const auto duration = ParseGoDuration(text);
  if (!duration.ok()) {
    return ParameterError(name, duration.error());
  }
  return *duration;
}

Result<bool> ParseBool(const QueryParameters& parameters, std::string_view name) {
  const std::string_view text = parameters.Get(name);
  if (text.empty()) {
    return false;
  }
  const auto value = ParseGoBool(text);
  if (!value.ok()) {
    return ParameterError(name, value.error());
  }
  return *value;
}

}  // namespace pugmark
