// The first line of a connection that wants to know how far its stream was committed
// (docs/ingest.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tagtill {

inline constexpr std::size_t kHelloBytesMax = 1024;  // of the line
inline constexpr std::size_t kStreamNameBytesMax = 64;

struct Hello {
  enum class Kind : std::uint8_t {
    kNone,     // the line is data
    kNotYet,   // it may become a hello
    kStream,   // of the stream `name`
    kRefused,  // it is meant as one; `name` says in a sentence what is wrong
  };
  Kind kind = Kind::kNone;
  std::string name;
};

// `bytes`: what has come so far. A line is meant as a hello if it is an object whose first member
// is called `hello`. Where bytes are malformed is of no interest before their line has come.
[[nodiscard]] Hello read_hello(std::string_view bytes);

[[nodiscard]] std::string ack_line(std::uint64_t position);
[[nodiscard]] std::string error_line(std::string_view sentence);

}  // namespace tagtill
