// How a stored attribute value compares with a literal of a search.
//
// Nothing here allocates, but for arrays and maps that are compared with a JSON text.
#pragma once

#include <compare>
#include <string_view>

#include "common/model/attribute.h"
#include "storage/api/filter.h"

namespace pugmark {

// Whether ValueAsJaegerText(value) is `text`.
[[nodiscard]] bool EqualsJaegerText(const Value& value, std::string_view text);

// By type: texts by bytes, numbers as numbers whether integer or not, false before true. Unordered
// for values of different kinds, for NaN, and for bytes, arrays and maps.
[[nodiscard]] std::partial_ordering CompareTyped(const Value& value, const FilterValue& literal);

// As above, with `text` read as what the value is: a number, true or false, or text.
[[nodiscard]] std::partial_ordering CompareUntyped(const Value& value, std::string_view text);

}  // namespace pugmark
