// Which name somebody meant who mistyped it.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tagtill {

// The one of `names` from which `name` is fewest edits away (a character put in, left out,
// replaced, or two neighbours swapped); the first of several. Empty if that is more than a third
// of the name, rounded up: then it was not meant. Of a `name` of more than 64 bytes nothing is
// near. Cost: the product of the lengths, for each of the names.
[[nodiscard]] std::string nearest_name(std::string_view name,
                                       std::span<const std::string_view> names);

}  // namespace tagtill
