// What a story wants posted, before anybody has put it into words.
#pragma once

#include <cstdint>
#include <vector>

#include "corpus/vocabulary.h"

namespace tagtill::corpus {

// A hashtag as it is to be written: without the sign, in the case and spelling wanted.
struct PlannedTag {
  WireWord word;
  bool fullwidth_sign = false;
};

// A post, or a delete notice for one. The whole line is a function of this (and of the
// seed): a planned post that is put into words twice gives the same bytes twice, which
// is how a duplicate delivery is made.
struct PlannedPost {
  enum class Kind : std::uint8_t { kPost, kDeleteNotice };

  Kind kind = Kind::kPost;
  std::uint64_t author = 0;      // index of the user pool
  std::uint64_t post_id = 0;     // its own, or that of the post that is deleted
  std::int64_t event_ms = 0;     // of the post, or when the notice was sent
  std::vector<PlannedTag> tags;  // in text order
  bool is_protected = false;
  bool tags_past_the_cut = false;  // where posts can be extended: only in `full_text`
  std::uint64_t style = 0;         // decides all the words around the tags
};

}  // namespace tagtill::corpus
