#include <lzma.h>

#include <cstdint>
#include <new>

#include "ingest/decoder.h"

namespace tagtill {
namespace {

class XzDecoder : public Decoder {
 public:
  XzDecoder() {
    if (lzma_stream_decoder(&stream_, kDecoderBytesMax, 0) != LZMA_OK) {
      throw std::bad_alloc();
    }
  }
  ~XzDecoder() override { lzma_end(&stream_); }

  Status step(std::span<const char>& in, std::span<char>& out) override {
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(in.data());
    stream_.avail_in = in.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream_.avail_out = out.size();
    const lzma_ret result = lzma_code(&stream_, LZMA_RUN);
    in = in.last(stream_.avail_in);
    out = out.last(stream_.avail_out);
    switch (result) {
      case LZMA_OK:
      case LZMA_BUF_ERROR:  // nothing could be done: not an error
        return Status::kMore;
      case LZMA_STREAM_END:
        return Status::kEnd;
      case LZMA_MEM_ERROR:
        throw std::bad_alloc();
      case LZMA_MEMLIMIT_ERROR:
        return fail("to unpack its xz data takes more memory than allowed (128 MiB)");
      case LZMA_OPTIONS_ERROR:
        return fail("its xz data is of a kind that liblzma does not know");
      default:
        return fail("its xz data is damaged");
    }
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

}  // namespace

std::unique_ptr<Decoder> make_xz_decoder() { return std::make_unique<XzDecoder>(); }

}  // namespace tagtill
