#include "tools/validate/near_tags.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <unordered_map>
#include <utility>

#include "engine/hash_bytes.h"
#include "engine/utf8.h"

namespace tagtill {
namespace {

constexpr char32_t kBlank = 0x110000;  // no code point

// A tag's hash is the sum of these, so that one edit changes it in one step.
std::uint64_t term(char32_t character, std::size_t place) {
  return hash_number(static_cast<std::uint64_t>(character) << 40 ^ place);
}

std::u32string characters_of(std::string_view tag) {
  std::u32string characters;
  while (!tag.empty()) {
    const Utf8Character next = read_utf8(tag);
    characters.push_back(next.code_point);
    tag.remove_prefix(std::max<std::size_t>(next.bytes, 1));
  }
  return characters;
}

std::uint64_t hash_of(const std::u32string& characters) {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    hash += term(characters[i], i);
  }
  return hash;
}

class NearTagFinder {
 public:
  explicit NearTagFinder(std::span<const std::string_view> tags)
      : first_(tags.size(), tags.size()), count_(tags.size()) {
    characters_.reserve(tags.size());
    by_hash_.reserve(tags.size());
    for (const std::string_view tag : tags) {
      by_hash_.emplace(hash_of(characters_.emplace_back(characters_of(tag))), by_hash_.size());
    }
  }

  std::vector<NearTag> find() {
    std::vector<std::pair<std::uint64_t, std::size_t>> blanked;
    for (std::size_t tag = 0; tag < characters_.size(); ++tag) {
      const std::uint64_t hash = hash_of(characters_[tag]);
      for (std::size_t i = 0; i < characters_[tag].size(); ++i) {
        blanked.emplace_back(hash - term(characters_[tag][i], i) + term(kBlank, i), tag);
      }
      look_for_shorter(tag);
      look_for_swapped(tag, hash);
    }
    std::sort(blanked.begin(), blanked.end());
    // All tags of a group differ in the blank alone.
    for (std::size_t begin = 0, end = 0; begin < blanked.size(); begin = end) {
      while (end < blanked.size() && blanked[end].first == blanked[begin].first) {
        ++end;
      }
      for (std::size_t i = begin; i < end && end - begin > 1; ++i) {
        const std::size_t other = blanked[i == begin ? begin + 1 : begin].second;
        add(blanked[i].second, other, end - begin - 1);
      }
    }
    std::vector<NearTag> found;
    for (std::size_t tag = 0; tag < first_.size(); ++tag) {
      if (first_[tag] < tag) {
        found.push_back({tag, first_[tag], count_[tag] - 1});
      }
    }
    return found;
  }

 private:
  void add(std::size_t tag, std::size_t other, std::size_t count) {
    first_[tag] = std::min(first_[tag], other);
    count_[tag] += count;
  }

  // Tags that are this one without one of its characters.
  void look_for_shorter(std::size_t tag) {
    const std::u32string& characters = characters_[tag];
    std::uint64_t hash = 0;  // without the first
    for (std::size_t i = 1; i < characters.size(); ++i) {
      hash += term(characters[i], i - 1);
    }
    for (std::size_t i = 0; i < characters.size(); ++i) {
      // Of a run of equal characters each leaves the same.
      const bool new_one = i == 0 || characters[i] != characters[i - 1];
      if (const auto at = by_hash_.find(hash); new_one && at != by_hash_.end()) {
        add(tag, at->second, 1);
        add(at->second, tag, 1);
      }
      if (i + 1 < characters.size()) {
        hash += term(characters[i], i) - term(characters[i + 1], i);
      }
    }
  }

  // Tags that are this one with two neighbours swapped; each finds the other.
  void look_for_swapped(std::size_t tag, std::uint64_t hash) {
    const std::u32string& characters = characters_[tag];
    for (std::size_t i = 0; i + 1 < characters.size(); ++i) {
      const char32_t a = characters[i];
      const char32_t b = characters[i + 1];
      const auto at =
          by_hash_.find(hash - term(a, i) - term(b, i + 1) + term(b, i) + term(a, i + 1));
      if (a != b && at != by_hash_.end()) {
        add(tag, at->second, 1);
      }
    }
  }

  std::vector<std::u32string> characters_;
  std::unordered_map<std::uint64_t, std::size_t> by_hash_;
  std::vector<std::size_t> first_;  // the first near tag; the number of tags: none
  std::vector<std::size_t> count_;
};

}  // namespace

std::vector<NearTag> find_near_tags(std::span<const std::string_view> tags) {
  return NearTagFinder(tags).find();
}

std::vector<LongerTag> find_longer_tags(std::span<const std::string_view> tags) {
  std::vector<std::size_t> order(tags.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&tags](std::size_t a, std::size_t b) { return tags[a] < tags[b]; });
  std::vector<LongerTag> found;
  // In byte order what begins with a tag follows it: of the tags so far, those that
  // the next one may begin with, each the beginning of the one above.
  std::vector<std::size_t> beginnings;
  for (const std::size_t tag : order) {
    while (!beginnings.empty() && !tags[tag].starts_with(tags[beginnings.back()])) {
      beginnings.pop_back();
    }
    if (!beginnings.empty()) {
      found.push_back({tag, beginnings.back()});
    }
    beginnings.push_back(tag);
  }
  std::sort(found.begin(), found.end(),
            [](const LongerTag& a, const LongerTag& b) { return a.tag < b.tag; });
  return found;
}

}  // namespace tagtill
