// The seam for Hyperscan: which of many hashtags are tags of offers, for all
// offers at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/offer_catalogue.h"

namespace tagtill {

// Hashtags laid out for one search: each as `#`, its fold, a line feed. Neither
// a sign nor a line feed stands in a fold, so that the end of a tag laid out likewise can
// match at the end of a window only, and within it; and the line feed keeps the ends of
// tags apart from the words that are common in the text.
//
// Owned by one thread; cleared and used again.
class TagWindows {
 public:
  // The longest fold that is laid out; the lines of longer ones are parsed.
  static constexpr std::size_t kFoldBytesMax = 1024;

  void clear() {
    bytes_.clear();
    ends_.clear();
  }
  void begin() { bytes_.push_back('#'); }
  // The bytes of the window that is being filled are appended here.
  [[nodiscard]] std::string& bytes() { return bytes_; }
  void end() {
    bytes_.push_back('\n');
    ends_.push_back(static_cast<std::uint32_t>(bytes_.size()));
  }
  // What was appended since begin().
  [[nodiscard]] std::string_view open_window() const {
    return std::string_view(bytes_).substr((ends_.empty() ? 0 : ends_.back()) + 1);
  }
  // Takes back the window that was begun last.
  void abandon() { bytes_.resize(ends_.empty() ? 0 : ends_.back()); }

  [[nodiscard]] std::size_t count() const { return ends_.size(); }
  [[nodiscard]] std::string_view layout() const { return bytes_; }
  [[nodiscard]] const std::vector<std::uint32_t>& ends() const { return ends_; }

 private:
  std::string bytes_;
  std::vector<std::uint32_t> ends_;
};

// The compiled tags of a catalogue: const, shared by all threads.
//
// Hyperscan finds the windows that end as a tag does, and the catalogue tells whether
// they are one: the last bytes of many tags are far fewer literals than the tags (whole
// families of names and numbers end alike), and compiling is what takes long, some 20 µs
// a literal. Measured, of 95,000 numbered tags: 1.8 s for all of each, 0.13 s for their
// ends. How many last bytes: kTailBytesMax, or fewer, down to kTailBytesMin, until
// there are no more than kTailsMax different ones. 100,000 tags of random letters and
// digits, which hardly ever end alike, then take 0.8 s and not 3.2 s (DECISIONS.md, 21).
class TagDatabase {
 public:
  // What Hyperscan compares in one step: the search of longer literals is no faster.
  static constexpr std::size_t kTailBytesMax = 8;
  // Shorter ends would let too many windows through.
  static constexpr std::size_t kTailBytesMin = 5;
  static constexpr std::size_t kTailsMax = 16'384;

  // `offers` must outlive the database.
  explicit TagDatabase(const OfferCatalogue& offers);
  ~TagDatabase();
  TagDatabase(const TagDatabase&) = delete;
  TagDatabase& operator=(const TagDatabase&) = delete;

  // The length in bytes of the longest fold; 0 without tags.
  [[nodiscard]] std::size_t longest_fold() const { return longest_fold_; }

  // How many literals were compiled.
  [[nodiscard]] std::size_t tails() const { return tails_; }

 private:
  friend class TagMatcher;
  const OfferCatalogue& offers_;
  void* database_ = nullptr;  // hs_database_t; null without tags
  std::size_t longest_fold_ = 0;
  std::size_t tails_ = 0;
};

// Searches with a database. Used by one thread: it owns Hyperscan's scratch.
class TagMatcher {
 public:
  explicit TagMatcher(std::shared_ptr<const TagDatabase> database);
  ~TagMatcher();
  TagMatcher(const TagMatcher&) = delete;
  TagMatcher& operator=(const TagMatcher&) = delete;

  // Writes the numbers of the windows that are tags of offers to `found`, in
  // order, replacing what it held. Measured on a loaded machine: 9 to 11 ns a window of
  // recorded posts with 4,750 and with 95,000 tags, 29 ns where tails are shortest; 150 to
  // 300 ns for one that ends as a tag does; up to 0.9 µs for one that is a tag, among
  // 95,000 (its line is parsed then, which takes longer).
  void match(const TagWindows& windows, std::vector<std::uint32_t>& found);

 private:
  std::shared_ptr<const TagDatabase> database_;
  void* scratch_ = nullptr;  // hs_scratch_t
};

[[nodiscard]] std::string hyperscan_version();

}  // namespace tagtill
