#include "ingest/packing.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace tagtill {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kChecksumBegin = 148;
constexpr std::size_t kChecksumBytes = 8;

// A file may be cut within its first bytes.
constexpr std::size_t kMagicMin = 2;

bool begins_as(std::string_view head, std::string_view magic) {
  return head.size() >= kMagicMin && magic.substr(0, head.size()) == head.substr(0, magic.size());
}

bool is_bzip2(std::string_view head) {
  constexpr std::string_view kBlock = "\x31\x41\x59\x26\x53\x59"sv;
  constexpr std::string_view kEmpty = "\x17\x72\x45\x38\x50\x90"sv;
  if (!head.starts_with("BZh") || head.size() < 4 || head[3] < '1' || head[3] > '9') {
    return false;
  }
  const std::string_view rest = head.substr(4);
  return kBlock.substr(0, rest.size()) == rest.substr(0, kBlock.size()) ||
         kEmpty.substr(0, rest.size()) == rest.substr(0, kEmpty.size());
}

// One that decoders pass over: pzstd puts such frames before its own.
bool is_skippable_frame(std::string_view head) {
  return head.size() >= 4 && (head[0] & 0xF0) == 0x50 &&
         head.substr(1).starts_with("\x2A\x4D\x18"sv);
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

std::string_view unread_packing(std::string_view head) {
  struct Magic {
    std::string_view bytes;
    std::string_view name;
  };
  static constexpr std::array<Magic, 9> kMagics = {{
      {"7z\xBC\xAF\x27\x1C"sv, "7-Zip"},
      {"Rar!\x1A\x07"sv, "RAR"},
      {"\x1F\x9D"sv, "compress (.Z)"},
      {"\x02\x21\x4C\x18"sv, "lz4 of the old form (lz4 -l)"},
      {"\x5D\x00\x00"sv, "lzma of the old form (.lzma)"},
      {"LZIP\x01"sv, "lzip"},
      {"\x89LZO\x00"sv, "lzop"},
      {"\xFF\x06\x00\x00sNaPpY"sv, "snappy"},
      {"PK\x07\x08"sv, "zip in several parts"},
  }};
  for (const Magic& magic : kMagics) {
    if (head.starts_with(magic.bytes)) {
      return magic.name;
    }
  }
  return {};
}

Packing packing_of(std::string_view head) {
  if (begins_as(head, "\x1F\x8B\x08"sv)) {
    return Packing::kGzip;
  }
  if (is_bzip2(head)) {
    return Packing::kBzip2;
  }
  if (begins_as(head, "\xFD\x37\x7A\x58\x5A\x00"sv)) {
    return Packing::kXz;
  }
  if (begins_as(head, "\x28\xB5\x2F\xFD"sv) || is_skippable_frame(head)) {
    return Packing::kZstd;
  }
  if (begins_as(head, "\x04\x22\x4D\x18"sv)) {
    return Packing::kLz4;
  }
  if (is_zip(head)) {
    return Packing::kZip;
  }
  return is_tar(head) ? Packing::kTar : Packing::kPlain;
}

}  // namespace tagtill
