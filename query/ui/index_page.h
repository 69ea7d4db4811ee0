// The index.html of an official Jaeger UI with what this server has to say put into it: the
// ui-config, the version, what the storage can do, and the base path. See section 2 of the notes on
// UIs for the placeholders of each release.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace pugmark {

// What the UI shows or hides by.
struct UiCapabilities {
  bool archive_storage = false;
  bool metrics_storage = false;
  bool search_without_service_name = false;
};

// A ui-config as it goes into the page.
struct UiConfig {
  enum class Kind { kNone, kJson, kJavaScript };
  Kind kind = Kind::kNone;
  std::string text;  // compact JSON, safe inside <script>; or the script as it is

  // `path` ends with .json or .js. kInvalidArgument names the file and what is wrong with it.
  static Result<UiConfig> Load(const std::string& path);
};

// `prefix`: the base path, "" for "/". Placeholders that the page does not have are left out.
std::string FillIndexPage(std::string page, std::string_view prefix, const UiConfig& config,
                          const std::string& version_json, const UiCapabilities& capabilities);

}  // namespace pugmark
