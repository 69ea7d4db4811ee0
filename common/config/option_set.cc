#include "common/config/option_set.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <utility>

#include "common/base/go_number.h"
#include "common/config/command_line.h"
#include "common/config/config_file.h"
#include "common/config/option_value.h"

extern char** environ;  // POSIX declares it in no header

namespace pugmark {
namespace {

constexpr std::string_view kConfigFile = "config-file";

// Later ones win.
enum Source : std::size_t { kDefault, kFile, kEnvironment, kCommandLine, kSources };
constexpr std::array<std::string_view, kSources> kSourceNames = {"default", "config file",
                                                                 "environment", "command line"};

// What one source says about an option.
struct Given {
  std::vector<std::string> values;
  std::string where;      // for messages: "environment variable COLLECTOR_QUEUE_SIZE"
  bool is_list = false;   // a list in the file
  bool by_alias = false;  // the option's own name in the same source wins over an alias
};

struct Option {
  std::string name;
  OptionTarget target;
  std::string help;
  std::string default_text;
  bool is_boolean = false;
  bool is_secret = false;
  std::optional<std::string> ignored_because;
  std::unique_ptr<std::string> own_value;  // of an ignored option
  Source source = kDefault;
  std::array<std::optional<Given>, kSources> given;

  [[nodiscard]] std::string Shown() const {
    const std::string value = FormatOption(target);
    return is_secret && !value.empty() ? "***" : value;
  }
};

std::string VariableName(std::string_view option) {
  std::string name(option);
  for (char& c : name) {
    if (c == '.' || c == '-') {
      c = '_';
    } else if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    }
  }
  return name;
}

bool TakesAddress(const Option& option) {
  return std::holds_alternative<HostPort*>(option.target) || option.name.ends_with("host-port");
}

// Kubernetes sets NAME_PORT=tcp://10.0.0.1:80 for each service of the namespace.
bool IsServiceLink(std::string_view value) {
  return value.starts_with("tcp://") || value.starts_with("udp://");
}

// One line whatever the value holds.
std::string Printable(const std::string& value) {
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  });
  return plain ? value : GoQuote(value);
}

std::string Padded(std::string_view text, std::size_t width) {
  std::string padded(text);
  padded.resize(std::max(width, text.size()), ' ');
  return padded;
}

}  // namespace

struct OptionSet::Impl {
  std::map<std::string, Option, std::less<>> options;
  std::map<std::string, std::string, std::less<>> aliases;  // old name -> name
  std::vector<std::string> warnings;
  std::string config_file;

  Option& Add(std::string_view name, OptionTarget target, std::string_view help) {
    Option option;
    option.name = name;
    option.target = target;
    option.help = help;
    option.default_text = FormatOption(target);
    option.is_boolean = std::holds_alternative<bool*>(target);
    const auto [place, is_new] = options.emplace(std::string(name), std::move(option));
    assert(is_new && "an option is bound once");
    return place->second;
  }

  Option* Find(std::string_view name) {
    const auto alias = aliases.find(name);
    const auto found = options.find(alias == aliases.end() ? name : alias->second);
    return found == options.end() ? nullptr : &found->second;
  }

  [[nodiscard]] std::vector<std::string_view> Names() const {
    std::vector<std::string_view> names;
    for (const auto& [name, option] : options) {
      names.emplace_back(name);
    }
    return names;
  }

  // Notes what `source` says about the option `name`, which may be an alias.
  void Note(Source source, std::string_view name, Given given) {
    Option& option = *Find(name);
    given.by_alias = name != option.name;
    if (given.by_alias) {
      warnings.push_back(std::string(name) + " is an old name of " + option.name + " (" +
                         given.where + ")");
    }
    std::optional<Given>& known = option.given[source];
    if (!known.has_value() || (known->by_alias && !given.by_alias)) {
      known = std::move(given);
    } else if (known->by_alias == given.by_alias) {  // a flag that is repeated
      known->values.insert(known->values.end(), given.values.begin(), given.values.end());
    }
  }

  Status NoteCommandLine(const std::vector<std::string>& arguments) {
    const auto kind_of = [this](std::string_view name) {
      const Option* option = Find(name);
      if (option == nullptr) {
        return FlagKind::kUnknown;
      }
      return option->is_boolean ? FlagKind::kBoolean : FlagKind::kWithValue;
    };
    auto flags = ParseCommandLine(arguments, kind_of, Names());
    if (!flags.ok()) {
      return std::move(flags).error();
    }
    for (auto& [name, value] : *flags) {
      Note(kCommandLine, name, {{std::move(value)}, "command line"});
    }
    return {};
  }

  void NoteVariable(const std::map<std::string, std::string>& environment,
                    const std::string& name) {
    const std::string variable = VariableName(name);
    const auto found = environment.find(variable);
    if (found == environment.end() || found->second.empty()) {
      return;
    }
    if (TakesAddress(*Find(name)) && IsServiceLink(found->second)) {
      warnings.push_back("environment variable " + variable +
                         " is ignored: " + GoQuote(found->second) +
                         " is a service link of Kubernetes (set enableServiceLinks: false in the "
                         "pod)");
      return;
    }
    Note(kEnvironment, name, {{found->second}, "environment variable " + variable});
  }

  void NoteEnvironment(const std::map<std::string, std::string>& environment) {
    for (const auto& [name, option] : options) {
      NoteVariable(environment, name);
    }
    for (const auto& [old_name, name] : aliases) {
      NoteVariable(environment, old_name);
    }
  }

  Status NoteFile(const std::string& path) {
    auto entries = ReadConfigFile(path);
    if (!entries.ok()) {
      return std::move(entries).error();
    }
    for (ConfigFileEntry& entry : *entries) {
      if (Find(entry.key) == nullptr) {
        warnings.push_back("config file " + path + ": unknown key " + Printable(entry.key) +
                           " is ignored (did you mean " +
                           std::string(NearestName(entry.key, Names())) + "?)");
        continue;
      }
      Note(kFile, entry.key, {std::move(entry.values), "config file " + path, entry.is_list});
    }
    return {};
  }

  // Sets the option from the highest source that says something about it.
  Status Apply(Option& option) {
    for (std::size_t source = kSources - 1; source != kDefault; --source) {
      if (!option.given[source].has_value()) {
        continue;
      }
      const Given& given = *option.given[source];
      if (given.is_list && !IsList(option.target)) {
        return InvalidArgument(option.name + ": want one value, got a list (" + given.where + ")");
      }
      if (Status status = SetOption(option.target, given.values); !status.ok()) {
        const std::string found = option.is_secret ? "another value" : GoQuote(given.values.back());
        return InvalidArgument(option.name + ": " + status.error().message + ", got " + found +
                               " (" + given.where + ")");
      }
      option.source = static_cast<Source>(source);
      if (option.ignored_because && FormatOption(option.target) != option.default_text) {
        warnings.push_back(option.name + " has no effect: " + *option.ignored_because + " (" +
                           given.where + ")");
      }
      return {};
    }
    return {};
  }

  [[nodiscard]] std::vector<std::array<std::string, 3>> Rows(bool all) const {
    std::vector<std::array<std::string, 3>> rows;
    for (const auto& [name, option] : options) {
      const std::string value = Printable(option.Shown());
      if (!option.ignored_because && (all || !value.empty())) {
        rows.push_back({name, value, std::string(kSourceNames[option.source])});
      }
    }
    return rows;
  }
};

OptionSet::OptionSet() : impl_(std::make_unique<Impl>()) {
  Add(kConfigFile, impl_->config_file, "configuration file: .yaml, .yml or .json");
}
OptionSet::~OptionSet() = default;

void OptionSet::Add(std::string_view name, std::string& target, std::string_view help) {
  impl_->Add(name, &target, help);
}
void OptionSet::Add(std::string_view name, bool& target, std::string_view help) {
  impl_->Add(name, &target, help);
}
void OptionSet::Add(std::string_view name, int& target, std::string_view help) {
  impl_->Add(name, &target, help);
}
void OptionSet::Add(std::string_view name, std::int64_t& target, std::string_view help) {
  impl_->Add(name, &target, help);
}
void OptionSet::Add(std::string_view name, std::size_t& target, std::string_view help) {
  impl_->Add(name, &target, help);
}
void OptionSet::Add(std::string_view name, double& target, std::string_view help) {
  impl_->Add(name, &target, help);
}
void OptionSet::Add(std::string_view name, Nanoseconds& target, std::string_view help) {
  impl_->Add(name, &target, help);
}
void OptionSet::Add(std::string_view name, HostPort& target, std::string_view help) {
  impl_->Add(name, &target, help);
}
void OptionSet::Add(std::string_view name, std::vector<std::string>& target,
                    std::string_view help) {
  impl_->Add(name, &target, help);
}
void OptionSet::AddRepeatable(std::string_view name, std::vector<std::string>& target,
                              std::string_view help) {
  impl_->Add(name, RepeatableTarget{&target}, help);
}

void OptionSet::AddAlias(std::string_view old_name, std::string_view name) {
  assert(impl_->options.contains(name) && "an alias names an option that was added");
  impl_->aliases.emplace(old_name, name);
}

void OptionSet::AddIgnored(std::string_view name, std::string_view default_value,
                           std::string_view why) {
  auto value = std::make_unique<std::string>(default_value);
  Option& option = impl_->Add(name, value.get(), "no effect: " + std::string(why));
  option.own_value = std::move(value);
  option.ignored_because = why;
  option.is_boolean = default_value == "true" || default_value == "false";
}

void OptionSet::MarkSecret(std::string_view name) {
  Option* option = impl_->Find(name);
  assert(option != nullptr && "a secret is an option that was added");
  option->is_secret = true;
}

Status OptionSet::Load(const std::vector<std::string>& arguments,
                       const std::map<std::string, std::string>& environment) {
  if (Status status = impl_->NoteCommandLine(arguments); !status.ok()) {
    return status;
  }
  impl_->NoteEnvironment(environment);
  // The file's name first: it cannot come from the file.
  Option& config_file = *impl_->Find(kConfigFile);
  if (Status status = impl_->Apply(config_file); !status.ok()) {
    return status;
  }
  if (!impl_->config_file.empty()) {
    if (Status status = impl_->NoteFile(impl_->config_file); !status.ok()) {
      return status;
    }
  }
  for (auto& [name, option] : impl_->options) {
    if (&option == &config_file) {
      continue;
    }
    if (Status status = impl_->Apply(option); !status.ok()) {
      return status;
    }
  }
  return {};
}

const std::vector<std::string>& OptionSet::warnings() const { return impl_->warnings; }

std::string OptionSet::Help() const {
  std::string help;
  for (const auto& [name, option] : impl_->options) {
    const std::string_view type = OptionTypeName(option.target);
    help += "  --" + name;
    if (!option.is_boolean) {
      help += ' ';
      help += type;
    }
    help += "\n      " + option.help;
    if (!option.default_text.empty()) {
      help += " (default " + (option.is_secret ? "***" : Printable(option.default_text)) + ")";
    }
    help += " [" + VariableName(name) + "]\n";
  }
  return help;
}

std::string OptionSet::PrintConfig(bool all) const {
  std::vector<std::array<std::string, 3>> rows = {{"Configuration Option Name", "Value", "Source"}};
  for (auto& row : impl_->Rows(all)) {
    rows.push_back(std::move(row));
  }
  std::array<std::size_t, 3> widths{};
  for (const auto& row : rows) {
    for (std::size_t column = 0; column < widths.size(); ++column) {
      widths[column] = std::max(widths[column], row[column].size());
    }
  }
  const std::string rule(widths[0] + widths[1] + widths[2] + 6, '-');
  std::string table = rule + "\n";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    table += "| " + Padded(rows[i][0], widths[0]) + " " + Padded(rows[i][1], widths[1]) + " " +
             Padded(rows[i][2], widths[2]) + " |\n";
    if (i == 0) {
      table += rule + "\n";
    }
  }
  return table + rule + "\n";
}

std::vector<OptionSet::Setting> OptionSet::Changed() const {
  std::vector<Setting> changed;
  for (const auto& [name, option] : impl_->options) {
    if (option.source != kDefault && !option.ignored_because) {
      changed.push_back({name, option.Shown(), std::string(kSourceNames[option.source])});
    }
  }
  return changed;
}

std::map<std::string, std::string> ProcessEnvironment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return environment;
}

}  // namespace pugmark
