#include "tools/validate/catalogue_warnings.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "engine/config_text.h"
#include "tools/messages.h"
#include "tools/validate/near_tags.h"
#include "tools/validate/skeleton.h"

namespace tagtill {
namespace {

class WarningFinder {
 public:
  WarningFinder(const OfferCatalogue& offers, const std::string& file, std::size_t shown_max)
      : offers_(offers), file_(file), shown_max_(shown_max), first_offer_(offers.tag_count()) {
    for (TagIndex tag = 0; tag < first_offer_.size(); ++tag) {
      folds_.push_back(offers.folded_tag(tag));
      const auto of_tag = offers.offers_of(tag);
      first_offer_[tag] = *std::min_element(of_tag.begin(), of_tag.end());
    }
  }

  Warnings look_alikes() {
    Warnings warnings{"tags that look alike", {}, 0};
    const SkeletonMaker maker;
    std::unordered_map<std::string, TagIndex> first_folded;
    std::unordered_map<std::string, TagIndex> first_written;
    for (TagIndex tag = 0; tag < folds_.size(); ++tag) {
      TagIndex other = first_folded.emplace(maker.skeleton(folds_[tag]), tag).first->second;
      for (const OfferIndex offer : offers_.offers_of(tag)) {
        const std::string& written = offers_.offers()[offer].tag;
        other = std::min(other, first_written.emplace(maker.skeleton(written), tag).first->second);
      }
      if (other != tag) {
        add(warnings, tag,
            fmt::format("looks like {}, but is another tag: who types what they see may type "
                        "either",
                        name_of(other)));
      }
    }
    return warnings;
  }

  Warnings near_tags() {
    Warnings warnings{"tags one edit apart", {}, 0};
    for (const NearTag& near : find_near_tags(folds_)) {
      add(warnings, near.tag,
          fmt::format("is one edit away from {}{}: who mistypes one gets the other",
                      name_of(near.other),
                      near.more == 0 ? "" : fmt::format(" and {} more", grouped(near.more))));
    }
    return warnings;
  }

  Warnings longer_tags() {
    Warnings warnings{"tags that begin with another tag", {}, 0};
    for (const LongerTag& longer : find_longer_tags(folds_)) {
      add(warnings, longer.tag,
          fmt::format("begins with {}: who stops early, or writes on without a space, gets the "
                      "other or nothing",
                      name_of(longer.beginning)));
    }
    return warnings;
  }

  Warnings long_windows() {
    Warnings warnings{"windows that outlast their offer", {}, 0};
    const auto offers = offers_.offers();
    for (OfferIndex i = 0; i < offers.size(); ++i) {
      const Millis lives = offers[i].ends_at - offers[i].starts_at;
      if (offers[i].window_ms > lives) {
        add_for_offer(
            warnings, i,
            fmt::format("the offer {} lives {} s, and its window lasts {} s: most "
                        "confirmations would come after its end, and count",
                        quoted(offers[i].id), as_seconds(lives), as_seconds(offers[i].window_ms)));
      }
    }
    return warnings;
  }

  Warnings common_tags(const TagUsage& usage) {
    Warnings warnings{"tags that are common words", {}, 0};
    std::vector<std::pair<std::uint64_t, TagIndex>> common;
    for (TagIndex tag = 0; tag < folds_.size(); ++tag) {
      const TagUsage::Count& count = usage.count(tag);
      const std::uint64_t most = std::max(count.as_hashtag, count.as_word);
      if (most >= 2 && most > usage.posts() / kCommonOneIn) {
        common.emplace_back(most, tag);
      }
    }
    std::sort(common.begin(), common.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    for (const auto& [most, tag] : common) {
      const TagUsage::Count& count = usage.count(tag);
      add(warnings, tag,
          fmt::format("stands in {} of {} as a hashtag, and in {} as a word without a sign: "
                      "people write it who do not want to buy",
                      grouped(count.as_hashtag), counted(usage.posts(), "post", "posts"),
                      grouped(count.as_word)));
    }
    return warnings;
  }

 private:
  static std::string as_seconds(Millis time) {
    return time % 1000 == 0 ? grouped(static_cast<std::uint64_t>(time / 1000))
                            : fmt::format("{:.3f}", static_cast<double>(time) / 1000);
  }

  [[nodiscard]] std::string name_of(std::size_t tag) const {
    const OfferIndex offer = first_offer_[tag];
    return fmt::format("{} in line {}", quoted(offers_.offers()[offer].tag),
                       offers_.line_number(offer));
  }

  void add(Warnings& to, std::size_t tag, const std::string& predicate) const {
    const OfferIndex offer = first_offer_[tag];
    add_for_offer(to, offer,
                  fmt::format("the tag {} {}", quoted(offers_.offers()[offer].tag), predicate));
  }

  void add_for_offer(Warnings& to, OfferIndex offer, const std::string& sentence) const {
    ++to.count;
    if (to.shown.size() < shown_max_) {
      to.shown.push_back(
          fmt::format("{}:{}: warning: {}", file_, offers_.line_number(offer), sentence));
    }
  }

  const OfferCatalogue& offers_;
  const std::string& file_;
  std::size_t shown_max_;
  std::vector<OfferIndex> first_offer_;  // in the file, of each tag
  std::vector<std::string_view> folds_;  // of each tag
};

}  // namespace

std::vector<Warnings> find_warnings(const OfferCatalogue& offers, const std::string& file,
                                    const TagUsage* usage, std::size_t shown_max) {
  WarningFinder finder(offers, file, shown_max);
  std::vector<Warnings> all;
  all.push_back(finder.look_alikes());
  all.push_back(finder.near_tags());
  all.push_back(finder.longer_tags());
  all.push_back(finder.long_windows());
  if (usage != nullptr) {
    all.push_back(finder.common_tags(*usage));
  }
  return all;
}

}  // namespace tagtill
