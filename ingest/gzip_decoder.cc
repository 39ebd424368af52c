#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "ingest/decoder.h"

namespace tagtill {
namespace {

constexpr int kWindowBits = 15;
constexpr int kGzipFraming = 16;

uInt size_of(std::span<const char> bytes) {
  return static_cast<uInt>(std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max()));
}

class GzipDecoder : public Decoder {
 public:
  GzipDecoder() {
    if (inflateInit2(&stream_, kWindowBits + kGzipFraming) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~GzipDecoder() override { inflateEnd(&stream_); }

  Status step(std::span<const char>& in, std::span<char>& out) override {
    const uInt given = size_of(in);
    const uInt room = size_of(out);
    // zlib reads through this pointer only.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = given;
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = room;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    in = in.subspan(given - stream_.avail_in);
    out = out.subspan(room - stream_.avail_out);
    switch (result) {
      case Z_OK:
      case Z_BUF_ERROR:  // nothing could be done: not an error
        return Status::kMore;
      case Z_STREAM_END:
        return Status::kEnd;
      case Z_MEM_ERROR:
        throw std::bad_alloc();
      default:
        return fail("its gzip data is damaged");
    }
  }

 private:
  z_stream stream_{};
};

}  // namespace

std::unique_ptr<Decoder> make_gzip_decoder() { return std::make_unique<GzipDecoder>(); }

}  // namespace tagtill
