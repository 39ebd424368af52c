// From a block's bytes to the lines that must be parsed: all others hold no
// candidate (P3.1) and are passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/block.h"
#include "engine/mark_finder.h"
#include "engine/tag_beginnings.h"
#include "engine/tag_matcher.h"

namespace tagtill {

// A line of a block, without its line end, in bytes from the block's start.
struct ScannedLine {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  enum class Kind : std::uint8_t {
    kPost,          // and no candidate
    kParse,         // may be a candidate, or cannot be classed without
    kDeleteNotice,  // a sound one (P1.4); a candidate if its author is a member
    kTooLong,       // P1.2
  };
  Kind kind = Kind::kPost;
  std::uint16_t author_begin = 0;  // kDeleteNotice: the author's id, from the line's begin
  std::uint8_t author_bytes = 0;
};

struct ScannedBlock {
  std::vector<ScannedLine> lines;  // all but keep-alives
  std::uint64_t keep_alives = 0;

  // The hashtags that may be tags of offers, the line of each, and where it begins, behind
  // its sign, from the block's start.
  TagWindows windows;
  std::vector<std::uint32_t> window_lines;
  std::vector<std::uint32_t> window_places;

  void clear() {
    lines.clear();
    keep_alives = 0;
    windows.clear();
    window_lines.clear();
    window_places.clear();
  }
};

// Says no only if nothing that stands at `place` of this line can be a hashtag of the post
// (P1.4, P2.3): it is in a string that is no member named `text` or `full_text`, at whatever
// depth, or in one that begins with the words of somebody else. Any thread; costs a search
// back to the beginning of the string.
[[nodiscard]] bool may_be_in_text(std::string_view line, std::size_t place);

// Finds lines and hashtags in raw JSON. Used by one thread.
//
// A line is to be parsed if one of these holds:
// 1. a hashtag in it has the form of a confirmation tag (P5.2), or is too long for a
//    window, or is one that the TagMatcher finds among the windows and may_be_in_text()
//    (the lane sees to both);
// 2. it begins as a delete notice does, or not as an object, or does not end as
//    one. (A notice in the plain form in which they are recorded is read on the spot:
//    nothing in it can be wrong, and it matters only if its author is a member.)
// 3. it is shorter than kShortLineBytes: no post of the classic form is, so it is
//    most likely some other notice, and to be sure costs little;
// 4. `strict`.
// Each depends on the bytes of the line and on what is looked for, on nothing
// else. All other lines are taken for posts that are no candidates.
//
// A hashtag is looked for wherever a sign stands, in whatever field, in all the
// ways in which JSON can write it (raw, `\u0023`, `\uff03`; a tag's characters
// raw or as `\uXXXX`), and folded as the rule says (P2.2); what may stand before
// a sign, URLs and the like are left to the exact reading of the parsed text. So
// no candidate is missed, and few lines are parsed in vain. Most hashtags begin as nothing
// that is looked for does, and are left after three characters.
class LineScanner {
 public:
  static constexpr std::size_t kShortLineBytes = 1024;

  // `beginnings` of all that is looked for, which must outlive the scanner;
  // `longest_fold`: the length of the longest tag (TagDatabase).
  LineScanner(const TagBeginnings& beginnings, std::string folded_prefix, std::size_t longest_fold,
              bool strict);

  // Clears `out` and fills it. kBlockPadding bytes behind the data are readable.
  // At most 4 GiB.
  void scan(std::string_view block, ScannedBlock& out);

 private:
  void end_line(std::size_t end, ScannedBlock& out);
  void take_sign(std::size_t at, ScannedBlock& out);
  [[nodiscard]] bool may_be_looked_for(std::size_t at) const;
  [[nodiscard]] bool begins_as_a_tag(std::size_t at) const;
  [[nodiscard]] bool collect_escaped(std::size_t at, ScannedBlock& out);
  [[nodiscard]] bool collect_slowly(std::size_t at, ScannedBlock& out);
  void finish_window(std::size_t begin, ScannedBlock& out);

  const TagBeginnings& beginnings_;
  std::string folded_prefix_;
  std::size_t longest_;  // of all that is looked for, in bytes of the fold
  bool strict_;
  const char16_t* fold_alone_;

  std::string_view block_;
  std::size_t line_begin_ = 0;
  bool line_is_maybe_ = false;
  std::vector<MarkedWord> marks_;
  std::string unfolded_;
  std::string folded_;
};

}  // namespace tagtill
