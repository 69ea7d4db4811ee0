#include "common/config/option_table.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "common/base/go_number.h"
#include "common/config/command_line.h"
#include "common/config/config_file.h"

namespace pugmark {
namespace {

constexpr std::size_t kMostUnknownKeys =
    20;  // that a warning names: a file may be another program's

bool TakesAddress(const Option& option) {
  return std::holds_alternative<HostPort*>(option.target) || option.name.ends_with("host-port");
}

// Kubernetes sets NAME_PORT=tcp://10.0.0.1:80 for each service of the namespace.
bool IsServiceLink(std::string_view value) {
  return value.starts_with("tcp://") || value.starts_with("udp://");
}

}  // namespace

std::string_view OptionSourceName(OptionSource source) {
  constexpr std::array<std::string_view, kOptionSources> kNames = {"default", "config file",
                                                                   "environment", "command line"};
  return kNames[static_cast<std::size_t>(source)];
}

std::string OptionVariableName(std::string_view option) {
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

std::string PrintableValue(const std::string& value) {
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  });
  return plain ? value : GoQuote(value);
}

std::string Option::Shown() const {
  const std::string value = FormatOption(target);
  return is_secret && !value.empty() ? "***" : PrintableValue(value);
}

Option& OptionTable::Add(std::string_view name, OptionTarget target, std::string_view help) {
  Option option;
  option.name = name;
  option.target = target;
  option.help = help;
  option.default_text = FormatOption(target);
  option.is_boolean = std::holds_alternative<bool*>(target);
  const auto [place, is_new] = options_.emplace(std::string(name), std::move(option));
  assert(is_new && "an option is bound once");
  return place->second;
}

void OptionTable::AddAlias(std::string_view old_name, std::string_view name) {
  assert(options_.contains(name) && "an alias names an option that was added");
  aliases_.emplace(old_name, name);
}

Option* OptionTable::Find(std::string_view name) {
  const auto alias = aliases_.find(name);
  const auto found = options_.find(alias == aliases_.end() ? name : alias->second);
  return found == options_.end() ? nullptr : &found->second;
}

std::vector<std::string_view> OptionTable::Names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, option] : options_) {
    names.emplace_back(name);
  }
  return names;
}

void OptionTable::Note(OptionSource source, std::string_view name, GivenValue given) {
  Option& option = *Find(name);
  given.by_alias = name != option.name;
  if (given.by_alias) {
    warnings_.push_back(std::string(name) + " is an old name of " + option.name + " (" +
                        given.where + ")");
  }
  std::optional<GivenValue>& known = option.given[static_cast<std::size_t>(source)];
  if (!known.has_value() || (known->by_alias && !given.by_alias)) {
    known = std::move(given);
  } else if (known->by_alias == given.by_alias) {  // a flag that is repeated
    known->values.insert(known->values.end(), given.values.begin(), given.values.end());
  }
}

Status OptionTable::NoteCommandLine(const std::vector<std::string>& arguments) {
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
    Note(OptionSource::kCommandLine, name, {{std::move(value)}, "command line"});
  }
  return {};
}

void OptionTable::NoteVariable(const std::map<std::string, std::string>& environment,
                               const std::string& name) {
  const std::string variable = OptionVariableName(name);
  const auto found = environment.find(variable);
  if (found == environment.end() || found->second.empty()) {
    return;
  }
  if (TakesAddress(*Find(name)) && IsServiceLink(found->second)) {
    warnings_.push_back("environment variable " + variable +
                        " is ignored: " + GoQuote(found->second) +
                        " is a service link of Kubernetes (set enableServiceLinks: false in the "
                        "pod)");
    return;
  }
  Note(OptionSource::kEnvironment, name, {{found->second}, "environment variable " + variable});
}

void OptionTable::NoteEnvironment(const std::map<std::string, std::string>& environment) {
  for (const auto& [name, option] : options_) {
    NoteVariable(environment, name);
  }
  for (const auto& [old_name, name] : aliases_) {
    NoteVariable(environment, old_name);
  }
}

Status OptionTable::NoteFile(const std::string& path) {
  auto entries = ReadConfigFile(path);
  if (!entries.ok()) {
    return std::move(entries).error();
  }
  std::size_t unknown = 0;
  for (ConfigFileEntry& entry : *entries) {
    if (Find(entry.key) != nullptr) {
      Note(OptionSource::kFile, entry.key,
           {std::move(entry.values), "config file " + path, entry.is_list});
    } else if (++unknown <= kMostUnknownKeys) {
      warnings_.push_back("config file " + path + ": unknown key " + PrintableValue(entry.key) +
                          " is ignored (did you mean " +
                          std::string(NearestName(entry.key, Names())) + "?)");
    }
  }
  if (unknown > kMostUnknownKeys) {
    warnings_.push_back("config file " + path + ": " + std::to_string(unknown - kMostUnknownKeys) +
                        " more unknown keys are ignored");
  }
  return {};
}

Status OptionTable::Set(Option& option, const GivenValue& given) {
  if (given.is_list && !IsList(option.target)) {
    return InvalidArgument(option.name + ": want one value, got a list (" + given.where + ")");
  }
  if (const Status status = SetOption(option.target, given.values); !status.ok()) {
    const std::string found = option.is_secret ? "another value" : GoQuote(given.values.back());
    return InvalidArgument(option.name + ": " + status.error().message + ", got " + found + " (" +
                           given.where + ")");
  }
  if (option.ignored_because && FormatOption(option.target) != option.default_text) {
    warnings_.push_back(option.name + " has no effect: " + *option.ignored_because + " (" +
                        given.where + ")");
  }
  return {};
}

Status OptionTable::Apply(Option& option) {
  for (const auto source :
       {OptionSource::kCommandLine, OptionSource::kEnvironment, OptionSource::kFile}) {
    const auto& given = option.given[static_cast<std::size_t>(source)];
    if (given.has_value()) {
      option.source = source;
      return Set(option, *given);
    }
  }
  return {};
}

Status OptionTable::ApplyAll() {
  for (auto& [name, option] : options_) {
    if (Status status = Apply(option); !status.ok()) {
      return status;
    }
  }
  return {};
}

}  // namespace pugmark
