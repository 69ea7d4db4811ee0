#include "query/api/go_time.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "common/base/go_number.h"

namespace pugmark {
namespace {

constexpr std::string_view kLayout = "2006-01-02T15:04:05.999999999Z07:00";

bool IsDigit(std::string_view text, std::size_t at) {
  return at < text.size() && text[at] >= '0' && text[at] <= '9';
}

// Reads a text from left to right; the first mistake stays.
class Rfc3339Reader {
 public:
  explicit Rfc3339Reader(std::string_view text) : whole_(text), rest_(text) {}

  Result<UnixTime> Read() {
    ReadYear();
    ReadLiteral("-");
    const int month = ReadTwo("01", true, 1, 12, "month");
    ReadLiteral("-");
    const int day = ReadTwo("02", true, 0, 99, "");
    ReadLiteral("T");
    const int hour = ReadTwo("15", false, 0, 23, "hour");
    ReadLiteral(":");
    const int minute = ReadTwo("04", true, 0, 59, "minute");
    ReadLiteral(":");
    const int second = ReadTwo("05", true, 0, 59, "second");
    const std::int64_t nanos = ReadFraction();
    const int offset_s = ReadZone();
    if (!error_ && !rest_.empty()) {
      FailWith(": extra text: " + GoQuote(rest_));
    }
    const std::chrono::year_month_day date{std::chrono::year(year_),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!error_ && !date.ok()) {
      FailWith(": day out of range");
    }
    if (error_) {
      return InvalidArgument(*error_);
    }
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    const std::int64_t seconds = days * 86'400 + hour * 3'600 + minute * 60 + second - offset_s;
    return UnixTime(DurationFromParts(seconds, nanos));
  }

 private:
  void FailWith(const std::string& message) {
    error_ = "parsing time " + GoQuote(whole_) + message;
  }
  // `found` is what stood where the layout has `wanted`.
  void Fail(std::string_view found, std::string_view wanted) {
    FailWith(" as " + GoQuote(kLayout) + ": cannot parse " + GoQuote(found) + " as " +
             GoQuote(wanted));
  }

  void ReadLiteral(std::string_view literal) {
    if (error_) {
      return;
    }
    if (!rest_.starts_with(literal)) {
      Fail(rest_, literal);
      return;
    }
    rest_.remove_prefix(literal.size());
  }

  void ReadYear() {
    const std::string_view digits = rest_.substr(0, 4);
    if (digits.size() < 4 || digits.find_first_not_of("0123456789") != std::string_view::npos) {
      Fail(rest_, "2006");
      return;
    }
    for (const char digit : digits) {
      year_ = year_ * 10 + (digit - '0');
    }
    rest_.remove_prefix(4);
  }

  int ReadTwo(std::string_view wanted, bool both, int least, int most, const char* name) {
    if (error_) {
      return 0;
    }
    if (!IsDigit(rest_, 0) || (both && !IsDigit(rest_, 1))) {
      Fail(rest_, wanted);
      return 0;
    }
    const std::size_t size = IsDigit(rest_, 1) ? 2 : 1;
    int value = 0;
    for (const char digit : rest_.substr(0, size)) {
      value = value * 10 + (digit - '0');
    }
    rest_.remove_prefix(size);
    if (value < least || value > most) {
      FailWith(std::string(": ") + name + " out of range");
    }
    return value;
  }

  // Any number of digits; those beyond the ninth are cut off.
  std::int64_t ReadFraction() {
    if (error_ || rest_.empty() || (rest_[0] != '.' && rest_[0] != ',') || !IsDigit(rest_, 1)) {
      return 0;
    }
    std::int64_t nanos = 0;
    std::int64_t weight = 100'000'000;
    std::size_t size = 1;
    for (; IsDigit(rest_, size); ++size) {
      nanos += (rest_[size] - '0') * weight;
      weight /= 10;
    }
    rest_.remove_prefix(size);
    return nanos;
  }

  int ReadZone() {
    if (error_) {
      return 0;
    }
    if (rest_.starts_with('Z')) {
      rest_.remove_prefix(1);
      return 0;
    }
    const bool fits = rest_.size() >= 6 && (rest_[0] == '+' || rest_[0] == '-') &&
                      IsDigit(rest_, 1) && IsDigit(rest_, 2) && rest_[3] == ':' &&
                      IsDigit(rest_, 4) && IsDigit(rest_, 5);
    if (!fits) {
      Fail(rest_, "Z07:00");
      return 0;
    }
    const int hours = (rest_[1] - '0') * 10 + (rest_[2] - '0');
    const int minutes = (rest_[4] - '0') * 10 + (rest_[5] - '0');
    const int sign = rest_[0] == '-' ? -1 : 1;
    rest_.remove_prefix(6);
    if (hours > 24) {
      FailWith(": time zone offset hour out of range");
    } else if (minutes > 60) {
      FailWith(": time zone offset minute out of range");
    }
    return sign * (hours * 60 + minutes) * 60;
  }

  const std::string_view whole_;
  std::string_view rest_;
  int year_ = 0;
  std::optional<std::string> error_;
};

}  // namespace

Result<UnixTime> ParseGoRfc3339(std::string_view text) { return Rfc3339Reader(text).Read(); }

}  // namespace pugmark
