// Fuzzes the hashtag grammar and the fold; their twins are the reference's.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/fold.h"
#include "engine/hashtag.h"
#include "engine/utf8.h"
#include "tests/fuzz/fuzz.h"
#include "tests/reference/text.h"

namespace {

// What is no UTF-8 is left out.
std::string well_formed(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    const std::size_t length = tagtill::read_utf8(bytes).bytes;
    out += bytes.substr(0, length);
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::vector<tagtill::Hashtag> found;
  tagtill::find_hashtags(fuzz::text_of(bytes, size), found);  // safe, whatever the bytes
  const std::string text = well_formed(fuzz::text_of(bytes, size));
  tagtill::find_hashtags(text, found);
  const std::vector<reference::Hashtag> wanted =
      reference::extract_hashtags(reference::to_utf16(text));
  fuzz::expect(found.size() == wanted.size(), "found " + std::to_string(found.size()) +
                                                  " hashtags, the reference " +
                                                  std::to_string(wanted.size()) + " in " + text);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::string_view before = std::string_view(text).substr(0, found[i].begin);
    fuzz::expect(reference::to_utf16(before).size() == wanted[i].sign,
                 "another place of hashtag " + std::to_string(i) + " in " + text);
    fuzz::expect(reference::to_utf16(found[i].tag) == wanted[i].name,
                 "another end of hashtag " + std::to_string(i) + " in " + text);
    fuzz::expect(tagtill::folded(found[i].tag) == reference::fold(found[i].tag),
                 "another fold of " + std::string(found[i].tag));
  }
  return 0;
}
