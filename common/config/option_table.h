// What the sources say about each option, and which of them counts.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/config/option_value.h"

namespace pugmark {

// Later ones win.
enum class OptionSource : std::size_t { kDefault, kFile, kEnvironment, kCommandLine };
inline constexpr std::size_t kOptionSources = 4;
std::string_view OptionSourceName(OptionSource source);

// What one source says about an option.
struct GivenValue {
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
  OptionSource source = OptionSource::kDefault;
  std::array<std::optional<GivenValue>, kOptionSources> given;

  // The value as one line; a secret is masked.
  [[nodiscard]] std::string Shown() const;
};

class OptionTable {
 public:
  Option& Add(std::string_view name, OptionTarget target, std::string_view help);
  void AddAlias(std::string_view old_name, std::string_view name);
  // By its name or an alias; null when there is none.
  Option* Find(std::string_view name);
  [[nodiscard]] const std::map<std::string, Option, std::less<>>& options() const {
    return options_;
  }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

  // Each notes what one source says; nothing is set yet. Errors: see OptionSet::Load.
  Status NoteCommandLine(const std::vector<std::string>& arguments);
  void NoteEnvironment(const std::map<std::string, std::string>& environment);
  Status NoteFile(const std::string& path);
  // Sets one option, or every one, from the highest source that says something about it.
  Status Apply(Option& option);
  Status ApplyAll();

 private:
  void Note(OptionSource source, std::string_view name, GivenValue given);
  void NoteVariable(const std::map<std::string, std::string>& environment, const std::string& name);
  Status Set(Option& option, const GivenValue& given);
  [[nodiscard]] std::vector<std::string_view> Names() const;

  std::map<std::string, Option, std::less<>> options_;
  std::map<std::string, std::string, std::less<>> aliases_;  // old name -> name
  std::vector<std::string> warnings_;
};

// --collector.queue-size -> COLLECTOR_QUEUE_SIZE
std::string OptionVariableName(std::string_view option);
// `value` as one line, quoted when it holds control characters.
std::string PrintableValue(const std::string& value);

}  // namespace pugmark
