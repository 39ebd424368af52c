#include "engine/journal_player.h"

#include <utility>

#include "engine/byte_codec.h"
#include "engine/control_change.h"
#include "engine/programme.h"

namespace tagtill {

JournalPlayer::JournalPlayer(ProtocolOptions options, std::uint32_t shards)
    : options_(std::move(options)), shards_(shards), candidates_(options_.confirm_prefix) {
  Decider::check_shards(shards_);
}
JournalPlayer::~JournalPlayer() = default;

void JournalPlayer::save_snapshot(const OfferCatalogue& offers, const MemberTable& members,
                                  Decider& decider, const Decider::PieceWriter& write,
                                  std::string_view without_author) {
  ByteWriter writer(write);
  write_configuration(writer, offers, members, decider, without_author);
  writer.finish();
  decider.save(write, without_author);
}

void JournalPlayer::save(const Decider::PieceWriter& write, std::string_view without_author) {
  save_snapshot(*configuration_->offers, *configuration_->members.table(), *decider_, write,
                without_author);
}

void JournalPlayer::append_configuration(std::string& out) {
  tagtill::append_configuration(out, *configuration_->offers, *configuration_->members.table(),
                                *decider_, {});
}

void JournalPlayer::load_snapshot(const Decider::PieceReader& next) {
  ByteReader reader(next, "snapshot");
  configure(read_configuration(reader, options_.confirm_prefix), nullptr);
  // What of the last piece is the decider's goes before the next one.
  bool first = !reader.rest().empty();
  decider_->load([&] { return std::exchange(first, false) ? reader.rest() : next(); });
}

void JournalPlayer::play(JournalKind kind, std::string_view payload, EventBatch& out) {
  ByteReader reader(payload, "journal entry");
  switch (kind) {
    case JournalKind::kNothing:
      reader.check(reader.at_end(), "it has a payload");
      return;
    case JournalKind::kConfiguration: {
      JournalConfiguration configuration = read_configuration(reader, options_.confirm_prefix);
      read_codes(reader, tape_);
      reader.check(reader.at_end(), "something follows its end");
      configure(std::move(configuration), &out);
      reader.check(tape_.next == tape_.codes.size(), "it has codes that nobody needs");
      return;
    }
    case JournalKind::kCandidates:
      reader.check(decider_ != nullptr, "no configuration stands before it");
      while (!reader.at_end()) {
        read_batch(reader, candidates_, configuration_->members, batch_, tape_);
        intents_ += count_intents(batch_);
        decider_->apply(batch_, out);
        reader.check(tape_.next == tape_.codes.size(), "it has codes that nobody needs");
      }
      return;
    case JournalKind::kControl:
      reader.check(decider_ != nullptr, "no configuration stands before it");
      control(reader, out);
      return;
  }
  reader.damaged("it is of an unknown kind (" + std::to_string(static_cast<unsigned>(kind)) + ")");
}

void JournalPlayer::configure(JournalConfiguration configuration, EventBatch* out) {
  const auto& offers = configuration.offers;
  const auto& members = configuration.members.table();
  if (decider_ == nullptr) {
    decider_ = std::make_unique<Decider>(offers, members, std::string_view(), options_, shards_);
    decider_->play_codes(&tape_);
    decider_->set_replies(replies_);
  } else {
    decider_->replace(offers, members, {}, *out);
  }
  configuration_ = std::move(configuration);
  candidates_.set_catalogue(*configuration_->offers);
}

void JournalPlayer::control(ByteReader& reader, EventBatch& out) {
  const std::vector<ControlChange> changes = read_changes(reader);
  reader.check(reader.at_end(), "something follows its end");
  std::shared_ptr<const OfferCatalogue> offers = configuration_->offers;
  if (any_is_of_offers(changes)) {
    FileErrors errors;
    offers = change_offers(*offers, changes, "offers", options_.confirm_prefix, errors);
    if (offers == nullptr) {
      reader.damaged("its catalogue is refused (" + errors.shown().front() + ")");
    }
  }
  for (const ControlChange& change : changes) {
    change_members(configuration_->members, change);
  }
  decider_->control(changes, offers, configuration_->members.table(), out);
  configuration_->offers = std::move(offers);
  candidates_.set_catalogue(*configuration_->offers);
}

std::unique_ptr<Decider> JournalPlayer::take() {
  if (decider_ != nullptr) {
    decider_->play_codes(nullptr);
  }
  return std::move(decider_);
}

}  // namespace tagtill
