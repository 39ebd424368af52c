#include "corpus/background.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "corpus/line_shift.h"

namespace tagtill::corpus {
namespace {

// Longer lines are no posts of people, and stay as they are.
constexpr std::size_t kShiftedLineMax = std::size_t{256} * 1024;

constexpr std::int64_t kLeapMs = 900'000;

// User ids are told apart by what they are in units of this.
constexpr std::int64_t kIdRange = 10'000'000'000'000'000;
constexpr std::size_t kIdRanges = 923;  // below 2^63
constexpr std::size_t kFirstFreeRange = 500;

bool is_escaped_sign(std::string_view escape) {
  if (escape == "u0023") {
    return true;
  }
  return escape.size() == 5 && escape[0] == 'u' && (escape[1] | 0x20) == 'f' &&
         (escape[2] | 0x20) == 'f' && escape.substr(3) == "03";
}

bool holds_sign(std::string_view line) {
  constexpr std::string_view kFullwidthSign = "\uff03";
  if (line.find('#') != std::string_view::npos ||
      line.find(kFullwidthSign) != std::string_view::npos) {
    return true;
  }
  for (std::size_t at = line.find('\\'); at != std::string_view::npos;
       at = line.find('\\', at + 1)) {
    if (is_escaped_sign(line.substr(at + 1, 5))) {
      return true;
    }
  }
  return false;
}

// The median of what stands around `place`.
std::int64_t median_around(std::span<const std::int64_t> times, std::size_t place) {
  constexpr std::size_t kReach = 7;
  std::array<std::int64_t, 2 * kReach + 1> around;
  const std::size_t begin = place < kReach ? 0 : place - kReach;
  const std::size_t end = std::min(place + kReach + 1, times.size());
  std::copy(times.begin() + static_cast<std::ptrdiff_t>(begin),
            times.begin() + static_cast<std::ptrdiff_t>(end), around.begin());
  auto* const middle = around.data() + (end - begin) / 2;
  std::nth_element(around.data(), middle, around.data() + (end - begin));
  return *middle;
}

}  // namespace

void Background::add(std::string_view lines) {
  const auto count =
      static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n')) + lines_.size();
  if (bytes_ + lines.size() + count * kLineCost > kBytesMax) {
    throw BackgroundError(
        fmt::format("The background takes more than {} GiB, unpacked; it is held in memory whole. "
                    "Give a part of it, and --copies to make it longer.",
                    kBytesMax >> 30U));
  }
  bytes_ += lines.size();
  std::string& chunk = chunks_.emplace_back();
  chunk.reserve(lines.size() + line_end_.size());
  chunk = lines;
  if (!chunk.empty() && chunk.back() != '\n') {
    chunk += line_end_;
  }
  for (std::string_view rest = chunk; !rest.empty();) {
    const std::size_t length = rest.find('\n') + 1;
    add_line(rest.substr(0, length));
    rest.remove_prefix(length);
  }
}

void Background::add_line(std::string_view bytes) {
  BackgroundLine& line = lines_.emplace_back();
  line.bytes = bytes;
  line.first_place = static_cast<std::uint32_t>(places_.size());
  line_end_ = bytes.ends_with("\r\n") ? "\r\n" : "\n";
  std::optional<std::int64_t>& time = times_.emplace_back();
  LineFacts facts;
  const std::string_view inside = bytes.substr(0, bytes.size() - line_end_.size());
  if (!find_places(inside, places_, facts)) {
    return;
  }
  line.place_count = static_cast<std::uint32_t>(places_.size()) - line.first_place;
  for (const Place& place : places(line)) {
    if (place.kind == PlaceKind::kUserId) {
      remember_user(place.value);
    }
  }
  if (bytes.size() > kShiftedLineMax) {
    places_.resize(line.first_place);
    line.place_count = 0;
  }
  line.event_ms = facts.event_ms;
  line.has_sign = holds_sign(inside);
  line.keeps_time = facts.has_bad_time || bytes.size() > kShiftedLineMax;
  time = facts.event_ms ? facts.event_ms : facts.notice_ms;
  if (time && (*time < kEarliestMs || *time >= kLatestMs)) {
    time.reset();
  }
  posts_ += facts.event_ms ? 1 : 0;
  timestamps_ += facts.event_ms && facts.has_timestamp ? 1 : 0;
}

void Background::remember_user(std::int64_t id) {
  taken_.resize(kIdRanges);
  const std::int64_t last =
      id > std::numeric_limits<std::int64_t>::max() - kLongUserIdReach ? id : id + kLongUserIdReach;
  taken_[static_cast<std::size_t>(id / kIdRange)] = true;
  taken_[static_cast<std::size_t>(last / kIdRange)] = true;
}

std::uint64_t Background::free_user_ids() const {
  for (std::size_t range = kFirstFreeRange; range + 1 < kIdRanges; ++range) {
    if (range >= taken_.size() || !taken_[range]) {
      return static_cast<std::uint64_t>(kIdRange) * range;
    }
  }
  throw BackgroundError(
      "The users of the background have ids all over the numbers from 5 * 10^18 on, so there "
      "are none left for members. Give another recording.");
}

void Background::settle() {
  std::vector<std::int64_t> known;
  for (const auto& time : times_) {
    if (time) {
      known.push_back(*time);
    }
  }
  if (known.empty()) {
    throw BackgroundError(
        lines_.empty()
            ? "The background is empty. Give a recording with posts in it."
            : "No line of the background is a post with a time from 2011 to 2078, so "
              "nothing can be woven into it. Give a recording with posts in the classic form.");
  }
  std::size_t next = 0;
  std::int64_t around_ms = median_around(known, 0);
  stretches_.push_back({around_ms, around_ms});
  for (std::size_t number = 0; number < lines_.size(); ++number) {
    if (times_[number]) {
      around_ms = median_around(known, next++);
    }
    if (around_ms > stretches_.back().end_ms + kLeapMs ||
        around_ms < stretches_.back().end_ms - kLeapMs) {
      stretches_.push_back({around_ms, around_ms});
    }
    Stretch& stretch = stretches_.back();
    stretch.end_ms = std::max(stretch.end_ms, around_ms);
    lines_[number].at_ms = stretch.end_ms;
    lines_[number].stretch = static_cast<std::uint32_t>(stretches_.size() - 1);
  }
  times_ = {};
}

void Background::limit_shift(std::span<const std::int64_t> later_ms) {
  for (BackgroundLine& line : lines_) {
    const std::int64_t most_ms = later_ms[line.stretch];
    const auto own = places(line);
    line.keeps_time = line.keeps_time || std::any_of(own.begin(), own.end(), [&](const Place& p) {
                        return tells_time(p.kind) && !movable(p, most_ms);
                      });
  }
}

}  // namespace tagtill::corpus
