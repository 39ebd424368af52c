// One-time codes (P5.1) and the confirmation tag (P5.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reference {

// The first 40 bits of HMAC-SHA256(secret, kind \n author \n purchase_id) in
// Crockford's base32; `kind` is `code` or `claim`.
std::string make_code(std::string_view secret, std::string_view kind, std::string_view author,
                      std::string_view purchase_id);

// The code in a folded tag of confirmation form, as `make_code` writes it.
std::optional<std::string> code_in_tag(std::string_view folded_tag, std::string_view prefix);

}  // namespace reference
