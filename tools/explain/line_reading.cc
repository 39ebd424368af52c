#include "tools/explain/line_reading.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "engine/confirmation_code.h"
#include "engine/fold.h"
#include "tools/messages.h"

namespace tagtill {
namespace {

constexpr std::size_t kTagsShown = 50;
constexpr std::size_t kOffersShown = 5;

std::string_view name_of(TimeSource source) {
  switch (source) {
    case TimeSource::kTimestampMs:
      return "timestamp_ms";
    case TimeSource::kSnowflake:
      return "the id (a snowflake)";
    case TimeSource::kCreatedAt:
      break;
  }
  return "created_at";
}

}  // namespace

LineReading::LineReading(std::shared_ptr<const OfferCatalogue> offers,
                         std::shared_ptr<const MemberTable> members,
                         std::string_view confirm_prefix)
    : offers_(std::move(offers)),
      members_(std::move(members)),
      folded_prefix_(folded(confirm_prefix)) {}

Lines LineReading::describe(const DecodedLine& decoded, bool is_candidate) {
  Lines lines;
  const auto no_candidate = [&lines](std::string_view why) {
    lines.push_back(rule_line("P3.1", fmt::format("no candidate: {}", why)));
  };
  switch (decoded.kind) {
    case LineKind::kMalformed:
      lines.push_back(rule_line(
          "P1.2", decoded.cause == MalformedCause::kBadField
                      ? fmt::format("malformed: the field {} is missing or wrong", decoded.field)
                      : fmt::format("malformed: {}", name_of(decoded.cause))));
      return lines;
    case LineKind::kOther:
      lines.push_back(rule_line("P1.2", "neither a post nor a delete notice"));
      return lines;
    case LineKind::kDeleteNotice:
      lines.push_back(rule_line("P1.4", fmt::format("a delete notice of {} for post {}",
                                                    author_of(decoded), decoded.post_id)));
      if (!is_candidate) {
        no_candidate("a delete notice whose author is not a member");
        return lines;
      }
      break;
    case LineKind::kPost:
      lines.push_back(rule_line(
          "P1.4", fmt::format("a {} of {}{}, {}", decoded.is_repost ? "repost" : "post",
                              author_of(decoded), decoded.author_protected ? ", protected" : "",
                              counted(static_cast<std::uint64_t>(decoded.followers), "follower",
                                      "followers"))));
      lines.push_back(rule_line("P1.5", fmt::format("event time {}, from {}", time_text(decoded.at),
                                                    name_of(decoded.at_from))));
      describe_tags(decoded, lines);
      if (!is_candidate) {
        no_candidate(decoded.is_repost ? "a repost"
                                       : "none of its hashtags is an offer's, or has the form of "
                                         "a confirmation tag");
        return lines;
      }
      break;
  }
  lines.push_back(rule_line("P3.1", "a candidate"));
  return lines;
}

Lines LineReading::too_long() { return {rule_line("P1.2", "malformed: too_long")}; }

void LineReading::describe_tags(const DecodedLine& decoded, Lines& lines) {
  find_hashtags(decoded.text, hashtags_);
  if (hashtags_.empty()) {
    lines.push_back(rule_line("P2.1", "no hashtag in its text"));
  }
  const std::size_t quoted = quoted_words_begin(decoded.text);
  std::set<std::string> folds;
  for (std::size_t i = 0; i < hashtags_.size(); ++i) {
    if (i == kTagsShown) {
      lines.push_back(rule_line("", fmt::format("… and {} more", hashtags_.size() - i)));
      return;
    }
    const Hashtag& hashtag = hashtags_[i];
    const std::string fold = folded(hashtag.tag);
    if (hashtag.begin >= quoted) {
      lines.push_back(
          rule_line("P2.3", fmt::format("#{}: behind RT @, somebody else's words", hashtag.tag)));
    } else if (!folds.insert(fold).second) {
      lines.push_back(rule_line("P2.4", fmt::format("#{}: stood before in the text", hashtag.tag)));
    } else {
      lines.push_back(rule_line(
          "P2.2", fmt::format("#{}: {}{}", hashtag.tag,
                              fold == hashtag.tag ? "" : fmt::format("folds to #{}, ", fold),
                              meaning_of(fold))));
    }
  }
}

std::string LineReading::meaning_of(std::string_view fold) const {
  const TagIndex tag = offers_->find_tag(fold);
  if (tag == kNoTag) {
    return read_confirmation_tag(fold, folded_prefix_) == kNoCode
               ? "no offer's tag"
               : "has the form of a confirmation tag";
  }
  const auto offers = offers_->offers_of(tag);
  std::string text = offers.size() == 1 ? "the tag of offer" : "the tag of offers";
  for (std::size_t i = 0; i < std::min(offers.size(), kOffersShown); ++i) {
    text += fmt::format("{} {}", i == 0 ? "" : ",", offers_->offers()[offers[i]].id);
  }
  return offers.size() <= kOffersShown
             ? text
             : text + fmt::format(" and {} more", offers.size() - kOffersShown);
}

std::string LineReading::author_of(const DecodedLine& decoded) const {
  return fmt::format(
      "author {} ({})", decoded.author_id,
      members_->find(decoded.author_id) == kNotAMember ? "not a member" : "a member");
}

}  // namespace tagtill
