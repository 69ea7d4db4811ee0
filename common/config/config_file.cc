#include "common/config/config_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <system_error>

#include "common/base/go_number.h"

namespace pugmark {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20;
constexpr std::size_t kMostEntries = 10'000;  // aliases of YAML can multiply a small file
constexpr int kMostNesting = 32;

Result<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.eof() && !file.good()) {
    return InvalidArgument("cannot read: " + std::generic_category().message(errno));
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMostBytes) {
    return InvalidArgument("want at most 1 MiB");
  }
  return text;
}

// Collects entries and keeps their bounds.
class Entries {
 public:
  Status Add(ConfigFileEntry entry) {
    std::transform(entry.key.begin(), entry.key.end(), entry.key.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (entries_.size() >= kMostEntries) {
      return InvalidArgument("want at most 10000 values");
    }
    if (!keys_.insert(entry.key).second) {
      return InvalidArgument(entry.key + " is given twice");
    }
    entries_.push_back(std::move(entry));
    return {};
  }
  std::vector<ConfigFileEntry> Take() { return std::move(entries_); }

 private:
  std::vector<ConfigFileEntry> entries_;
  std::set<std::string> keys_;
};

std::string Below(const std::string& prefix, const std::string& key) {
  return prefix.empty() ? key : prefix + "." + key;
}

Error TooDeep(const std::string& key) {
  return InvalidArgument(key + ": want at most 32 levels of nesting");
}

Error NotPlain(const std::string& key) {
  return InvalidArgument(key + ": want plain values in the list");
}

Status Flatten(const YAML::Node& node, const std::string& key, int depth, Entries& entries) {
  if (depth > kMostNesting) {
    return TooDeep(key);
  }
  if (node.IsMap()) {
    for (const auto& member : node) {
      if (Status status = Flatten(member.second, Below(key, member.first.as<std::string>()),
                                  depth + 1, entries);
          !status.ok()) {
        return status;
      }
    }
    return {};
  }
  ConfigFileEntry entry{key, {}, node.IsSequence()};
  if (node.IsSequence()) {
    for (const auto& item : node) {
      if (!item.IsScalar()) {
        return NotPlain(key);
      }
      entry.values.push_back(item.Scalar());
    }
  } else if (node.IsScalar()) {
    entry.values.push_back(node.Scalar());
  } else {
    return {};
  }
  return entries.Add(std::move(entry));
}

std::string ScalarText(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Status Flatten(const nlohmann::json& node, const std::string& key, Entries& entries) {
  if (node.is_object()) {
    for (const auto& [name, member] : node.items()) {
      if (Status status = Flatten(member, Below(key, name), entries); !status.ok()) {
        return status;
      }
    }
    return {};
  }
  ConfigFileEntry entry{key, {}, node.is_array()};
  if (node.is_array()) {
    for (const auto& item : node) {
      if (item.is_structured() || item.is_null()) {
        return NotPlain(key);
      }
      entry.values.push_back(ScalarText(item));
    }
  } else if (!node.is_null()) {
    entry.values.push_back(ScalarText(node));
  } else {
    return {};
  }
  return entries.Add(std::move(entry));
}

Status ParseYaml(const std::string& text, Entries& entries) {
  try {
    const YAML::Node root = YAML::Load(text);
    if (root.IsNull()) {
      return {};  // a file of comments only
    }
    if (!root.IsMap()) {
      return InvalidArgument("want a map of options");
    }
    return Flatten(root, "", 0, entries);
  } catch (const YAML::Exception& error) {
    return InvalidArgument("not valid YAML: line " + std::to_string(error.mark.line + 1) + ": " +
                           error.msg);
  }
}

Status ParseJson(const std::string& text, Entries& entries) {
  bool too_deep = false;
  std::vector<std::set<std::string>> open;
  std::string twice;
  // The parser keeps the last one of equal names without a word; a limit on depth is ours as well.
  const auto watch = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& value) {
    too_deep = too_deep || depth > kMostNesting;
    if (event == nlohmann::json::parse_event_t::object_start) {
      open.emplace_back();
    } else if (event == nlohmann::json::parse_event_t::object_end) {
      open.pop_back();
    } else if (event == nlohmann::json::parse_event_t::key &&
               !open.back().insert(value.get<std::string>()).second && twice.empty()) {
      twice = value.get<std::string>();
    }
    return !too_deep;
  };
  try {
    const nlohmann::json root = nlohmann::json::parse(text, watch);
    if (too_deep) {
      return InvalidArgument("want at most 32 levels of nesting");
    }
    if (!twice.empty()) {
      return InvalidArgument(twice + " is given twice");
    }
    if (!root.is_object()) {
      return InvalidArgument("want an object of options");
    }
    return Flatten(root, "", entries);
  } catch (const nlohmann::json::exception& error) {
    return InvalidArgument(std::string("not valid JSON: ") + error.what());
  }
}

}  // namespace

Result<std::vector<ConfigFileEntry>> ReadConfigFile(const std::string& path) {
  const std::string context = "config file " + path;
  const std::size_t dot = path.find_last_of("./");
  const std::string_view extension =
      dot == std::string::npos || path[dot] == '/' ? "" : std::string_view(path).substr(dot + 1);
  const bool is_json = extension == "json";
  if (!is_json && extension != "yaml" && extension != "yml") {
    return InvalidArgument(context + ": want a name that ends in .yaml, .yml or .json");
  }
  auto text = ReadWhole(path);
  if (!text.ok()) {
    return std::move(text).Wrap(context);
  }
  Entries entries;
  Status parsed = is_json ? ParseJson(*text, entries) : ParseYaml(*text, entries);
  if (!parsed.ok()) {
    return std::move(parsed).Wrap(context);
  }
  return entries.Take();
}

}  // namespace pugmark
