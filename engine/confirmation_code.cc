#include "engine/confirmation_code.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <cstdint>

#include "engine/errors.h"

namespace tagtill {
namespace {

// Crockford's base32: no I, L, O or U.
constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kCodeCharacters = 8;

// The value of a character, or -1.
int value_of(char c) {
  switch (c) {
    case 'o':
    case 'O':
      return 0;
    case 'i':
    case 'I':
    case 'l':
    case 'L':
      return 1;
    default:
      break;
  }
  const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c;
  const std::size_t value = kCrockford.find(upper);
  return value == std::string_view::npos ? -1 : static_cast<int>(value);
}

}  // namespace

class CodeMaker::Impl {
 public:
  explicit Impl(std::string_view secret) {
    EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    context_ = mac == nullptr ? nullptr : EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    char digest[] = "SHA256";
    const std::array<OSSL_PARAM, 2> parameters = {
        OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
    if (context_ == nullptr ||
        EVP_MAC_init(context_, reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
                     parameters.data()) != 1) {
      EVP_MAC_CTX_free(context_);
      throw Error(ExitCode::kFailed,
                  "The cryptographic library has no HMAC-SHA256. Install OpenSSL 3 with its "
                  "default provider.");
    }
  }
  ~Impl() { EVP_MAC_CTX_free(context_); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Code compute(std::string_view purpose, std::string_view author_id, std::string_view intent_id,
               std::string_view offer_id) {
    std::array<unsigned char, 32> digest{};
    std::size_t written = 0;
    // Without a key the context begins anew under the key it has.
    const bool done = EVP_MAC_init(context_, nullptr, 0, nullptr) == 1 && update(purpose) &&
                      update("\n") && update(author_id) && update("\n") && update(intent_id) &&
                      update(":") && update(offer_id) &&
                      EVP_MAC_final(context_, digest.data(), &written, digest.size()) == 1;
    if (!done || written != digest.size()) {
      throw Error(ExitCode::kFailed, "The cryptographic library could not compute an HMAC-SHA256.");
    }
    Code code = 0;
    for (std::size_t i = 0; i < 5; ++i) {
      code = code << 8 | digest[i];
    }
    return code;
  }

 private:
  bool update(std::string_view bytes) {
    return EVP_MAC_update(context_, reinterpret_cast<const unsigned char*>(bytes.data()),
                          bytes.size()) == 1;
  }

  EVP_MAC_CTX* context_ = nullptr;
};

CodeMaker::CodeMaker(std::string_view secret) { set_secret(secret); }
CodeMaker::~CodeMaker() = default;
CodeMaker::CodeMaker(CodeMaker&&) noexcept = default;
CodeMaker& CodeMaker::operator=(CodeMaker&&) noexcept = default;

void CodeMaker::set_secret(std::string_view secret) {
  impl_ = secret.empty() ? nullptr : std::make_unique<Impl>(secret);
}

Code CodeMaker::confirmation(std::string_view author_id, std::string_view intent_id,
                             std::string_view offer_id) {
  return make("code", author_id, intent_id, offer_id);
}

Code CodeMaker::claim(std::string_view author_id, std::string_view intent_id,
                      std::string_view offer_id) {
  return make("claim", author_id, intent_id, offer_id);
}

Code CodeMaker::make(std::string_view purpose, std::string_view author_id,
                     std::string_view intent_id, std::string_view offer_id) {
  Code code = kNoCode;
  if (played_ != nullptr) {
    if (played_->next == played_->codes.size()) {
      throw DamagedState(
          "The journal has fewer codes than its purchases need: it is damaged. Restore the state "
          "from a copy, or make a new one from the dumps.");
    }
    code = played_->codes[played_->next++];
  } else if (impl_ != nullptr) {
    code = impl_->compute(purpose, author_id, intent_id, offer_id);
  } else {
    throw Error(ExitCode::kFailed,
                "A code was needed before there was a secret to make it of. This is a fault of the "
                "program: please report it.");
  }
  if (recorded_ != nullptr) {
    recorded_->codes.push_back(code);
  }
  return code;
}

std::array<char, 8> code_characters(Code code) {
  std::array<char, kCodeCharacters> characters{};
  for (std::size_t i = 0; i < kCodeCharacters; ++i) {
    characters[i] = kCrockford[(code >> (5 * (kCodeCharacters - 1 - i))) & 0x1F];
  }
  return characters;
}

Code read_confirmation_tag(std::string_view folded_tag, std::string_view folded_prefix) {
  if (folded_tag.size() != folded_prefix.size() + kCodeCharacters ||
      !folded_tag.starts_with(folded_prefix)) {
    return kNoCode;
  }
  Code code = 0;
  for (const char c : folded_tag.substr(folded_prefix.size())) {
    const int value = value_of(c);
    if (value < 0) {
      return kNoCode;
    }
    code = code << 5 | static_cast<Code>(value);
  }
  return code;
}

std::string openssl_version() { return OpenSSL_version(OPENSSL_VERSION_STRING); }

}  // namespace tagtill
