#include "common/base/go_duration.h"

#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "common/base/go_number.h"

namespace pugmark {
namespace {

constexpr std::uint64_t kLimit = std::uint64_t{1} << 63;

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 8> kUnits{{
    {"ns", 1},
    {"us", 1'000},
    {"\xc2\xb5s", 1'000},  // U+00B5, micro sign
    {"\xce\xbcs", 1'000},  // U+03BC, Greek letter mu
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::uint64_t UnitSize(std::string_view unit) {
  for (const auto& [name, size] : kUnits) {
    if (name == unit) {
      return size;
    }
  }
  return 0;
}

struct Fraction {
  std::uint64_t digits = 0;
  double scale = 1;
  std::size_t length = 0;
};

// Leading digits of `text` as an integer. False on overflow.
bool TakeInteger(std::string_view& text, std::uint64_t& value) {
  value = 0;
  while (!text.empty() && IsDigit(text.front())) {
    if (value > kLimit / 10) {
      return false;
    }
    value = value * 10 + static_cast<std::uint64_t>(text.front() - '0');
    if (value > kLimit) {
      return false;
    }
    text.remove_prefix(1);
  }
  return true;
}

// Leading digits of `text` as a fraction; digits beyond the precision are read and ignored.
Fraction TakeFraction(std::string_view& text) {
  Fraction fraction;
  bool full = false;
  while (!text.empty() && IsDigit(text.front())) {
    ++fraction.length;
    full = full || fraction.digits > (kLimit - 1) / 10;
    if (!full) {
      fraction.digits = fraction.digits * 10 + static_cast<std::uint64_t>(text.front() - '0');
      fraction.scale *= 10;
    }
    text.remove_prefix(1);
  }
  return fraction;
}

void AppendUnit(std::string& out, std::uint64_t value, std::string_view unit) {
  out += std::to_string(value);
  out += unit;
}

// "whole.fraction" with trailing zeros of the fraction removed.
void AppendDecimal(std::string& out, std::uint64_t value, std::uint64_t unit, int digits) {
  out += std::to_string(value / unit);
  std::string fraction = std::to_string(value % unit);
  fraction.insert(0, static_cast<std::size_t>(digits) - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  if (!fraction.empty()) {
    out += '.';
    out += fraction;
  }
}

}  // namespace

Result<Nanoseconds> ParseGoDuration(std::string_view text) {
  const auto invalid = [whole = text] {
    return InvalidArgument("time: invalid duration " + GoQuote(whole));
  };
  const std::string_view whole = text;
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text == "0") {
    return Nanoseconds::zero();
  }
  if (text.empty()) {
    return invalid();
  }
  std::uint64_t total = 0;
  while (!text.empty()) {
    if (text.front() != '.' && !IsDigit(text.front())) {
      return invalid();
    }
    const std::size_t before = text.size();
    std::uint64_t value = 0;
    if (!TakeInteger(text, value)) {
      return invalid();
    }
    const bool has_integer = text.size() != before;
    Fraction fraction;
    if (!text.empty() && text.front() == '.') {
      text.remove_prefix(1);
      fraction = TakeFraction(text);
    }
    if (!has_integer && fraction.length == 0) {
      return invalid();
    }
    std::size_t unit_length = 0;
    while (unit_length < text.size() && text[unit_length] != '.' && !IsDigit(text[unit_length])) {
      ++unit_length;
    }
    if (unit_length == 0) {
      return InvalidArgument("time: missing unit in duration " + GoQuote(whole));
    }
    const std::string_view unit_name = text.substr(0, unit_length);
    const std::uint64_t unit = UnitSize(unit_name);
    if (unit == 0) {
      return InvalidArgument("time: unknown unit " + GoQuote(unit_name) + " in duration " +
                             GoQuote(whole));
    }
    text.remove_prefix(unit_length);
    if (value > kLimit / unit) {
      return invalid();
    }
    value *= unit;
    if (fraction.digits > 0) {
      value += static_cast<std::uint64_t>(static_cast<double>(fraction.digits) *
                                          (static_cast<double>(unit) / fraction.scale));
      if (value > kLimit) {
        return invalid();
      }
    }
    total += value;
    if (total > kLimit) {
      return invalid();
    }
  }
  if (negative) {
    return total == kLimit ? Nanoseconds::min() : Nanoseconds(-static_cast<std::int64_t>(total));
  }
  if (total >= kLimit) {
    return invalid();
  }
  return Nanoseconds(static_cast<std::int64_t>(total));
}

std::string FormatGoDuration(Nanoseconds duration) {
  const bool negative = duration.count() < 0;
  std::uint64_t value = static_cast<std::uint64_t>(duration.count());
  if (negative) {
    value = 0 - value;
  }
  std::string out = negative ? "-" : "";
  if (value == 0) {
    return "0s";
  }
  if (value < 1'000) {
    AppendUnit(out, value, "ns");
  } else if (value < 1'000'000) {
    AppendDecimal(out, value, 1'000, 3);
    out += "\xc2\xb5s";
  } else if (value < 1'000'000'000) {
    AppendDecimal(out, value, 1'000'000, 6);
    out += "ms";
  } else {
    const std::uint64_t minutes = value / 60'000'000'000;
    if (minutes >= 60) {
      AppendUnit(out, minutes / 60, "h");
    }
    if (minutes > 0) {
      AppendUnit(out, minutes % 60, "m");
    }
    AppendDecimal(out, value % 60'000'000'000, 1'000'000'000, 9);
    out += 's';
  }
  return out;
}

}  // namespace pugmark
