#include "tools/report/money.h"

#include <fmt/core.h>

#include <optional>

#include "engine/config_text.h"
#include "tools/messages.h"
#include "tools/shown_text.h"

namespace tagtill {
namespace {

// ISO 4217, the currencies in use. The codes of one exponent, with spaces
// between: three capitals can only be found where a code stands.
constexpr std::string_view kNoDecimals =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
constexpr std::string_view kTwoDecimals =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN "
    "BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP "
    "GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP "
    "LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR "
    "NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN "
    "SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD YER ZAR ZMW "
    "ZWG";
constexpr std::string_view kThreeDecimals = "BHD IQD JOD KWD LYD OMR TND";
constexpr std::string_view kFourDecimals = "CLF UYW";

std::optional<std::size_t> decimals_of(std::string_view currency) {
  const auto is_in = [currency](std::string_view codes) {
    return codes.find(currency) != std::string_view::npos;
  };
  if (!is_capitals(currency, 3)) {
    return std::nullopt;
  }
  if (is_in(kTwoDecimals)) {
    return 2;
  }
  if (is_in(kNoDecimals)) {
    return 0;
  }
  if (is_in(kThreeDecimals)) {
    return 3;
  }
  return is_in(kFourDecimals) ? std::optional<std::size_t>(4) : std::nullopt;
}

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
  const std::optional<std::size_t> decimals = decimals_of(currency);
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
