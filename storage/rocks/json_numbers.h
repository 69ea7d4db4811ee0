// A JSON object of numbers, for /debug/vars.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace pugmark::rocks {

class JsonNumbers {
 public:
  // `name` needs no escaping.
  JsonNumbers& Add(std::string_view name, std::integral auto number) {
    json_ += json_.empty() ? "{\"" : ",\"";
    json_ += name;
    json_ += "\":" + std::to_string(number);
    return *this;
  }
  [[nodiscard]] std::string Take() { return json_.empty() ? "{}" : std::move(json_) + "}"; }

 private:
  std::string json_;
};

}  // namespace pugmark::rocks
