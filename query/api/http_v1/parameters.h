// Single parameters of Jaeger's HTTP API. A parameter that is absent or empty has its default;
// mistakes are kInvalidArgument, "unable to parse param 'X': ..." in Go's words.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/net/url.h"

namespace pugmark {

Error ParameterError(std::string_view name, const Error& error);

// A whole number.
Result<std::optional<std::int64_t>> ParseNumber(const QueryParameters& parameters,
                                                std::string_view name);
// Points in time, in microseconds or milliseconds since 1970.
Result<UnixTime> ParseMicros(const QueryParameters& parameters, std::string_view name,
                             UnixTime absent);
Result<UnixTime> ParseMillis(const QueryParameters& parameters, std::string_view name,
                             UnixTime absent);
// A number of milliseconds.
Result<Nanoseconds> ParseMillisDuration(const QueryParameters& parameters, std::string_view name,
                                        Nanoseconds absent);
// A duration in Go's syntax; 0 where it is absent.
Result<Nanoseconds> ParseDuration(const QueryParameters& parameters, std::string_view name);
// False where it is absent.
Result<bool> ParseBool(const QueryParameters& parameters, std::string_view name);

}  // namespace pugmark
