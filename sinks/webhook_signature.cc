#include "sinks/webhook_signature.h"

#include <fmt/core.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <system_error>

#include "engine/errors.h"

namespace tagtill {
namespace {

constexpr std::string_view kBase64Mark = "whsec_";
constexpr std::size_t kDigestBytes = 32;

[[noreturn]] void refuse(const std::string& name, const std::string& reason) {
  throw Error(ExitCode::kBadConfig, fmt::format("{}: {}.", name, reason));
}

std::string to_base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

// With padding, and nothing else in it.
std::optional<std::string> from_base64(std::string_view text) {
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const std::string_view digits = text.substr(0, text.size() - padding);
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0 || digits.find_first_not_of(kDigits) != std::string_view::npos) {
    return std::nullopt;
  }
  std::string bytes(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0) {
    return std::nullopt;
  }
  bytes.resize(static_cast<std::size_t>(length) - padding);
  return bytes;
}

}  // namespace

void WebhookSecrets::add_file(const std::string& path) {
  struct Close {
    void operator()(std::FILE* file) const { (void)std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) {
    refuse(path, fmt::format("cannot be opened: {}. Correct secret-file=",
                             std::generic_category().message(errno)));
  }
  // More than the longest key, in base64 and with a line end: enough to tell that it is too long.
  std::string content(2 * kKeyBytesMax, '\0');
  content.resize(std::fread(content.data(), 1, content.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    refuse(path, fmt::format("cannot be read: {}. Correct secret-file=",
                             std::generic_category().message(errno)));
  }
  add(content, path);
}

void WebhookSecrets::add(std::string_view content, const std::string& name) {
  if (content.ends_with('\n')) {
    content.remove_suffix(content.ends_with("\r\n") ? 2 : 1);
  }
  std::string key(content);
  if (content.starts_with(kBase64Mark)) {
    const std::optional<std::string> decoded = from_base64(content.substr(kBase64Mark.size()));
    if (!decoded) {
      refuse(name,
             "what stands behind whsec_ is no base64. Write the secret as the receiver has it");
    }
    key = *decoded;
  }
  if (key.size() < kKeyBytesMin) {
    refuse(name,
           fmt::format("the secret has {} bytes, but needs at least {}. Write random ones, as "
                       "of `echo whsec_$(openssl rand -base64 32)`",
                       key.size(), kKeyBytesMin));
  }
  if (key.size() > kKeyBytesMax) {
    refuse(name,
           fmt::format("the secret is longer than {} bytes. Is this the right file", kKeyBytesMax) +
               "? If so, shorten it");
  }
  keys_.push_back(std::move(key));
}

std::string WebhookSecrets::sign(std::string_view id, std::int64_t timestamp_s,
                                 std::string_view body) const {
  const std::string signed_text = fmt::format("{}.{}.{}", id, timestamp_s, body);
  std::string value;
  for (const std::string& key : keys_) {
    std::array<unsigned char, kDigestBytes> digest{};
    unsigned length = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size(),
             digest.data(), &length) == nullptr ||
        length != digest.size()) {
      throw Error(ExitCode::kFailed, "OpenSSL cannot make signatures here. Check its set-up.");
    }
    value += value.empty() ? "v1," : " v1,";
    value += to_base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
  }
  return value;
}

std::string short_digest(std::string_view bytes) {
  std::array<unsigned char, kDigestBytes> digest{};
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    throw Error(ExitCode::kFailed, "OpenSSL cannot make digests here. Check its set-up.");
  }
  std::string hex;
  for (std::size_t i = 0; i < 8; ++i) {
    hex += fmt::format("{:02x}", digest[i]);
  }
  return hex;
}

}  // namespace tagtill
