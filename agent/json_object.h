// A JSON object written member by member, for debug variables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "proto/codec/json_text.h"

namespace pugmark {

class JsonObject {
 public:
  JsonObject& Number(std::string_view name, std::uint64_t value) {
    Name(name);
    AppendUnsigned(text_, value);
    return *this;
  }
  // `json` is a valid JSON text.
  JsonObject& Raw(std::string_view name, std::string_view json) {
    Name(name);
    text_ += json;
    return *this;
  }
  [[nodiscard]] std::string Close() {
    text_ += '}';
    return std::move(text_);
  }

 private:
  void Name(std::string_view name) {
    if (text_.size() > 1) {
      text_ += ',';
    }
    AppendGoJsonString(text_, name);
    text_ += ':';
  }
  std::string text_ = "{";
};

}  // namespace pugmark
