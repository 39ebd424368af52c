// Where a live feed takes control records and new files.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/configuration_swap.h"
#include "engine/file_errors.h"
#include "engine/lane.h"
#include "engine/programme.h"
#include "engine/reply_template.h"

namespace tagtill {

// Keeps what is in force where the reader is, ahead of the decider: there records are checked, and
// what is put into force there the decider takes in its turn without another check.
//
// prepare(): any thread. Everything else: the constructor's thread until the reader starts, then
// the reader's.
class ControlDesk {
 public:
  struct Options {
    std::string confirm_prefix = "Confirm";
    bool strict = false;
    // A source may bring records: members may change between two blocks, so that lanes do not know
    // them.
    bool takes_records = false;
    std::shared_ptr<const ReplyTemplate> replies{};  // that must fit all offers; null: none
    // Is told, on the reader's thread, when a record has changed them; empty: nobody.
    std::function<void(const std::shared_ptr<const OfferCatalogue>& offers)> on_offers{};
  };

  // `controls`: what stands. Throws tagtill::Error (kBadConfig) where it does not fit the files.
  ControlDesk(Options options, StandingControls controls,
              const std::shared_ptr<const OfferCatalogue>& file_offers,
              const std::shared_ptr<const MemberTable>& members);

  // What the first block is searched with, and the offers in force.
  [[nodiscard]] const std::shared_ptr<const SearchContext>& context() const { return context_; }
  [[nodiscard]] const std::shared_ptr<const OfferCatalogue>& offers() const {
    return programme_.offers();
  }

  // Builds what takes long: the catalogue with the offers of control records, its context. Throws
  // tagtill::Error (kBadConfig): those do not fit.
  void prepare(ConfigurationSwap& swap) const;
  // Puts it into force. Had a record changed offers since it was prepared, it is prepared anew,
  // which holds the reader up. Throws as prepare(), and for members; then nothing has changed.
  void put(ConfigurationSwap& swap);

  // How many records are taken at once, so that others have their turn.
  static constexpr std::size_t kRecordsMax = 64;

  // Takes the first of these lines, which all are control records (Programme::is_record), each with
  // its line end, but perhaps the last; the first one stands at `offset` of its source. How many,
  // ControlRun::bytes says: kRecordsMax, or up to the first that changes offers, so that each
  // of those is in force by itself. Cost: some 20 µs a record; of an offer that of reading the
  // catalogue and of compiling its tag, if that is new (lane.h).
  [[nodiscard]] std::shared_ptr<const ControlRun> take(std::string_view lines,
                                                       std::uint64_t offset);

 private:
  [[nodiscard]] std::shared_ptr<const SearchContext> make_context(
      std::shared_ptr<const OfferCatalogue> offers, std::shared_ptr<const MemberTable> members,
      const SearchContext* before) const;
  void publish_offer_changes();
  [[nodiscard]] static std::string refusal_of(const FileErrors& errors);

  const Options options_;
  const bool lanes_know_members_;
  Programme programme_;
  std::shared_ptr<const SearchContext> context_;

  mutable std::mutex mutex_;                  // of the next ones
  std::vector<ControlChange> offer_changes_;  // that stand
  std::uint64_t offers_version_ = 0;          // how often they have changed
};

}  // namespace tagtill
