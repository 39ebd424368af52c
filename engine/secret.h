// The secret from which codes are made (P5.1).
#pragma once

#include <cstddef>
#include <string>

#include "engine/file_errors.h"

namespace tagtill {

// Prompts are public: a shorter secret could be searched for.
inline constexpr std::size_t kSecretBytesMin = 32;
inline constexpr std::size_t kSecretBytesMax = std::size_t{64} * 1024;

// Reads the secret: the bytes of the file without one line end (`\n` or `\r\n`)
// at its end. On an error adds a sentence to `errors` and returns an empty
// string. `warning` (may be null) gets a sentence when others than the file's
// owner may touch it, and is left alone otherwise. The secret itself stands in no
// message.
[[nodiscard]] std::string load_secret(const std::string& path, FileErrors& errors,
                                      std::string* warning);

}  // namespace tagtill
