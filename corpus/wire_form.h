// What recorded streams of two years look like: the shares that the generator aims at.
#pragma once

#include <array>
#include <cstdint>

#include "corpus/vocabulary.h"

namespace tagtill::corpus {

// Whose member order, members and shares a stream has. 2013 knows no `timestamp_ms`, no
// quotes and no extended posts, and hardly any emoji; 2017 has them all.
enum class WireForm : std::uint8_t { k2013, k2017 };

// Causes, not effects: how often a thing is put into a post (parts per million). The
// shares that come out of them (README.md has the table) are measured by the tests.
struct WireProfile {
  WireForm form;
  std::array<std::uint16_t, kLanguageCount> language_weights;  // of 1,024

  std::uint32_t delete_ppm;  // of lines; the others are of statuses

  std::uint32_t retweet_ppm;
  std::uint32_t quote_ppm;  // of what is no retweet
  std::uint32_t reply_ppm;
  std::uint32_t place_ppm;
  std::uint32_t media_ppm;     // of what is neither retweet nor quote
  std::uint32_t extended_ppm;  // of what is neither retweet nor quote

  // What gets retweeted is richer than what is posted on average.
  std::uint32_t original_media_ppm;
  std::uint32_t original_quote_ppm;
  std::uint32_t original_extended_ppm;
  std::uint32_t original_tag_ppm;

  std::uint32_t tag_ppm;          // a text gets tags
  std::uint32_t more_tags_ppm;    // and, having some, one more
  std::uint32_t native_tag_ppm;   // a tag is a word of the language, not of everywhere
  std::uint32_t capital_tag_ppm;  // of the others: has upper case
  std::uint32_t idle_sign_ppm;    // a text gets a sign without a tag
  std::uint32_t url_ppm;
  std::uint32_t mention_ppm;
  std::uint32_t entity_ppm;  // `&amp;` and its like
  std::uint32_t text_emoji_ppm;
  std::uint32_t wordless_ppm;  // nothing but signs and links, `lang` is `und`
  std::uint32_t words_max;     // of a text that is not extended

  std::uint32_t name_emoji_ppm;
  std::uint32_t bio_ppm;
  std::uint32_t bio_words_max;
  std::uint32_t bio_sign_ppm;   // of bios
  std::uint32_t bio_emoji_ppm;  // of bios
  std::uint32_t location_ppm;
  std::uint32_t home_url_ppm;
  std::uint32_t time_zone_ppm;
  std::uint32_t banner_ppm;
  std::uint32_t own_background_ppm;
  std::uint32_t long_id_ppm;  // users with an 18-digit id
};

// Valid for the whole run of the program.
const WireProfile& wire_profile(WireForm form);

}  // namespace tagtill::corpus
