#include <lz4frame.h>

#include <algorithm>
#include <new>

#include "ingest/decoder.h"

namespace tagtill {
namespace {

class Lz4Decoder : public Decoder {
 public:
  Lz4Decoder() {
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)) != 0) {
      throw std::bad_alloc();
    }
  }
  ~Lz4Decoder() override { LZ4F_freeDecompressionContext(context_); }

  Status step(std::span<const char>& in, std::span<char>& out) override {
    // As much input as lz4 asks for, and no more: a call that fails says nothing
    // of what it had put out before, so it must not span more than one block.
    std::size_t taken = std::min(in.size(), wanted_);
    std::size_t made = out.size();
    const std::size_t result =
        LZ4F_decompress(context_, out.data(), &made, in.data(), &taken, nullptr);
    if (LZ4F_isError(result) != 0) {
      return fail("its lz4 data is damaged");
    }
    in = in.subspan(taken);
    out = out.subspan(made);
    wanted_ = std::max<std::size_t>(result, 1);
    return result == 0 ? Status::kEnd : Status::kMore;
  }

 private:
  // Of the largest frame header; lz4 says how much it wants then.
  static constexpr std::size_t kHeaderBytes = LZ4F_HEADER_SIZE_MAX;

  LZ4F_dctx* context_ = nullptr;
  std::size_t wanted_ = kHeaderBytes;
};

}  // namespace

std::unique_ptr<Decoder> make_lz4_decoder() { return std::make_unique<Lz4Decoder>(); }

}  // namespace tagtill
