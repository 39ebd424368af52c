// Which dump a file is, by what is in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tagtill {

// A recording that was replayed is known again by its length and a hash of its beginning and
// end, under whatever name. Two recordings that agree in both, and differ between, are taken
// for one: real ones do not.
struct DumpIdentity {
  std::uint64_t bytes = 0;
  std::string content;  // SHA-256 over the length, the first and the last 64 KiB, in hex

  friend bool operator==(const DumpIdentity&, const DumpIdentity&) = default;
};

// None for what is no regular file (a pipe, standard input) or cannot be read.
[[nodiscard]] std::optional<DumpIdentity> identify_dump(const std::string& path);

// The same for the first `bytes` bytes of it, as if there were no more.
[[nodiscard]] std::optional<DumpIdentity> identify_dump(const std::string& path,
                                                        std::uint64_t bytes);

}  // namespace tagtill
