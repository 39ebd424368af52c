// Control records (P9): links, freezes and offers that come in the stream.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/journal_player.h"
#include "tests/journal_recorder.h"
#include "tests/post_lines.h"
#include "tests/product.h"
#include "tests/reference/catalogue.h"
#include "tests/reference/post.h"
#include "tests/reference/reference.h"
#include "tests/seeded.h"
#include "tests/shop.h"
#include "tests/stream_runs.h"
#include "tests/streams.h"

namespace {

using journal_recorder::JournalRecorder;
using journal_recorder::play;
using shop::Events;
using shop::kMinute;
using shop::kSecond;
using shop::Shop;
using shop::tag;

constexpr std::int64_t kLateness = 30 * kSecond;
constexpr std::int64_t kWindow = 15 * kMinute;

std::string record(const std::string& kind, const std::string& object) {
  return R"({"tagtill":{")" + kind + "\":" + object + "}}\n";
}
std::string link(const std::string& author, const std::string& account = {}) {
  return record("link", R"({"author_id":")" + author + R"(","account":")" +
                            (account.empty() ? "new-" + author : account) + "\"}");
}
std::string unlink(const std::string& author) {
  return record("unlink", R"({"author_id":")" + author + "\"}");
}
std::string freeze(const std::string& author) {
  return record("freeze", R"({"author_id":")" + author + "\"}");
}
std::string freeze_before(std::int64_t time) {
  return record("freeze", R"({"linked_before":")" + reference::format_time(time) + "\"}");
}
std::string put(const post_lines::Offer& offer) { return record("offer", line_of(offer)); }
std::string withdraw(const std::string& id) {
  return record("withdraw", R"({"id":")" + id + "\"}");
}

// --- random streams --------------------------------------------------------

// What may be said of a stream: its authors, its offers, and the times that it is at.
class Story {
 public:
  Story(const streams::Stream& stream, std::uint64_t seed)
      : random_(seed), replaced_(!stream.replacements.empty()) {
    std::set<std::string> authors;
    const reference::Catalogue catalogue =
        reference::read_catalogue(stream.offers, stream.members, stream.secret);
    for (const auto& [author, account] : catalogue.members) {
      authors.insert(author);
    }
    for (const reference::Offer& offer : catalogue.offers) {
      offers_.push_back(offer.id);
    }
    for (std::string_view rest = stream.offers; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (line.find('{') != std::string_view::npos) {
        lines_.emplace_back(line);
      }
    }
    authors.insert({"stranger", "4711"});
    authors_.assign(authors.begin(), authors.end());
  }

  // The stream goes on with these lines.
  void pass(std::string_view lines) {
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n'));
      lines.remove_prefix(std::min(line.size() + 1, lines.size()));
      const reference::Line read = reference::read_line(line, 1 << 20);
      if (read.kind == reference::Line::Kind::kPost) {
        time_ = read.post.time_ms;
      }
    }
  }

  std::string next_record() {
    const std::string author = random_.pick(authors_);
    switch (random_.below(7)) {
      case 0:
      case 1:
        // Now and then an account that somebody has already.
        return link(author,
                    random_.percent(20) ? "acct-shared" : "a" + std::to_string(++accounts_));
      case 2:
        return unlink(author);
      case 3:
        return freeze(author);
      case 4:
        return random_.percent(30)
                   ? freeze_before(std::max<std::int64_t>(0, time_ + random_.between(-1000, 1000)))
                   : link(author, "a" + std::to_string(++accounts_));
      case 5:
        return random_.percent(50) || replaced_ ? put_extra()
                                                : record("offer", random_.pick(lines_));
      default:
        return offers_.empty() || random_.percent(40) ? withdraw(extra())
                                                      : withdraw(random_.pick(offers_));
    }
  }

  // Posts about offers that only records know.
  std::string posts() {
    std::string lines;
    for (std::size_t i = random_.below(3); i > 0; --i) {
      lines += post_lines::line_of({.id = "x" + std::to_string(++posts_),
                                    .author = random_.pick(authors_),
                                    .at = time_,
                                    .text = "#" + extra()}) +
               "\n";
    }
    return lines;
  }

 private:
  std::string extra() { return "extra" + std::to_string(random_.below(3)); }
  std::string put_extra() {
    const std::string name = extra();
    return put({.id = name,
                .tag = name,
                .starts_at = "1970-01-01T00:00:00Z",
                .ends_at = "2100-01-01T00:00:00Z",
                .price_minor = random_.between(0, 5000),
                .more = random_.percent(50) ? ",\"stock\":1" : ",\"window_seconds\":2"});
  }

  seeded::Random random_;
  bool replaced_;
  std::vector<std::string> authors_;
  std::vector<std::string> offers_;
  std::vector<std::string> lines_;
  std::int64_t time_ = 0;
  std::uint64_t accounts_ = 0;
  std::uint64_t posts_ = 0;
};

// The stream goes to both, and between some of its lines the same records. Those that the product
// refuses are no records for the reference.
class Both {
 public:
  Both(const streams::Stream& stream, std::uint64_t seed)
      : stream_(stream),
        random_(seed + 1),
        story_(stream, seed),
        reference_(stream.offers, stream.members, stream.secret,
                   stream_runs::reference_options_of(stream)),
        how_(stream_runs::options_of(stream)),
        product_(stream.offers, stream.members, stream.secret, strict(how_)),
        journal_(product_, 1 + seed % 5) {}

  void run() {
    auto replacement = stream_.replacements.begin();
    for (std::size_t file = 0; file <= stream_.files.size(); ++file) {
      for (; replacement != stream_.replacements.end() && replacement->before_file == file;
           ++replacement) {
        reference_.replace(replacement->offers, replacement->members, replacement->secret);
        product_.replace(replacement->offers, replacement->members, replacement->secret);
      }
      std::string_view rest =
          file < stream_.files.size() ? std::string_view(stream_.files[file]) : std::string_view();
      while (!rest.empty()) {
        feed(stream_runs::take_lines(rest, 1 + random_.below(6)));
        story_.pass(rest.substr(0, rest.find('\n')));
        say_records();
        feed(story_.posts());
      }
    }
  }

  reference::Reference& reference() { return reference_; }
  product::Product& product() { return product_; }
  JournalRecorder& journal() { return journal_; }
  [[nodiscard]] const product::Options& options() const { return how_; }
  [[nodiscard]] std::size_t refused() const { return refused_; }

 private:
  static product::Options strict(product::Options options) {
    options.strict = true;
    return options;
  }

  void feed(std::string_view lines) {
    reference_.feed(lines);
    product_.feed(lines);
    story_.pass(lines);
  }

  void say_records() {
    std::string records;
    for (std::size_t left = random_.percent(40) ? 1 + random_.below(4) : 0; left > 0; --left) {
      const std::string line = story_.next_record();
      if (random_.percent(50)) {
        records += line;
        continue;
      }
      say(line);
    }
    // Several at once.
    say(records);
  }

  void say(const std::string& records) {
    for (std::string_view rest = records; !rest.empty();) {
      const std::string_view line = stream_runs::take_lines(rest, 1);
      if (product_.control(line).empty()) {
        reference_.control(line);
      } else {
        ++refused_;
      }
    }
  }

  const streams::Stream& stream_;
  seeded::Random random_;
  Story story_;
  reference::Reference reference_;
  product::Options how_;
  product::Product product_;
  JournalRecorder journal_;
  std::size_t refused_ = 0;
};

TEST(Controls, P9_AsTheReferenceOnRandomStreamsReplayedAndSaved) {
  std::uint64_t frozen = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t prompts = 0;
  std::size_t refused = 0;
  for (std::uint64_t i = 0; i < seeded::seeds() && !testing::Test::HasFailure(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    const streams::Stream stream =
        i % 3 == 0 ? streams::make_with_replacements(seed) : streams::make(seed);
    Both both(stream, seed);
    both.run();
    const std::string events = both.reference().take_events();
    EXPECT_EQ(both.product().take_events(), events);
    EXPECT_EQ(both.product().counts().rejected, both.reference().counts().rejected);
    EXPECT_EQ(both.product().counts().candidates, both.reference().counts().candidates);
    EXPECT_EQ(both.product().decider().broken_invariants(), std::vector<std::string>{});
    tagtill::JournalPlayer player(journal_recorder::protocol_options(both.options()), 4);
    EXPECT_EQ(play(player, both.journal().entries()), events);
    // What was saved reads back as the same.
    std::string saved;
    player.save([&](std::string_view piece) { saved += piece; });
    tagtill::JournalPlayer loaded(journal_recorder::protocol_options(both.options()), 1);
    loaded.load_snapshot(journal_recorder::in_pieces(saved, 1 + seed % 1000));
    std::string again;
    loaded.save([&](std::string_view piece) { again += piece; });
    EXPECT_EQ(again.size(), saved.size());
    const auto& controls = both.product().decider().controls();
    EXPECT_EQ(loaded.decider()->controls().offers(), controls.offers());
    EXPECT_EQ(loaded.decider()->controls().frozen_before(), controls.frozen_before());
    EXPECT_EQ(loaded.decider()->controls().authors(), controls.authors());
    const auto& rejected = both.product().counts().rejected;
    frozen += rejected.contains("frozen") ? rejected.at("frozen") : 0;
    cancelled += both.product().counts().cancelled;
    prompts += both.product().counts().prompts;
    refused += both.refused();
  }
  EXPECT_GT(frozen, 0U);
  EXPECT_GT(cancelled, 0U);
  EXPECT_GT(prompts, 0U);
  EXPECT_GT(refused, 0U);
}

// --- rule by rule ----------------------------------------------------------

TEST(Controls, P9_1_WhoIsLinkedIsAMemberFromThereOn) {
  Shop shop({.offers = {shop::offer("mug")}, .members = shop::members({"a"})});
  shop.post("1", "new", 0, "#mug");
  shop.control(link("new", "acct-77"));
  shop.post("2", "new", 1, "#mug");
  shop.post("3", "new", 2, tag("new", "2"));
  EXPECT_EQ(shop.events(), (Events{"rejected new 1 mug not_enrolled", "prompt new 2:mug",
                                   "confirmed new 2:mug by 3"}));
}

TEST(Controls, P9_1_AWindowKeepsTheAccountWithWhichItOpened) {
  Shop shop({.offers = {shop::offer("mug"), shop::offer("cup")}, .members = shop::members({"a"})});
  shop.post("1", "a", 0, "#mug");
  shop.control(link("a", "acct-new"));
  shop.post("2", "a", 1, "#cup");
  shop.post("3", "a", 2, tag("a", "1"));
  shop.post("4", "a", 3, tag("a", "2", "cup"));
  const Events lines = shop.event_lines();
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(shop::value_of(lines[2], "account"), "acct-a");
  EXPECT_EQ(shop::value_of(lines[3], "account"), "acct-new");
}

TEST(Controls, P9_2_UnlinkCancelsOpenWindowsAndDropsWhatIsParked) {
  Shop shop(
      {.offers = {shop::offer("mug"), shop::offer("cup")}, .members = shop::members({"a", "b"})});
  shop.post("1", "a", 0, "#mug #cup");
  shop.post("1", "b", 0, "#mug");
  shop.post("2", "a", 1, tag("a", "9"));
  shop.control(unlink("a"));
  shop.post("3", "a", 2, "#mug");
  shop.clock_to(kWindow + kLateness + 1);
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "prompt a 1:cup", "prompt b 1:mug",
                                   "cancelled a 1:cup unenrolled", "cancelled a 1:mug unenrolled",
                                   "rejected a 3 mug not_enrolled", "expired b 1:mug"}));
}

TEST(Controls, P9_2_UnlinkedAndLinkedInARowIsAMemberWithoutWindows) {
  Shop shop({.offers = {shop::offer("mug")}, .members = shop::members({"a"})});
  shop.post("1", "a", 0, "#mug");
  shop.control(unlink("a") + link("a", "acct-a"));
  shop.post("2", "a", 1, tag("a", "1"));
  shop.post("3", "a", 2, "#mug");
  EXPECT_EQ(shop.events(), (Events{"prompt a 1:mug", "cancelled a 1:mug unenrolled",
                                   "rejected a 2 mug cancelled", "prompt a 3:mug"}));
}

TEST(Controls, P9_3_IntentsOfWhoIsFrozenAreRejectedAndOpenWindowsRunOn) {
  Shop shop(
      {.offers = {shop::offer("mug"), shop::offer("cup")}, .members = shop::members({"a", "b"})});
  shop.post("1", "a", 0, "#mug");
  shop.control(freeze("a"));
  shop.post("2", "a", 1, "#mug #cup");
  shop.post("2", "b", 1, "#cup");
  shop.post("3", "a", 2, tag("a", "1"));
  shop.control(link("a", "acct-a"));
  shop.post("4", "a", 3, "#cup");
  EXPECT_EQ(shop.events(),
            (Events{"prompt a 1:mug", "rejected a 2 mug frozen", "rejected a 2 cup frozen",
                    "prompt b 2:cup", "confirmed a 1:mug by 3", "prompt a 4:cup"}));
}

TEST(Controls, P9_4_AllWhoWereLinkedBeforeATimeAreFrozen) {
  Shop shop({.offers = {shop::offer("mug")}, .members = shop::members({"a", "b", "c"})});
  shop.clock_to(0);
  shop.control(link("b", "acct-b1"));  // at noon
  shop.control(freeze_before(post_lines::kNoon + kMinute));
  shop.clock_to(kMinute);
  shop.control(link("c", "acct-c1"));  // at exactly that time
  shop.post("1", "a", kMinute, "#mug");
  shop.post("1", "b", kMinute, "#mug");
  shop.post("1", "c", kMinute, "#mug");
  // An earlier time takes nothing back.
  shop.control(freeze_before(post_lines::kNoon));
  shop.post("2", "b", kMinute, "#mug");
  EXPECT_EQ(shop.events(), (Events{"rejected a 1 mug frozen", "rejected b 1 mug frozen",
                                   "prompt c 1:mug", "rejected b 2 mug frozen"}));
}

TEST(Controls, P9_5_AnOfferThatIsPutIsSearchedForFromThereOn) {
  Shop shop({.offers = {shop::offer("mug")}, .members = shop::members({"a", "b"})});
  shop.post("1", "a", 0, "#bowl");
  shop.control(put({.id = "bowl", .tag = "bowl", .price_minor = 700}));
  shop.post("2", "a", 1, "#bowl");
  shop.control(put({.id = "bowl", .tag = "bowl", .price_minor = 800}));
  shop.post("2", "b", 2, "#bowl");
  shop.control(withdraw("bowl"));
  shop.post("3", "b", 3, "#bowl");
  shop.post("4", "a", 4, tag("a", "2", "bowl"));
  const Events lines = shop.event_lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_NE(lines[0].find("\"price_minor\":700"), std::string::npos);
  EXPECT_NE(lines[1].find("\"price_minor\":800"), std::string::npos);
  EXPECT_EQ(shop::brief(lines[2]), "confirmed a 2:bowl by 4");
  EXPECT_NE(lines[2].find("\"price_minor\":700"), std::string::npos);
}

TEST(Controls, P9_6_WhatARecordSaidStandsWhateverTheFilesSay) {
  Shop shop(
      {.offers = {shop::offer("mug"), shop::offer("cup")}, .members = shop::members({"a", "b"})});
  shop.control(unlink("a") + link("new") + freeze("b") + withdraw("cup") +
               put({.id = "bowl", .tag = "bowl"}));
  shop.replace({shop::offer("mug"), shop::offer("cup"), shop::offer("plate")},
               shop::members({"a", "b", "c"}));
  shop.post("1", "a", 0, "#mug");
  shop.post("1", "b", 0, "#mug");
  shop.post("1", "c", 0, "#cup #plate");
  shop.post("1", "new", 0, "#bowl");
  EXPECT_EQ(shop.events(), (Events{"rejected a 1 mug not_enrolled", "rejected b 1 mug frozen",
                                   "prompt c 1:plate", "prompt new 1:bowl"}));
}

class ControlRefusals : public ::testing::Test {
 protected:
  std::string refusal(const std::string& line) {
    const std::vector<std::string> refusals = product_.control(line);
    return refusals.size() == 1 ? refusals.front() : "not one refusal";
  }
  void expect_taken(const std::string& line) {
    EXPECT_EQ(product_.control(line), std::vector<std::string>{}) << line;
  }

  product::Product product_{shop::offer("mug") + "\n" + shop::offer("cup"),
                            shop::lines(shop::members({"a", "b"})),
                            post_lines::kSecret,
                            {}};
};

TEST_F(ControlRefusals, SayWhatIsWrong) {
  EXPECT_EQ(refusal("{\"tagtill\":1}\n"), "\"tagtill\" is an object that holds the record");
  EXPECT_EQ(refusal("{\"tagtill\":{}}\n"), "it holds one record and nothing else");
  EXPECT_EQ(refusal("{\"tagtill\":{\"link\":{}},\"id\":1}\n"),
            "it holds one record and nothing else");
  EXPECT_EQ(refusal(record("enrol", "{}")),
            "\"enrol\" is no kind of control record: there are link, unlink, freeze, offer and "
            "withdraw");
  EXPECT_EQ(refusal(record("link", "[]")), "\"link\" is an object");
  EXPECT_EQ(refusal(record("link", R"({"author_id":"x"})")), "the field \"account\" is missing");
  EXPECT_EQ(refusal(record("unlink", R"({"author_id":7})")),
            "it has one field, \"author_id\", which is a string");
  EXPECT_EQ(refusal(record("unlink", R"({"author_id":""})")),
            "\"author_id\" must be 1 to 128 bytes long");
  EXPECT_EQ(refusal(record("freeze", "{}")), "it holds one record and nothing else");
  EXPECT_EQ(refusal(record("freeze", R"({"linked_before":"yesterday"})")),
            "\"linked_before\" must be a time of RFC 3339 from 1970 on, as "
            "\"2013-02-11T12:00:00Z\", but is \"yesterday\"");
  EXPECT_EQ(refusal(withdraw("plate")), "there is no offer \"plate\"");
  EXPECT_NE(refusal("{\"tagtill\":{\"link\"\n").find("not JSON"), std::string::npos);
}

TEST_F(ControlRefusals, ACardNumberIsRefusedAndNotRepeated) {
  const std::string said = refusal(link("new", "4111111111111111"));
  EXPECT_NE(said.find("looks like a card number"), std::string::npos) << said;
  EXPECT_EQ(said.find("4111"), std::string::npos) << said;
}

TEST_F(ControlRefusals, SayNothingOfWhoItIsAbout) {
  EXPECT_EQ(refusal(record("link", R"({"author_id":1186275104,"account":"x"})")),
            "\"author_id\" must be a string");
  EXPECT_EQ(refusal(record("unlink", R"({"author_id":1186275104})")),
            "it has one field, \"author_id\", which is a string");
}

TEST_F(ControlRefusals, OneAccountBelongsToOneAuthor) {
  const std::string taken = "the account belongs to another author already";
  EXPECT_EQ(refusal(link("new", "acct-a")), taken);
  expect_taken(link("new", "acct-n"));
  EXPECT_EQ(refusal(link("b", "acct-n")), taken);
  // Of who has another one now, or is gone, it is free.
  expect_taken(link("new", "acct-m"));
  expect_taken(link("b", "acct-n"));
  expect_taken(unlink("a"));
  expect_taken(link("new", "acct-a"));
  expect_taken(link("new", "acct-a"));
  EXPECT_EQ(refusal(link("a", "acct-a")), taken);
  expect_taken(link("a", "acct-m"));
}

TEST_F(ControlRefusals, AnOfferMustFitTheOthers) {
  EXPECT_NE(refusal(put({.id = "other", .tag = "mug"})).find("overlap"), std::string::npos);
  EXPECT_NE(refusal(put({.id = "other", .tag = "Confirm12345678"})).find("confirmation"),
            std::string::npos);
  expect_taken(withdraw("mug"));
  expect_taken(withdraw("mug"));
  expect_taken(put({.id = "other", .tag = "mug"}));
  EXPECT_NE(refusal(put({.id = "mug", .tag = "mug"})).find("overlap"), std::string::npos);
}

TEST_F(ControlRefusals, ChangeNothing) {
  (void)product_.control(link("new", "acct-a") + withdraw("plate"));
  EXPECT_TRUE(product_.decider().controls().is_empty());
}

}  // namespace
