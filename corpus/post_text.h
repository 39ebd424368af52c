// A post's text under way: pieces in order, and the entities that point into them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/random.h"
#include "corpus/user_pool.h"
#include "corpus/vocabulary.h"

namespace tagtill::corpus {

// Where something stands in a text, in code points: first, and one past the last.
struct Indices {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

// A text and the lists of its `entities`, all spelled for the wire. The lists are what
// stands between the brackets.
struct RenderedText {
  std::string text;
  std::uint32_t code_points = 0;
  std::string hashtags, urls, mentions;
  Indices media;     // where the picture's link stands; empty if it stands nowhere
  bool cut = false;  // pieces were left out
};

// Pieces of text. A draft is filled, rendered as often as needed, cleared and used again,
// so that its memory is kept. One owner, one thread. Tags, links and mentions are put
// between spaces, so that each is whole.
class Draft {
 public:
  void clear();
  bool empty() const { return pieces_.empty(); }
  std::uint32_t code_points() const { return code_points_; }

  void plain(std::string_view wire, std::uint32_t code_points);
  void plain(const WireWord& word) { plain(word.wire, word.code_points); }
  // A space, unless the draft is empty or one stands there.
  void space();
  void hashtag(const WireWord& tag, bool fullwidth_sign);
  void url(std::string_view expanded_wire, Random& random);
  void mention(const User& user);
  // The link of the post's picture; `token` is what follows `https://t.co/`.
  void media(std::string_view token);
  // Everything that stands in `other`.
  void append(const Draft& other);

  // Renders at most `code_points_max`; of what does not fit nothing is shown but `…`.
  void render(RenderedText& out, std::uint32_t code_points_max) const;

 private:
  enum class Kind : std::uint8_t { kPlain, kHashtag, kUrl, kMention, kMedia };

  // Both strings of a piece stand in arena_: the text, and for an entity its object up to
  // where the indices begin.
  struct Piece {
    Kind kind;
    std::uint32_t text_begin, text_bytes;
    std::uint32_t entity_begin, entity_bytes;
    std::uint32_t code_points;
  };

  std::uint32_t here() const { return static_cast<std::uint32_t>(arena_.size()); }
  void push(Kind kind, std::uint32_t text_begin, std::uint32_t entity_begin,
            std::uint32_t code_points);

  std::string arena_;
  std::vector<Piece> pieces_;
  std::uint32_t code_points_ = 0;
  bool ends_with_space_ = true;
};

}  // namespace tagtill::corpus
