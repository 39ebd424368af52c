// The codes of P5.1, computed without the engine: what the generator says must come out
// is only worth something if it was found another way.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tagtill::corpus {

// `intent post id`, `:`, `offer id`.
std::string make_purchase_id(std::string_view intent_id, std::string_view offer_id);

// 8 characters of Crockford's base32, the first 40 bits of an HMAC-SHA256. About 1 us.
// Throws std::runtime_error when the library refuses the computation.
std::string purchase_code(std::string_view secret, std::string_view author_id,
                          std::string_view purchase_id);
std::string claim_code(std::string_view secret, std::string_view author_id,
                       std::string_view purchase_id);

// What confirmation tags begin with (P5.2).
inline constexpr std::string_view kConfirmPrefix = "Confirm";

// Crockford's digits in order of value.
inline constexpr std::string_view kBase32Digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// Any 40 bits as 8 such characters, most significant bits first.
std::string base32_40(std::uint64_t bits);

}  // namespace tagtill::corpus
