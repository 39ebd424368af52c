// How one line of a dump was read: rules P1 to P3.1, in words.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/hashtag.h"
#include "engine/member_table.h"
#include "engine/offer_catalogue.h"
#include "engine/post_decoder.h"
#include "tools/explain/describe.h"

namespace tagtill {

// Reads lines whole and exactly, by the same decoder, hashtag finder and fold as a
// Lane. Used by one thread.
class LineReading {
 public:
  LineReading(std::shared_ptr<const OfferCatalogue> offers,
              std::shared_ptr<const MemberTable> members, std::string_view confirm_prefix);

  // `line` without its line end; not blank. What this returns lives until the next
  // call. A line that is too long is for too_long().
  [[nodiscard]] const DecodedLine& decode(std::string_view line) { return decoder_.decode(line); }

  // `is_candidate`: whether a lane let it through (P3.1).
  [[nodiscard]] Lines describe(const DecodedLine& decoded, bool is_candidate);
  [[nodiscard]] static Lines too_long();

 private:
  void describe_tags(const DecodedLine& decoded, Lines& lines);
  [[nodiscard]] std::string meaning_of(std::string_view fold) const;
  [[nodiscard]] std::string author_of(const DecodedLine& decoded) const;

  std::shared_ptr<const OfferCatalogue> offers_;
  std::shared_ptr<const MemberTable> members_;
  std::string folded_prefix_;
  PostDecoder decoder_;
  std::vector<Hashtag> hashtags_;
};

}  // namespace tagtill
