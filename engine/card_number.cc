#include "engine/card_number.h"

#include <cstddef>

namespace tagtill {
namespace {

constexpr std::size_t kDigitsMin = 13;
constexpr std::size_t kDigitsMax = 19;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_left_out(char c) { return c == ' ' || c == '-' || c == '.'; }

// Whether the digits among the characters are 13 to 19 and pass the check of card numbers: from
// the right, every second one doubled.
bool is_card(std::string_view run) {
  int sum = 0;
  std::size_t digits = 0;
  for (std::size_t i = run.size(); i-- > 0;) {
    if (is_digit(run[i])) {
      const int digit = run[i] - '0';
      sum += digits % 2 == 0 ? digit : digit < 5 ? 2 * digit : 2 * digit - 9;
      if (++digits > kDigitsMax) {
        return false;
      }
    }
  }
  return digits >= kDigitsMin && sum % 10 == 0;
}

// Where the run that begins with the digit at `at` ends, behind its last digit.
std::size_t end_of_run(std::string_view text, std::size_t at) {
  std::size_t end = at;
  for (; at < text.size() && (is_digit(text[at]) || is_left_out(text[at])); ++at) {
    end = is_digit(text[at]) ? at + 1 : end;
  }
  return end;
}

std::size_t end_of_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) {
    ++at;
  }
  return at;
}

// The end of the longest card number that begins at `at`, and ends where digits end; or `at`.
std::size_t end_of_card(std::string_view run, std::size_t at) {
  std::size_t card_end = at;
  std::size_t digits = 0;
  for (std::size_t end = at; end < run.size() && digits <= kDigitsMax;) {
    if (is_left_out(run[end])) {
      ++end;
      continue;
    }
    const std::size_t behind = end_of_digits(run, end);
    digits += behind - end;
    end = behind;
    if (digits >= kDigitsMin && is_card(run.substr(at, end - at))) {
      card_end = end;
    }
  }
  return card_end;
}

// Masks all card numbers of the characters begin … end, which are a whole run, also such as
// overlap.
void mask_run(std::string& text, std::size_t begin, std::size_t end) {
  const std::string run = text.substr(begin, end - begin);
  for (std::size_t at = 0; at < run.size(); ++at) {
    const bool starts_digits = is_digit(run[at]) && (at == 0 || !is_digit(run[at - 1]));
    std::size_t shown = 4;
    for (std::size_t i = starts_digits ? end_of_card(run, at) : at; i-- > at;) {
      if (is_digit(run[i]) && shown > 0) {
        --shown;
      } else if (is_digit(run[i])) {
        text[begin + i] = '*';
      }
    }
  }
}

}  // namespace

bool holds_card_number(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    const std::size_t end = end_of_run(text, at);
    if (is_card(text.substr(at, end - at))) {
      return true;
    }
    at = end;
  }
  return false;
}

std::string without_card_numbers(std::string_view text) {
  std::string masked(text);
  for (std::size_t at = 0; at < text.size();) {
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    const std::size_t end = end_of_run(text, at);
    mask_run(masked, at, end);
    at = end;
  }
  return masked;
}

}  // namespace tagtill
