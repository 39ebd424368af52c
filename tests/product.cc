#include "tests/product.h"

#include <stdexcept>
#include <utility>

#include "engine/decider.h"
#include "engine/event.h"
#include "engine/file_errors.h"
#include "engine/journal_player.h"
#include "engine/lane.h"
#include "engine/member_table.h"
#include "engine/offer_catalogue.h"
#include "engine/programme.h"
#include "engine/reply_template.h"
#include "tests/memory_blocks.h"

namespace product {
namespace {

void throw_if_any(const tagtill::FileErrors& errors) {
  if (errors.empty()) {
    return;
  }
  std::string all;
  for (const std::string& error : errors.shown()) {
    all += error + "\n";
  }
  throw std::runtime_error(all);
}

}  // namespace

class Product::Impl {
 public:
  Impl(std::string_view offers, std::string_view members, std::string_view secret, Options options)
      : options_(std::move(options)), secret_(secret) {
    load(offers, members);
    first_offers_ = offers_;
    first_members_ = members_;
    first_context_ = context_;
    lane_ = std::make_unique<tagtill::Lane>(context_);
    reset_decider();
  }

  void feed(std::string_view file, bool sample) {
    for_each_memory_block(file, options_.block_bytes, block_, [&] {
      lane_->process(block_, batch_, sample);
      lines_ += batch_.counts;
      if (batch_.lacks_members) {
        find_members(batch_, *members_);
      }
      decider_->apply(batch_, events_);
      if (observer_ != nullptr) {
        observer_->applied(batch_, *members_);
      }
    });
  }

  void replace(std::string_view offers, std::string_view members, std::string_view secret) {
    load(offers, members);
    if (programme_ != nullptr) {
      put_controls_upon_files();
    }
    lane_->set_context(context_);
    secret_in_force_ = secret;
    decider_->replace(offers_, members_, secret, events_);
    if (observer_ != nullptr) {
      observer_->replaced(*offers_, *members_);
    }
  }

  std::vector<std::string> control(std::string_view lines) {
    if (programme_ == nullptr) {
      programme_ = std::make_unique<tagtill::Programme>(options_.prefix);
      put_controls_upon_files();
    }
    std::vector<std::string> refusals;
    std::vector<tagtill::ControlChange> changes;
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n'));
      lines.remove_prefix(line.size() + 1);
      tagtill::Programme::Answer answer = programme_->take(line);
      if (answer.change) {
        change_members(growing_, *answer.change);
        changes.push_back(std::move(*answer.change));
      } else {
        refusals.push_back(std::move(answer.refusal));
      }
    }
    if (changes.empty()) {
      return refusals;
    }
    offers_ = programme_->offers();
    decider_->control(changes, offers_, members_, events_);
    context_ = tagtill::make_search_context(offers_, nullptr, options_.prefix, options_.strict);
    lane_->set_context(context_);
    if (observer_ != nullptr) {
      observer_->controlled(changes);
    }
    return refusals;
  }

  void set_observer(Observer* observer) {
    observer_ = observer;
    if (observer_ != nullptr) {
      observer_->replaced(*offers_, *members_);
    }
  }

  tagtill::Decider& decider() { return *decider_; }

  std::string save_and_load(std::uint32_t shards) {
    std::string saved;
    decider_->save([&](std::string_view piece) { saved += piece; });
    auto loaded = std::make_unique<tagtill::Decider>(offers_, members_, secret_in_force_,
                                                     protocol_options(), shards);
    std::string_view rest = saved;
    loaded->load([&] { return std::exchange(rest, {}); });
    decider_ = std::move(loaded);
    return saved;
  }

  void go_on_with(std::unique_ptr<tagtill::Decider> decider) {
    decider_ = std::move(decider);
    decider_->replace(offers_, members_, secret_in_force_, events_);
  }

  std::string snapshot(std::string_view without_author) {
    std::string bytes;
    tagtill::JournalPlayer::save_snapshot(
        *offers_, *members_, *decider_, [&](std::string_view piece) { bytes += piece; },
        without_author);
    return bytes;
  }

  std::unique_ptr<tagtill::Decider> loaded_without(std::string_view author) {
    const std::string bytes = snapshot(author);
    std::string_view rest = bytes;
    tagtill::JournalPlayer player(protocol_options(), options_.shards);
    player.load_snapshot([&] { return std::exchange(rest, {}); });
    return player.take();
  }

  [[nodiscard]] const tagtill::EventBatch& events() const { return events_; }

  void set_trace(tagtill::DecisionTrace* trace) { decider_->set_trace(trace); }

  std::string take_events() {
    std::string out;
    for (const tagtill::Event& event : events_.events) {
      tagtill::append_json_line(out, event);
    }
    events_.clear();
    return out;
  }

  const Counts& counts() {
    const tagtill::DecisionCounts& decided = decider_->counts();
    counts_ = {};
    counts_.bytes = lines_.bytes;
    counts_.lines = lines_.lines;
    counts_.keep_alives = lines_.keep_alives;
    counts_.parsed = lines_.parsed;
    counts_.posts = lines_.posts;
    counts_.delete_notices = lines_.delete_notices;
    counts_.others = lines_.others;
    counts_.malformed = lines_.malformed;
    counts_.candidates = decided.candidates;
    counts_.duplicates = decided.duplicates;
    counts_.late = decided.late;
    counts_.repeated = decided.repeated;
    counts_.deleted_before = decided.deleted_before;
    counts_.set_aside = decider_->has_set_aside() ? 1 : 0;
    counts_.prompts = decided.prompts;
    counts_.confirmed = decided.confirmed;
    counts_.expired = decided.expired;
    counts_.cancelled = decided.cancelled;
    counts_.open_windows = decider_->open_windows();
    counts_.ignored_confirmations = decided.ignored_confirmations;
    counts_.parked_deleted = decided.parked_deleted;
    counts_.deletes_forgotten = decided.deletes_forgotten;
    for (std::size_t i = 0; i < tagtill::kRejectReasons; ++i) {
      if (decided.rejected[i] > 0) {
        counts_.rejected[std::string(name_of(static_cast<tagtill::RejectReason>(i)))] =
            decided.rejected[i];
      }
    }
    return counts_;
  }

  void reset() {
    offers_ = first_offers_;
    members_ = first_members_;
    if (context_ != first_context_) {
      context_ = first_context_;
      lane_->set_context(context_);
    }
    events_.clear();
    lines_ = {};
    observer_ = nullptr;
    programme_.reset();
    reset_decider();
  }

 private:
  // Offers and members were loaded from files.
  void put_controls_upon_files() {
    tagtill::FileErrors errors;
    const tagtill::StandingControls& controls = programme_->controls();
    offers_ = change_offers(*offers_, controls.offer_changes(), "offers", options_.prefix, errors);
    throw_if_any(errors);
    if (!programme_->set_files(offers_, members_, nullptr, errors)) {
      throw_if_any(errors);
    }
    growing_ = members_in_force(members_, controls);
    members_ = growing_.table();
    context_ = tagtill::make_search_context(offers_, nullptr, options_.prefix, options_.strict);
  }

  void load(std::string_view offers, std::string_view members) {
    tagtill::FileErrors errors;
    offers_ = tagtill::OfferCatalogue::parse(offers, "offers", options_.prefix, errors);
    members_ = tagtill::MemberTable::parse(members, "members", errors);
    throw_if_any(errors);
    context_ = tagtill::make_search_context(offers_, members_, options_.prefix, options_.strict);
  }

  void reset_decider() {
    secret_in_force_ = secret_;
    decider_ = std::make_unique<tagtill::Decider>(offers_, members_, secret_, protocol_options(),
                                                  options_.shards);
    if (!options_.reply_template.empty()) {
      decider_->set_replies(std::make_shared<tagtill::ReplyTemplate>(options_.reply_template));
    }
  }

  [[nodiscard]] tagtill::ProtocolOptions protocol_options() const {
    return {options_.lateness_ms, options_.max_jump_ms, options_.prefix};
  }

  Options options_;
  std::string secret_;  // the first one
  std::string secret_in_force_;
  std::shared_ptr<const tagtill::OfferCatalogue> offers_;
  std::shared_ptr<const tagtill::MemberTable> members_;
  std::shared_ptr<const tagtill::SearchContext> context_;
  std::shared_ptr<const tagtill::OfferCatalogue> first_offers_;
  std::shared_ptr<const tagtill::MemberTable> first_members_;
  std::shared_ptr<const tagtill::SearchContext> first_context_;
  std::unique_ptr<tagtill::Programme> programme_;  // null: there were no control records
  tagtill::GrowingMembers growing_;                // those of members_, if there were
  std::unique_ptr<tagtill::Lane> lane_;
  std::unique_ptr<tagtill::Decider> decider_;
  Observer* observer_ = nullptr;
  tagtill::Block block_;
  tagtill::CandidateBatch batch_;
  tagtill::EventBatch events_;
  tagtill::LineCounts lines_;
  Counts counts_;
};

Product::Product(std::string_view offers, std::string_view members, std::string_view secret,
                 Options options)
    : impl_(std::make_unique<Impl>(offers, members, secret, std::move(options))) {}
Product::~Product() = default;
void Product::feed(std::string_view file, bool sample) { impl_->feed(file, sample); }
void Product::replace(std::string_view offers, std::string_view members, std::string_view secret) {
  impl_->replace(offers, members, secret);
}
std::vector<std::string> Product::control(std::string_view lines) { return impl_->control(lines); }
void Product::set_trace(tagtill::DecisionTrace* trace) { impl_->set_trace(trace); }
void Product::set_observer(Observer* observer) { impl_->set_observer(observer); }
tagtill::Decider& Product::decider() { return impl_->decider(); }
std::string Product::save_and_load(std::uint32_t shards) { return impl_->save_and_load(shards); }
void Product::go_on_with(std::unique_ptr<tagtill::Decider> decider) {
  impl_->go_on_with(std::move(decider));
}
std::string Product::snapshot(std::string_view without_author) {
  return impl_->snapshot(without_author);
}
std::unique_ptr<tagtill::Decider> Product::loaded_without(std::string_view author) {
  return impl_->loaded_without(author);
}
std::string Product::take_events() { return impl_->take_events(); }
const tagtill::EventBatch& Product::events() const { return impl_->events(); }
const Counts& Product::counts() { return impl_->counts(); }
void Product::reset() { impl_->reset(); }

}  // namespace product
