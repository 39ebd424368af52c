// Writes a journal of what the product is given, and plays it again.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/code_tape.h"
#include "engine/decider.h"
#include "engine/event.h"
#include "engine/journal_codec.h"
#include "engine/journal_player.h"
#include "tests/product.h"

namespace journal_recorder {

struct Entry {
  tagtill::JournalKind kind = tagtill::JournalKind::kNothing;
  std::string payload;
};

class JournalRecorder : public product::Observer {
 public:
  // A candidates' entry takes up to so many batches.
  JournalRecorder(product::Product& product, std::size_t batches)
      : product_(product), batches_(batches) {
    product.decider().record_codes(&tape_);
    product.set_observer(this);
  }

  void applied(const tagtill::CandidateBatch& batch, const tagtill::MemberTable& members) override {
    using tagtill::JournalKind;
    if (entries_.back().kind != JournalKind::kCandidates || in_last_ == batches_) {
      entries_.push_back({JournalKind::kCandidates, {}});
      in_last_ = 0;
    }
    ++in_last_;
    append_candidates(entries_.back().payload, batch, members, tape_);
    tape_.clear();
    if (after_) {
      after_();
    }
  }

  void replaced(const tagtill::OfferCatalogue& offers,
                const tagtill::MemberTable& members) override {
    entries_.push_back({tagtill::JournalKind::kConfiguration, {}});
    append_configuration(entries_.back().payload, offers, members, product_.decider(), tape_);
    tape_.clear();
    if (after_) {
      after_();
    }
  }

  void controlled(std::span<const tagtill::ControlChange> changes) override {
    entries_.push_back({tagtill::JournalKind::kControl, {}});
    append_changes(entries_.back().payload, changes);
    if (after_) {
      after_();
    }
  }

  // Is called after each input.
  void set_after(std::function<void()> after) { after_ = std::move(after); }
  // The product has another decider now.
  void record_anew() { product_.decider().record_codes(&tape_); }

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  product::Product& product_;
  std::size_t batches_;
  std::size_t in_last_ = 0;
  tagtill::CodeTape tape_;
  std::vector<Entry> entries_;
  std::function<void()> after_;
};

inline tagtill::ProtocolOptions protocol_options(const product::Options& options) {
  return {options.lateness_ms, options.max_jump_ms, options.prefix};
}

// The events of the entries from `first` on.
inline std::string play(tagtill::JournalPlayer& player, const std::vector<Entry>& entries,
                        std::size_t first = 0) {
  std::string lines;
  tagtill::EventBatch events;
  for (std::size_t i = first; i < entries.size(); ++i) {
    events.clear();
    player.play(entries[i].kind, entries[i].payload, events);
    for (const tagtill::Event& event : events.events) {
      append_json_line(lines, event);
    }
  }
  return lines;
}

// The bytes in pieces of this length.
inline tagtill::Decider::PieceReader in_pieces(std::string_view bytes, std::size_t length) {
  return [rest = bytes, length]() mutable {
    const std::string_view piece = rest.substr(0, length);
    rest.remove_prefix(piece.size());
    return piece;
  };
}

}  // namespace journal_recorder
