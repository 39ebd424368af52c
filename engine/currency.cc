#include "engine/currency.h"

#include <array>
#include <charconv>

#include "engine/config_text.h"

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

}  // namespace

std::optional<std::size_t> currency_decimals(std::string_view currency) {
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

void append_decimal(std::string& out, std::int64_t minor, std::size_t decimals) {
  std::array<char, 20> buffer{};
  const char* const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), minor).ptr;
  std::string_view digits(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  if (decimals == 0) {
    out.append(digits);
    return;
  }
  if (digits.size() <= decimals) {
    out.append("0.").append(decimals - digits.size(), '0').append(digits);
    return;
  }
  const std::size_t whole = digits.size() - decimals;
  out.append(digits.substr(0, whole)).append(".").append(digits.substr(whole));
}

}  // namespace tagtill
