#include "tools/validate/tag_usage.h"

#include <algorithm>
#include <utility>

#include "engine/fold.h"
#include "engine/utf8.h"

namespace tagtill {
namespace {

constexpr char32_t kWideSign = 0xFF03;

bool is_sign(char32_t character) { return character == '#' || character == kWideSign; }

// As is_tag_character, which looks into tables.
bool is_word_character(char32_t character) {
  if (character < 0x80) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '_';
  }
  return is_tag_character(character);
}

}  // namespace

TagUsage::TagUsage(std::shared_ptr<const OfferCatalogue> offers)
    : offers_(std::move(offers)), tags_(offers_->tag_count()) {}

void TagUsage::add_post(std::string_view text) {
  ++posts_;
  const auto post = static_cast<std::uint32_t>(posts_);
  const std::size_t quoted = quoted_words_begin(text);
  find_hashtags(text, hashtags_);
  for (const Hashtag& hashtag : hashtags_) {
    if (hashtag.begin >= quoted) {
      break;
    }
    if (const TagIndex tag = find(hashtag.tag); tag != kNoTag && tags_[tag].hashtag_in != post) {
      tags_[tag].hashtag_in = post;
      ++tags_[tag].count.as_hashtag;
    }
  }
  count_words(text.substr(0, quoted));
}

TagIndex TagUsage::find(std::string_view text) {
  return fold_tag(text, fold_) ? offers_->find_tag(fold_) : kNoTag;
}

void TagUsage::count_words(std::string_view text) {
  const auto post = static_cast<std::uint32_t>(posts_);
  bool behind_sign = false;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    Utf8Character next;
    while (end < text.size() && (next = read_utf8(text.substr(end)), next.bytes > 0) &&
           is_word_character(next.code_point)) {
      end += next.bytes;
    }
    if (end > begin && !behind_sign) {
      const TagIndex tag = find(text.substr(begin, end - begin));
      if (tag != kNoTag && tags_[tag].word_in != post) {
        tags_[tag].word_in = post;
        ++tags_[tag].count.as_word;
      }
    }
    behind_sign = end < text.size() && is_sign(next.code_point);
    begin = end + std::max<std::size_t>(end < text.size() ? next.bytes : 0, 1);
  }
}

}  // namespace tagtill
