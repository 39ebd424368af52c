// SHA-256 (FIPS 180-4), by OpenSSL.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace tagtill {

// Used by one thread.
class Sha256 {
 public:
  using Digest = std::array<unsigned char, 32>;

  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view bytes);
  // Of all that was added; begins anew.
  [[nodiscard]] Digest take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Two lower-case digits a byte.
[[nodiscard]] std::string as_hex(std::string_view bytes);
[[nodiscard]] std::string as_hex(const Sha256::Digest& digest);

}  // namespace tagtill
