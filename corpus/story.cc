#include "corpus/story.h"

#include <algorithm>
#include <functional>

#include "corpus/codes.h"
#include "corpus/script.h"
#include "corpus/wire_text.h"

namespace tagtill::corpus {
namespace {

constexpr std::uint64_t kStoryStream = 0x5703'0000'0000'0000;

// The code as people type it: prefix and code in any case, `o` for 0, `i` and `l` for 1.
std::string typed_tag(std::string_view code, Random& random) {
  std::string tag(kConfirmPrefix);
  tag += code;
  const std::uint32_t manner = random.below(10);
  if (manner < 6) {
    return tag;
  }
  for (std::size_t place = 0; place < tag.size(); ++place) {
    char& letter = tag[place];
    const bool in_code = place >= kConfirmPrefix.size();
    const bool small = manner < 8 || (manner == 9 && random.chance(500'000));
    if (manner == 9 && in_code && letter == '0') {
      letter = 'O';
    }
    if (manner == 9 && in_code && letter == '1') {
      letter = random.chance(500'000) ? 'I' : 'L';
    }
    if (small && letter >= 'A' && letter <= 'Z') {
      letter = static_cast<char>(letter - 'A' + 'a');
    } else if (!small && letter >= 'a' && letter <= 'z') {
      letter = static_cast<char>(letter - 'a' + 'A');
    }
  }
  return tag;
}

}  // namespace

double StoryTeller::posts_per_story() {
  double posts = 0;
  double weight = 0;
  for (const Script& script : kScripts) {
    weight += script.weight;
    posts += static_cast<double>(script.weight) * static_cast<double>(script.length());
  }
  return posts / weight;
}

double StoryTeller::stock_share() {
  double stock = 0;
  double weight = 0;
  for (const Script& script : kScripts) {
    weight += script.weight;
    if (script.choice == Choice::kStock) {
      stock += script.weight;
    }
  }
  return stock / weight;
}

StoryTeller::StoryTeller(const StoryOptions& options, const std::vector<Offer>& offers,
                         const UserPool& pool, const Vocabulary& vocabulary)
    : options_(options),
      offers_(offers),
      pool_(pool),
      vocabulary_(vocabulary),
      random_(options.seed, kStoryStream),
      stocks_(offers.size()),
      pasts_(options.members) {
  for (std::size_t offer = 0; offer < offers.size(); ++offer) {
    switch (offers[offer].role) {
      case OfferRole::kStock:
        stock_offers_.push_back(offer);
        break;
      case OfferRole::kPast:
        break;  // its tag leads to the offer before it
      case OfferRole::kFuture:
        future_offers_.push_back(offer);
        break;
      case OfferRole::kRegional:
        regional_offers_.push_back(offer);
        [[fallthrough]];
      case OfferRole::kPlain:
      case OfferRole::kClosing:
      case OfferRole::kOpening:
        open_offers_.push_back(offer);
        break;
    }
  }
  std::vector<std::uint32_t> members(options.members);
  for (std::size_t member = 0; member < members.size(); ++member) {
    members[member] = static_cast<std::uint32_t>(member);
    std::swap(members[member], members[random_.index(member + 1)]);
  }
  idle_members_.assign(members.begin(), members.end());
}

bool StoryTeller::due(std::int64_t now_ms) const {
  return !due_.empty() && due_.top().at_ms <= now_ms;
}

void StoryTeller::tell(PlannedPost& post, std::int64_t now_ms, std::uint64_t low_bits) {
  std::uint32_t handle = 0;
  if (due(now_ms)) {
    handle = due_.top().story;
    if (clock_max_ms_ > clock_ms_ && clock_decides(stories_[handle])) {
      tell_stranger(post, now_ms, low_bits);
      return;
    }
    due_.pop();
  } else {
    handle = begin(now_ms);
  }
  play(handle, post, now_ms, low_bits);
}

void StoryTeller::tell_stranger(PlannedPost& post, std::int64_t now_ms, std::uint64_t low_bits) {
  const std::uint32_t handle = begin_with(kStrangerScript, now_ms);
  stories_[handle].wanted_ms = now_ms;
  play(handle, post, now_ms, low_bits);
}

void StoryTeller::play(std::uint32_t handle, PlannedPost& post, std::int64_t now_ms,
                       std::uint64_t low_bits) {
  post_step(stories_[handle], post, now_ms, low_bits);
  if (!schedule_next(stories_[handle], handle)) {
    end(handle);
  }
}

// Whether the next post of the story may be late by the exact clock, and it matters. All
// others are stamped at most kDelayMaxMs behind any clock there can be.
bool StoryTeller::clock_decides(const Story& story) const {
  return story.script->steps[story.step] == Step::kOvertakenIntent;
}

std::uint32_t StoryTeller::begin(std::int64_t now_ms) {
  return begin_with(pick_script(random_), now_ms);
}

std::uint32_t StoryTeller::begin_with(const Script& script, std::int64_t now_ms) {
  if (free_stories_.empty()) {
    free_stories_.push_back(static_cast<std::uint32_t>(stories_.size()));
    stories_.emplace_back();
  }
  const std::uint32_t handle = free_stories_.back();
  free_stories_.pop_back();
  Story& story = stories_[handle];
  story.step = 0;
  story.windows.clear();
  story.script = &script;
  if (!cast(story)) {
    // Nobody is free, or nobody wants what there is: a stranger posts an offer's tag.
    story.script = &kStrangerScript;
    cast(story);
  }
  story.last_ms = now_ms;
  story.wanted_ms = now_ms - delay();
  ++story_count_;
  return handle;
}

// Finds an author and the offers; false if there is none. A stranger is always found.
bool StoryTeller::cast(Story& story) {
  const Script& script = *story.script;
  story.is_member = script.cast == Cast::kMember;
  if (!story.is_member) {
    story.author = options_.members + random_.below(static_cast<std::uint32_t>(options_.strangers));
    const auto& offers = open_offers_.empty() ? stock_offers_ : open_offers_;
    story.offers.fill(offers[random_.skewed(static_cast<std::uint32_t>(offers.size()))]);
    return true;
  }
  if (idle_members_.empty()) {
    return false;
  }
  story.author = idle_members_.front();
  const std::size_t places = script.wants_two() ? 2 : 1;
  for (std::size_t place = 0; place < places; ++place) {
    if (!pick_offer(story, place)) {
      return false;
    }
  }
  // Only now: who could not be cast stays where he is.
  idle_members_.pop_front();
  for (std::size_t place = 0; place < places; ++place) {
    remember_offer(story, place);
  }
  return true;
}

bool StoryTeller::pick_offer(Story& story, std::size_t place) {
  const Choice choice = story.script->choice;
  const auto& offers = choice == Choice::kStock       ? stock_offers_
                       : choice == Choice::kElsewhere ? regional_offers_
                       : choice == Choice::kNotYet    ? future_offers_
                                                      : open_offers_;
  if (offers.empty()) {
    return false;
  }
  const std::string_view region = member_region(options_.seed, pool_, vocabulary_, story.author);
  const Past& past = pasts_[story.author];
  const auto* const past_end = past.offers.data() + past.count;
  constexpr int kTries = 16;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const std::size_t offer = offers[random_.skewed(static_cast<std::uint32_t>(offers.size()))];
    const bool welcome = offers_[offer].open_to(region);
    const bool used = std::find(past.offers.data(), past_end, offer) != past_end ||
                      (place == 1 && story.offers[0] == offer);
    if (!used && welcome == (choice != Choice::kElsewhere)) {
      story.offers[place] = offer;
      return true;
    }
  }
  // Another member may fare better.
  idle_members_.push_back(idle_members_.front());
  idle_members_.pop_front();
  return false;
}

void StoryTeller::remember_offer(const Story& story, std::size_t place) {
  Past& past = pasts_[story.author];
  past.offers[past.count] = static_cast<std::uint32_t>(story.offers[place]);
  ++past.count;
}

void StoryTeller::end(std::uint32_t handle) {
  const Story& story = stories_[handle];
  // Room for a story with two offers must be left.
  if (story.is_member && pasts_[story.author].count + 2 <= Past::kOffersMax) {
    idle_members_.push_back(static_cast<std::uint32_t>(story.author));
  }
  free_stories_.push_back(handle);
}

// Mostly what comes comes at once; some of it does not.
std::int64_t StoryTeller::delay() {
  const std::uint32_t sort = random_.below(100);
  if (sort < 90) {
    return random_.below(900);
  }
  if (sort < 99) {
    return random_.between(900, 5'000);
  }
  return random_.between(5'000, 20'000);
}

bool StoryTeller::schedule_next(Story& story, std::uint32_t handle) {
  ++story.step;
  if (story.step == story.script->length()) {
    return false;
  }
  if (needs_window(story.script->steps[story.step]) && story.windows.empty()) {
    return false;
  }
  story.wanted_ms = wanted_time(story);
  due_.push(Due{story.wanted_ms + delay(), due_number_++, handle});
  return true;
}

std::int64_t StoryTeller::wanted_time(const Story& story) {
  const std::int64_t last_ms = story.last_ms;
  switch (story.script->steps[story.step]) {
    case Step::kConfirm:
    case Step::kConfirmBoth: {
      const Window& window = story.windows.back();
      constexpr std::int64_t kQuickestMs = 8'000;
      const std::int64_t length_ms = window.deadline_ms - window.intent_ms;
      const std::int64_t wanted_ms =
          random_.chance(30'000)  // just in time
              ? window.deadline_ms
              : std::min(window.deadline_ms,
                         window.intent_ms + kQuickestMs +
                             random_.skewed(static_cast<std::uint32_t>(length_ms)));
      return std::max(wanted_ms, last_ms + 2'000);
    }
    case Step::kConfirmTooLate:
      return story.windows.back().deadline_ms +
             (random_.chance(200'000) ? 1 : random_.between(1, 1'200'000));
    case Step::kIntent:
      return last_ms + random_.between(10'000, 600'000);
    case Step::kIntentAgain:
      return last_ms + random_.between(3'000, 200'000);
    case Step::kConfirmWrong:
    case Step::kOtherConfirms:
      return last_ms + random_.between(5'000, 120'000);
    case Step::kDeleteIntent:
      return last_ms + random_.between(5'000, 300'000);
    case Step::kCopy:
      return last_ms + random_.between(0, 20'000);
    case Step::kOvertakenIntent:
    case Step::kDeletedIntent:
      return last_ms + random_.between(500, 6'000);
    default:
      return last_ms + 1'000;
  }
}

void StoryTeller::post_step(Story& story, PlannedPost& post, std::int64_t now_ms,
                            std::uint64_t low_bits) {
  const Step step = story.script->steps[story.step];
  if (step == Step::kCopy) {
    post = story.last;
    return;
  }
  post.kind = PlannedPost::Kind::kPost;
  post.author = story.author;
  post.event_ms = std::clamp(story.wanted_ms, now_ms - kDelayMaxMs, now_ms);
  if (step == Step::kDelayedIntent) {
    post.event_ms = now_ms - random_.between(90'000, 600'000);
  }
  // Which units are free again is for the clock to say (P6.3): this post sets it.
  if (step == Step::kIntent && story.script->choice == Choice::kStock) {
    post.event_ms = std::max(post.event_ms, clock_max_ms_);
  }
  // Nobody confirms before he asks.
  if (!story.windows.empty()) {
    post.event_ms = std::max(post.event_ms, story.windows.back().intent_ms);
  }
  post.tags.clear();
  post.is_protected = story.script->is_protected;
  post.tags_past_the_cut = random_.chance(120'000);
  post.style = random_.next();
  if (step == Step::kOvertakenIntent || step == Step::kDeletedIntent) {
    post.event_ms = story.early_intent_ms;
    post.post_id = story.early_intent_id;
  } else {
    post.post_id = snowflake(post.event_ms, low_bits);
  }

  // P3.6: the clock moves first, and what is late changes nothing.
  const bool is_notice =
      step == Step::kDeleteIntent || step == Step::kDeleteEarly || step == Step::kDeleteStray;
  if (!is_notice) {
    clock_ms_ = std::max(clock_ms_, post.event_ms);
  }

  switch (step) {
    case Step::kIntent:
    case Step::kDelayedIntent:
      post_intent(story, post, 1);
      break;
    case Step::kIntentForTwo:
      post_intent(story, post, 2);
      break;
    case Step::kIntentAgain:
      post.tags.push_back(posted_tag(offers_[story.offers[0]], random_));
      break;
    case Step::kConfirm:
    case Step::kConfirmTooLate:
      post_code(post, story.windows.back().code);
      confirm(story, story.windows.back(), post);
      break;
    case Step::kConfirmBoth:
      for (Window& window : story.windows) {
        post_code(post, window.code);
        confirm(story, window, post);
      }
      break;
    case Step::kConfirmWrong:
      post_code(post, wrong_code(story.windows.back().code));
      break;
    case Step::kOtherConfirms:
      // The neighbour sees the prompt, too: it is public.
      post.author = (story.author + 1) % (options_.members + options_.strangers);
      post_code(post, story.windows.back().code);
      break;
    case Step::kStrangerConfirms:
      post_code(post, base32_40(random_.next()));
      break;
    case Step::kDeleteIntent:
      post.kind = PlannedPost::Kind::kDeleteNotice;
      post.post_id = story.windows.front().intent_id;
      for (Window& window : story.windows) {
        cancel(window);
      }
      break;
    case Step::kDeleteStray:
      post.kind = PlannedPost::Kind::kDeleteNotice;
      break;
    case Step::kDeleteEarly:
      post.kind = PlannedPost::Kind::kDeleteNotice;
      story.early_intent_ms = post.event_ms;
      story.early_intent_id = post.post_id;
      break;
    case Step::kDeletedIntent:
      // Should the notice be forgotten by now (P6.2), a window opens that nobody confirms.
      post.tags.push_back(posted_tag(offers_[story.offers[0]], random_));
      break;
    case Step::kEarlyConfirm:
      post_early_confirmation(story, post, low_bits);
      break;
    case Step::kOvertakenIntent:
      post_overtaken_intent(story, post);
      break;
    case Step::kCopy:
    case Step::kNone:
      break;
  }
  story.last_ms = std::max(story.last_ms, post.event_ms);
  story.last = post;
}

void StoryTeller::post_intent(Story& story, PlannedPost& post, std::size_t offers) {
  for (std::size_t place = 0; place < offers; ++place) {
    const std::size_t offer = story.offers[place];
    post.tags.push_back(posted_tag(offers_[offer], random_));
    open_window(story, offer, post);
  }
}

void StoryTeller::post_code(PlannedPost& post, std::string_view code) {
  post.tags.push_back(PlannedTag{make_wire_word(typed_tag(code, random_)), random_.chance(20'000)});
}

void StoryTeller::post_early_confirmation(Story& story, PlannedPost& post, std::uint64_t low_bits) {
  story.early_confirm_ms = post.event_ms;
  story.early_confirm_id = post.post_id;
  story.early_intent_ms = post.event_ms - random_.between(1'000, 6'000);
  story.early_intent_id = snowflake(story.early_intent_ms, low_bits + 1);
  const std::string author_id = std::to_string(pool_.id(story.author));
  post_code(post, purchase_code(options_.secret, author_id,
                                make_purchase_id(std::to_string(story.early_intent_id),
                                                 offers_[story.offers[0]].id)));
}

void StoryTeller::post_overtaken_intent(Story& story, PlannedPost& post) {
  const std::size_t offer = story.offers[0];
  post.tags.push_back(posted_tag(offers_[offer], random_));
  Window* const window = open_window(story, offer, post);
  if (window == nullptr) {
    return;
  }
  // P5.6: what was parked is applied at once. It is not dropped yet, since it was posted
  // after the intent, which is not late.
  PlannedPost confirmation;
  confirmation.post_id = story.early_confirm_id;
  confirmation.event_ms = story.early_confirm_ms;
  confirm(story, *window, confirmation);
}

// P4 in the order of its rules.
StoryTeller::Window* StoryTeller::open_window(Story& story, std::size_t number,
                                              const PlannedPost& post) {
  const Offer& offer = offers_[number];
  const std::int64_t event_ms = post.event_ms;
  if (event_ms < clock_ms_ - kLatenessMs || !story.is_member || post.is_protected ||
      !offer.live_at(event_ms) ||
      !offer.open_to(member_region(options_.seed, pool_, vocabulary_, story.author))) {
    return nullptr;
  }
  std::uint32_t confirmed = 0;
  for (const Window& window : story.windows) {
    if (window.offer != number) {
      continue;
    }
    if (window.state == WindowState::kConfirmed) {
      ++confirmed;
    }
    if (window.state == WindowState::kOpen && event_ms <= window.deadline_ms) {
      return nullptr;
    }
  }
  if (confirmed >= offer.limit_per_member) {
    return nullptr;
  }

  Window& window = story.windows.emplace_back();
  window.offer = number;
  window.intent_id = post.post_id;
  window.intent_ms = event_ms;
  window.deadline_ms = event_ms + std::int64_t{offer.window_s} * 1'000;
  window.denied = offer.stock != 0 && units_taken(number) >= offer.stock;
  if (offer.stock != 0 && !window.denied) {
    stocks_[number].held_until_ms.push_back(window.deadline_ms);
  }
  window.purchase_id = make_purchase_id(std::to_string(post.post_id), offer.id);
  window.code =
      purchase_code(options_.secret, std::to_string(pool_.id(story.author)), window.purchase_id);
  return &window;
}

// P5.4 and P5.5: only an open window can be confirmed, and only once.
void StoryTeller::confirm(Story& story, Window& window, const PlannedPost& post) {
  const bool in_time = window.intent_ms <= post.event_ms && post.event_ms <= window.deadline_ms;
  if (window.state != WindowState::kOpen || !in_time) {
    return;
  }
  window.state = WindowState::kConfirmed;
  if (window.denied) {
    return;
  }
  if (offers_[window.offer].stock != 0) {
    give_back(window);
    ++stocks_[window.offer].sold;
  }
  append_purchase(story, window, post);
}

// P6.1. A window that has fallen due has given its unit back already.
void StoryTeller::cancel(Window& window) {
  if (window.state != WindowState::kOpen) {
    return;
  }
  window.state = WindowState::kCancelled;
  if (!window.denied && offers_[window.offer].stock != 0) {
    give_back(window);
  }
}

// P4.5: units sold, and those held by windows that have not fallen due (P6.3).
std::uint32_t StoryTeller::units_taken(std::size_t offer) {
  Stock& stock = stocks_[offer];
  std::erase_if(stock.held_until_ms,
                [this](std::int64_t deadline_ms) { return deadline_ms < clock_ms_ - kLatenessMs; });
  return stock.sold + static_cast<std::uint32_t>(stock.held_until_ms.size());
}

void StoryTeller::give_back(const Window& window) {
  auto& held = stocks_[window.offer].held_until_ms;
  const auto unit = std::find(held.begin(), held.end(), window.deadline_ms);
  if (unit != held.end()) {
    held.erase(unit);
  }
}

std::string StoryTeller::wrong_code(std::string code) {
  char& letter = code[random_.index(code.size())];
  const std::size_t value = kBase32Digits.find(letter);
  letter =
      kBase32Digits[(value + 1 + random_.index(kBase32Digits.size() - 1)) % kBase32Digits.size()];
  return code;
}

void StoryTeller::append_purchase(const Story& story, const Window& window,
                                  const PlannedPost& post) {
  const Offer& offer = offers_[window.offer];
  const std::string author_id = std::to_string(pool_.id(story.author));
  std::string& out = purchases_;
  out += R"({"type":"confirmed","purchase_id":")";
  out += window.purchase_id;
  out += R"(","offer_id":")";
  out += offer.id;
  out += R"(","account":")";
  out += member_account(options_.seed, story.author);
  out += R"(","author_id":")";
  out += author_id;
  out += R"(","intent_id":)";
  append_quoted_number(out, window.intent_id);
  out += R"(,"confirm_id":)";
  append_quoted_number(out, post.post_id);
  out += R"(,"intent_at":")";
  append_rfc3339(out, window.intent_ms);
  out += R"(","confirmed_at":")";
  append_rfc3339(out, post.event_ms);
  out += R"(","price_minor":)";
  append_number(out, offer.price_minor);
  out += R"(,"currency":")";
  out += offer.currency;
  out += R"(","commission_minor":)";
  append_number(out, offer.price_minor * offer.commission_bps / 10'000);
  out += R"(,"fulfilment":")";
  out += offer.pickup ? "pickup" : "ship";
  out += R"(","claim_code":)";
  if (offer.pickup) {
    out += '"';
    out += claim_code(options_.secret, author_id, window.purchase_id);
    out += '"';
  } else {
    out += "null";
  }
  out += R"(,"reach":)";
  append_number(out, pool_.followers(story.author));
  out += "}\n";
  ++purchase_count_;
}

}  // namespace tagtill::corpus
