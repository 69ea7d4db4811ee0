// The texts of log lines, without the logging.
#pragma once

#include <initializer_list>
#include <source_location>
#include <string>
#include <string_view>

#include "common/base/time.h"
#include "common/log/log.h"

namespace pugmark {

// Longer texts are cut with a note of what is missing: what strangers send may end up in a field.
inline constexpr std::size_t kMostLogTextBytes = 4096;

// As zap's production encoder: {"level":"info","ts":1714521600.25,"caller":"service/daemon.cc:12",
// "msg":"ready","port":14269}. Numbers that JSON has no text for are strings, as zap writes them.
std::string JsonLogLine(LogLevel level, std::string_view event,
                        std::initializer_list<LogField> fields, const std::source_location& where,
                        UnixTime now);

// The event and its values for a reader: `ready port=14269 store="my data"`.
std::string ConsoleLogText(std::string_view event, std::initializer_list<LogField> fields);

}  // namespace pugmark
