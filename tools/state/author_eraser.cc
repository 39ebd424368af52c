#include "tools/state/author_eraser.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "engine/errors.h"
#include "engine/journal_player.h"
#include "engine/memory_visitor.h"
#include "tools/messages.h"
#include "tools/state/erase_rows.h"
#include "tools/state/forget_marks.h"
#include "tools/state/state_play.h"

namespace tagtill {
namespace {

// How much of one author there is.
class AuthorCount final : public MemoryVisitor {
 public:
  explicit AuthorCount(std::string_view author) : author_(author) {}
  [[nodiscard]] std::uint64_t things() const { return things_; }

  void on_clock(std::optional<Millis> /*clock*/) override {}
  void on_stock(const Stock& /*stock*/) override {}
  void on_terms(const Terms& /*terms*/) override {}
  void on_window(const Window& window) override { note(window.author_id); }
  void on_parked(const Parked& parked) override { note(parked.author_id); }
  void on_post(const Post& post) override { note(post.author_id); }
  void on_notice(const Notice& notice) override { note(notice.author_id); }
  void on_confirmed(const Confirmed& confirmed) override { note(confirmed.author_id); }
  void on_set_aside(const Candidate& post) override { note(post.author_id); }
  void on_controlled_author(const ControlledAuthor& author) override { note(author.author_id); }
  void on_controlled_offer(const ControlledOffer& /*offer*/) override {}
  void on_frozen_before(Millis /*time*/) override {}

 private:
  void note(std::string_view author) { things_ += author == author_ ? 1 : 0; }

  std::string_view author_;
  std::uint64_t things_ = 0;
};

bool is_there(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

}  // namespace

OutputPlace place_of_output(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) {
    return {};
  }
  const std::string_view kind = name.substr(0, colon);
  std::string path(name.substr(colon + 1));
  if (kind == "null") {
    return {OutputKind::kNothing, {}};
  }
  if (!path.starts_with('/')) {
    return {};
  }
  // A name has no `/` at its end.
  std::error_code ignored;
  if (kind == "jsonl" && std::filesystem::is_directory(path, ignored)) {
    return {OutputKind::kSegments, path + "/"};
  }
  if (kind == "events" || kind == "jsonl") {
    return {OutputKind::kEvents, std::move(path)};
  }
  if (kind == "dead-letter") {
    return {OutputKind::kLetters, std::move(path)};
  }
  if (kind == "sqlite") {
    return {OutputKind::kDatabase, std::move(path)};
  }
  return {};
}

AuthorEraser::AuthorEraser(StateStore& store, std::string author, Disk& disk)
    : store_(store), author_(std::move(author)), disk_(disk) {}

void AuthorEraser::check_had_everything(const SinkCursor& cursor) const {
  const StateHead head = store_.reader().head();
  const std::uint64_t left = (cursor.letters ? head.letters : head.events) - cursor.events;
  if (left > 0) {
    throw Error(ExitCode::kUsage,
                fmt::format("The output {} has not had the last {} yet. Run the replay once more, "
                            "as it was run, and then this; or leave that output for good: tagtill "
                            "state forget --state PATH --output.",
                            cursor.name,
                            cursor.letters ? counted(left, "dead letter", "dead letters")
                                           : counted(left, "event", "events")));
  }
}

void AuthorEraser::check() {
  if (const std::optional<std::string> other = broken_off_forget(store_.reader())) {
    marked_before_ = true;
    if (!other->empty() && *other != author_) {
      throw Error(
          ExitCode::kUsage,
          fmt::format("Forgetting the author {} was broken off. Run that again first.", *other));
    }
  }
  for (const SinkCursor& cursor : store_.reader().cursors()) {
    if (is_forget_mark(cursor)) {
      continue;
    }
    check_had_everything(cursor);
    const OutputPlace place = place_of_output(cursor.name);
    const bool was_written = cursor.mark > 0 || is_there(place.path);
    if (place.kind == OutputKind::kDatabase && was_written) {
      check_rows(place.path, store_.reader().stream(), cursor.events, disk_);
    }
    // Once marked, a file may have been rewritten already, and the state not know it.
    if ((place.kind == OutputKind::kEvents || place.kind == OutputKind::kLetters) &&
        !marked_before_) {
      make_ready(place.path, cursor.mark, disk_);
    }
    if (place.kind == OutputKind::kSegments && !marked_before_) {
      make_segments_ready(place.path, cursor.mark, store_.reader().stream(), disk_);
    }
    outputs_.push_back({cursor.name, place.kind, {}});
  }
}

bool AuthorEraser::step() {
  const std::size_t step = steps_++;
  if (step == 0) {
    mark();
  } else if (step == 1) {
    erase_from_state();
  } else if (step - 2 < outputs_.size()) {
    erase_from_output(outputs_[step - 2]);
  } else if (step - 2 == outputs_.size()) {
    scrub();
  } else if (step - 2 == outputs_.size() + 1) {
    store_.forget_cursor(kForgetMark);
  } else {
    return false;
  }
  return true;
}

void AuthorEraser::mark() {
  (void)store_.add_cursor(fmt::format("{}{}", kForgetMark, author_), false);
}

void AuthorEraser::erase_from_state() {
  StateReader& state = store_.reader();
  const std::uint64_t last = state.head().sequence;
  if (last == 0) {
    return;
  }
  JournalPlayer player(protocol_of(state.rules()), Decider::kShards);
  play_state(state, player);
  AuthorCount count(author_);
  player.decider()->visit_memory(count);
  things_ = count.things();
  store_.begin_snapshot(last);
  player.save([this](std::string_view piece) { store_.add_snapshot_piece(piece); }, author_);
  store_.finish_snapshot(last + 1);
}

void AuthorEraser::erase_from_output(Output& output) {
  SinkCursor cursor = store_.reader().cursor(output.name).value();
  const std::string path = place_of_output(output.name).path;
  EventLineEraser events(author_);
  LetterLineEraser letters(author_);
  switch (output.kind) {
    case OutputKind::kEvents:
      output.erased = erase_lines(
          path, [&](auto line, auto& replacement) { return events.fate(line, replacement); },
          disk_);
      break;
    case OutputKind::kSegments:
      output.erased = erase_segments(
          path, cursor.mark,
          [&](auto line, auto& replacement) { return events.fate(line, replacement); }, disk_);
      break;
    case OutputKind::kLetters:
      output.erased = erase_lines(
          path, [&](auto line, auto& replacement) { return letters.fate(line, replacement); },
          disk_);
      break;
    case OutputKind::kDatabase:
      if (cursor.mark == 0 && !is_there(path)) {
        return;
      }
      output.erased = erase_rows(path, author_, cursor.mark, disk_);
      break;
    case OutputKind::kNothing:
    case OutputKind::kBeyond:
      return;
  }
  cursor.mark = output.erased.mark;
  store_.commit({.entries = {}, .dumps = {}, .cursors = {cursor}});
}

// The id stands in the mark as well, and must be gone before the file is written anew.
void AuthorEraser::scrub() {
  (void)store_.add_cursor(kForgetMark, false);
  store_.forget_cursor(fmt::format("{}{}", kForgetMark, author_));
  store_.scrub();
}

}  // namespace tagtill
