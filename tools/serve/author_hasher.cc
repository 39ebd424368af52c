#include "tools/serve/author_hasher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>

#include "engine/errors.h"
#include "engine/sha256.h"

namespace tagtill {

AuthorHasher::AuthorHasher() : key_(32, '\0') {
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key_.data()), static_cast<int>(key_.size())) !=
      1) {
    throw Error(ExitCode::kFailed,
                "OpenSSL has no random bytes here for the key of the log's author hashes. Check "
                "its set-up.");
  }
}

AuthorHasher::~AuthorHasher() { OPENSSL_cleanse(key_.data(), key_.size()); }

AuthorHasher::Hash AuthorHasher::hash(std::string_view author_id) const {
  Sha256::Digest digest{};
  unsigned length = 0;
  if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(author_id.data()), author_id.size(),
           digest.data(), &length) == nullptr ||
      length != digest.size()) {
    throw Error(ExitCode::kFailed, "OpenSSL cannot make an HMAC-SHA256. Check its set-up.");
  }
  const std::string hex = as_hex(digest);
  Hash hash{};
  std::copy_n(hex.begin(), hash.size(), hash.begin());
  return hash;
}

}  // namespace tagtill
