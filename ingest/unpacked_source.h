// A compressed source, unpacked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/byte_source.h"
#include "ingest/decoder.h"
#include "ingest/packing.h"

namespace tagtill {

// Unpacks streams of one kind, one behind the other, as they lie in `below`. Zero
// bytes behind a stream are padding.
//
// All that can be unpacked is given, to the last byte, before read() returns 0
// and failure() says that the data is cut or damaged, and behind which of its
// packed bytes. (libarchive's own filters drop up to 64 KiB before a cut, some
// tens of posts: so it is used for archives only.)
//
// How much of damaged data comes out does not depend on who reads it in what pieces,
// nor on the pieces in which a pipe gives it: the decoders see the same calls.
//
// Used by one thread. Memory: buffers of kPackedBytes and kUnpackedBytes, and what
// the decoder needs (kDecoderBytesMax at most).
class UnpackedSource : public ByteSource {
 public:
  // `packing` is one of the compressions.
  UnpackedSource(Packing packing, std::unique_ptr<ByteSource> below);

  [[nodiscard]] std::size_t read(std::span<char> to) override;
  [[nodiscard]] const std::string& failure() const override { return failure_; }
  [[nodiscard]] std::uint64_t stored_bytes() const override { return below_->stored_bytes(); }

 private:
  static constexpr std::size_t kPackedBytes = std::size_t{256} * 1024;
  static constexpr std::size_t kUnpackedBytes = std::size_t{128} * 1024;

  void unpack();
  bool take_more();
  void take_more_or_fail();
  bool start_next_stream();
  void fail(const std::string& clause);

  Packing packing_;
  std::unique_ptr<ByteSource> below_;
  std::vector<char> packed_;
  std::span<const char> in_;      // what is left of packed_
  std::uint64_t packed_end_ = 0;  // where in_ ends in the packed data
  std::vector<char> unpacked_;
  std::string_view out_;              // what is left of unpacked_
  std::unique_ptr<Decoder> decoder_;  // null between two streams
  bool ended_ = false;
  std::string failure_;
};

}  // namespace tagtill
