#include "tools/replay/journal_dump.h"

#include <fmt/core.h>

#include <string_view>
#include <utility>
#include <vector>

#include "engine/byte_codec.h"
#include "engine/control_change.h"
#include "engine/errors.h"
#include "engine/journal_codec.h"

namespace tagtill {
namespace {

constexpr std::string_view kScheme = "journal:";

[[noreturn]] void refuse(std::string sentence) {
  throw Error(ExitCode::kUsage, std::move(sentence));
}

bool are_same(const ProtocolOptions& a, const ProtocolOptions& b) {
  return a.lateness_ms == b.lateness_ms && a.max_jump_ms == b.max_jump_ms &&
         a.confirm_prefix == b.confirm_prefix;
}

}  // namespace

std::optional<std::string> journal_path(const std::vector<std::string>& dumps) {
  for (const std::string& dump : dumps) {
    if (dump.starts_with(kScheme)) {
      if (dumps.size() > 1) {
        refuse(
            fmt::format("{} is a run of its own: give no other dump with it. (A file of that "
                        "name is ./{}.)",
                        dump, dump));
      }
      return dump.substr(kScheme.size());
    }
  }
  return std::nullopt;
}

void check_journal_options(const ReplayOptions& options) {
  const std::pair<std::string_view, bool> brought[] = {
      {"--offers", !options.offers.empty()},
      {"--members", !options.members.empty()},
      {"--secret-file", !options.secret_file.empty()}};
  for (const auto& [name, given] : brought) {
    if (given) {
      refuse(
          fmt::format("{}: a journal holds what was configured when it was written, and all "
                      "codes. Leave out --offers, --members and --secret-file.",
                      name));
    }
  }
  if (!options.state.empty()) {
    refuse("--state: what a journal holds stands in a state already. Leave it out.");
  }
  if (!options.dead_letter.empty()) {
    refuse(
        "--dead-letter: a journal holds what was applied, not the lines that could not be "
        "read. Leave it out.");
  }
}

std::unique_ptr<StateReader> open_journal(const std::string& path, const ProtocolOptions& options) {
  std::unique_ptr<StateReader> state = StateReader::open(path);
  if (state->head().sequence == 0) {
    throw Error(ExitCode::kBadInput,
                fmt::format("The state {} is new: nothing stands in its journal.", path));
  }
  if (state->first_journal_sequence() > 1) {
    throw Error(ExitCode::kBadInput,
                fmt::format("The journal of {} begins with entry {}: those before it were let go "
                            "when a snapshot was made. Only a state that was kept with --journal "
                            "all from its beginning can be replayed.",
                            path, state->first_journal_sequence()));
  }
  if (!are_same(options, ProtocolOptions{}) && !are_same(options, rules_of(*state))) {
    refuse("--lateness, --max-jump, --prefix: a journal was written with its own. Leave them out.");
  }
  return state;
}

ProtocolOptions rules_of(const StateReader& state) {
  const StateRules& rules = state.rules();
  return {rules.lateness_ms, rules.max_jump_ms, rules.prefix};
}

void for_each_catalogue(
    StateReader& state,
    const std::function<void(const std::shared_ptr<const OfferCatalogue>& offers)>& f) {
  StateEntry entry;
  std::shared_ptr<const OfferCatalogue> offers;
  for (std::uint64_t sequence = 1; state.journal_entry(sequence, entry); ++sequence) {
    ByteReader reader(entry.payload, "journal entry");
    if (entry.kind == JournalKind::kConfiguration) {
      offers = read_configuration(reader, state.rules().prefix).offers;
      f(offers);
    } else if (entry.kind == JournalKind::kControl && offers != nullptr) {
      const std::vector<ControlChange> changes = read_changes(reader);
      FileErrors errors;
      if (any_is_of_offers(changes)) {
        offers = change_offers(*offers, changes, "offers", state.rules().prefix, errors);
        if (offers == nullptr) {
          reader.damaged("its catalogue is refused (" + errors.shown().front() + ")");
        }
        f(offers);
      }
    }
  }
}

}  // namespace tagtill
