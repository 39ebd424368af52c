#include "tools/report/money.h"

#include <fmt/core.h>

#include <optional>

#include "engine/currency.h"
#include "tools/messages.h"
#include "tools/shown_text.h"

namespace tagtill {
namespace {

// Also of the least number, whose negative does not exist.
std::uint64_t magnitude(std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  return number < 0 ? 0 - bits : bits;
}

}  // namespace

std::string grouped_integer(std::int64_t number) {
  return (number < 0 ? "-" : "") + grouped(magnitude(number));
}

std::string money(std::int64_t minor, std::string_view currency) {
  const std::optional<std::size_t> decimals = currency_decimals(currency);
  if (!decimals) {
    return grouped_integer(minor) + " minor units";
  }
  std::uint64_t unit = 1;
  for (std::size_t i = 0; i < *decimals; ++i) {
    unit *= 10;
  }
  const std::uint64_t amount = magnitude(minor);
  std::string text = (minor < 0 ? "-" : "") + grouped(amount / unit);
  return *decimals == 0 ? text : fmt::format("{}.{:0{}}", text, amount % unit, *decimals);
}

std::string money_with_currency(std::int64_t minor, std::string_view currency) {
  return fmt::format("{} {}", money(minor, currency), shown_text(currency));
}

}  // namespace tagtill
