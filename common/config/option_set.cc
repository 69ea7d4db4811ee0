#include "common/config/option_set.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "common/config/option_table.h"

extern char** environ;  // POSIX declares it in no header

namespace pugmark {
namespace {

constexpr std::string_view kConfigFile = "config-file";

using Row = std::array<std::string, 3>;

void AppendRow(std::string& table, const Row& row, const std::array<std::size_t, 3>& widths) {
  table += '|';
  for (std::size_t column = 0; column < widths.size(); ++column) {
    table += ' ';
    table += row[column];
    table.append(widths[column] - row[column].size(), ' ');
  }
  table += " |\n";
}

}  // namespace

struct OptionSet::Impl {
  OptionTable table;
  std::string config_file;
};

OptionSet::OptionSet() : impl_(std::make_unique<Impl>()) {
  Add(kConfigFile, impl_->config_file, "configuration file: .yaml, .yml or .json");
}
OptionSet::~OptionSet() = default;

void OptionSet::Add(std::string_view name, std::string& target, std::string_view help) {
  impl_->table.Add(name, &target, help);
}
void OptionSet::Add(std::string_view name, bool& target, std::string_view help) {
  impl_->table.Add(name, &target, help);
}
void OptionSet::Add(std::string_view name, int& target, std::string_view help) {
  impl_->table.Add(name, &target, help);
}
void OptionSet::Add(std::string_view name, std::int64_t& target, std::string_view help) {
  impl_->table.Add(name, &target, help);
}
void OptionSet::Add(std::string_view name, std::size_t& target, std::string_view help) {
  impl_->table.Add(name, &target, help);
}
void OptionSet::Add(std::string_view name, double& target, std::string_view help) {
  impl_->table.Add(name, &target, help);
}
void OptionSet::Add(std::string_view name, Nanoseconds& target, std::string_view help) {
  impl_->table.Add(name, &target, help);
}
void OptionSet::Add(std::string_view name, HostPort& target, std::string_view help) {
  impl_->table.Add(name, &target, help);
}
void OptionSet::Add(std::string_view name, std::vector<std::string>& target,
                    std::string_view help) {
  impl_->table.Add(name, &target, help);
}
void OptionSet::AddRepeatable(std::string_view name, std::vector<std::string>& target,
                              std::string_view help) {
  impl_->table.Add(name, RepeatableTarget{&target}, help);
}

void OptionSet::AddAlias(std::string_view old_name, std::string_view name) {
  impl_->table.AddAlias(old_name, name);
}

void OptionSet::AddIgnored(std::string_view name, std::string_view default_value,
                           std::string_view why) {
  auto value = std::make_unique<std::string>(default_value);
  Option& option = impl_->table.Add(name, value.get(), "no effect: " + std::string(why));
  option.own_value = std::move(value);
  option.ignored_because = why;
  option.is_boolean = default_value == "true" || default_value == "false";
}

void OptionSet::MarkSecret(std::string_view name) {
  Option* option = impl_->table.Find(name);
  assert(option != nullptr && "a secret is an option that was added");
  option->is_secret = true;
}

Status OptionSet::Load(const std::vector<std::string>& arguments,
                       const std::map<std::string, std::string>& environment) {
  OptionTable& table = impl_->table;
  if (Status status = table.NoteCommandLine(arguments); !status.ok()) {
    return status;
  }
  table.NoteEnvironment(environment);
  // The file's name first: it cannot come from the file.
  if (Status status = table.Apply(*table.Find(kConfigFile)); !status.ok()) {
    return status;
  }
  if (const std::string path = impl_->config_file; !path.empty()) {
    if (Status status = table.NoteFile(path); !status.ok()) {
      return status;
    }
  }
  return table.ApplyAll();
}

const std::vector<std::string>& OptionSet::warnings() const { return impl_->table.warnings(); }

std::string OptionSet::Help() const {
  std::string help;
  for (const auto& [name, option] : impl_->table.options()) {
    help += "  --" + name;
    if (!option.is_boolean) {
      help += ' ';
      help += OptionTypeName(option.target);
    }
    help += "\n      " + option.help;
    if (!option.default_text.empty()) {
      help += " (default " + (option.is_secret ? "***" : PrintableValue(option.default_text)) + ")";
    }
    help += " [" + OptionVariableName(name) + "]\n";
  }
  return help;
}

std::string OptionSet::PrintConfig(bool all) const {
  std::vector<Row> rows = {{"Configuration Option Name", "Value", "Source"}};
  for (const auto& [name, option] : impl_->table.options()) {
    std::string value = option.Shown();
    if (!option.ignored_because && (all || !value.empty())) {
      rows.push_back({name, std::move(value), std::string(OptionSourceName(option.source))});
    }
  }
  std::array<std::size_t, 3> widths{};
  for (const Row& row : rows) {
    for (std::size_t column = 0; column < widths.size(); ++column) {
      widths[column] = std::max(widths[column], row[column].size());
    }
  }
  const std::string rule(widths[0] + widths[1] + widths[2] + 6, '-');
  std::string table = rule + "\n";
  AppendRow(table, rows.front(), widths);
  table += rule + "\n";
  for (std::size_t i = 1; i < rows.size(); ++i) {
    AppendRow(table, rows[i], widths);
  }
  return table + rule + "\n";
}

std::vector<OptionSet::Setting> OptionSet::Changed() const {
  std::vector<Setting> changed;
  for (const auto& [name, option] : impl_->table.options()) {
    if (option.source != OptionSource::kDefault && !option.ignored_because) {
      changed.push_back({name, option.Shown(), std::string(OptionSourceName(option.source))});
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
