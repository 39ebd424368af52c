#include "tools/state/state_command.h"

#include <memory>

#include "tools/command_line.h"
#include "tools/state/state_check.h"
#include "tools/state/state_export.h"
#include "tools/state/state_forget.h"
#include "tools/state/state_show.h"

namespace tagtill {
namespace {

constexpr const char* kStateMeaning = "The state: the PATH of tagtill replay --state";

void add_show(Command& state) {
  const auto options = std::make_shared<StateShowOptions>();
  state
      .command("show", "Show what a state is, and how far dumps and outputs have come",
               [options] { return show_state(*options); })
      .required_text("--state", options->state, "PATH", kStateMeaning)
      .flag("--json", options->json, "One JSON object instead of text")
      .footer(
          "Works beside a replay that writes the state, and where nothing can be written. Plays "
          "the\n"
          "journal, and takes the memory of a replay for it.\n"
          "Example:\n"
          "  tagtill state show --state shop.state\n"
          "Exit codes: 0; 2 wrong usage; 65 no state, or damaged; 74 it cannot be read.");
}

void add_check(Command& state) {
  const auto options = std::make_shared<StateCheckOptions>();
  state
      .command("check", "Check everything in a state: digests, journal, invariants, outbox",
               [options] { return check_state(*options); })
      .required_text("--state", options->state, "PATH", kStateMeaning)
      .footer(
          "Reads all of it and plays the journal; takes the memory of a replay. Works beside one.\n"
          "Example:\n"
          "  tagtill state check --state shop.state\n"
          "Exit codes: 0 everything holds; 2 wrong usage; 65 something is wrong, each thing is "
          "said;\n"
          "74 it cannot be read.");
}

void add_export(Command& state) {
  const auto options = std::make_shared<StateExportOptions>();
  state
      .command("export", "Write what a state remembers as JSON Lines",
               [options] { return export_state(*options); })
      .required_text("--state", options->state, "PATH", kStateMeaning)
      .text("--out", options->out, "FILE", "Where it goes; - for standard output")
      .footer(
          "It holds authors, accounts and codes: as sensitive as the state itself.\n"
          "Example:\n"
          "  tagtill state export --state shop.state | grep '\"type\":\"window\"'\n"
          "Exit codes: 0; 2 wrong usage; 65 no state, or damaged; 74 reading or writing failed.");
}

void add_forget(Command& state) {
  const auto options = std::make_shared<StateForgetOptions>();
  state
      .command("forget", "Erase a person from a state and its outputs, or drop an output for good",
               [options] { return forget_in_state(*options); })
      .required_text("--state", options->state, "PATH", kStateMeaning)
      .text("--author", options->author, "ID", "The person: an author's id")
      .text("--output", options->output, "NAME",
            "An output, as `tagtill state show` names it: nothing is kept for it any more")
      .footer(
          "--author: every output must have had everything (run the replay once more first). Then\n"
          "the state forgets the person, and lets its whole journal go, which holds their posts;\n"
          "their events and dead letters are taken out of the files and databases of the outputs.\n"
          "Of a purchase stay its id, offer, account, money and times: author and confirming post\n"
          "become `forgotten`, the reach 0. Broken off, it must be run again before the next "
          "replay.\n"
          "Take the person out of the member file as well, or they are remembered again.\n"
          "Example:\n"
          "  tagtill state forget --state shop.state --author 1186275104\n"
          "Exit codes: 0; 2 wrong usage, or an output has not had everything; 65 no state, or "
          "damaged;\n"
          "74 reading or writing failed.");
}

}  // namespace

void add_state_command(Command& root) {
  Command& state = root.command("state", "Look into a state, check it, forget somebody", nullptr);
  add_show(state);
  add_check(state);
  add_export(state);
  add_forget(state);
}

}  // namespace tagtill
