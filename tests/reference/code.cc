#include "code.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdint>
#include <stdexcept>

namespace reference {
namespace {

constexpr std::string_view kBase32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr size_t kCodeLength = 8;

char upper(char sign) {
  return sign >= 'a' && sign <= 'z' ? static_cast<char>(sign - 'a' + 'A') : sign;
}

}  // namespace

std::string make_code(std::string_view secret, std::string_view kind, std::string_view author,
                      std::string_view purchase_id) {
  std::string message(kind);
  message += '\n';
  message += author;
  message += '\n';
  message += purchase_id;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(),
           &length) == nullptr) {
    throw std::runtime_error("HMAC failed");
  }
  uint64_t bits = 0;
  for (size_t i = 0; i < 5; ++i) {
    bits = bits << 8 | digest[i];
  }
  std::string code;
  for (size_t i = 0; i < kCodeLength; ++i) {
    code += kBase32[bits >> (35 - 5 * i) & 31];
  }
  return code;
}

std::optional<std::string> code_in_tag(std::string_view folded_tag, std::string_view prefix) {
  std::string folded_prefix;  // ASCII letters fold to lower case
  for (const char sign : prefix) {
    folded_prefix += sign >= 'A' && sign <= 'Z' ? static_cast<char>(sign - 'A' + 'a') : sign;
  }
  if (folded_tag.size() != folded_prefix.size() + kCodeLength ||
      folded_tag.substr(0, folded_prefix.size()) != folded_prefix) {
    return std::nullopt;
  }
  std::string code;
  for (char sign : folded_tag.substr(folded_prefix.size())) {
    sign = upper(sign);
    if (sign == 'O') {
      sign = '0';
    } else if (sign == 'I' || sign == 'L') {
      sign = '1';
    }
    if (kBase32.find(sign) == std::string_view::npos) {
      return std::nullopt;
    }
    code += sign;
  }
  return code;
}

}  // namespace reference
