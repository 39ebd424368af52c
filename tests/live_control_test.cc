// Control records and new files in a live feed: each in its place between the lines.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/errors.h"
#include "tests/live_driver.h"
#include "tests/post_lines.h"
#include "tests/seeded.h"
#include "tests/shop.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

using Lines = std::vector<std::string>;

std::shared_ptr<const OfferCatalogue> offers_of(const std::vector<std::string>& offers) {
  FileErrors errors;
  auto read = OfferCatalogue::parse(shop::lines(offers), "offers", "Confirm", errors);
  EXPECT_EQ(errors.count(), 0U);
  return read;
}

std::shared_ptr<const MemberTable> members_of(const std::vector<std::string>& members) {
  FileErrors errors;
  auto read = MemberTable::parse(shop::lines(members), "members", errors);
  EXPECT_EQ(errors.count(), 0U);
  return read;
}

std::unique_ptr<ControlDesk> desk_of(const std::vector<std::string>& offers,
                                     const std::vector<std::string>& members) {
  return std::make_unique<ControlDesk>(ControlDesk::Options{.takes_records = true},
                                       StandingControls{}, offers_of(offers), members_of(members));
}

LiveFeed::Options controlled(std::size_t block_bytes = std::size_t{256} * 1024) {
  LiveFeed::Options options;
  options.sources = {live_tcp(), live_tcp()};
  options.sources[0].control = true;
  options.sources[1].name = "posts";
  options.block_bytes = block_bytes;
  return options;
}

std::string link(const std::string& author) {
  return R"({"tagtill":{"link":{"author_id":")" + author + R"(","account":"new-)" + author +
         "\"}}}";
}

// What the turns hold, with records as `link AUTHOR` and refused ones as `refused`.
Lines told(const std::deque<LiveTurn>& turns) {
  Lines lines;
  for (const LiveTurn& turn : turns) {
    lines.insert(lines.end(), turn.lines.begin(), turn.lines.end());
    if (turn.controls != nullptr) {
      for (const ControlChange& change : turn.controls->changes) {
        lines.push_back(std::string(name_of(change.kind)) + " " + change.author_id);
      }
      lines.insert(lines.end(), turn.controls->refused.size(), "refused");
    }
  }
  return lines;
}

TEST(LiveControl, RecordsStandInTheirPlaceBetweenTheLines) {
  LiveDriver driver(controlled());
  driver.feed().set_desk(desk_of({shop::offer("mug")}, shop::members({"a"})));
  LiveSender sender = LiveSender::to_tcp(driver.feed().port(0));
  const std::string bytes = "one\n" + link("x") + "\r\n " + link("y") + "\n\ntwo\n" +
                            "{ \"tagtill\" :7}\nthree\n" + link("z") + "\nfo";
  EXPECT_EQ(sender.send(bytes), bytes.size());
  const Lines expected = {"one", "link x", "link y", "two", "refused", "three", "link z"};
  ASSERT_TRUE(driver.until([&] { return told(driver.turns()).size() >= expected.size(); }));
  driver.settle();
  EXPECT_EQ(told(driver.turns()), expected);
  const auto refused = std::ranges::find_if(driver.turns(), [](const LiveTurn& turn) {
                         return turn.controls != nullptr && !turn.controls->refused.empty();
                       })->controls->refused.front();
  EXPECT_EQ(bytes.substr(refused.offset, refused.length), "{ \"tagtill\" :7}");
  ASSERT_EQ(driver.said().size(), 1U);
  EXPECT_EQ(driver.said()[0], "A control record of tcp, at byte " + std::to_string(refused.offset) +
                                  ", is refused: \"tagtill\" is an object that holds the record.");
}

TEST(LiveControl, ElsewhereTheyAreLinesLikeOthers) {
  LiveDriver driver(controlled());
  driver.feed().set_desk(desk_of({shop::offer("mug")}, shop::members({"a"})));
  LiveSender sender = LiveSender::to_tcp(driver.feed().port(1));
  (void)sender.send(link("x") + "\n");
  ASSERT_TRUE(driver.until_lines(1));
  EXPECT_EQ(driver.lines(), (Lines{link("x")}));
}

TEST(LiveControl, WhatFollowsAnOfferIsSearchedForIt) {
  LiveDriver driver(controlled());
  driver.feed().set_desk(desk_of({shop::offer("mug")}, shop::members({"a"})));
  LiveSender sender = LiveSender::to_tcp(driver.feed().port(0));
  (void)sender.send("one\n{\"tagtill\":{\"offer\":" + shop::offer("bowl") + "}}\n" + link("x") +
                    "\ntwo\n");
  ASSERT_TRUE(driver.until_lines(2));
  const LiveTurn& turn = driver.turns()[1];
  ASSERT_NE(turn.controls, nullptr);
  EXPECT_EQ(turn.controls->offers->offers().size(), 2U);
  EXPECT_NE(turn.controls->context, nullptr);
}

// Whatever the blocks and the steps in which bytes come, and whichever line is too long: nothing
// is lost, doubled or out of order, and each turn says how far the stream is behind it.
TEST(LiveControl, NothingIsLostOrOutOfOrderHoweverBytesCome) {
  for (std::uint64_t i = 0; i < seeded::seeds() / 10 && !HasFailure(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    constexpr std::size_t kLimit = 2000;
    LiveFeed::Options options = controlled(512 + random.below(4096));
    for (LiveSource& source : options.sources) {
      source.line_bytes_max = kLimit;
    }
    LiveDriver driver(options);
    driver.feed().set_desk(desk_of({shop::offer("mug")}, shop::members({"a"})));
    LiveSender sender = LiveSender::to_tcp(driver.feed().port(0));
    (void)sender.send("{\"hello\":{\"stream\":\"s\"}}\n");
    ASSERT_TRUE(driver.until([&] { return !sender.received().empty(); }));
    std::string bytes;
    Lines expected;
    for (int line = 0; line < 300; ++line) {
      if (random.percent(30)) {
        const std::string author = "m" + std::to_string(line);
        bytes += link(author) + "\n";
        expected.push_back("link " + author);
      } else {
        const std::string more = random_live_bytes(random, 1, 1024, kLimit);
        bytes += more;
        add_live_lines(more, kLimit, expected);
      }
    }
    std::string_view rest = bytes;
    const auto send_some = [&] {
      rest.remove_prefix(sender.send(rest.substr(0, 1 + random.below(3000))));
    };
    ASSERT_TRUE(driver.until([&] {
      send_some();
      return rest.empty() && driver.turns().size() > 0 &&
             driver.turns().back().stream_end == bytes.size();
    }));
    EXPECT_EQ(told(driver.turns()), expected);
    std::uint64_t end = 0;
    for (const LiveTurn& turn : driver.turns()) {
      EXPECT_GE(turn.stream_end, end);
      end = turn.stream_end;
      if (turn.controls != nullptr) {
        EXPECT_EQ(bytes.substr(end - turn.controls->bytes).starts_with("{\"tagtill\""), true);
        EXPECT_EQ(bytes[end - 1], '\n');
      }
    }
  }
}

TEST(LiveControl, NewFilesGoThroughTheDeskAndWhatStandsIsPutUponThem) {
  LiveDriver driver(controlled());
  driver.feed().set_desk(desk_of({shop::offer("mug")}, shop::members({"a"})));
  LiveSender sender = LiveSender::to_tcp(driver.feed().port(0));
  (void)sender.send("{\"tagtill\":{\"offer\":" + shop::offer("bowl") + "}}\n" + link("x") + "\n");
  ASSERT_TRUE(driver.until([&] { return driver.turns().size() == 2; }));
  std::vector<std::string> answers;
  const auto swap_to = [&](const std::vector<std::string>& offers,
                           const std::vector<std::string>& members) {
    auto swap = std::make_shared<ConfigurationSwap>();
    swap->file_offers = offers_of(offers);
    swap->members = members_of(members);
    driver.feed().swap(swap, [&](const std::string& problem) { answers.push_back(problem); });
    driver.settle();
  };
  swap_to({shop::offer("cup")}, shop::members({"a", "b"}));
  ASSERT_EQ(answers, std::vector<std::string>{""});
  ASSERT_EQ(driver.turns().size(), 3U);
  EXPECT_EQ(driver.turns()[2].swap->offers->offers().size(), 2U);
  driver.turns()[2].swap.reset();  // as the decider does, when it has taken it
  // An account of the file that a record gave to somebody else.
  swap_to({shop::offer("cup")}, {R"({"author_id":"b","account":"new-x"})"});
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_NE(answers[1].find("the account to which a control record linked the author \"x\" is that "
                            "of \"b\" in the member file"),
            std::string::npos)
      << answers[1];
  // An offer that does not go with the one that a record put.
  EXPECT_THROW(swap_to({post_lines::line_of(post_lines::Offer{.id = "pot", .tag = "bowl"})},
                       shop::members({"a"})),
               Error);
  EXPECT_EQ(driver.turns().size(), 3U);
}

TEST(LiveControl, AnOfferEndsTheRowInWhichItStands) {
  LiveDriver driver(controlled());
  driver.feed().set_desk(desk_of({shop::offer("mug")}, shop::members({"a"})));
  LiveSender sender = LiveSender::to_tcp(driver.feed().port(0));
  const std::string withdraw = R"({"tagtill":{"withdraw":{"id":"mug"}}})";
  (void)sender.send(link("x") + "\n" + withdraw + "\n" + withdraw + "\n" + link("y") + "\n");
  ASSERT_TRUE(driver.until([&] { return driver.turns().size() == 3; }));
  driver.settle();
  ASSERT_EQ(driver.turns().size(), 3U);
  EXPECT_EQ(driver.turns()[0].controls->changes.size(), 2U);
  EXPECT_EQ(driver.turns()[1].controls->changes.size(), 1U);
  EXPECT_EQ(driver.turns()[2].controls->changes.size(), 1U);
}

TEST(LiveControl, OfNewFilesThatWaitOnlyTheNewestAreTaken) {
  LiveDriver driver(controlled());
  driver.feed().set_desk(desk_of({shop::offer("mug")}, shop::members({"a"})));
  std::vector<std::string> answers(3, "none");
  for (std::size_t i = 0; i < 3; ++i) {
    auto swap = std::make_shared<ConfigurationSwap>();
    swap->file_offers = offers_of({shop::offer("cup" + std::to_string(i))});
    swap->members = members_of(shop::members({"a"}));
    driver.feed().swap(swap, [&, i](const std::string& problem) { answers[i] = problem; });
    driver.settle();
  }
  // The first is under way.
  ASSERT_EQ(driver.turns().size(), 1U);
  EXPECT_EQ(answers, (std::vector<std::string>{
                         "", "newer ones have come before these could be taken", "none"}));
  driver.turns()[0].swap.reset();
  driver.settle();
  ASSERT_EQ(driver.turns().size(), 2U);
  EXPECT_EQ(driver.turns()[1].swap->offers->offers()[0].id, "cup2");
  EXPECT_EQ(answers[2], "");
}

TEST(LiveControl, NewFilesThatComeWhenAllIsReadAreRefused) {
  LiveDriver driver(controlled());
  driver.feed().set_desk(desk_of({shop::offer("mug")}, shop::members({"a"})));
  driver.feed().drain();
  driver.settle();
  std::optional<std::string> answer;
  auto swap = std::make_shared<ConfigurationSwap>();
  swap->file_offers = offers_of({shop::offer("mug")});
  swap->members = members_of(shop::members({"a"}));
  driver.feed().swap(swap, [&](const std::string& problem) { answer = problem; });
  EXPECT_EQ(answer, "nothing more is read, since the tier stops");
}

TEST(ControlDesk, AReloadThatMetARecordOnItsWayIsPreparedAnew) {
  ControlDesk desk(ControlDesk::Options{.takes_records = true}, StandingControls{},
                   offers_of({shop::offer("mug")}), members_of(shop::members({"a"})));
  ConfigurationSwap swap;
  swap.file_offers = offers_of({shop::offer("cup")});
  swap.members = members_of(shop::members({"a"}));
  desk.prepare(swap);
  EXPECT_EQ(swap.offers->offers().size(), 1U);
  const auto run = desk.take("{\"tagtill\":{\"offer\":" + shop::offer("bowl") + "}}\n", 0);
  ASSERT_EQ(run->changes.size(), 1U);
  desk.put(swap);
  EXPECT_EQ(swap.offers->offers().size(), 2U);
  EXPECT_EQ(desk.offers(), swap.offers);
}

TEST(ControlDesk, TakesNoMoreRecordsAtOnceThanItSaysAndNoLineThatIsTooLong) {
  ControlDesk desk(ControlDesk::Options{.takes_records = true}, StandingControls{},
                   offers_of({shop::offer("mug")}), members_of(shop::members({"a"})));
  std::string lines;
  for (std::size_t i = 0; i < ControlDesk::kRecordsMax + 5; ++i) {
    lines += link("m" + std::to_string(i)) + "\n";
  }
  const auto run = desk.take(lines, 0);
  EXPECT_EQ(run->changes.size(), ControlDesk::kRecordsMax);
  const auto rest = desk.take(std::string_view(lines).substr(run->bytes), run->bytes);
  EXPECT_EQ(rest->changes.size(), 5U);
  EXPECT_EQ(run->bytes + rest->bytes, lines.size());
  const auto refused = desk.take(link("x") + std::string(kLineBytesMax, ' ') + "\n", 7);
  ASSERT_EQ(refused->refused.size(), 1U);
  EXPECT_EQ(refused->refused[0].why, "the line is too long");
  EXPECT_EQ(refused->refused[0].offset, 7U);
}

TEST(ControlDesk, WhatStandsMustFitTheFilesOfAStart) {
  StandingControls controls;
  controls.apply({.kind = ControlChange::Kind::kLink, .author_id = "x", .account = "acct-a"}, {});
  EXPECT_THROW(ControlDesk(ControlDesk::Options{}, controls, offers_of({shop::offer("mug")}),
                           members_of(shop::members({"a"}))),
               Error);
}

}  // namespace
}  // namespace tagtill
