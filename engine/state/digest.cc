#include "engine/state/digest.h"

#include <openssl/evp.h>

#include <cstring>

#include "engine/errors.h"

namespace tagtill::state {
namespace {

[[noreturn]] void fail() {
  throw Error(ExitCode::kFailed,
              "The cryptographic library has no SHA-256. Install OpenSSL 3 with its default "
              "provider.");
}

}  // namespace

Digester::Digester()
    : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
  if (algorithm_ == nullptr || context_ == nullptr) {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(algorithm_);
    fail();
  }
}

Digester::~Digester() {
  EVP_MD_CTX_free(context_);
  EVP_MD_free(algorithm_);
}

Digester& Digester::begin(std::string_view table) {
  gathered_bytes_ = 0;
  if (EVP_DigestInit_ex2(context_, algorithm_, nullptr) != 1) {
    fail();
  }
  return add(stream_).add(table);
}

Digester& Digester::add(std::uint64_t number) {
  std::array<char, sizeof(number)> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(number >> (8 * i));
  }
  append(bytes.data(), bytes.size());
  return *this;
}

Digester& Digester::add(std::string_view text) {
  add(std::uint64_t{text.size()});
  append(text.data(), text.size());
  return *this;
}

Digest Digester::end() {
  update(gathered_.data(), gathered_bytes_);
  std::array<unsigned char, EVP_MAX_MD_SIZE> whole{};
  if (EVP_DigestFinal_ex(context_, whole.data(), nullptr) != 1) {
    fail();
  }
  Digest digest;
  std::memcpy(digest.bytes.data(), whole.data(), Digest::kBytes);
  return digest;
}

void Digester::append(const void* bytes, std::size_t size) {
  if (size > gathered_.size() - gathered_bytes_) {
    update(gathered_.data(), gathered_bytes_);
    gathered_bytes_ = 0;
    if (size > gathered_.size()) {
      update(bytes, size);
      return;
    }
  }
  if (size > 0) {
    std::memcpy(gathered_.data() + gathered_bytes_, bytes, size);
    gathered_bytes_ += size;
  }
}

void Digester::update(const void* bytes, std::size_t size) {
  if (size > 0 && EVP_DigestUpdate(context_, bytes, size) != 1) {
    fail();
  }
}

}  // namespace tagtill::state
