#include "tools/replay/dump_plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/errors.h"
#include "ingest/dump_identity.h"
#include "ingest/plain_file.h"
#include "tools/messages.h"

namespace tagtill {
namespace {

std::string absolute(const std::string& name) {
  if (name == "-") {
    return name;
  }
  std::error_code ignored;
  const auto path =
      std::filesystem::weakly_canonical(std::filesystem::absolute(name, ignored), ignored);
  return path.empty() ? name : path.string();
}

[[noreturn]] void refuse(std::string sentence) {
  throw Error(ExitCode::kUsage, std::move(sentence));
}

std::string place_in(const DumpRecord& record) {
  return record.files == 0 ? fmt::format("byte {}", record.offset)
                           : fmt::format("byte {} of file {} in it", record.offset,
                                         std::uint64_t{record.files} + 1);
}

// Whether the file begins with what was read of this dump.
bool begins_with(const std::string& path, const DumpIdentity& identity, const DumpRecord& record) {
  const DumpIdentity wanted{record.bytes, record.content};
  return identity == wanted ||
         (identity.bytes > wanted.bytes && identify_dump(path, wanted.bytes) == wanted);
}

bool is_plain(const std::string& path) {
  return PlainFile::open(path, kLineBytesMax, kLineBytesMax) != nullptr;
}

class Planner {
 public:
  Planner(StateReader& state, const DumpPlanOptions& options)
      : state_(state), options_(options), last_(state.last_dump()) {
    next_number_ = last_ ? last_->number + 1 : 1;
    if (last_ && (last_->done || last_->content.empty())) {
      last_.reset();
    }
    if (last_ && options_.abandon) {
      plan_.notes.push_back(fmt::format("--abandon: what stands behind {} of {} is left unread.",
                                        place_in(*last_), last_->name));
      last_.reset();
    }
  }

  DumpPlan plan(std::vector<DumpSource> dumps) {
    for (DumpSource& dump : dumps) {
      place(std::move(dump));
    }
    if (last_) {
      refuse_before_unfinished("anything else", "");
    }
    if (!options_.again) {
      compare_with_earlier();
    }
    for (News& news : news_) {
      add(std::move(news));
    }
    if (left_out_ > 0) {
      plan_.notes.push_back(fmt::format("{} read before, and left out.",
                                        counted(left_out_, "dump was", "dumps were")));
    }
    return std::move(plan_);
  }

 private:
  // One that is to be read, and what the state will know of it.
  struct News {
    DumpSource dump;
    DumpRecord record;
    bool recorded = true;
    bool met = false;                     // another one of this name was read before;
    std::optional<DumpRecord> shorter{};  // this one, and it has grown since
  };

  void place(DumpSource dump) {
    std::string name = absolute(dump.name);
    const std::optional<DumpIdentity> identity = identify_dump(dump.name);
    if (!identity) {
      place_unknown(std::move(dump), std::move(name));
      return;
    }
    if (identity->bytes == 0) {
      return;
    }
    const auto [other, is_first] = given_.emplace(identity->content, dump.name);
    if (!is_first && !options_.again) {
      refuse(
          fmt::format("The dump {} is the same recording as {}, which stands before it: the "
                      "state would take one for two. Leave one of them out, or give --again.",
                      dump.name, other->second));
    }
    DumpRecord record;
    record.name = std::move(name);
    record.bytes = identity->bytes;
    record.content = identity->content;
    if (last_ && begins_with(dump.name, *identity, *last_)) {
      go_on(std::move(dump), std::move(record));
    } else if (!is_left_out(dump, record)) {
      place_new(std::move(dump), std::move(record));
    }
  }

  // Read before. What stands before the unfinished dump is taken for the beginning of the command
  // that was broken off, also with --again.
  bool is_left_out(const DumpSource& dump, const DumpRecord& record) {
    const std::optional<DumpRecord> known = state_.find_dump(record.content);
    if (!known || (options_.again && !last_)) {
      return false;
    }
    if (known->name != record.name && !options_.again) {
      refuse(
          fmt::format("The dump {} is the recording that was read as {} before: the state would "
                      "take one for two. Leave it out, or give --again.",
                      dump.name, known->name));
    }
    ++left_out_;
    return true;
  }

  void place_new(DumpSource dump, DumpRecord record) {
    if (last_ && options_.repaired) {
      go_on(std::move(dump), std::move(record));
      return;
    }
    if (last_) {
      refuse_before_unfinished(dump.name, record.name);
    }
    news_.push_back({std::move(dump), std::move(record)});
  }

  // Such as a pipe; or it will be said, when it is its turn, why it cannot be read.
  void place_unknown(DumpSource dump, std::string name) {
    std::error_code ignored;
    const bool is_pipe = name == "-" || (std::filesystem::exists(name, ignored) &&
                                         !std::filesystem::is_regular_file(name, ignored));
    if (!is_pipe) {
      news_.push_back({.dump = std::move(dump), .record = {}, .recorded = false});
      return;
    }
    if (last_) {
      refuse_before_unfinished(dump.name, name);
    }
    plan_.notes.push_back(
        fmt::format("{} cannot be resumed: if this run is broken off, what the state has of it "
                    "stands, and only what comes behind that must be given to the next run.",
                    name == "-" ? "Standard input" : dump.name));
    DumpRecord record;
    record.name = std::move(name);
    news_.push_back({std::move(dump), std::move(record)});
  }

  void go_on(DumpSource dump, DumpRecord record) {
    const DumpRecord last = *std::exchange(last_, std::nullopt);
    plan_.notes.push_back(fmt::format("Going on with {} at {}.", dump.name, place_in(last)));
    dump.first_file = last.files;
    dump.first_offset = last.offset;
    record.number = last.number;
    record.files = last.files;
    record.offset = last.offset;
    record.lines = last.lines;
    news_.push_back({std::move(dump), std::move(record)});
  }

  [[noreturn]] void refuse_before_unfinished(std::string_view dump, std::string_view name) const {
    if (name == last_->name) {
      refuse(fmt::format(
          "The last run ended in the middle of {} ({}), and its content is another one now. If it "
          "is the same recording, repaired, --repaired goes on in it at that place. If it is a new "
          "one, --abandon leaves the rest of the old one unread.",
          last_->name, place_in(*last_)));
    }
    refuse(
        fmt::format("The last run ended in the middle of {} ({}), which must be read to its end "
                    "before {} is. Give it first, as the last command did, or give --abandon to "
                    "leave the rest of it unread.",
                    last_->name, place_in(*last_), dump));
  }

  // Those whose content is new may have had another one when they were read before.
  void compare_with_earlier() {
    std::map<std::string_view, News*> by_name;
    for (News& news : news_) {
      if (!news.record.content.empty() && news.record.number == 0) {
        by_name.emplace(news.record.name, &news);
      }
    }
    DumpRecord earlier;
    for (std::uint64_t number = 1; !by_name.empty() && state_.dump(number, earlier); ++number) {
      const auto found = by_name.find(earlier.name);
      if (found == by_name.end() || earlier.content.empty()) {
        continue;
      }
      News& news = *found->second;
      news.met = true;
      if (begins_with(news.dump.name, {news.record.bytes, news.record.content}, earlier)) {
        news.shorter = earlier;
      }
    }
    std::erase_if(news_, [&](const News& news) { return news.shorter && was_read_on(news); });
    note_rewritten();
  }

  void note_rewritten() {
    const auto is_met = [](const News& news) { return news.met; };
    const auto first = std::ranges::find_if(news_, is_met);
    if (first != news_.end()) {
      const auto count = static_cast<std::uint64_t>(std::ranges::count_if(news_, is_met));
      plan_.notes.push_back(fmt::format("{} read before with other content, and {} for new: {}{}.",
                                        counted(count, "dump was", "dumps were"),
                                        count == 1 ? "is taken" : "are taken", first->record.name,
                                        count == 1 ? "" : " and others"));
    }
  }

  // True if it grew while it was read, and was read to where it ends now.
  bool was_read_on(const News& news) {
    const DumpRecord& shorter = *news.shorter;
    const bool plain = is_plain(news.dump.name);
    if (plain && shorter.done && shorter.offset == news.record.bytes) {
      ++left_out_;
      return true;
    }
    refuse(fmt::format(
        "The dump {} has grown since it was read, from {} bytes to {}: what was "
        "decided would be decided again. Give what was added as a dump of its own"
        "{}, or give --again to read all of it.",
        news.dump.name, shorter.bytes, news.record.bytes,
        plain ? fmt::format(" (tail -c +{} {})", shorter.offset + 1, news.dump.name) : ""));
  }

  void add(News news) {
    if (news.recorded && news.record.number == 0) {
      news.record.number = next_number_++;
    }
    plan_.dumps.push_back(std::move(news.dump));
    plan_.records.push_back(std::move(news.record));
  }

  StateReader& state_;
  DumpPlanOptions options_;
  std::optional<DumpRecord> last_;  // if it is to be gone on with
  std::uint64_t next_number_ = 1;
  std::map<std::string, std::string> given_;  // contents in this command, and under which name
  std::vector<News> news_;
  std::uint64_t left_out_ = 0;
  DumpPlan plan_;
};

}  // namespace

DumpPlan plan_dumps(StateReader& state, std::vector<DumpSource> dumps,
                    const DumpPlanOptions& options) {
  return Planner(state, options).plan(std::move(dumps));
}

}  // namespace tagtill
