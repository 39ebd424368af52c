#include "ingest/live/control_desk.h"

#include <algorithm>
#include <utility>

#include "engine/block.h"
#include "engine/errors.h"

namespace tagtill {

ControlDesk::ControlDesk(Options options, StandingControls controls,
                         const std::shared_ptr<const OfferCatalogue>& file_offers,
                         const std::shared_ptr<const MemberTable>& members)
    : options_(std::move(options)),
      lanes_know_members_(!options_.takes_records && controls.authors().empty()),
      programme_(options_.confirm_prefix, std::move(controls),
                 check_of_replies(options_.replies, options_.confirm_prefix)) {
  publish_offer_changes();
  ConfigurationSwap first;
  first.file_offers = file_offers;
  first.members = members;
  prepare(first);
  put(first);
}

std::string ControlDesk::refusal_of(const FileErrors& errors) {
  std::string all;
  for (const std::string& error : errors.shown()) {
    all += (all.empty() ? "" : "; ") + error;
  }
  return all;
}

void ControlDesk::publish_offer_changes() {
  std::vector<ControlChange> changes = programme_.controls().offer_changes();
  const std::lock_guard lock(mutex_);
  offer_changes_ = std::move(changes);
  ++offers_version_;
}

std::shared_ptr<const SearchContext> ControlDesk::make_context(
    std::shared_ptr<const OfferCatalogue> offers, std::shared_ptr<const MemberTable> members,
    const SearchContext* before) const {
  return make_search_context(std::move(offers), std::move(members), options_.confirm_prefix,
                             options_.strict, before);
}

void ControlDesk::prepare(ConfigurationSwap& swap) const {
  std::vector<ControlChange> changes;
  {
    const std::lock_guard lock(mutex_);
    changes = offer_changes_;
    swap.prepared_for = offers_version_;
  }
  FileErrors errors;
  swap.offers = changes.empty() ? swap.file_offers
                                : change_offers(*swap.file_offers, changes,
                                                "offers with those of control records",
                                                options_.confirm_prefix, errors);
  if (swap.offers == nullptr) {
    throw Error(ExitCode::kBadConfig, refusal_of(errors));
  }
  if (options_.replies != nullptr) {
    options_.replies->check(*swap.offers, options_.confirm_prefix);
  }
  if (options_.takes_records) {
    swap.accounts = std::make_shared<const AccountIndex>(swap.members);
  }
  // Compiled anew, since nobody but the reader may look at the one in force: and so of what was
  // withdrawn nothing is left.
  swap.context = make_context(swap.offers, lanes_know_members_ ? swap.members : nullptr, nullptr);
}

void ControlDesk::put(ConfigurationSwap& swap) {
  if (swap.prepared_for != offers_version_) {
    prepare(swap);
  }
  FileErrors errors;
  if (!programme_.set_files(swap.offers, swap.members, swap.accounts, errors)) {
    throw Error(ExitCode::kBadConfig, refusal_of(errors));
  }
  context_ = swap.context;
}

std::shared_ptr<const ControlRun> ControlDesk::take(std::string_view lines, std::uint64_t offset) {
  auto run = std::make_shared<ControlRun>();
  bool changes_offers = false;
  for (std::size_t records = 0; !lines.empty() && !changes_offers && records < kRecordsMax;
       ++records) {
    const std::size_t size = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, size);
    const std::size_t with_end = std::min(size + 1, lines.size());
    lines.remove_prefix(with_end);
    run->bytes += with_end;
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    Programme::Answer answer = line.size() > kLineBytesMax
                                   ? Programme::Answer{std::nullopt, "the line is too long"}
                                   : programme_.take(line);
    if (answer.change) {
      changes_offers = is_of_offers(*answer.change);
      run->changes.push_back(std::move(*answer.change));
    } else {
      run->refused.push_back({offset, line.size(), std::move(answer.refusal)});
    }
    offset += with_end;
  }
  run->offers = programme_.offers();
  if (changes_offers) {
    publish_offer_changes();
    context_ = make_context(programme_.offers(), nullptr, context_.get());
    run->context = context_;
    if (options_.on_offers) {
      options_.on_offers(run->offers);
    }
  }
  return run;
}

}  // namespace tagtill
