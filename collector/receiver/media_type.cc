#include "collector/receiver/media_type.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <utility>

namespace pugmark {
namespace {

// RFC 9110, section 5.6.2: visible ASCII but delimiters.
bool IsTokenCharacter(char c) {
  constexpr std::string_view kDelimiters = "()<>@,;:\\\"/[]?=";
  return c > ' ' && c < '\x7f' && kDelimiters.find(c) == std::string_view::npos;
}

std::string ToLower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return lower;
}

// Reads from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  void SkipSpace() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())) != 0) {
      rest_.remove_prefix(1);
    }
  }
  bool Skip(char c) {
    if (rest_.empty() || rest_.front() != c) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view Token() {
    const auto* const end = std::find_if_not(rest_.begin(), rest_.end(), IsTokenCharacter);
    const std::string_view token = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(token.size());
    return token;
  }
  // A token or a quoted text; nothing where there is neither.
  std::optional<std::string> ParameterValue() {
    if (!Skip('"')) {
      const std::string_view token = Token();
      return token.empty() ? std::nullopt : std::optional<std::string>(token);
    }
    std::string value;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') {
        return value;
      }
      if (c == '\r' || c == '\n') {
        return std::nullopt;
      }
      // A backslash before a letter is that of a Windows path that some browsers send.
      if (c == '\\' && !rest_.empty() && !IsTokenCharacter(rest_.front())) {
        value += rest_.front();
        rest_.remove_prefix(1);
      } else {
        value += c;
      }
    }
    return std::nullopt;
  }

 private:
  std::string_view rest_;
};

Status CheckType(std::string_view type) {
  Reader reader(type);
  if (reader.Token().empty()) {
    return InvalidArgument("mime: no media type");
  }
  if (reader.empty()) {
    return {};
  }
  if (!reader.Skip('/')) {
    return InvalidArgument("mime: expected slash after first token");
  }
  if (reader.Token().empty()) {
    return InvalidArgument("mime: expected token after slash");
  }
  if (!reader.empty()) {
    return InvalidArgument("mime: unexpected content after media subtype");
  }
  return {};
}

// One ";name=value" at the front; nothing where there is none.
std::optional<std::pair<std::string, std::string>> ReadParameter(Reader& reader) {
  reader.SkipSpace();
  if (!reader.Skip(';')) {
    return std::nullopt;
  }
  reader.SkipSpace();
  std::string name = ToLower(reader.Token());
  reader.SkipSpace();
  if (name.empty() || !reader.Skip('=')) {
    return std::nullopt;
  }
  reader.SkipSpace();
  auto value = reader.ParameterValue();
  if (!value) {
    return std::nullopt;
  }
  return std::pair(std::move(name), *std::move(value));
}

}  // namespace

Result<std::string> ParseMediaType(std::string_view value) {
  const std::size_t end = std::min(value.find(';'), value.size());
  Reader before(value.substr(0, end));
  before.SkipSpace();
  std::string type = ToLower(before.rest());
  while (!type.empty() && std::isspace(static_cast<unsigned char>(type.back())) != 0) {
    type.pop_back();
  }
  if (auto status = CheckType(type); !status.ok()) {
    return std::move(status).error();
  }
  std::map<std::string, std::string> parameters;
  Reader reader(value.substr(end));
  for (reader.SkipSpace(); !reader.empty(); reader.SkipSpace()) {
    const std::string_view whole = reader.rest();
    auto parameter = ReadParameter(reader);
    if (!parameter) {
      Reader last(whole);
      last.SkipSpace();
      last.Skip(';');
      last.SkipSpace();
      if (last.empty()) {
        break;  // a semicolon at the end is fine
      }
      return InvalidArgument("mime: invalid media parameter");
    }
    const auto [known, is_new] = parameters.insert(*parameter);
    if (!is_new && known->second != parameter->second) {
      return InvalidArgument("mime: duplicate parameter name");
    }
  }
  return type;
}

}  // namespace pugmark
