#include "corpus/post_composer.h"

#include <algorithm>
#include <array>

#include "corpus/wire_text.h"

// What a post says. How it is spelled for the wire stands in post_wire.cc.

namespace tagtill::corpus {
namespace {

constexpr std::uint64_t kOriginalStream = 0x0b'0000'0000'0000;
constexpr std::uint64_t kPlannedStream = 0x57'0000'0000'0000;

// The classic limit of `text`; longer posts are extended, up to the later limit.
constexpr std::uint32_t kTextMax = 140;
constexpr std::uint32_t kFullTextMax = 280;
// What is left of `text` before the link to an extended post, which takes 24.
constexpr std::uint32_t kCutTextMax = 116;

constexpr std::uint32_t kUncut = 0xffff'ffffU;

constexpr std::uint32_t kBaitPpm = 3'000;
// So many posts are retweeted and quoted, the first ones far more than the last.
constexpr std::uint32_t kOriginals = 50'000;

constexpr std::array<std::string_view, 6> kSites{
    R"(news.example.com\/2017\/)",    R"(blog.example.org\/post\/)",
    R"(video.example.net\/watch?v=)", R"(photos.example.com\/p\/)",
    R"(www.example.org\/articles\/)", R"(radio.example.net\/now\/)"};

struct Stop {
  std::string_view wire;
  std::uint32_t code_points;
};
constexpr std::array<Stop, 5> kStops{{{"!", 1}, {"...", 3}, {"?", 1}, {".", 1}, {",", 1}}};

void link_to_status(std::string& out, std::string_view user, std::uint64_t id) {
  out = R"(social.example.com\/)";
  out += user;
  out += R"(\/status\/)";
  append_number(out, id);
}

}  // namespace

PostComposer::PostComposer(const ComposerOptions& options, const WireProfile& profile,
                           const Vocabulary& vocabulary, const UserPool& pool)
    : options_(options), profile_(profile), vocabulary_(vocabulary), pool_(pool) {}

void PostComposer::append_background(std::string& out, std::int64_t event_ms,
                                     std::uint64_t low_bits, Random& random) {
  const std::uint64_t author = random.below(static_cast<std::uint32_t>(options_.user_count));
  if (random.chance(profile_.delete_ppm)) {
    // People regret quickly: half of what is deleted is less than some minutes old. The
    // notice of a member would be a candidate: members delete in their stories only.
    const std::int64_t age_ms = std::int64_t{1'000} << random.between(0, 20);
    std::uint64_t post_id = snowflake(event_ms - age_ms, random.next());
    // Few posts are older than snowflake ids.
    if (random.chance(3'000)) {
      post_id = 1'000'000'000 + post_id % 25'000'000'000;
    }
    append_delete(out, post_id, pool_.id(options_.user_count + author), event_ms);
    ++delete_notices_;
    return;
  }
  Bait bait = Bait::kNone;
  if (!options_.bait_tags.empty() && random.chance(kBaitPpm)) {
    bait = static_cast<Bait>(1 + random.below(kBaitCount));
    if (bait == Bait::kQuoted && !modern()) {
      bait = Bait::kLonger;
    }
  }
  reset(top_, random);
  pool_.fill(top_.author, author);
  top_.created_ms = event_ms;
  top_.id = snowflake(event_ms, low_bits);
  const bool retweet =
      bait == Bait::kRetweeted || (bait == Bait::kNone && random.chance(profile_.retweet_ppm));
  if (retweet) {
    compose_retweet(top_, bait, random);
  } else {
    compose_own(top_, bait, random);
  }
  append_status(out, top_, true);
  ++statuses_;
}

void PostComposer::append_planned(std::string& out, const PlannedPost& post) {
  if (post.kind == PlannedPost::Kind::kDeleteNotice) {
    append_delete(out, post.post_id, pool_.id(post.author), post.event_ms);
    ++delete_notices_;
    return;
  }
  Random random(options_.seed ^ post.style, kPlannedStream);
  reset(top_, random);
  Level& level = top_;
  pool_.fill(level.author, post.author);
  level.created_ms = post.event_ms;
  level.id = post.post_id;
  level.is_protected = post.is_protected;
  const bool extended = post.tags_past_the_cut && modern();
  if (extended) {
    while (level.draft.code_points() < kTextMax) {
      fill_words(level.draft, level.author.language, 5, random);
    }
  } else if (random.chance(600'000)) {
    fill_words(level.draft, level.author.language, random.between(1, 5), random);
  }
  for (const PlannedTag& tag : post.tags) {
    level.draft.hashtag(tag.word, tag.fullwidth_sign);
  }
  if (!extended && random.chance(400'000)) {
    level.draft.space();
    fill_words(level.draft, level.author.language, random.between(1, 4), random);
  } else if (random.chance(200'000)) {
    level.draft.plain("!", 1);
  }
  level.extended = modern() && level.draft.code_points() > kTextMax;
  level.place = random.chance(profile_.place_ppm);
  render(level, kUncut, random);  // a tag that is planned must be there
  append_status(out, level, true);
  ++statuses_;
}

void PostComposer::reset(Level& level, Random& random) const {
  level.draft.clear();
  level.picture.count = 0;
  level.wordless = level.extended = level.with_picture = false;
  level.reply = level.place = level.is_protected = false;
  level.nested.clear();
  level.quoted.clear();
  level.retweets = level.favourites = 0;
  level.source = random.skewed(static_cast<std::uint32_t>(vocabulary_.sources().size()));
}

void PostComposer::fill_words(Draft& draft, Language language, std::uint32_t words,
                              Random& random) {
  const LanguageWords& source = vocabulary_.language(language);
  if (!source.spaced) {
    draft.space();
  }
  for (; words != 0; --words) {
    if (source.spaced) {
      draft.space();
    }
    draft.plain(source.words[random.index(source.words.size())]);
    if (source.spaced && random.chance(60'000)) {
      const Stop& stop = kStops[random.index(kStops.size())];
      draft.plain(stop.wire, stop.code_points);
    }
  }
}

void PostComposer::fill_text(Level& level, std::uint32_t tag_ppm, Random& random) {
  Draft& draft = level.draft;
  const LanguageWords& source = vocabulary_.language(level.author.language);
  if (random.chance(profile_.mention_ppm) && !level.reply) {
    pool_.fill(mentioned_, random.below(static_cast<std::uint32_t>(options_.user_count)));
    draft.mention(mentioned_);
  }
  level.wordless = !level.extended && random.chance(profile_.wordless_ppm);
  // Words of languages without spaces are longer than those of others, in bytes and in
  // what they say; and a picture saves words.
  std::uint32_t words_max = profile_.words_max - (source.spaced ? 0 : 4);
  if (level.with_picture) {
    words_max = words_max * 2 / 3;
  }
  if (level.extended) {
    const std::uint32_t target = random.between(kTextMax + 5, kFullTextMax - 60);
    while (draft.code_points() < target) {
      fill_words(draft, level.author.language, 4, random);
    }
  } else if (!level.wordless) {
    fill_words(draft, level.author.language, 2 + random.below(words_max), random);
  }
  if (random.chance(profile_.entity_ppm)) {
    draft.space();
    draft.plain(vocabulary_.entities()[random.index(vocabulary_.entities().size())]);
  }
  if (random.chance(100'000)) {
    draft.space();
    draft.plain(vocabulary_.symbols()[random.index(vocabulary_.symbols().size())]);
  }
  if (random.chance(profile_.idle_sign_ppm)) {
    draft.space();
    draft.plain(vocabulary_.idle_signs()[random.index(vocabulary_.idle_signs().size())]);
    draft.space();
  }
  if (random.chance(profile_.text_emoji_ppm)) {
    draft.space();
    for (std::uint32_t count = random.between(1, 5); count != 0; --count) {
      draft.plain(vocabulary_.emoji()[random.index(vocabulary_.emoji().size())]);
    }
  }
  add_tags(level, tag_ppm, random);
  if (random.chance(profile_.url_ppm) || draft.empty()) {
    add_link(draft, "", random);
  }
}

void PostComposer::add_tags(Level& level, std::uint32_t tag_ppm, Random& random) {
  if (!random.chance(tag_ppm)) {
    return;
  }
  const LanguageWords& source = vocabulary_.language(level.author.language);
  constexpr std::uint32_t kTagsMax = 7;
  for (std::uint32_t count = 0; count < kTagsMax; ++count) {
    const auto& tags = random.chance(profile_.native_tag_ppm)    ? source.tags
                       : random.chance(profile_.capital_tag_ppm) ? vocabulary_.capital_tags()
                                                                 : vocabulary_.plain_tags();
    // One draw a statement: the order of a call's arguments is the compiler's.
    const WireWord& tag = tags[random.index(tags.size())];
    level.draft.hashtag(tag, random.chance(8'000));
    if (!random.chance(profile_.more_tags_ppm)) {
      return;
    }
  }
}

void PostComposer::add_link(Draft& draft, std::string_view fragment, Random& random) {
  scratch_ = kSites[random.index(kSites.size())];
  append_token(scratch_, random.between(6, 24), random);
  if (!fragment.empty()) {
    scratch_ += '#';
    scratch_ += fragment;
  }
  draft.url(scratch_, random);
}

void PostComposer::add_bait(Level& level, Bait bait, Random& random) {
  const auto& tags = options_.bait_tags;
  const WireWord& tag = tags[random.index(tags.size())];
  Draft& draft = level.draft;
  switch (bait) {
    case Bait::kNone:
      return;
    case Bait::kRetweeted:
    case Bait::kQuoted:
      draft.hashtag(tag, false);
      return;
    case Bait::kLonger:
      draft.hashtag(WireWord{tag.wire + "Fans", tag.code_points + 4}, false);
      return;
    case Bait::kInLink:
      add_link(draft, tag.wire, random);
      return;
    case Bait::kOldRetweet:
      draft.space();
      draft.plain("RT ", 3);
      pool_.fill(mentioned_, random.below(static_cast<std::uint32_t>(options_.user_count)));
      draft.mention(mentioned_);
      draft.plain(": ", 2);
      draft.hashtag(tag, false);
      return;
    case Bait::kNoSign:
      draft.space();
      draft.plain(tag);
      return;
    case Bait::kBehindLetter:
      draft.space();
      draft.plain("x#", 2);
      draft.plain(tag);
      draft.space();
      return;
    case Bait::kInvisible:
      draft.hashtag(WireWord{tag.wire + "\\u200d", tag.code_points + 1}, false);
      return;
  }
}

void PostComposer::add_picture(Level& level, Random& random) {
  Picture& picture = level.picture;
  picture.count = random.chance(780'000) ? 1 : random.between(2, 4);
  picture.id = snowflake(level.created_ms - 2'000, random.next());
  picture.width = random.between(300, 1'200);
  picture.height = random.between(200, 1'200);
  picture.token.clear();
  append_token(picture.token, 10, random);
  picture.file.clear();
  append_token(picture.file, 15, random);
  picture.author = &level.author;
  picture.status_id = level.id;
  level.draft.media(picture.token);
}

void PostComposer::add_quote(Level& level, bool deep, Bait bait, Random& random) {
  fill_original(quoted_, level.author.language, random.skewed(kOriginals), deep, bait);
  level.quoted_id = quoted_.id;
  append_status(level.quoted, quoted_, false);
  link_to_status(scratch_, quoted_.author.screen_name, quoted_.id);
  level.draft.url(scratch_, random);
}

void PostComposer::fill_original(Level& level, Language language, std::uint32_t key, bool deep,
                                 Bait bait) {
  // A function of key and language: retweeted again, it is the same post again.
  const std::uint64_t number = (deep ? kOriginals : 0U) + key;
  Random random(options_.seed,
                kOriginalStream + number * kLanguageCount + static_cast<std::uint64_t>(language));
  reset(level, random);
  pool_.fill(level.author, pool_.index_of(language, options_.user_count, random));
  constexpr std::uint32_t kAgeMaxMs = 3 * 86'400'000U;
  level.created_ms =
      options_.start_ms - 60'000 - random.skewed(kAgeMaxMs) - (deep ? kAgeMaxMs : 0U);
  level.id = snowflake(level.created_ms, random.next());
  level.retweets = 1 + random.skewed(20'000);
  level.favourites = random.skewed(40'000);
  level.extended = modern() && random.chance(profile_.original_extended_ppm);
  const bool quotes =
      &level == &original_ && !level.extended && random.chance(profile_.original_quote_ppm);
  level.with_picture = !quotes && random.chance(profile_.original_media_ppm);
  fill_text(level, profile_.original_tag_ppm, random);
  // A bait is all that may tell two copies apart; nobody compares them.
  add_bait(level, bait, random);
  if (quotes) {
    add_quote(level, true, Bait::kNone, random);
  }
  if (level.with_picture) {
    add_picture(level, random);
  }
  render(level, kTextMax, random);
}

void PostComposer::compose_retweet(Level& level, Bait bait, Random& random) {
  Level& original = original_;
  fill_original(original, level.author.language, random.skewed(kOriginals), false, bait);
  level.nested = R"("retweeted_status":)";
  append_status(level.nested, original, false);
  level.nested += ',';
  level.quoted = original.quoted;
  level.quoted_id = original.quoted_id;
  level.wordless = original.wordless;
  level.draft.plain("RT ", 3);
  level.draft.mention(original.author);
  level.draft.plain(": ", 2);
  level.draft.append(original.draft);
  // What an extended post shows goes by its own `text`: a retweet has no picture of it.
  if (!original.extended) {
    level.picture = original.picture;
  }
  level.draft.render(level.text, kTextMax);
}

void PostComposer::compose_own(Level& level, Bait bait, Random& random) {
  const bool quote =
      bait == Bait::kQuoted || (bait == Bait::kNone && random.chance(profile_.quote_ppm));
  if (!quote && random.chance(profile_.reply_ppm)) {
    level.reply = true;
    pool_.fill(mentioned_, random.below(static_cast<std::uint32_t>(options_.user_count)));
    level.reply_user_id = mentioned_.id;
    level.reply_screen_name = mentioned_.screen_name;
    const std::int64_t replied_ms = level.created_ms - 1'000 - random.skewed(3'600'000);
    level.reply_status_id = snowflake(replied_ms, random.next());
    level.draft.mention(mentioned_);
  }
  level.extended = !quote && modern() && random.chance(profile_.extended_ppm);
  level.with_picture = !quote && random.chance(level.extended ? 850'000 : profile_.media_ppm);
  fill_text(level, level.reply ? profile_.tag_ppm / 8 : profile_.tag_ppm, random);
  if (quote) {
    add_quote(level, false, bait, random);
  } else {
    add_bait(level, bait, random);
    if (level.with_picture) {
      add_picture(level, random);
    }
  }
  level.place = random.chance(profile_.place_ppm);
  render(level, kTextMax, random);
}

void PostComposer::render(Level& level, std::uint32_t text_max, Random& random) {
  if (!level.extended) {
    level.draft.render(level.text, text_max);
    return;
  }
  level.draft.render(level.full_text, kUncut);
  // `text` ends with a link to the whole post.
  link_draft_.clear();
  level.draft.render(level.text, kCutTextMax);
  link_draft_.plain(level.text.text, level.text.code_points);
  link_to_status(scratch_, "i", level.id);
  link_draft_.url(scratch_, random);
  link_draft_.render(link_, kUncut);
  level.text.text = link_.text;
  level.text.code_points = link_.code_points;
  if (!level.text.urls.empty()) {
    level.text.urls += ',';
  }
  level.text.urls += link_.urls;
  level.text.media = Indices{};
}

}  // namespace tagtill::corpus
