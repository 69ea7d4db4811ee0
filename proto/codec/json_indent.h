// Indents compact JSON by four spaces a level, as Go's json.MarshalIndent does, piece by piece.
#pragma once

#include <string>
#include <string_view>

namespace pugmark {

class JsonIndenter {
 public:
  // `depth`: the level that the text starts at.
  explicit JsonIndenter(int depth = 0) : depth_(depth) {}

  // Appends the indented form of the next piece; a piece may end anywhere outside an escape
  // sequence.
  void Append(std::string& out, std::string_view compact);

 private:
  void NewLine(std::string& out) const;

  int depth_;
  bool in_string_ = false;
  bool opened_ = false;  // right after an opening bracket: a closing one then stays on the line
};

}  // namespace pugmark
