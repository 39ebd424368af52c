// One compressed stream, decoded piece by piece: what the compression libraries
// have in common. Each is behind one function here and in a `.cc` of its own.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace tagtill {

// A stream that asks for more memory to be unpacked is refused: dumps come from
// outside. (The strongest usual settings of xz need 65 MiB, of zstd 128 MiB.)
inline constexpr std::size_t kDecoderBytesMax = std::size_t{128} << 20;

// Used by one thread.
class Decoder {
 public:
  enum class Status {
    kMore,   // give more input, or room, or both
    kEnd,    // the stream ended; the rest of the input does not belong to it
    kError,  // error() says why; what was put out before is good
  };

  Decoder() = default;
  virtual ~Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // Takes bytes from the front of `in` and puts bytes to the front of `out`, and
  // moves both on past them. `in` may be empty: what is left within comes out.
  [[nodiscard]] virtual Status step(std::span<const char>& in, std::span<char>& out) = 0;

  // After kError: a clause such as `the data is damaged`.
  [[nodiscard]] const std::string& error() const { return error_; }

 protected:
  Status fail(std::string clause) {
    error_ = std::move(clause);
    return Status::kError;
  }

 private:
  std::string error_;
};

// Throw std::bad_alloc.
[[nodiscard]] std::unique_ptr<Decoder> make_gzip_decoder();
[[nodiscard]] std::unique_ptr<Decoder> make_bzip2_decoder();
[[nodiscard]] std::unique_ptr<Decoder> make_xz_decoder();
[[nodiscard]] std::unique_ptr<Decoder> make_zstd_decoder();
[[nodiscard]] std::unique_ptr<Decoder> make_lz4_decoder();

}  // namespace tagtill
