// Authors in logs: by a keyed hash.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace tagtill {

// The same author has the same hash as long as the key is the same; without the key nobody
// can find out whose it is, though author ids can be counted up. Const: any thread.
//
// Cost: one HMAC, some 2 µs.
class AuthorHasher {
 public:
  static constexpr std::size_t kHexDigits = 12;
  using Hash = std::array<char, kHexDigits>;

  // With a key drawn at random, which nobody gets to know: hashes are good for one run.
  // Throws tagtill::Error (ExitCode::kFailed) when the system gives no random bytes.
  AuthorHasher();
  // For hashes that can be compared from run to run. `key` as long as a secret (P5.1).
  explicit AuthorHasher(std::string key) : key_(std::move(key)) {}
  ~AuthorHasher();  // wipes the key
  AuthorHasher(const AuthorHasher&) = delete;
  AuthorHasher& operator=(const AuthorHasher&) = delete;

  // The first 48 bits of HMAC-SHA256(key, author id), in hex.
  [[nodiscard]] Hash hash(std::string_view author_id) const;

 private:
  std::string key_;
};

}  // namespace tagtill
