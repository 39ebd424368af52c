// Decider::visit_memory: it tells of what Decider::save writes, thing by thing.
#include "engine/memory_visitor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/decider.h"
#include "engine/offer_json.h"
#include "tests/product.h"
#include "tests/seeded.h"
#include "tests/state_facts.h"
#include "tests/stream_runs.h"
#include "tests/streams.h"
#include "tools/state/memory_lines.h"

namespace tagtill {
namespace {

using Facts = std::vector<std::string>;

// Facts of several things of one author, a fact each; counts and what follows from the catalogue
// left out: nobody is told of them.
Facts one_by_one(const Facts& facts) {
  Facts single;
  for (const std::string& fact : facts) {
    if (fact.starts_with("count ") || fact.starts_with("longest window")) {
      continue;
    }
    const std::size_t colon = fact.find(": ");
    const std::string kind =
        colon == std::string::npos ? std::string() : fact.substr(0, fact.find(' ', colon + 2));
    if (!kind.ends_with(": windows") && !kind.ends_with(": parked") &&
        !kind.ends_with(": notices")) {
      single.push_back(fact);
      continue;
    }
    for (std::size_t at = kind.size(); at < fact.size();) {
      const std::size_t next = std::min(fact.find("] [", at), fact.size());
      single.push_back(kind + fact.substr(at, next - at) + (next == fact.size() ? "" : "]"));
      at = next + 1;
    }
  }
  std::ranges::sort(single);
  return single;
}

// In the words of state_facts.
class FactsTold final : public MemoryVisitor {
 public:
  Facts all;
  std::uint64_t windows = 0;
  std::uint64_t windows_of_terms = 0;

  void on_clock(std::optional<Millis> clock) override { say("clock ", clock.value_or(-1)); }
  void on_stock(const Stock& stock) override {
    const std::string id(stock.offer_id);
    say("stock " + id + ": sold ", stock.sold, " of ", stock.most ? *stock.most + 1 : 0);
    say("held " + id + ": ", stock.held);
  }
  void on_terms(const Terms& terms) override {
    windows_of_terms += terms.windows;
    EXPECT_TRUE(terms.in_force || terms.windows > 0);
  }
  void on_window(const Window& window) override {
    ++windows;
    const unsigned head = static_cast<unsigned>(window.state) | (window.denied ? 4U : 0U);
    std::string more;
    if (head == 0) {
      more += ", holds " + window.offer.id;
    }
    more += ", terms ";
    append_offer_json_line(more, window.offer);
    if (window.state == WindowState::kOpen) {
      more += ", account " + std::string(window.account);
    }
    EXPECT_EQ(window.deadline, window.intent_at + window.offer.window_ms);
    say(of(window.author_id), "windows [state ", head, ", intent ", std::string(window.intent_id),
        " at ", window.intent_at, ", code ", window.code, more, "]");
  }
  void on_parked(const Parked& parked) override {
    say(of(parked.author_id), "parked [post ", std::string(parked.post_id), " at ", parked.at,
        ", code ", parked.code, ", followers ", parked.followers, ", place ", parked.place, "]");
  }
  void on_post(const Post& post) override {
    say(of(post.author_id), "post ", std::string(post.post_id), " at ", post.at);
  }
  void on_notice(const Notice& notice) override {
    say(of(notice.author_id), "notices [", std::string(notice.post_id),
        notice.at ? " at " + std::to_string(*notice.at) : std::string(), "]");
  }
  void on_confirmed(const Confirmed& confirmed) override {
    say(of(confirmed.author_id), "confirmed ", std::string(confirmed.offer_id), " ",
        confirmed.windows);
  }
  void on_set_aside(const Candidate& post) override {
    std::string tags;
    for (const PostTag& tag : post.tags) {
      tags += " " + std::string(tag.folded);
    }
    say(of(post.author_id), "set aside ", post.author_protected ? 2 : 0, " ",
        std::string(post.post_id), " at ", post.at, ", followers ", post.followers, ", tags", tags);
  }
  void on_controlled_author(const ControlledAuthor& author) override {
    const unsigned head = (author.linked     ? 1U
                           : author.unlinked ? 2U
                                             : 0U) +
                          (author.frozen ? 4 : 0);
    std::string more;
    if (author.linked) {
      more = " " + std::string(author.account) + " " +
             std::string(author.region.empty() ? "-" : author.region) + " at " +
             std::to_string(author.linked_at.value_or(-1));
    }
    say(of(author.author_id), "control ", head, more);
  }
  void on_controlled_offer(const ControlledOffer& offer) override {
    say("control of offer ", std::string(offer.offer_id), ": ", std::string(offer.line));
  }
  void on_frozen_before(Millis time) override { say("frozen before ", time); }

 private:
  static std::string of(std::string_view author) { return "of " + std::string(author) + ": "; }
  static std::string text(const std::string& value) { return value; }
  static std::string text(const char* value) { return value; }
  template <typename Number>
  static std::string text(Number value) {
    return std::to_string(value);
  }
  template <typename... Parts>
  void say(Parts... parts) {
    all.push_back((text(parts) + ...));
  }
};

void expect_told_as_saved(product::Product& product) {
  std::string saved;
  product.decider().save([&](std::string_view piece) { saved += piece; });
  FactsTold told;
  product.decider().visit_memory(told);
  std::ranges::sort(told.all);
  EXPECT_EQ(told.all, one_by_one(state_facts::of_state(saved).all));
  EXPECT_EQ(told.windows, told.windows_of_terms);
}

TEST(MemoryVisitor, TellsWhatIsSaved) {
  std::vector<std::string> kinds;
  for (std::uint64_t i = 0; i < seeded::seeds() && !HasFailure(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    const streams::Stream stream = streams::make_with_replacements(seed);
    product::Product product(stream.offers, stream.members, stream.secret,
                             stream_runs::options_of(stream));
    expect_told_as_saved(product);
    auto replacement = stream.replacements.begin();
    for (std::size_t file = 0; file < stream.files.size(); ++file) {
      for (; replacement != stream.replacements.end() && replacement->before_file == file;
           ++replacement) {
        product.replace(replacement->offers, replacement->members, replacement->secret);
      }
      product.feed(stream.files[file]);
      expect_told_as_saved(product);
    }
    MemoryLines lines(
        [&](std::string_view line) { kinds.emplace_back(line.substr(0, line.find(','))); });
    product.decider().visit_memory(lines);
  }
  // The streams are such that there was something of every kind.
  for (const std::string_view kind : {"clock", "stock", "offer", "window", "parked", "post",
                                      "delete_notice", "confirmed_count", "set_aside"}) {
    EXPECT_TRUE(std::ranges::count(kinds, R"({"type":")" + std::string(kind) + "\"")) << kind;
  }
}

}  // namespace
}  // namespace tagtill
