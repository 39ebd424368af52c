#include "ingest/packing.h"

#include <algorithm>
#include <charconv>

namespace tagtill {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kChecksumBegin = 148;
constexpr std::size_t kChecksumBytes = 8;

bool is_bzip2(std::string_view head) {
  constexpr std::string_view kBlock = "\x31\x41\x59\x26\x53\x59"sv;
  constexpr std::string_view kEmpty = "\x17\x72\x45\x38\x50\x90"sv;
  return head.starts_with("BZh") && head.size() >= 4 && head[3] >= '1' && head[3] <= '9' &&
         (head.substr(4).starts_with(kBlock) || head.substr(4).starts_with(kEmpty));
}

bool is_zstd(std::string_view head) {
  // A frame, or one to be skipped, as some packers put at the front.
  return head.starts_with("\x28\xB5\x2F\xFD"sv) || (head.size() >= 4 && (head[0] & 0xF0) == 0x50 &&
                                                    head.substr(1).starts_with("\x2A\x4D\x18"sv));
}

bool is_zip(std::string_view head) {
  return head.starts_with("PK\x03\x04"sv) || head.starts_with("PK\x05\x06"sv);
}

// The sum of the header's bytes, with its own field taken as spaces, stands in it
// as an octal number.
bool is_tar(std::string_view head) {
  if (head.size() < kPackingHeadBytes || head[0] == '\0') {
    return false;
  }
  std::uint32_t sum = ' ' * kChecksumBytes;
  for (std::size_t i = 0; i < kPackingHeadBytes; ++i) {
    const bool own = i >= kChecksumBegin && i < kChecksumBegin + kChecksumBytes;
    sum += own ? 0U : static_cast<unsigned char>(head[i]);
  }
  std::string_view field = head.substr(kChecksumBegin, kChecksumBytes);
  field.remove_prefix(std::min(field.find_first_not_of(' '), field.size()));
  std::uint32_t said = 0;
  const auto read = std::from_chars(field.data(), field.data() + field.size(), said, 8);
  return read.ec == std::errc() && said == sum;
}

}  // namespace

std::string_view name_of(Packing packing) {
  switch (packing) {
    case Packing::kPlain:
      return "plain";
    case Packing::kGzip:
      return "gzip";
    case Packing::kBzip2:
      return "bzip2";
    case Packing::kXz:
      return "xz";
    case Packing::kZstd:
      return "zstd";
    case Packing::kLz4:
      return "lz4";
    case Packing::kTar:
      return "tar";
    case Packing::kZip:
      return "zip";
  }
  return "";
}

Packing packing_of(std::string_view head) {
  if (head.starts_with("\x1F\x8B\x08"sv)) {
    return Packing::kGzip;
  }
  if (is_bzip2(head)) {
    return Packing::kBzip2;
  }
  if (head.starts_with("\xFD\x37\x7A\x58\x5A\x00"sv)) {
    return Packing::kXz;
  }
  if (is_zstd(head)) {
    return Packing::kZstd;
  }
  if (head.starts_with("\x04\x22\x4D\x18"sv)) {
    return Packing::kLz4;
  }
  if (is_zip(head)) {
    return Packing::kZip;
  }
  return is_tar(head) ? Packing::kTar : Packing::kPlain;
}

}  // namespace tagtill
