// The scanner and its twin, which reads every line: a quick lane and a strict one
// with the same catalogue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/block.h"
#include "engine/file_errors.h"
#include "engine/lane.h"
#include "engine/line_scanner.h"
#include "tests/candidate_text.h"
#include "tests/post_lines.h"

namespace tagtill {

class ScannerTwins {
 public:
  // Offers with these tags; author 1 is a member.
  explicit ScannerTwins(const std::vector<std::string>& tags,
                        const std::string& prefix = "Confirm") {
    std::string offers;
    int number = 0;
    for (const std::string& tag : tags) {
      offers +=
          post_lines::line_of(post_lines::Offer{.id = "o" + std::to_string(++number), .tag = tag}) +
          "\n";
    }
    FileErrors errors;
    const auto catalogue = OfferCatalogue::parse(offers, "offers", prefix, errors);
    const auto members = MemberTable::parse(post_lines::member_line("1") + "\n", "members", errors);
    if (errors.count() > 0) {
      throw std::runtime_error(errors.shown()[0]);
    }
    quick_ = std::make_unique<Lane>(make_search_context(catalogue, members, prefix, false));
    strict_ = std::make_unique<Lane>(make_search_context(catalogue, members, prefix, true));
  }

  // What the two find in the block of this text, if it is not the same; else empty.
  [[nodiscard]] std::string difference_in(std::string_view text) {
    block_.reserve(text.size(), 0);
    if (!text.empty()) {
      std::memcpy(block_.mutable_data(), text.data(), text.size());
    }
    std::memset(block_.mutable_data() + text.size(), 0, kBlockPadding);
    block_.set_lines(0, text.size());
    quick_->process(block_, batch_);
    const std::string by_scanner = candidate_text::of(batch_);
    passed_over_ += batch_.counts.lines - batch_.counts.parsed;
    found_ = batch_.candidates.size();
    strict_->process(block_, batch_);
    const std::string by_reading = candidate_text::of(batch_);
    return by_scanner == by_reading
               ? ""
               : "the scanner finds\n" + by_scanner + "reading finds\n" + by_reading;
  }

  [[nodiscard]] std::size_t found() const { return found_; }                // of the last text
  [[nodiscard]] std::uint64_t passed_over() const { return passed_over_; }  // lines so far

 private:
  std::unique_ptr<Lane> quick_;
  std::unique_ptr<Lane> strict_;
  Block block_;
  CandidateBatch batch_;
  std::size_t found_ = 0;
  std::uint64_t passed_over_ = 0;
};

// A post whose text stands as written, `before` bytes into the line or a little
// more, and so long that it is not read for being short.
inline std::string long_line(std::string_view written_text, std::size_t before = 0) {
  std::string line = R"({"pad":")";
  line.append(before, 'x');
  line += R"(","text":")" + std::string(written_text) +
          R"(","id":5,"timestamp_ms":"1360584000000","user":{"id":1},"more":")";
  line.append(LineScanner::kShortLineBytes, 'y');
  return line + "\"}\n";
}

}  // namespace tagtill
