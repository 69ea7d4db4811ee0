// Files below tests/testdata.
#pragma once

#include <string>
#include <vector>

namespace pugmark::testing {

// The bytes of a file; `name` is relative to tests/testdata. Throws std::runtime_error.
std::string ReadTestdata(const std::string& name);

// The names of the files in a folder below tests/testdata that start with `prefix`, sorted.
std::vector<std::string> ListTestdata(const std::string& folder, const std::string& prefix = "");

// Whether `actual` equals the file `name` (ending in .golden); with UPDATE_GOLDEN=1 in the
// environment the file is written instead.
bool MatchesGolden(const std::string& name, const std::string& actual);

}  // namespace pugmark::testing
