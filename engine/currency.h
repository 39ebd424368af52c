// How many decimals an amount of money has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tagtill {

// The minor digits of a currency by ISO 4217: 2 for USD, 0 for JPY, 3 for KWD. Nothing where
// the list of currencies in use does not have it. Any thread; a search in a page of text.
[[nodiscard]] std::optional<std::size_t> currency_decimals(std::string_view currency);

// Appends an amount in minor units with that many decimals (at most 18): 123456 with 2 as
// `1234.56`, 5 with 2 as `0.05`. The amount is not negative.
void append_decimal(std::string& out, std::int64_t minor, std::size_t decimals);

}  // namespace tagtill
