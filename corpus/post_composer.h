// Whole lines of the classic wire form: posts, retweets, quotes, extended posts, delete
// notices.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/planned_post.h"
#include "corpus/post_text.h"
#include "corpus/random.h"
#include "corpus/user_pool.h"
#include "corpus/vocabulary.h"
#include "corpus/wire_form.h"

namespace tagtill::corpus {

// What a composer needs to know about the stream.
struct ComposerOptions {
  std::uint64_t seed = 1;
  std::uint64_t user_count = 1;     // authors of the user pool, at most 2^32 - 1
  std::int64_t start_ms = 0;        // what is retweeted and quoted is older
  std::vector<WireWord> bait_tags;  // offers' tags, to be put where they do not count
};

// Puts posts into words, one line after the other, without line ends. Holds scratch
// memory of a few KB that is reused; one owner, one thread. Profile, vocabulary and pool
// must outlive it. About 2 to 5 us a post.
//
// Nothing that append_background() writes is a candidate (P3.1), though some of it is
// meant to be mistaken for one: an offer's tag in a retweet, a quoted post, a link, a
// longer tag, after `RT @`, without a sign, behind a letter, with an invisible character.
class PostComposer {
 public:
  PostComposer(const ComposerOptions& options, const WireProfile& profile,
               const Vocabulary& vocabulary, const UserPool& pool);

  // A status of somebody or a delete notice for one, sent at `event_ms`.
  void append_background(std::string& out, std::int64_t event_ms, std::uint64_t low_bits,
                         Random& random);

  // What a story wants: a candidate, unless its tags are none.
  void append_planned(std::string& out, const PlannedPost& post);

  std::uint64_t statuses() const { return statuses_; }
  std::uint64_t delete_notices() const { return delete_notices_; }

 private:
  struct Picture {
    std::uint64_t id = 0;
    std::uint32_t count = 0;  // 0: no picture
    std::uint32_t width = 0, height = 0;
    std::string token;  // of the short link
    std::string file;
    const User* author = nullptr;
    std::uint64_t status_id = 0;
  };

  // One status and, as strings, what is nested in it. A line needs at most three.
  struct Level {
    User author;
    Draft draft;
    RenderedText text, full_text;
    Picture picture;
    std::uint64_t id = 0;
    std::int64_t created_ms = 0;
    bool wordless = false, extended = false, with_picture = false;
    bool reply = false, place = false, is_protected = false;
    std::uint32_t source = 0;  // of the vocabulary
    std::uint64_t reply_user_id = 0, reply_status_id = 0;
    std::string reply_screen_name;
    std::string nested;  // members that hold other statuses, each with a comma behind
    std::string quoted;  // the object of a quoted status, empty if none
    std::uint64_t quoted_id = 0;
    std::uint32_t retweets = 0, favourites = 0;
  };

  enum class Bait : std::uint8_t {
    kNone,
    kRetweeted,
    kQuoted,
    kLonger,
    kInLink,
    kOldRetweet,
    kNoSign,
    kBehindLetter,
    kInvisible,
  };
  static constexpr std::uint32_t kBaitCount = 8;

  void reset(Level& level, Random& random) const;
  void fill_words(Draft& draft, Language language, std::uint32_t words, Random& random);
  void fill_text(Level& level, std::uint32_t tag_ppm, Random& random);
  void add_tags(Level& level, std::uint32_t tag_ppm, Random& random);
  void add_link(Draft& draft, std::string_view fragment, Random& random);
  void add_bait(Level& level, Bait bait, Random& random);
  void add_picture(Level& level, Random& random);
  void add_quote(Level& level, bool deep, Bait bait, Random& random);
  void render(Level& level, std::uint32_t text_max, Random& random);

  // `deep`: a post that is quoted in one that is retweeted; it is older still.
  void fill_original(Level& level, Language language, std::uint32_t key, bool deep, Bait bait);
  void compose_retweet(Level& level, Bait bait, Random& random);
  void compose_own(Level& level, Bait bait, Random& random);

  void append_status(std::string& out, const Level& level, bool top) const;
  void append_reply_members(std::string& out, const Level& level) const;
  void append_place(std::string& out, const Level& level) const;
  void append_entities(std::string& out, const Level& level, const RenderedText& text,
                       bool top) const;
  void append_pictures(std::string& out, const Level& level, Indices indices, std::uint32_t count,
                       bool top) const;
  void append_extended(std::string& out, const Level& level, bool top) const;
  void append_delete(std::string& out, std::uint64_t post_id, std::uint64_t user_id,
                     std::int64_t event_ms) const;
  std::string_view language_code(const Level& level) const;
  bool modern() const { return profile_.form == WireForm::k2017; }

  ComposerOptions options_;
  const WireProfile& profile_;
  const Vocabulary& vocabulary_;
  const UserPool& pool_;
  Level top_, original_, quoted_;
  User mentioned_;
  Draft link_draft_;
  RenderedText link_;
  std::string scratch_;
  std::uint64_t statuses_ = 0;
  std::uint64_t delete_notices_ = 0;
};

}  // namespace tagtill::corpus
