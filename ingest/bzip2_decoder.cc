#include <bzlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "ingest/decoder.h"

namespace tagtill {
namespace {

unsigned size_of(std::span<const char> bytes) {
  return static_cast<unsigned>(
      std::min<std::size_t>(bytes.size(), std::numeric_limits<unsigned>::max()));
}

class Bzip2Decoder : public Decoder {
 public:
  Bzip2Decoder() {
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) {
      throw std::bad_alloc();
    }
  }
  ~Bzip2Decoder() override { BZ2_bzDecompressEnd(&stream_); }

  Status step(std::span<const char>& in, std::span<char>& out) override {
    const unsigned given = size_of(in);
    const unsigned room = size_of(out);
    // bzip2 reads through this pointer only.
    stream_.next_in = const_cast<char*>(in.data());
    stream_.avail_in = given;
    stream_.next_out = out.data();
    stream_.avail_out = room;
    const int result = BZ2_bzDecompress(&stream_);
    in = in.subspan(given - stream_.avail_in);
    out = out.subspan(room - stream_.avail_out);
    switch (result) {
      case BZ_OK:
        return Status::kMore;
      case BZ_STREAM_END:
        return Status::kEnd;
      case BZ_MEM_ERROR:
        throw std::bad_alloc();
      default:
        return fail("its bzip2 data is damaged");
    }
  }

 private:
  bz_stream stream_{};
};

}  // namespace

std::unique_ptr<Decoder> make_bzip2_decoder() { return std::make_unique<Bzip2Decoder>(); }

}  // namespace tagtill
