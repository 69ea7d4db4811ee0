#include "common/config/option_value.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <type_traits>

#include "common/base/go_duration.h"
#include "common/base/go_number.h"

namespace pugmark {
namespace {

template <typename T>
constexpr bool kIsInteger =
    std::is_same_v<T, int> || std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::size_t>;

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

template <typename T>
Status SetInteger(T& target, std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('+')) {
    digits.remove_prefix(1);
  }
  T value = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool signed_twice = digits.size() != text.size() && digits.starts_with('-');
  if (code != std::errc() || end != digits.data() + digits.size() || signed_twice) {
    return InvalidArgument("want an integer from " + std::to_string(std::numeric_limits<T>::min()) +
                           " to " + std::to_string(std::numeric_limits<T>::max()));
  }
  target = value;
  return {};
}

Status SetFloat(double& target, std::string_view text) {
  const auto value = ParseGoFloat(text);
  if (!value.ok() || !std::isfinite(*value)) {
    return InvalidArgument("want a number");
  }
  target = *value;
  return {};
}

Status SetBool(bool& target, std::string_view text) {
  const auto value = ParseGoBool(text);
  if (!value.ok()) {
    return InvalidArgument("want true or false");
  }
  target = *value;
  return {};
}

Status SetDuration(Nanoseconds& target, std::string_view text) {
  const auto value = ParseGoDuration(text);
  if (!value.ok()) {
    return InvalidArgument("want a duration with its unit, such as 300ms, 1m30s or 72h");
  }
  target = *value;
  return {};
}

Status SetHostPort(HostPort& target, std::string_view text) {
  auto value = HostPort::Parse(text);
  if (!value.ok()) {
    return InvalidArgument("want host:port, :port or a bare port from 0 to 65535");
  }
  target = *std::move(value);
  return {};
}

void SetList(std::vector<std::string>& target, const std::vector<std::string>& values) {
  target.clear();
  for (std::string_view rest : values) {
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      const std::string_view item = Trim(rest.substr(0, comma));
      if (!item.empty()) {
        target.emplace_back(item);
      }
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
  }
}

std::string Join(const std::vector<std::string>& values) {
  std::string joined;
  for (const std::string& value : values) {
    joined += joined.empty() ? "" : ",";
    joined += value;
  }
  return joined;
}

std::string FormatFloat(double value) {
  char text[32];
  const auto [end, code] = std::to_chars(text, text + sizeof text, value);
  return {text, end};
}

std::string Format(const std::string& value) { return value; }
std::string Format(bool value) { return value ? "true" : "false"; }
std::string Format(int value) { return std::to_string(value); }
std::string Format(std::int64_t value) { return std::to_string(value); }
std::string Format(std::size_t value) { return std::to_string(value); }
std::string Format(double value) { return FormatFloat(value); }
std::string Format(Nanoseconds value) { return FormatGoDuration(value); }
// An address that was not given (reporter.grpc.host-port) reads back as such.
std::string Format(const HostPort& value) {
  return value == HostPort{} ? std::string() : value.ToString();
}
std::string Format(const std::vector<std::string>& value) { return Join(value); }

}  // namespace

std::string_view OptionTypeName(const OptionTarget& target) {
  struct Name {
    std::string_view operator()(const std::string*) const { return "string"; }
    std::string_view operator()(const bool*) const { return ""; }
    std::string_view operator()(const int*) const { return "int"; }
    std::string_view operator()(const std::int64_t*) const { return "int"; }
    std::string_view operator()(const std::size_t*) const { return "uint"; }
    std::string_view operator()(const double*) const { return "float"; }
    std::string_view operator()(const Nanoseconds*) const { return "duration"; }
    std::string_view operator()(const HostPort*) const { return "host:port"; }
    std::string_view operator()(const std::vector<std::string>*) const { return "list"; }
    std::string_view operator()(const RepeatableTarget&) const { return "string..."; }
  };
  return std::visit(Name{}, target);
}

bool IsList(const OptionTarget& target) {
  return std::holds_alternative<std::vector<std::string>*>(target) ||
         std::holds_alternative<RepeatableTarget>(target);
}

std::string FormatOption(const OptionTarget& target) {
  return std::visit(
      [](const auto& held) {
        if constexpr (std::is_same_v<decltype(held), const RepeatableTarget&>) {
          return Format(*held.values);
        } else {
          return Format(*held);
        }
      },
      target);
}

Status SetOption(const OptionTarget& target, const std::vector<std::string>& values) {
  if (const auto* list = std::get_if<std::vector<std::string>*>(&target)) {
    SetList(**list, values);
    return {};
  }
  if (const auto* repeatable = std::get_if<RepeatableTarget>(&target)) {
    *repeatable->values = values;
    return {};
  }
  const std::string_view text = values.empty() ? std::string_view() : values.back();
  return std::visit(
      [text](const auto& held) -> Status {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::string*>) {
          held->assign(text);
          return {};
        } else if constexpr (std::is_same_v<T, bool*>) {
          return SetBool(*held, text);
        } else if constexpr (std::is_same_v<T, double*>) {
          return SetFloat(*held, text);
        } else if constexpr (std::is_same_v<T, Nanoseconds*>) {
          return SetDuration(*held, text);
        } else if constexpr (std::is_same_v<T, HostPort*>) {
          return SetHostPort(*held, text);
        } else if constexpr (std::is_pointer_v<T> && kIsInteger<std::remove_pointer_t<T>>) {
          return SetInteger(*held, text);
        } else {
          return {};  // lists, above
        }
      },
      target);
}

}  // namespace pugmark
