#include "proto/codec/json_indent.h"

namespace pugmark {

void JsonIndenter::NewLine(std::string& out) const {
  out += '\n';
  out.append(static_cast<std::size_t>(depth_) * 4, ' ');
}

void JsonIndenter::Append(std::string& out, std::string_view compact) {
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[i];
    if (in_string_) {
      out += c;
      if (c == '\\' && i + 1 < compact.size()) {
        out += compact[++i];
      } else if (c == '"') {
        in_string_ = false;
      }
      continue;
    }
    if (c == '}' || c == ']') {
      --depth_;
      if (!opened_) {
        NewLine(out);
      }
      opened_ = false;
      out += c;
      continue;
    }
    if (opened_) {
      opened_ = false;
      NewLine(out);
    }
    out += c;
    if (c == '{' || c == '[') {
      ++depth_;
      opened_ = true;
    } else if (c == ',') {
      NewLine(out);
    } else if (c == ':') {
      out += ' ';
    } else if (c == '"') {
      in_string_ = true;
    }
  }
}

}  // namespace pugmark
