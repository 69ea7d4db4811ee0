#include "query/ui/index_page.h"

#include <cstddef>
#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

namespace pugmark {
namespace {

// Text that is safe as JSON inside <script>, as Go's marshaller writes it.
std::string EscapeForScript(std::string_view json) {
  std::string out;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string_view rest = json.substr(i);
    if (rest.front() == '<' || rest.front() == '>' || rest.front() == '&') {
      out += rest.front() == '<' ? "\\u003c" : rest.front() == '>' ? "\\u003e" : "\\u0026";
    } else if (rest.starts_with("\u2028") || rest.starts_with("\u2029")) {
      out += rest.starts_with("\u2028") ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += rest.front();
    }
  }
  return out;
}

std::size_t SkipBlanks(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] == ' ') {
    ++at;
  }
  return at;
}

// Replaces `NAME = DEFAULT;`, with any number of blanks around the '=', by `NAME = value;`.
void ReplaceDefault(std::string& page, const std::string& name, const std::string& placeholder,
                    const std::string& value) {
  std::size_t from = 0;
  for (;;) {
    const std::size_t found = page.find(name, from);
    if (found == std::string::npos) {
      return;
    }
    from = found + name.size();
    std::size_t at = SkipBlanks(page, from);
    if (at >= page.size() || page[at] != '=') {
      continue;
    }
    at = SkipBlanks(page, at + 1);
    if (page.compare(at, placeholder.size() + 1, placeholder + ";") == 0) {
      page.replace(found, at + placeholder.size() + 1 - found, name + " = " + value + ";");
      from = found + name.size() + value.size();
    }
  }
}

// Replaces the line with the marker and the one after it.
void ReplaceScriptLines(std::string& page, const std::string& script) {
  constexpr std::string_view kMarker = "// JAEGER_CONFIG_JS";
  const std::size_t marker = page.find(kMarker);
  if (marker == std::string::npos) {
    return;
  }
  const std::size_t line = page.rfind('\n', marker) + 1;  // 0 where there is none
  const std::size_t first_end = page.find('\n', marker);
  const std::size_t end =
      first_end == std::string::npos ? page.size() : page.find('\n', first_end + 1);
  page.replace(line, std::min(end, page.size()) - line, script);
}

const char* Bool(bool value) { return value ? "true" : "false"; }

Result<UiConfig> ParseJson(const std::string& path, const std::string& text) {
  try {
    const auto json = nlohmann::json::parse(text);
    if (!json.is_object()) {
      return InvalidArgument("query.ui-config: " + path + ": want a JSON object, got " +
                             json.type_name());
    }
    return UiConfig{UiConfig::Kind::kJson, EscapeForScript(json.dump())};
  } catch (const std::exception& error) {
    return InvalidArgument("query.ui-config: " + path + ": " + error.what());
  }
}

}  // namespace

Result<UiConfig> UiConfig::Load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) {
    return InvalidArgument("query.ui-config: cannot read " + path);
  }
  std::string text = content.str();
  if (path.ends_with(".json")) {
    return ParseJson(path, text);
  }
  if (!path.ends_with(".js")) {
    return InvalidArgument("query.ui-config: want a .json or .js file, got " + path);
  }
  static const std::regex kUiConfigFunction(R"(function\s+UIConfig\s*\(\s*\)\s*\{)");
  if (!std::regex_search(text, kUiConfigFunction)) {
    return InvalidArgument("query.ui-config: " + path +
                           ": want a script that defines function UIConfig(){...}");
  }
  return UiConfig{Kind::kJavaScript, std::move(text)};
}

std::string FillIndexPage(std::string page, std::string_view prefix, const UiConfig& config,
                          const std::string& version_json, const UiCapabilities& capabilities) {
  if (config.kind == UiConfig::Kind::kJson) {
    ReplaceDefault(page, "JAEGER_CONFIG", "DEFAULT_CONFIG", config.text);
  } else if (config.kind == UiConfig::Kind::kJavaScript) {
    ReplaceScriptLines(page, config.text);
  }
  ReplaceDefault(page, "JAEGER_VERSION", "DEFAULT_VERSION", EscapeForScript(version_json));
  const std::string storage = std::string("{\"archiveStorage\":") +
                              Bool(capabilities.archive_storage) +
                              ",\"metricsStorage\":" + Bool(capabilities.metrics_storage);
  ReplaceDefault(page, "JAEGER_BACKEND_CAPABILITIES", "DEFAULT_BACKEND_CAPABILITIES",
                 storage + ",\"searchWithoutServiceName\":" +
                     Bool(capabilities.search_without_service_name) + ",\"aiAssistant\":false}");
  ReplaceDefault(page, "JAEGER_STORAGE_CAPABILITIES", "DEFAULT_STORAGE_CAPABILITIES",
                 storage + "}");
  if (!prefix.empty()) {
    constexpr std::string_view kBase = "<base href=\"/\"";
    const std::size_t base = page.find(kBase);
    if (base != std::string::npos) {
      page.replace(base, kBase.size(), "<base href=\"" + std::string(prefix) + "/\"");
    }
  }
  return page;
}

}  // namespace pugmark
