// Amounts of money, written for a person.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tagtill {

// -1234567 as "-1,234,567".
[[nodiscard]] std::string grouped_integer(std::int64_t number);

// An amount in minor units with the decimals of its currency (ISO 4217):
// 123456 USD as "1,234.56", JPY as "123,456", KWD as "123.456". Where the
// currency is not known, "123,456 minor units": no decimals are made up.
[[nodiscard]] std::string money(std::int64_t minor, std::string_view currency);

// "1,234.56 USD".
[[nodiscard]] std::string money_with_currency(std::int64_t minor, std::string_view currency);

}  // namespace tagtill
