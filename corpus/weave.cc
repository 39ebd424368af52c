#include "corpus/weave.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "corpus/line_shift.h"
#include "corpus/output_file.h"
#include "corpus/post_composer.h"
#include "corpus/story.h"
#include "corpus/timeline.h"

namespace tagtill::corpus {
namespace {

constexpr std::uint64_t kWeaveStream = 0x3e'0000'0000'0000;

// J, the default of P3.9. Stories never come near it.
constexpr std::int64_t kJumpMs = 86'400'000;
constexpr std::int64_t kPauseMaxMs = kJumpMs / 2;

void require(bool holds, std::string_view name, std::string_view range) {
  if (!holds) {
    throw std::invalid_argument(
        fmt::format("The option --{} is out of range: it must be {}.", name, range));
  }
}

void check(const WeaveOptions& options) {
  require(options.copies >= 1 && options.copies <= kCopiesMax, "copies", "1 to 100,000");
  require(options.offers >= 1 && options.offers <= 1'000'000, "offers", "1 to 1,000,000");
  require(options.members >= 1 && options.members <= 100'000'000, "members", "1 to 100,000,000");
  require(options.candidates >= 0 && options.candidates <= 0.5, "candidates", "0 to 0.5");
  require(options.tags.empty() || options.tags.size() >= options.offers, "offers",
          "at most the number of tags");
}

// The shifts that there will be, before anything is written.
Timeline make_timeline(const WeaveOptions& options, Background& background) {
  background.settle();
  Timeline timeline(background.stretches());
  if (timeline.end_ms(options.copies) >= kLatestMs) {
    throw std::invalid_argument(fmt::format(
        "{} copies are too many: the stream would go on beyond 2078, and ids hold no later "
        "times. One copy lasts {} s.",
        options.copies, timeline.length_ms() / 1'000));
  }
  std::vector<std::int64_t> later_ms;
  for (std::uint32_t stretch = 0; stretch < background.stretches().size(); ++stretch) {
    later_ms.push_back(timeline.later_ms(options.copies - 1, stretch));
  }
  background.limit_shift(later_ms);
  return timeline;
}

std::uint32_t window_seconds(const WeaveOptions& options, const Timeline& timeline) {
  const std::int64_t stream_s =
      static_cast<std::int64_t>(options.copies) * timeline.length_ms() / 1'000;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(stream_s / 4, 30, 900));
}

double expected_candidates(const WeaveOptions& options, const Background& background) {
  return static_cast<double>(background.lines().size()) * static_cast<double>(options.copies) *
         options.candidates / (1 - options.candidates);
}

// As many strangers as lines, as long as indices of users fit into 31 bits.
std::uint64_t count_strangers(const WeaveOptions& options, const Background& background) {
  return std::clamp<std::uint64_t>(options.copies * background.lines().size(), 16'384,
                                   1'000'000'000);
}

class Weaver {
 public:
  Weaver(const WeaveOptions& options, const Background& background, const Timeline& timeline,
         const CorpusPaths& paths)
      : options_(options),
        background_(background),
        timeline_(timeline),
        profile_(wire_profile(background.has_timestamps() ? WireForm::k2017 : WireForm::k2013)),
        pool_(options.seed, profile_, vocabulary_, timeline.begin_ms(), background.free_user_ids()),
        offers_(make_offers(CatalogueOptions{
            .seed = options.seed,
            .count = options.offers,
            .start_ms = timeline.begin_ms(),
            .end_ms = timeline.end_ms(options.copies),
            .stock_demand = stock_demand(expected_candidates(options, background), options.offers),
            .window_s = window_seconds(options, timeline),
            .tags = options.tags})),
        secret_(make_secret(options.seed)),
        strangers_(count_strangers(options, background)),
        teller_(StoryOptions{.seed = options.seed,
                             .members = options.members,
                             .strangers = strangers_,
                             .secret = secret_},
                offers_, pool_, vocabulary_),
        composer_(ComposerOptions{.seed = options.seed,
                                  .user_count = options.members + strangers_,
                                  .start_ms = timeline.begin_ms(),
                                  .bait_tags = {}},
                  profile_, vocabulary_, pool_),
        random_(options.seed, kWeaveStream),
        posts_(paths.posts, Access::kEveryone),
        purchases_(paths.purchases, Access::kEveryone) {
    buffer_.reserve(kBufferBytes + kBufferBytes / 8);
    write_offers(paths.offers, offers_);
    write_members(paths.members, options.seed, options.members, pool_, vocabulary_);
    write_secret(paths.secret, secret_);
    // A share of all 64-bit numbers: one in 70,000 has to be as exact as one in 100.
    constexpr double kTwoTo64 = 18'446'744'073'709'551'616.0;
    story_threshold_ = static_cast<std::uint64_t>(options.candidates / (1 - options.candidates) /
                                                  StoryTeller::posts_per_story() * kTwoTo64);
  }

  WeaveReport weave() {
    for (std::uint64_t copy = 0; copy < options_.copies; ++copy) {
      for (const BackgroundLine& line : background_.lines()) {
        now_ms_ = std::max(now_ms_, timeline_.story_ms(copy, line.stretch, line.at_ms) + lead_ms_);
        tell_stories();
        add_line(line, copy);
        if (buffer_.size() >= kBufferBytes) {
          write();
        }
      }
    }
    write();
    posts_.close();
    purchases_.close();
    return WeaveReport{.bytes = posts_.bytes_written(),
                       .recorded_lines = options_.copies * background_.lines().size(),
                       .candidates = candidates_,
                       .stories = teller_.story_count(),
                       .purchases = teller_.purchase_count(),
                       .begin_ms = timeline_.begin_ms(),
                       .end_ms = now_ms_};
  }

 private:
  void tell_stories() {
    if (random_.next() < story_threshold_) {
      tell();
    }
    while (teller_.due(now_ms_)) {
      tell();
    }
  }

  void tell() {
    end_pause();
    teller_.tell(planned_, now_ms_, next_low_bits());
    add_planned();
  }

  void tell_stranger() {
    teller_.tell_stranger(planned_, now_ms_, next_low_bits());
    add_planned();
  }

  // After a pause of more than J, two must agree that it is so late (P3.9). Before there is
  // a clock, strangers must not set it to a wrong time.
  void end_pause() {
    if (now_ms_ - teller_.clock_ms() > kPauseMaxMs) {
      tell_stranger();
      tell_stranger();
    }
  }

  void add_planned() {
    composer_.append_planned(buffer_, planned_);
    buffer_ += background_.line_end();
    ++candidates_;
  }

  // Ids that are made from one millisecond differ in what follows on the time. An odd
  // factor spreads them over all low bits, and repeats none before all were used.
  std::uint64_t next_low_bits() { return (candidates_ * 2'654'435'761U) << 1U; }

  void add_line(const BackgroundLine& line, std::uint64_t copy) {
    const std::int64_t later_ms = line.keeps_time ? 0 : timeline_.later_ms(copy, line.stretch);
    const bool matters = line.has_sign && line.event_ms && story_threshold_ != 0;
    const bool contradict = matters && expect_candidate(*line.event_ms + later_ms);
    if (copy == 0) {
      buffer_ += line.bytes;
    } else {
      append_shifted(buffer_, line.bytes, background_.places(line),
                     Shift{.copy = copy, .later_ms = later_ms});
    }
    if (contradict) {
      tell_stranger();
    }
  }

  // Before a line that may be a stranger's candidate. True if it would be far ahead of any
  // clock there can be and set aside: then the next candidate has to contradict it (P3.9).
  // If it is only far ahead of some, end_pause() comes before whatever is next.
  bool expect_candidate(std::int64_t event_ms) {
    end_pause();
    if (event_ms > now_ms_ + kJumpMs) {
      return true;
    }
    if (event_ms > now_ms_) {
      go_ahead(event_ms);
    }
    teller_.may_be_moved_to(event_ms);
    return false;
  }

  // Stories follow a recorded post that is ahead, or they would all be late (P3.5).
  void go_ahead(std::int64_t event_ms) {
    constexpr std::int64_t kLeadMaxMs = 300 * kJumpMs;
    lead_ms_ += event_ms - now_ms_;
    now_ms_ = event_ms;
    if (lead_ms_ > kLeadMaxMs) {
      throw BackgroundError(
          "Posts of the background have times far ahead of those around them, one after the "
          "other, so that no purchase would be in time. Give another recording.");
    }
  }

  void write() {
    posts_.write(buffer_);
    buffer_.clear();
    purchases_.write(teller_.purchases());
    teller_.purchases().clear();
  }

  const WeaveOptions& options_;
  const Background& background_;
  const Timeline& timeline_;
  const WireProfile& profile_;
  const Vocabulary vocabulary_;
  const UserPool pool_;
  const std::vector<Offer> offers_;
  const std::string secret_;
  const std::uint64_t strangers_;
  StoryTeller teller_;
  PostComposer composer_;
  Random random_;
  OutputFile posts_, purchases_;
  std::uint64_t story_threshold_ = 0;
  std::string buffer_;
  PlannedPost planned_;
  std::uint64_t candidates_ = 0;
  std::int64_t now_ms_ = 0;
  std::int64_t lead_ms_ = 0;  // of the stories' time before the recording's
};

}  // namespace

WeaveReport weave(const WeaveOptions& options, Background& background,
                  const std::filesystem::path& folder) {
  check(options);
  const Timeline timeline = make_timeline(options, background);
  make_folder(folder);
  const CorpusPaths paths = corpus_paths(folder);
  try {
    return Weaver(options, background, timeline, paths).weave();
  } catch (...) {
    // Half a stream would look like a whole one.
    std::error_code ignored;
    for (const std::filesystem::path& path :
         {paths.posts, paths.offers, paths.members, paths.secret, paths.purchases}) {
      std::filesystem::remove(path, ignored);
    }
    throw;
  }
}

}  // namespace tagtill::corpus
