#include "ingest/unpacked_source.h"

#include <algorithm>
#include <utility>

namespace tagtill {
namespace {

std::unique_ptr<Decoder> make_decoder(Packing packing) {
  switch (packing) {
    case Packing::kGzip:
      return make_gzip_decoder();
    case Packing::kBzip2:
      return make_bzip2_decoder();
    case Packing::kXz:
      return make_xz_decoder();
    case Packing::kZstd:
      return make_zstd_decoder();
    case Packing::kLz4:
      return make_lz4_decoder();
    case Packing::kPlain:
    case Packing::kTar:
    case Packing::kZip:
      break;
  }
  return nullptr;
}

}  // namespace

UnpackedSource::UnpackedSource(Packing packing, std::unique_ptr<ByteSource> below)
    : packing_(packing),
      below_(std::move(below)),
      packed_(kPackedBytes),
      unpacked_(kUnpackedBytes),
      decoder_(make_decoder(packing)) {}

std::size_t UnpackedSource::read(std::span<char> to) {
  if (out_.empty()) {
    unpack();
  }
  const std::size_t size = out_.copy(to.data(), to.size());
  out_.remove_prefix(size);
  return size;
}

// Fills out_, unless there is no more.
void UnpackedSource::unpack() {
  std::span<char> room = unpacked_;
  while (!ended_ && room.size() == unpacked_.size()) {
    if (decoder_ == nullptr && !start_next_stream()) {
      break;
    }
    const std::size_t before = in_.size();
    switch (decoder_->step(in_, room)) {
      case Decoder::Status::kEnd:
        decoder_.reset();
        break;
      case Decoder::Status::kError:
        fail(decoder_->error());
        break;
      case Decoder::Status::kMore:
        if (in_.size() == before && room.size() == unpacked_.size()) {  // it waits for input
          take_more_or_fail();
        }
        break;
    }
  }
  out_ = {unpacked_.data(), unpacked_.size() - room.size()};
}

// Behind a stream: false at the end of everything.
bool UnpackedSource::start_next_stream() {
  for (;;) {
    in_ = in_.subspan(static_cast<std::size_t>(
        std::find_if(in_.begin(), in_.end(), [](char byte) { return byte != '\0'; }) -
        in_.begin()));
    if (!in_.empty()) {
      break;
    }
    if (!take_more()) {
      ended_ = true;
      failure_ = below_->failure();
      return false;
    }
  }
  decoder_ = make_decoder(packing_);
  return true;
}

// Takes more when all was used; false if there is no more.
bool UnpackedSource::take_more() {
  std::size_t size = 0;
  while (size < packed_.size()) {
    const std::size_t got = below_->read(std::span<char>(packed_).subspan(size));
    if (got == 0) {
      break;
    }
    size += got;
  }
  packed_end_ += size;
  in_ = {packed_.data(), size};
  return size > 0;
}

void UnpackedSource::take_more_or_fail() {
  if (!in_.empty()) {  // which it should have taken
    fail("its " + std::string(name_of(packing_)) + " data is damaged");
  } else if (!take_more()) {
    fail(below_->failure().empty() ? "its " + std::string(name_of(packing_)) + " data is cut"
                                   : below_->failure());
  }
}

void UnpackedSource::fail(const std::string& clause) {
  ended_ = true;
  failure_ = clause + " (behind packed byte " + std::to_string(packed_end_ - in_.size()) + ")";
}

}  // namespace tagtill
