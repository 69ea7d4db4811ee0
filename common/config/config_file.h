// Reads a configuration file (--config-file) into dotted names: YAML (.yaml, .yml) or JSON (.json).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace pugmark {

struct ConfigFileEntry {
  std::string key;  // "collector.queue-size", lower case as viper has it
  std::vector<std::string> values;
  bool is_list = false;
};

// Nested keys are joined by dots; a key without a value (null) is left out. Errors,
// kInvalidArgument with the file's name and the line where known: not readable, too large, not of
// these formats, not a map at its top, a key given twice, nested too deeply.
Result<std::vector<ConfigFileEntry>> ReadConfigFile(const std::string& path);

}  // namespace pugmark
