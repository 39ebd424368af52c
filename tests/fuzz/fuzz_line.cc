// Fuzzes the line decoder; its twin is the reference's reader of lines.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/post_decoder.h"
#include "tests/fuzz/fuzz.h"
#include "tests/reference/post.h"

namespace {

using tagtill::DecodedLine;
using tagtill::LineKind;

std::string shown(const DecodedLine& line) {
  const std::string about = std::string(line.post_id) + " by " + std::string(line.author_id);
  switch (line.kind) {
    case LineKind::kPost:
      return "post " + about + " at " + std::to_string(line.at) + " followers " +
             std::to_string(line.followers) + (line.is_repost ? " repost" : "") +
             (line.author_protected ? " protected" : "") + ": " + std::string(line.text);
    case LineKind::kDeleteNotice:
      return "delete " + about;
    case LineKind::kOther:
      return "other";
    case LineKind::kMalformed:
      break;
  }
  return "malformed";
}

std::string shown(const reference::Line& line) {
  using Kind = reference::Line::Kind;
  switch (line.kind) {
    case Kind::kPost:
      return "post " + line.post.id + " by " + line.post.author + " at " +
             std::to_string(line.post.time_ms) + " followers " +
             std::to_string(line.post.followers) + (line.post.is_repost ? " repost" : "") +
             (line.post.is_protected ? " protected" : "") + ": " + line.post.text;
    case Kind::kDeleteNotice:
      return "delete " + line.delete_notice.id + " by " + line.delete_notice.author;
    case Kind::kOther:
      return "other";
    case Kind::kMalformed:
      break;
  }
  return "malformed";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static tagtill::PostDecoder decoder;
  const std::string_view text = fuzz::text_of(bytes, size);
  const std::string line(text.substr(0, text.find('\n')));
  if (line.find_first_not_of(" \t\r") == std::string::npos) {
    return 0;  // a keep-alive does not come to the decoder
  }
  const std::string by_product = shown(decoder.decode(line));
  const std::string by_reference = shown(reference::read_line(line, std::size_t{1} << 20));
  fuzz::expect(by_product == by_reference,
               "the decoder reads\n" + by_product + "\nthe reference reads\n" + by_reference);
  return 0;
}
