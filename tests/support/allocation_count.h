// Counts the heap allocations of a test program: linking it replaces malloc and its kin (under the
// address sanitizer it registers a hook instead).
#pragma once

#include <cstdint>

namespace pugmark::testing {

// Allocations of the whole process so far. operator new counts through malloc.
std::uint64_t AllocationCount();

}  // namespace pugmark::testing
