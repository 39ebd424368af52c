#include "tools/pipeline/recovery.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "engine/code_tape.h"
#include "engine/errors.h"
#include "engine/journal_codec.h"
#include "engine/programme.h"
#include "tools/pipeline/outbox.h"

namespace tagtill {
namespace {

// What was decided before, without the secret and the member file of then.
std::unique_ptr<Decider> play_all(StateReader& state, JournalPlayer& player,
                                  std::string& configuration) {
  load_snapshot(state, player);
  (void)play_journal(state, player, state.snapshot_sequence() + 1, state.head().sequence);
  player.append_configuration(configuration);
  return player.take();
}

// The files, with what stands by control records put upon them.
void merge(const Configuration& files, const std::string& confirm_prefix, Recovered& recovered) {
  const StandingControls& controls = recovered.decider->controls();
  FileErrors errors;
  recovered.offers = files.offers;
  if (!controls.offers().empty()) {
    recovered.offers =
        change_offers(*files.offers, controls.offer_changes(),
                      "offers with those of control records", confirm_prefix, errors);
  }
  Programme programme(confirm_prefix, controls);
  if (recovered.offers == nullptr ||
      !programme.set_files(recovered.offers, files.members, nullptr, errors)) {
    throw Error(ExitCode::kBadConfig,
                fmt::format("The files do not go with the control records that the state holds: "
                            "{}. Mend the files, or start with those of before and send other "
                            "records.",
                            fmt::join(errors.shown(), "; ")));
  }
  recovered.members = members_in_force(files.members, controls);
}

void check(const OfferCatalogue& offers, const CheckOffers& check_offers) {
  const std::string problem = check_offers ? check_offers(offers) : std::string();
  if (!problem.empty()) {
    throw Error(ExitCode::kBadConfig, problem);
  }
}

}  // namespace

void load_snapshot(StateReader& state, JournalPlayer& player) {
  if (state.snapshot_sequence() == 0) {
    return;
  }
  std::uint64_t index = 0;
  std::string piece;
  player.load_snapshot([&]() -> std::string_view {
    return state.snapshot_piece(index++, piece) ? std::string_view(piece) : std::string_view();
  });
}

bool play_entry(StateReader& state, JournalPlayer& player, std::uint64_t sequence,
                StateEntry& entry, EventBatch& events) {
  if (!state.journal_entry(sequence, entry)) {
    return false;
  }
  const std::size_t before = events.events.size();
  player.play(entry.kind, entry.payload, events);
  if (events.events.size() - before != entry.events) {
    throw DamagedState(fmt::format(
        "entry {} of the state's journal brought forth {} events and now makes {}: it was "
        "written by a tagtill that decides otherwise, or is damaged. Go on with that one, or "
        "restore the state from a backup.",
        sequence, entry.events, events.events.size() - before));
  }
  return true;
}

std::uint64_t play_journal(StateReader& state, JournalPlayer& player, std::uint64_t first,
                           std::uint64_t last, const PlayedEntry& played) {
  StateEntry entry;
  EventBatch events;
  while (first <= last && play_entry(state, player, first, entry, events)) {
    if (played) {
      played(first, events);
    }
    events.clear();
    ++first;
  }
  return first - 1;
}

Recovered recover(StateReader& state, const Configuration& configuration,
                  const ProtocolOptions& protocol, std::uint32_t shards,
                  const CheckOffers& check_offers) {
  Recovered recovered;
  StateEntry entry;
  entry.kind = JournalKind::kConfiguration;
  if (state.head().sequence == 0) {
    recovered.offers = configuration.offers;
    check(*recovered.offers, check_offers);
    recovered.members = GrowingMembers(configuration.members);
    recovered.decider = std::make_unique<Decider>(recovered.offers, recovered.members.table(),
                                                  configuration.secret, protocol, shards);
    append_configuration(entry.payload, *recovered.offers, *recovered.members.table(),
                         *recovered.decider, {});
    recovered.change = std::move(entry);
    return recovered;
  }
  std::string before;
  JournalPlayer player(protocol, shards);
  recovered.decider = play_all(state, player, before);
  merge(configuration, protocol.confirm_prefix, recovered);
  check(*recovered.offers, check_offers);
  append_configuration(entry.payload, *recovered.offers, *recovered.members.table(),
                       *recovered.decider, {});
  recovered.before = recovered.decider->counts();
  Parcel parcel;
  recovered.decider->replace(recovered.offers, recovered.members.table(), configuration.secret,
                             parcel.events);
  if (before != entry.payload) {
    entry.events = parcel.events.events.size();
    if (parcel.has_output()) {
      append_outbox(entry.outbox, parcel);
    }
    recovered.change = std::move(entry);
  }
  return recovered;
}

}  // namespace tagtill
