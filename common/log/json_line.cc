#include "common/log/json_line.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "common/base/utf8.h"

namespace pugmark {
namespace {

constexpr std::array<std::string_view, 5> kLevelNames = {"debug", "info", "warn", "error", "fatal"};

void AppendUnicodeEscape(std::string& out, unsigned char byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += "\\u00";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

// Appends valid UTF-8 with the escapes that JSON asks for; DEL is one more control character that a
// terminal obeys.
void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      AppendUnicodeEscape(out, byte);
    } else {
      out += c;
    }
  }
}

// At most kMostLogTextBytes of `text`, as valid UTF-8, escaped.
void AppendText(std::string& out, std::string_view text) {
  const std::string_view kept = text.substr(0, kMostLogTextBytes);
  if (IsValidUtf8(kept)) {
    AppendEscaped(out, kept);
  } else {
    AppendEscaped(out, RepairUtf8(kept));
  }
  if (kept.size() < text.size()) {
    out += "... (" + std::to_string(text.size() - kept.size()) + " bytes more)";
  }
}

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  AppendText(out, text);
  out += '"';
}

void AppendNumber(std::string& out, double value) {
  char text[32];
  const auto [end, code] = std::to_chars(text, text + sizeof text, value);
  out.append(text, end);
}

std::string_view NotFinite(double value) {
  return std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

// "service/daemon.cc:12": the file with its folder, as zap's short caller.
void AppendCaller(std::string& out, const std::source_location& where) {
  std::string_view path = where.file_name();
  const std::size_t slash = path.rfind('/');
  if (slash != std::string_view::npos && slash != 0) {
    const std::size_t before = path.rfind('/', slash - 1);
    path.remove_prefix(before == std::string_view::npos ? 0 : before + 1);
  }
  AppendEscaped(out, path);
  out += ':';
  out += std::to_string(where.line());
}

// Seconds since 1970 with the digits of microseconds that are not zero.
void AppendTime(std::string& out, UnixTime now) {
  const std::int64_t us = ToMicros(now);
  const std::int64_t seconds = us / 1'000'000;
  std::string fraction = std::to_string(us % 1'000'000 + 1'000'000).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  out += std::to_string(seconds);
  if (!fraction.empty()) {
    out += '.';
    out += fraction;
  }
}

void AppendJsonValue(std::string& out, const LogField& field) {
  std::visit(
      [&out](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string>) {
          AppendQuoted(out, value);
        } else if constexpr (std::is_same_v<T, bool>) {
          out += value ? "true" : "false";
        } else if constexpr (std::is_same_v<T, double>) {
          std::isfinite(value) ? AppendNumber(out, value) : AppendQuoted(out, NotFinite(value));
        } else {
          out += std::to_string(value);
        }
      },
      field.value);
}

bool NeedsQuotes(std::string_view text) {
  return text.empty() || text.find_first_of(" =\"\\") != std::string_view::npos;
}

void AppendConsoleValue(std::string& out, const LogField& field) {
  const auto* text = std::get_if<std::string>(&field.value);
  if (text != nullptr && !NeedsQuotes(*text)) {
    AppendText(out, *text);
  } else if (const auto* number = std::get_if<double>(&field.value);
             number != nullptr && !std::isfinite(*number)) {
    out += NotFinite(*number);
  } else {
    AppendJsonValue(out, field);
  }
}

}  // namespace

std::string JsonLogLine(LogLevel level, std::string_view event,
                        std::initializer_list<LogField> fields, const std::source_location& where,
                        UnixTime now) {
  std::string line = "{\"level\":\"";
  line += kLevelNames[static_cast<std::size_t>(level)];
  line += "\",\"ts\":";
  AppendTime(line, now);
  line += ",\"caller\":\"";
  AppendCaller(line, where);
  line += "\",\"msg\":";
  AppendQuoted(line, event);
  for (const LogField& field : fields) {
    line += ',';
    AppendQuoted(line, field.key);
    line += ':';
    AppendJsonValue(line, field);
  }
  line += '}';
  return line;
}

std::string ConsoleLogText(std::string_view event, std::initializer_list<LogField> fields) {
  std::string text;
  AppendText(text, event);
  for (const LogField& field : fields) {
    text += ' ';
    AppendText(text, field.key);
    text += '=';
    AppendConsoleValue(text, field);
  }
  return text;
}

}  // namespace pugmark
