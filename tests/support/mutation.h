// Damaged variants of valid messages, for any format.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/random.h"

namespace pugmark::testing {

// One of `seeds` with one to four changes: bits and bytes changed, cut off, parts left out, doubled
// or exchanged with another seed, numbers at the edges planted.
std::string Mutate(const std::vector<std::string>& seeds, Random& random);

}  // namespace pugmark::testing
