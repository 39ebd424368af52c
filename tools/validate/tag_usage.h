// How common the offers' tags are among what people post anyway.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/hashtag.h"
#include "engine/offer_catalogue.h"

namespace tagtill {

// Used by one thread. Memory: 24 bytes a tag, whatever the number of posts.
class TagUsage {
 public:
  // In how many posts a tag stands; a post counts once.
  struct Count {
    std::uint64_t as_hashtag = 0;
    std::uint64_t as_word = 0;  // without a sign before it
  };

  explicit TagUsage(std::shared_ptr<const OfferCatalogue> offers);

  // Adds a post with this text (UTF-8). Somebody else's words (P2.3) do not count,
  // and words are whole: as long as characters of hashtags go on.
  void add_post(std::string_view text);

  [[nodiscard]] std::uint64_t posts() const { return posts_; }
  [[nodiscard]] const Count& count(TagIndex tag) const { return tags_[tag].count; }

 private:
  struct Tag {
    Count count;
    std::uint32_t hashtag_in = 0;  // the last post that counted, from 1, modulo 2^32
    std::uint32_t word_in = 0;
  };

  [[nodiscard]] TagIndex find(std::string_view text);
  void count_words(std::string_view text);

  std::shared_ptr<const OfferCatalogue> offers_;
  std::vector<Tag> tags_;
  std::uint64_t posts_ = 0;
  std::vector<Hashtag> hashtags_;
  std::string fold_;
};

}  // namespace tagtill
