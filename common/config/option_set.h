// One table of options that drives flags, environment variables, configuration files, help and
// print-config.
//
// Order: command line > environment > file (--config-file, YAML or JSON) > default. The variable of
// --collector.queue-size is COLLECTOR_QUEUE_SIZE; a file may nest (collector: {queue-size: 1}) or
// use the dotted name. Values that start with "tcp://" in variables of host:port options are
// Kubernetes service links and are ignored with a warning, and so is a variable that is set to
// nothing. Keys of the file that no option has are warned about.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/net/host_port.h"

namespace pugmark {

class OptionSet {
 public:
  OptionSet();
  ~OptionSet();
  OptionSet(const OptionSet&) = delete;
  OptionSet& operator=(const OptionSet&) = delete;

  // Each binds a name to a variable, whose value now is the default. The variable outlives the set.
  void Add(std::string_view name, std::string& target, std::string_view help);
  void Add(std::string_view name, bool& target, std::string_view help);  // --flag, --flag=false
  void Add(std::string_view name, int& target, std::string_view help);
  void Add(std::string_view name, std::int64_t& target, std::string_view help);
  void Add(std::string_view name, std::size_t& target, std::string_view help);
  void Add(std::string_view name, double& target, std::string_view help);
  void Add(std::string_view name, Nanoseconds& target, std::string_view help);  // Go syntax
  void Add(std::string_view name, HostPort& target, std::string_view help);
  // Comma separated, and repeatable.
  void Add(std::string_view name, std::vector<std::string>& target, std::string_view help);
  // A list whose values may hold commas: one value for each flag, or a list in the file.
  void AddRepeatable(std::string_view name, std::vector<std::string>& target,
                     std::string_view help);

  // `old_name` is taken for `name`, with a warning.
  void AddAlias(std::string_view old_name, std::string_view name);
  // An option of Jaeger that has no effect here: taken, and warned about when set to anything but
  // its default.
  void AddIgnored(std::string_view name, std::string_view default_value, std::string_view why);
  // The value is shown as *** in print-config and logs.
  void MarkSecret(std::string_view name);

  // Reads file, environment and command line (without the program's name) into the targets. Errors
  // are one line, name the option, the source and what was wanted. kNotFound: the command line is
  // no list of known flags; the message names the nearest one. kInvalidArgument: a value or the
  // file.
  Status Load(const std::vector<std::string>& arguments,
              const std::map<std::string, std::string>& environment);

  // Things worth telling the user once logging works, in order.
  [[nodiscard]] const std::vector<std::string>& warnings() const;
  // The --help text: every option with type, default and variable.
  [[nodiscard]] std::string Help() const;
  // A table "Configuration Option Name / Value / Source"; without `all`, options that have a value.
  [[nodiscard]] std::string PrintConfig(bool all) const;

  struct Setting {
    std::string name;
    std::string value;   // *** for a secret
    std::string source;  // "command line", "environment", "config file", "default"
  };
  // What is not a default, by name.
  [[nodiscard]] std::vector<Setting> Changed() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The process's environment.
std::map<std::string, std::string> ProcessEnvironment();

}  // namespace pugmark
