#include "tests/product.h"

#include <stdexcept>

#include "engine/decider.h"
#include "engine/event.h"
#include "engine/file_errors.h"
#include "engine/lane.h"
#include "engine/member_table.h"
#include "engine/offer_catalogue.h"
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

  void feed(std::string_view file) {
    for_each_memory_block(file, options_.block_bytes, block_, [&] {
      lane_->process(block_, batch_);
      lines_ += batch_.counts;
      decider_->apply(batch_, events_);
    });
  }

  void replace(std::string_view offers, std::string_view members, std::string_view secret) {
    load(offers, members);
    lane_->set_context(context_);
    decider_->replace(offers_, members_, secret, events_);
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
    reset_decider();
  }

 private:
  void load(std::string_view offers, std::string_view members) {
    tagtill::FileErrors errors;
    offers_ = tagtill::OfferCatalogue::parse(offers, "offers", options_.prefix, errors);
    members_ = tagtill::MemberTable::parse(members, "members", errors);
    throw_if_any(errors);
    context_ = tagtill::make_search_context(offers_, members_, options_.prefix, options_.strict);
  }

  void reset_decider() {
    decider_ = std::make_unique<tagtill::Decider>(
        offers_, members_, secret_,
        tagtill::ProtocolOptions{options_.lateness_ms, options_.max_jump_ms, options_.prefix},
        options_.shards);
    if (!options_.reply_template.empty()) {
      decider_->set_replies(std::make_shared<tagtill::ReplyTemplate>(options_.reply_template));
    }
  }

  Options options_;
  std::string secret_;
  std::shared_ptr<const tagtill::OfferCatalogue> offers_;
  std::shared_ptr<const tagtill::MemberTable> members_;
  std::shared_ptr<const tagtill::SearchContext> context_;
  std::shared_ptr<const tagtill::OfferCatalogue> first_offers_;
  std::shared_ptr<const tagtill::MemberTable> first_members_;
  std::shared_ptr<const tagtill::SearchContext> first_context_;
  std::unique_ptr<tagtill::Lane> lane_;
  std::unique_ptr<tagtill::Decider> decider_;
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
void Product::feed(std::string_view file) { impl_->feed(file); }
void Product::replace(std::string_view offers, std::string_view members, std::string_view secret) {
  impl_->replace(offers, members, secret);
}
void Product::set_trace(tagtill::DecisionTrace* trace) { impl_->set_trace(trace); }
std::string Product::take_events() { return impl_->take_events(); }
const tagtill::EventBatch& Product::events() const { return impl_->events(); }
const Counts& Product::counts() { return impl_->counts(); }
void Product::reset() { impl_->reset(); }

}  // namespace product
