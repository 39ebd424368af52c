#include "engine/sha256.h"

#include <openssl/evp.h>

#include <new>

namespace tagtill {

struct Sha256::Impl {
  struct Free {
    void operator()(EVP_MD_CTX* digest) const { EVP_MD_CTX_free(digest); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};

  void begin() const {
    if (context == nullptr || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) {
      throw std::bad_alloc();
    }
  }
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) { impl_->begin(); }
Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
  if (EVP_DigestUpdate(impl_->context.get(), bytes.data(), bytes.size()) != 1) {
    throw std::bad_alloc();
  }
}

Sha256::Digest Sha256::take() {
  Digest digest{};
  if (EVP_DigestFinal_ex(impl_->context.get(), digest.data(), nullptr) != 1) {
    throw std::bad_alloc();
  }
  impl_->begin();
  return digest;
}

std::string as_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char byte : bytes) {
    hex.push_back(kDigits[static_cast<unsigned char>(byte) >> 4]);
    hex.push_back(kDigits[static_cast<unsigned char>(byte) & 15]);
  }
  return hex;
}

std::string as_hex(const Sha256::Digest& digest) {
  return as_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

}  // namespace tagtill
