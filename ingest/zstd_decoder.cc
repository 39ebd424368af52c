#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <new>

#include "ingest/decoder.h"

namespace tagtill {
namespace {

class ZstdDecoder : public Decoder {
 public:
  ZstdDecoder() : context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) {
      throw std::bad_alloc();
    }
    wanted_ = ZSTD_DStreamInSize();
  }
  ~ZstdDecoder() override { ZSTD_freeDCtx(context_); }

  Status step(std::span<const char>& in, std::span<char>& out) override {
    // As much input as zstd asks for, and no more: a call that fails says nothing
    // of what it had put out before, so it must not span more than one block.
    ZSTD_inBuffer input{in.data(), std::min(in.size(), wanted_), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    const std::size_t result = ZSTD_decompressStream(context_, &output, &input);
    if (ZSTD_isError(result) != 0) {
      return fail_with(ZSTD_getErrorCode(result));
    }
    in = in.subspan(input.pos);
    out = out.subspan(output.pos);
    wanted_ = std::max<std::size_t>(result, 1);
    return result == 0 ? Status::kEnd : Status::kMore;
  }

 private:
  Status fail_with(ZSTD_ErrorCode code) {
    switch (code) {
      case ZSTD_error_memory_allocation:
        throw std::bad_alloc();
      case ZSTD_error_frameParameter_windowTooLarge:
        return fail("to unpack its zstd data takes more memory than allowed (128 MiB)");
      default:
        return fail("its zstd data is damaged");
    }
  }

  ZSTD_DCtx* context_;
  std::size_t wanted_;
};

}  // namespace

std::unique_ptr<Decoder> make_zstd_decoder() { return std::make_unique<ZstdDecoder>(); }

}  // namespace tagtill
