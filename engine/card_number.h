// What looks like a card number (P7.2): refused where it is configured, masked where it is said.
#pragma once

#include <string>
#include <string_view>

namespace tagtill {

// Whether, spaces, `-` and `.` left out, a whole run of digits in the text is 13 to 19 long and
// passes the Luhn check.
[[nodiscard]] bool holds_card_number(std::string_view text);

// The text with every such run masked, but for its last four digits: `*` for a digit, what stands
// between them as it is. Digits that stand together are also looked at with some of their
// neighbours only, so that a number before or behind a card number, with a space between, does
// not hide it. So more is masked than holds_card_number() knows, never less.
// Linear in the text.
[[nodiscard]] std::string without_card_numbers(std::string_view text);

}  // namespace tagtill
