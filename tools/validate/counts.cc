#include "tools/validate/counts.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/time.h"
#include "tools/messages.h"

namespace tagtill {
namespace {

constexpr std::size_t kCodesShown = 8;

template <std::size_t kLength>
std::string as_text(const std::array<char, kLength>& code) {
  return {code.data(), code.size()};
}

// `US 12, CA 3`: the most frequent first.
std::string most_frequent(const std::map<std::string, std::uint64_t>& counts) {
  std::vector<std::pair<std::string, std::uint64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (std::size_t i = 0; i < std::min(sorted.size(), kCodesShown); ++i) {
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", sorted[i].first, grouped(sorted[i].second));
  }
  if (sorted.size() > kCodesShown) {
    text += fmt::format(", and {} more", sorted.size() - kCodesShown);
  }
  return text;
}

void append_row(std::string& out, std::string_view name, std::string_view value) {
  out += fmt::format("  {:<22}{}\n", name, value);
}

// An offer may begin or end before 1970 or after 9999, which no event time does.
std::string as_time(Millis time) {
  std::string text;
  append_rfc3339(text, std::clamp<Millis>(time, 0, kLastMillisecond));
  return text;
}

// How many offers are live at once, at most.
std::uint64_t most_live(std::span<const Offer> offers) {
  std::vector<std::pair<Millis, int>> changes;
  changes.reserve(offers.size() * 2);
  for (const Offer& offer : offers) {
    changes.emplace_back(offer.starts_at, 1);
    changes.emplace_back(offer.ends_at, -1);  // sorts before a beginning of the same time
  }
  std::sort(changes.begin(), changes.end());
  std::int64_t live = 0;
  std::int64_t most = 0;
  for (const auto& [time, change] : changes) {
    live += change;
    most = std::max(most, live);
  }
  return static_cast<std::uint64_t>(most);
}

}  // namespace

std::string describe_offers(const OfferCatalogue& offers, const std::string& file) {
  std::string text =
      fmt::format("{}: {}, {}\n", file, counted(offers.offers().size(), "offer", "offers"),
                  counted(offers.tag_count(), "tag", "tags"));
  if (offers.offers().empty()) {
    return text;
  }
  Millis first = std::numeric_limits<Millis>::max();
  Millis last = std::numeric_limits<Millis>::min();
  Millis shortest = std::numeric_limits<Millis>::max();
  std::uint64_t with_stock = 0;
  std::uint64_t with_regions = 0;
  std::uint64_t pickup = 0;
  std::map<std::string, std::uint64_t> currencies;
  std::map<std::string, std::uint64_t> regions;
  for (const Offer& offer : offers.offers()) {
    first = std::min(first, offer.starts_at);
    last = std::max(last, offer.ends_at);
    shortest = std::min(shortest, offer.window_ms);
    with_stock += offer.stock ? 1 : 0;
    with_regions += offer.regions.empty() ? 0 : 1;
    pickup += offer.fulfilment == Fulfilment::kPickup ? 1 : 0;
    ++currencies[as_text(offer.currency)];
    for (const RegionCode& region : offer.regions) {
      ++regions[as_text(region)];
    }
  }
  append_row(text, "live", fmt::format("{} to {}", as_time(first), as_time(last)));
  append_row(text, "live at once", fmt::format("{} at most", grouped(most_live(offers.offers()))));
  append_row(text, "with a stock", grouped(with_stock));
  append_row(text, "not everywhere",
             with_regions == 0
                 ? "0"
                 : fmt::format("{} ({})", grouped(with_regions), most_frequent(regions)));
  append_row(text, "shipped, picked up",
             fmt::format("{}, {}", grouped(offers.offers().size() - pickup), grouped(pickup)));
  append_row(text, "currencies", most_frequent(currencies));
  append_row(text, "windows",
             fmt::format("{} s to {} s", grouped(static_cast<std::uint64_t>(shortest / 1000)),
                         grouped(static_cast<std::uint64_t>(offers.longest_window_ms() / 1000))));
  return text;
}

std::string describe_members(const MemberTable& members, const std::string& file) {
  std::string text = fmt::format("{}: {}\n", file, counted(members.size(), "member", "members"));
  if (members.size() == 0) {
    return text;
  }
  std::map<RegionCode, std::uint64_t> by_region;
  for (MemberIndex i = 0; i < members.size(); ++i) {
    ++by_region[members.member(i).region];
  }
  std::map<std::string, std::uint64_t> regions;
  std::uint64_t with_region = 0;
  for (const auto& [region, count] : by_region) {
    if (region != RegionCode{}) {
      regions[as_text(region)] = count;
      with_region += count;
    }
  }
  append_row(text, "with a region",
             with_region == 0
                 ? "0"
                 : fmt::format("{} ({})", grouped(with_region), most_frequent(regions)));
  return text;
}

}  // namespace tagtill
