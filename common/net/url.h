// Percent-encoding and query strings (RFC 3986; form rules of the WHATWG URL standard, '+' for a
// space).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace pugmark {

// Decodes %XX; in a query also '+'. kInvalidArgument, in Go's words (`invalid URL escape "%zz"`),
// for a bad escape.
Result<std::string> UrlDecode(std::string_view text, bool plus_is_space);
std::string UrlEncode(std::string_view text);

// The parameters of a query string in order. Pairs with a bad escape or a ';' are left out, as Go's
// net/url does.
class QueryParameters {
 public:
  static QueryParameters Parse(std::string_view query);

  // The first value, "" without one.
  [[nodiscard]] std::string_view Get(std::string_view name) const;
  [[nodiscard]] bool Has(std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> All(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace pugmark
