// Signatures of Standard Webhooks (standardwebhooks.com), and digests. Hides OpenSSL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tagtill {

// The keys that requests are signed with: while one is replaced by another, both. Const once
// they are read: any thread.
class WebhookSecrets {
 public:
  static constexpr std::size_t kSecretsMax = 2;
  static constexpr std::size_t kKeyBytesMin = 24;  // as the standard has it
  static constexpr std::size_t kKeyBytesMax = 1'024;

  // Reads the file: `whsec_` and the key in base64, or the key as it is; one line end at its end
  // does not belong to it. Throws tagtill::Error (ExitCode::kBadConfig) that says what is wrong
  // with it; what stands in it is never said.
  void add_file(const std::string& path);
  // The same with the file's content; `name` stands in the errors.
  void add(std::string_view content, const std::string& name);

  [[nodiscard]] std::size_t size() const { return keys_.size(); }

  // The value of the header webhook-signature: for each key `v1,` and the base64 of HMAC-SHA256
  // over `id.timestamp.body`, with a space between.
  [[nodiscard]] std::string sign(std::string_view id, std::int64_t timestamp_s,
                                 std::string_view body) const;

 private:
  std::vector<std::string> keys_;
};

// The first 64 bits of SHA-256, as 16 hex digits.
[[nodiscard]] std::string short_digest(std::string_view bytes);

}  // namespace tagtill
