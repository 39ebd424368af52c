#include "tools/state/state_forget.h"

#include <fmt/core.h>

#include <memory>
#include <vector>

#include "engine/disk.h"
#include "engine/post_decoder.h"
#include "engine/state/state_store.h"
#include "tools/messages.h"
#include "tools/shown_text.h"
#include "tools/state/author_eraser.h"
#include "tools/state/forget_marks.h"

namespace tagtill {
namespace {

// It must be there: opening for writing would make it.
std::unique_ptr<StateStore> open_for_writing(const std::string& path) {
  StateOptions options;
  options.rules = StateReader::open(path)->rules();
  return StateStore::open(path, options);
}

void check_options(const StateForgetOptions& options) {
  if (options.author.empty() == options.output.empty()) {
    throw Error(
        ExitCode::kUsage,
        "Give --author ID or --output NAME, and one of them only: what is to be forgotten.");
  }
  if (!options.author.empty() && !is_valid_id(options.author)) {
    throw Error(ExitCode::kUsage,
                "--author: this is no author's id, which has at most 128 bytes and no control "
                "characters.");
  }
}

std::string names_of_outputs(const StateReader& state) {
  std::string names;
  for (const SinkCursor& cursor : state.cursors()) {
    if (!is_forget_mark(cursor)) {
      names += fmt::format("{}{}", names.empty() ? "" : ", ", cursor.name);
    }
  }
  return names.empty() ? "none" : names;
}

void forget_output(StateStore& store, const std::string& name) {
  const std::optional<SinkCursor> cursor = store.reader().cursor(name);
  if (!cursor || is_forget_mark(*cursor)) {
    throw Error(ExitCode::kUsage, fmt::format("The state knows no output {}. It knows: {}.", name,
                                              names_of_outputs(store.reader())));
  }
  const StateHead head = store.reader().head();
  const std::uint64_t all = cursor->letters ? head.letters : head.events;
  store.forget_cursor(name);
  print_out(
      fmt::format("The output {} is forgotten. It had {} of {}; what it holds stays as it "
                  "is. Given to a run again, it begins with what comes then.\n",
                  shown_text(name), grouped(cursor->events),
                  cursor->letters ? counted(all, "dead letter", "dead letters")
                                  : counted(all, "event", "events")));
}

std::string line_of(const AuthorEraser::Output& output) {
  const Erased& erased = output.erased;
  std::string done;
  switch (output.kind) {
    case OutputKind::kLetters:
      done = fmt::format("{} erased", counted(erased.dropped, "dead letter", "dead letters"));
      break;
    case OutputKind::kEvents:
    case OutputKind::kSegments:
    case OutputKind::kDatabase:
      done = fmt::format("{} erased, {} without the person",
                         counted(erased.dropped, "event", "events"),
                         counted(erased.purchases, "purchase stays", "purchases stay"));
      break;
    case OutputKind::kNothing:
      done = "keeps nothing";
      break;
    case OutputKind::kBeyond:
      done = "cannot be reached from here: see to it yourself";
      break;
  }
  return fmt::format("  {}: {}\n", shown_text(output.name), done);
}

std::string report(const AuthorEraser& eraser, const std::string& author) {
  std::string text = fmt::format(
      "The author {0} is forgotten.\n"
      "  the state: {1} erased, and the whole journal\n",
      shown_text(author), counted(eraser.things(), "thing", "things"));
  for (const AuthorEraser::Output& output : eraser.outputs()) {
    text += line_of(output);
  }
  return text + fmt::format(
                    "What is left to you:\n"
                    "  the member file: while it has a line for {0}, their next post is "
                    "remembered again\n"
                    "  the dumps, copies of these files, and outputs that the state no longer "
                    "knows\n",
                    shown_text(author));
}

void forget_author(StateStore& store, const std::string& author) {
  AuthorEraser eraser(store, author, Disk::real());
  eraser.check();
  while (eraser.step()) {
  }
  print_out(report(eraser, author));
}

}  // namespace

ExitCode forget_in_state(const StateForgetOptions& options) {
  check_options(options);
  const std::unique_ptr<StateStore> store = open_for_writing(options.state);
  if (options.output.empty()) {
    forget_author(*store, options.author);
  } else {
    forget_output(*store, options.output);
  }
  return ExitCode::kOk;
}

}  // namespace tagtill
