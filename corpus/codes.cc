#include "corpus/codes.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

namespace tagtill::corpus {
namespace {

std::string keyed_code(std::string_view purpose, std::string_view secret,
                       std::string_view author_id, std::string_view purchase_id) {
  std::string message;
  message.append(purpose).append(1, '\n').append(author_id).append(1, '\n').append(purchase_id);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int digest_bytes = 0;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(),
           &digest_bytes) == nullptr ||
      digest_bytes < 5) {
    throw std::runtime_error(
        "libcrypto refused to compute an HMAC-SHA256; check that its default provider is "
        "available.");
  }
  std::uint64_t bits = 0;
  for (unsigned place = 0; place < 5; ++place) {
    bits = (bits << 8U) | digest[place];
  }
  return base32_40(bits);
}

}  // namespace

std::string make_purchase_id(std::string_view intent_id, std::string_view offer_id) {
  std::string id;
  id.reserve(intent_id.size() + 1 + offer_id.size());
  id.append(intent_id).append(1, ':').append(offer_id);
  return id;
}

std::string purchase_code(std::string_view secret, std::string_view author_id,
                          std::string_view purchase_id) {
  return keyed_code("code", secret, author_id, purchase_id);
}

std::string claim_code(std::string_view secret, std::string_view author_id,
                       std::string_view purchase_id) {
  return keyed_code("claim", secret, author_id, purchase_id);
}

std::string base32_40(std::uint64_t bits) {
  std::string code;
  for (unsigned shift = 40; shift != 0;) {
    shift -= 5;
    code += kBase32Digits[(bits >> shift) & 0x1fU];
  }
  return code;
}

}  // namespace tagtill::corpus
