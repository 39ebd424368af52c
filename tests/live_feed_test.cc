// What senders and operators see of a live feed: hello, acks, refusals, limits, ends.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/errors.h"
#include "tests/live_driver.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

// g++ and clang say it in different ways.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TAGTILL_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(TAGTILL_SANITIZED)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

using std::chrono::milliseconds;
using std::chrono::seconds;

using Lines = std::vector<std::string>;

LiveFeed::Options of(LiveSource source) {
  LiveFeed::Options options;
  options.sources = {std::move(source)};
  return options;
}

LiveSender connect(LiveDriver& driver, std::size_t source = 0) {
  return LiveSender::to_tcp(driver.feed().port(source));
}

// Sends all of it while the feed works.
void send_all(LiveDriver& driver, LiveSender& sender, std::string_view bytes) {
  ASSERT_TRUE(driver.until([&] {
    bytes.remove_prefix(sender.send(bytes));
    return bytes.empty();
  }));
}

bool until_received(LiveDriver& driver, LiveSender& sender, const std::string& text) {
  return driver.until([&] { return sender.received() == text; });
}

TEST(LiveFeed, P1_1_LinesOfAnUnnamedConnectionAndThePieceAtItsEnd) {
  LiveDriver driver(of(live_tcp()));
  LiveSender sender = connect(driver);
  (void)sender.send("one\ntwo\r\n\n \nth");
  ASSERT_TRUE(driver.until_lines(2));
  driver.settle();
  EXPECT_EQ(driver.lines(), (Lines{"one", "two"}));
  (void)sender.send("ree");
  sender.close();
  ASSERT_TRUE(driver.until_lines(3));
  EXPECT_EQ(driver.lines().back(), "three");
  EXPECT_EQ(driver.turns().back().offset, 12U);
  EXPECT_EQ(driver.turns().back().source_name, "tcp");
  EXPECT_EQ(driver.turns().back().stream, kNoStream);
  ASSERT_TRUE(driver.until([&] { return driver.feed().counts().connections_open == 0; }));
  const LiveCounts counts = driver.feed().counts();
  EXPECT_EQ(counts.bytes, 17U);
  EXPECT_EQ(counts.connections_accepted, 1U);
  EXPECT_EQ(counts.ended_by_peer, 1U);
}

TEST(LiveFeed, CountsByTheSource) {
  LiveFeed::Options options;
  options.sources = {live_tcp(), live_tcp()};
  LiveDriver driver(std::move(options));
  LiveSender first = connect(driver, 0);
  LiveSender second = connect(driver, 1);
  LiveSender third = connect(driver, 1);
  (void)first.send("one\n");
  ASSERT_TRUE(driver.until_lines(1));
  (void)second.send("second\n");
  ASSERT_TRUE(driver.until_lines(2));
  (void)third.send("thirds\n");
  ASSERT_TRUE(driver.until_lines(3));
  third.close();
  ASSERT_TRUE(driver.until([&] { return driver.feed().counts().connections_open == 2; }));
  const LiveCounts counts = driver.feed().counts();
  ASSERT_EQ(counts.sources.size(), 2U);
  EXPECT_EQ(counts.sources[0].bytes, 4U);
  EXPECT_EQ(counts.sources[0].blocks, 1U);
  EXPECT_EQ(counts.sources[0].connections_open, 1U);
  EXPECT_EQ(counts.sources[1].bytes, 14U);
  EXPECT_EQ(counts.sources[1].blocks, 2U);
  EXPECT_EQ(counts.sources[1].connections_open, 1U);
  EXPECT_EQ(counts.bytes, 18U);
  EXPECT_EQ(counts.blocks, 3U);
}

TEST(LiveFeed, AFirstLineThatIsNoHelloIsData) {
  for (const std::string line :
       {"{", "{}", "{\"hell\":{}}", "[{\"hello\":1}]", "{\"a\":{\"hello\":{\"stream\":\"b\"}}}"}) {
    LiveDriver driver(of(live_tcp()));
    LiveSender sender = connect(driver);
    for (const char c : line + "\n") {
      send_all(driver, sender, {&c, 1});
    }
    ASSERT_TRUE(driver.until_lines(1)) << line;
    EXPECT_EQ(driver.lines(), Lines{line});
    EXPECT_EQ(sender.received(), "");
  }
}

TEST(LiveFeed, AWrongHelloIsAnsweredAndEndsTheConnection) {
  for (const std::string& line : {
           std::string(R"({"hello":{"stream":""}})"),
           std::string(R"({"hello":{"stream":"a b"}})"),
           std::string(R"({"hello":{"stream":"a:b"}})"),
           std::string(R"({"hello":{"stream":")") + std::string(65, 'a') + "\"}}",
           std::string(R"({"hello":{"stream":"a","more":1}})"),
           std::string(R"({"hello":{"stream":"a"}} x)"),
           std::string(R"({"hello":{"stream":"a"},"b":1})"),
           std::string(R"({"hello":{"stream":7}})"),
           std::string(R"({"hello":{}})"),
           std::string(R"({"hello":"a"})"),
           R"({"hello":)" + std::string(2'000, ' '),
       }) {
    SCOPED_TRACE(line);
    LiveDriver driver(of(live_tcp()));
    LiveSender sender = connect(driver);
    send_all(driver, sender, line + "\n");
    ASSERT_TRUE(driver.until([&] { return sender.has_ended(); }));
    EXPECT_TRUE(sender.received().starts_with("{\"error\":\"")) << sender.received();
    EXPECT_TRUE(sender.received().ends_with(".\"}\n")) << sender.received();
    sender.close();
    ASSERT_TRUE(driver.until([&] { return driver.feed().counts().ended_by_error == 1; }));
    EXPECT_EQ(driver.lines(), Lines{});
    EXPECT_EQ(driver.said().size(), 1U);
  }
}

TEST(LiveFeed, AHelloOfAnyFormIsAnsweredWithThePositionKnown) {
  LiveFeed::Options options = of(live_tcp());
  options.streams = {{"b", 7}, {"a.B_9-", 12}};
  LiveDriver driver(std::move(options));
  LiveSender sender = connect(driver);
  send_all(driver, sender, " { \"hello\"\t: {\"stream\" : \"a.B_9-\" } } \r\n");
  ASSERT_TRUE(until_received(driver, sender, "{\"ack\":12}\n"));
  send_all(driver, sender, "line\npie");
  ASSERT_TRUE(driver.until_lines(1));
  const LiveTurn& turn = driver.turns().back();
  EXPECT_EQ(turn.stream, 1U);
  EXPECT_EQ(turn.stream_end, 17U);
  EXPECT_EQ(turn.offset, 12U);
  EXPECT_EQ(turn.source_name, "tcp:a.B_9-");
  EXPECT_EQ(driver.feed().stream_name(1), "a.B_9-");
  driver.feed().committed(1, 17);
  ASSERT_TRUE(until_received(driver, sender, "{\"ack\":12}\n{\"ack\":17}\n"));
  // The piece will be sent again.
  sender.close();
  ASSERT_TRUE(driver.until([&] { return driver.feed().counts().ended_by_peer == 1; }));
  driver.settle();
  EXPECT_EQ(driver.lines(), Lines{"line"});
}

TEST(LiveFeed, WhoDoesNotWaitForTheAckIsTurnedAway) {
  LiveDriver driver(of(live_tcp()));
  LiveSender sender = connect(driver);
  (void)sender.send("{\"hello\":{\"stream\":\"a\"}}\nline\n");
  ASSERT_TRUE(driver.until([&] { return sender.has_ended(); }));
  EXPECT_TRUE(sender.received().starts_with("{\"error\":\"Wait for the ack")) << sender.received();
  EXPECT_EQ(driver.lines(), Lines{});
}

TEST(LiveFeed, AConnectionThatTakesOverIsAnsweredWhenAllIsCommitted) {
  LiveDriver driver(of(live_tcp()));
  LiveSender first = connect(driver);
  send_all(driver, first, "{\"hello\":{\"stream\":\"a\"}}\n");
  ASSERT_TRUE(until_received(driver, first, "{\"ack\":0}\n"));
  send_all(driver, first, "one\n");
  ASSERT_TRUE(driver.until_lines(1));
  send_all(driver, first, "two\nthr");
  ASSERT_TRUE(driver.until_lines(2));
  LiveSender second = connect(driver);
  send_all(driver, second, "{\"hello\":{\"stream\":\"a\"}}\n");
  ASSERT_TRUE(driver.until([&] { return first.has_ended(); }));
  EXPECT_EQ(driver.feed().counts().ended_taken_over, 1U);
  driver.feed().committed(0, 4);
  driver.settle();
  EXPECT_EQ(second.received(), "");
  driver.feed().committed(0, 8);
  ASSERT_TRUE(until_received(driver, second, "{\"ack\":8}\n"));
  send_all(driver, second, "three\n");
  ASSERT_TRUE(driver.until_lines(3));
  EXPECT_EQ(driver.lines(), (Lines{"one", "two", "three"}));
  EXPECT_EQ(driver.turns().back().stream_end, 14U);
}

TEST(LiveFeed, ASenderThatHasEndedStillHearsOfItsLastCommit) {
  LiveDriver driver(of(live_tcp()));
  LiveSender sender = connect(driver);
  send_all(driver, sender, "{\"hello\":{\"stream\":\"a\"}}\n");
  ASSERT_TRUE(until_received(driver, sender, "{\"ack\":0}\n"));
  send_all(driver, sender, "one\n");
  sender.end_writing();
  ASSERT_TRUE(driver.until_lines(1));
  driver.settle();
  EXPECT_FALSE(sender.has_ended());
  driver.feed().committed(0, 4);
  ASSERT_TRUE(driver.until([&] { return sender.has_ended(); }));
  EXPECT_EQ(sender.received(), "{\"ack\":0}\n{\"ack\":4}\n");
}

TEST(LiveFeed, MoreStreamsThanTheMostAreRefused) {
  LiveFeed::Options options = of(live_tcp());
  options.streams_max = 2;
  LiveDriver driver(std::move(options));
  LiveSender senders[] = {connect(driver), connect(driver), connect(driver)};
  for (const char* name : {"a", "b"}) {
    LiveSender& sender = senders[*name - 'a'];
    send_all(driver, sender, R"({"hello":{"stream":")" + std::string(name) + "\"}}\n");
    ASSERT_TRUE(until_received(driver, sender, "{\"ack\":0}\n"));
  }
  send_all(driver, senders[2], "{\"hello\":{\"stream\":\"c\"}}\n");
  ASSERT_TRUE(driver.until([&] { return senders[2].has_ended(); }));
  EXPECT_TRUE(senders[2].received().starts_with("{\"error\":\"There are 2 streams already"));
}

TEST(LiveFeed, APeerThatNeverReadsItsAcksGetsTheNewestAndHoldsNobodyBack) {
  const TempFolder folder;
  LiveDriver driver(of(live_unix(folder.path("socket"))));
  LiveSender sender = LiveSender::to_unix(folder.path("socket"));
  send_all(driver, sender, "{\"hello\":{\"stream\":\"a\"}}\n");
  ASSERT_TRUE(driver.until([&] {
    pollfd wanted{sender.socket(), POLLIN, 0};
    return ::poll(&wanted, 1, 0) == 1;
  }));
  constexpr std::uint64_t kAcks = 100'000;
  std::uint64_t position = 0;
  while (position < kAcks) {
    driver.feed().committed(0, ++position);
    (void)driver.read_some();
  }
  // Of all those that did not fit into the socket one was begun, and the newest is kept.
  const std::string last = "{\"ack\":100000}\n";
  ASSERT_TRUE(driver.until([&] { return sender.received().ends_with(last); }));
  EXPECT_LT(sender.received().size(), kAcks * last.size() / 2);
}

TEST(LiveFeed, OneWhoSendsByteByByteDoesNotSlowTheOthers) {
  LiveDriver driver(of(live_tcp()));
  LiveSender slow = connect(driver);
  LiveSender quick = connect(driver);
  const std::string slow_line(300, 's');
  const std::string quick_line = std::string(2'000, 'q') + "\n";
  for (std::size_t i = 0; i < slow_line.size(); ++i) {
    (void)slow.send({&slow_line[i], 1});
    send_all(driver, quick, quick_line);
    ASSERT_TRUE(driver.until_lines(i + 1));
  }
  send_all(driver, slow, "\n");
  ASSERT_TRUE(driver.until_lines(slow_line.size() + 1));
  EXPECT_EQ(driver.lines().back(), slow_line);
}

TEST(LiveFeed, WhoSendsMuchDoesNotStarveTheOthers) {
  LiveFeed::Options options = of(live_tcp());
  options.block_bytes = 4'096;
  options.blocks_bytes_max = 8'192;
  LiveDriver driver(std::move(options));
  LiveSender much = connect(driver);
  LiveSender little = connect(driver);
  std::string bytes;
  for (int i = 0; i < 20'000; ++i) {
    bytes += std::string(50, 'm') + "\n";
  }
  while (much.send(bytes) > 0) {
  }
  (void)little.send("little\n");
  ASSERT_TRUE(driver.until(
      [&] { return !driver.turns().empty() && driver.turns().back().lines.back() == "little"; }));
  // As many blocks of the other one as were under way, and a turn of it.
  EXPECT_LE(driver.turns().size(), 8U);
}

TEST(LiveFeed, WhereNobodyTakesBlocksNothingIsReadAndTheSenderFeelsIt) {
  LiveFeed::Options options = of(live_tcp());
  options.block_bytes = 4'096;
  options.blocks_bytes_max = 16'384;
  LiveDriver driver(std::move(options));
  LiveSender sender = connect(driver);
  std::string bytes;
  for (int i = 0; i < 400'000; ++i) {
    bytes += std::to_string(i) + std::string(40, '.') + "\n";
  }
  std::string_view rest = bytes;
  // The socket takes some, and then no more: found so 1,000 times in a row.
  for (int refused = 0; refused < 1'000;) {
    const std::size_t sent = sender.send(rest.substr(0, 10'000));
    rest.remove_prefix(sent);
    refused = sent == 0 ? refused + 1 : 0;
    (void)driver.read_some();
    ASSERT_FALSE(rest.empty());
  }
  EXPECT_LE(driver.feed().counts().bytes, 16'384U + 4'096U);
  EXPECT_GE(driver.feed().counts().waits_for_block, 1U);
  send_all(driver, sender, rest);
  ASSERT_TRUE(driver.until([&] { return driver.feed().counts().bytes == bytes.size(); }));
  driver.settle();
  Lines expected;
  add_live_lines(std::string_view(bytes), kLineBytesMax, expected);
  EXPECT_EQ(driver.lines(), expected);
}

TEST(LiveFeed, AnEndlessLineIsReadInBoundedMemoryAndEndedByTheIdleLimit) {
  LiveSource source = live_tcp();
  source.line_bytes_max = 100'000;
  source.idle_max = seconds(30);
  LiveDriver driver(of(source));
  LiveSender sender = connect(driver);
  const std::string piece(50'000, 'x');
  for (int i = 0; i < 100; ++i) {
    send_all(driver, sender, piece);
  }
  ASSERT_TRUE(driver.until([&] { return driver.feed().counts().bytes == 5'000'000; }));
  EXPECT_EQ(driver.lines(), Lines{});
  driver.clock().pass(seconds(29));
  driver.settle();
  EXPECT_FALSE(sender.has_ended());
  driver.clock().pass(seconds(1));
  ASSERT_TRUE(driver.until([&] { return sender.has_ended(); }));
  EXPECT_EQ(sender.received(), "{\"error\":\"No end of a line came for 30 s.\"}\n");
  ASSERT_TRUE(driver.until_lines(1));
  EXPECT_EQ(driver.lines(), Lines{std::string(kDeadLetterBytes, 'x') + "+5000000"});
  EXPECT_EQ(driver.feed().counts().ended_idle, 1U);
  EXPECT_EQ(driver.said().size(), 1U);
}

TEST(LiveFeed, ManyIdleConnectionsEndByTheirLimitAndTheBusyOneStays) {
  LiveSource source = live_tcp();
  source.idle_max = seconds(10);
  source.connections_max = 300;
  LiveDriver driver(of(source));
  std::vector<LiveSender> senders;
  for (int i = 0; i < 300; ++i) {
    senders.push_back(connect(driver));
    (void)driver.read_some();
  }
  ASSERT_TRUE(driver.until([&] { return driver.feed().counts().connections_open == 300; }));
  LiveSender more = connect(driver);
  ASSERT_TRUE(driver.until([&] { return more.has_ended(); }));
  EXPECT_TRUE(more.received().starts_with("{\"error\":\"There are 300 connections already"));
  EXPECT_EQ(driver.feed().counts().connections_refused, 1U);
  send_all(driver, senders[7], "line\n");
  ASSERT_TRUE(driver.until_lines(1));
  driver.clock().pass(seconds(6));
  send_all(driver, senders[7], "line\n");
  ASSERT_TRUE(driver.until_lines(2));
  driver.clock().pass(seconds(5));
  ASSERT_TRUE(driver.until([&] { return driver.feed().counts().connections_open == 1; }));
  EXPECT_EQ(driver.feed().counts().ended_idle, 299U);
  EXPECT_FALSE(senders[7].has_ended());
  // One sentence a second, and how many were left out.
  EXPECT_EQ(driver.said().size(), 2U);
}

// Resident bytes of this process.
std::size_t resident_bytes() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST(LiveFeed, AThousandIdleConnectionsCostLittle) {
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  constexpr std::size_t kConnections = 1'000;
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 8 * kConnections);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  if (files.rlim_cur < 2 * kConnections + 100) {
    GTEST_SKIP() << "this process may open too few files";
  }
  LiveDriver driver(of(live_tcp()));
  const std::size_t before = resident_bytes();
  std::vector<LiveSender> senders;
  for (std::size_t i = 0; i < kConnections; ++i) {
    senders.push_back(connect(driver));
    send_all(driver, senders.back(), "a piece");
    (void)driver.read_some();
  }
  ASSERT_TRUE(driver.until([&] { return driver.feed().counts().bytes == kConnections * 7; }));
  // A block, and 2 KB each, the senders' side included.
  if (!kSanitized) {
    EXPECT_LE(resident_bytes() - before, 1'000'000 + kConnections * 2'000);
  }
  for (LiveSender& sender : senders) {
    send_all(driver, sender, "\n");
  }
  ASSERT_TRUE(driver.until_lines(kConnections));
}

TEST(LiveFeed, PiecesOfAllConnectionsTogetherAreBounded) {
  LiveFeed::Options options = of(live_tcp());
  options.pieces_bytes_max = 1'000'000;
  LiveDriver driver(std::move(options));
  std::vector<LiveSender> senders;
  const std::string piece(150'000, 'x');
  // One after the other, until it is one too many.
  while (driver.feed().counts().bytes < 20 * piece.size() &&
         (senders.empty() || !senders.back().has_ended())) {
    senders.push_back(connect(driver));
    send_all(driver, senders.back(), piece);
    ASSERT_TRUE(driver.until([&] {
      return driver.feed().counts().bytes == senders.size() * piece.size() ||
             senders.back().has_ended();
    }));
    driver.settle();
  }
  EXPECT_GT(senders.size(), 3U);
  ASSERT_TRUE(driver.until([&] { return senders.back().has_ended(); }));
  EXPECT_TRUE(senders.back().received().starts_with("{\"error\":\"Too many connections"));
  EXPECT_FALSE(senders.front().has_ended());
  send_all(driver, senders.front(), "\n");
  ASSERT_TRUE(driver.until_lines(1));
  EXPECT_EQ(driver.lines(), Lines{piece});
}

TEST(LiveFeed, ABlockASourceIsMarkedForATickEverySoOften) {
  LiveFeed::Options options = of(live_tcp());
  options.sources.push_back(live_tcp());
  LiveDriver driver(std::move(options));
  LiveSender a = connect(driver, 0);
  LiveSender b = connect(driver, 1);
  std::size_t lines = 0;
  const auto mark = [&](LiveSender& sender) {
    send_all(driver, sender, "line\n");
    EXPECT_TRUE(driver.until_lines(++lines));
    return driver.turns().back().sample;
  };
  EXPECT_TRUE(mark(a));
  EXPECT_FALSE(mark(a));
  EXPECT_TRUE(mark(b));
  driver.clock().pass(milliseconds(99));
  EXPECT_FALSE(mark(a));
  driver.clock().pass(milliseconds(1));
  EXPECT_TRUE(mark(a));
  EXPECT_FALSE(mark(a));
}

TEST(LiveFeed, DrainHandsOnWhatWasReadAndEnds) {
  LiveFeed::Options options = of(live_tcp());
  options.block_bytes = 4'096;
  options.blocks_bytes_max = 8'192;
  auto driver = std::make_unique<LiveDriver>(std::move(options));
  LiveSender sender = connect(*driver);
  send_all(*driver, sender, "{\"hello\":{\"stream\":\"a\"}}\n");
  ASSERT_TRUE(until_received(*driver, sender, "{\"ack\":0}\n"));
  send_all(*driver, sender, "one\ntwo\npiece");
  ASSERT_TRUE(driver->until([&] { return driver->feed().counts().bytes == 38; }));
  driver->feed().drain();
  ASSERT_TRUE(driver->until([&] { return driver->has_ended(); }));
  EXPECT_TRUE(driver->feed().reader().is_done());
  EXPECT_EQ(driver->lines(), (Lines{"one", "two"}));
  EXPECT_EQ(driver->feed().turn_count(), driver->turns().size());
  driver->feed().committed(0, 8);
  driver.reset();
  EXPECT_EQ(sender.received(), "{\"ack\":0}\n{\"ack\":8}\n");
  EXPECT_TRUE(sender.has_ended());
}

TEST(LiveFeed, StopEndsAtOnce) {
  LiveDriver driver(of(live_tcp()));
  LiveSender sender = connect(driver);
  send_all(driver, sender, "one\n");
  while (driver.feed().counts().blocks == 0) {
    (void)driver.read_some();
  }
  driver.feed().stop();
  EXPECT_FALSE(driver.take_turn());
  EXPECT_TRUE(driver.has_ended());
  EXPECT_EQ(driver.feed().turn_count(), 0U);
  (void)driver.read_some();
  EXPECT_TRUE(driver.feed().reader().is_done());
}

TEST(LiveFeed, APipeAndAFileAreReadToTheirEndsAndThenTheFeedEnds) {
  const TempFolder folder;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  Descriptor from(ends[0]);
  Descriptor to(ends[1]);
  LiveSource pipe;
  pipe.name = "stdin";
  pipe.descriptor = from.get();
  LiveSource file;
  file.kind = LiveSource::Kind::kFile;
  file.name = "file";
  std::string content;
  for (int i = 0; i < 1'000; ++i) {
    content += "line " + std::to_string(i) + "\n";
  }
  file.path = folder.write("file", content + "last");
  LiveFeed::Options options;
  options.block_bytes = 1'000;
  options.sources = {pipe, file};
  LiveDriver driver(std::move(options));
  ASSERT_TRUE(driver.until_lines(1'001));
  // Without a hello there: what comes by a pipe is data.
  const std::string_view line = "{\"hello\":{\"stream\":\"a\"}}\npie";
  ASSERT_EQ(::write(to.get(), line.data(), line.size()), static_cast<ssize_t>(line.size()));
  ASSERT_TRUE(driver.until_lines(1'002));
  EXPECT_FALSE(driver.has_ended());
  to.close();
  ASSERT_TRUE(driver.until([&] { return driver.has_ended(); }));
  EXPECT_EQ(driver.lines().back(), "pie");
  EXPECT_EQ(driver.lines().size(), 1'003U);
  EXPECT_EQ(driver.feed().stored_bytes_read(), content.size() + 4 + line.size());
}

TEST(LiveFeed, OnlyLoopbackUnlessToldOtherwise) {
  LiveSource source = live_tcp();
  source.host = "0.0.0.0";
  try {
    LiveDriver driver(of(source));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kBadConfig);
    EXPECT_NE(std::string(error.what()).find("public_address = true"), std::string::npos);
  }
  source.host = "localhost";
  EXPECT_NE(LiveDriver(of(source)).feed().port(0), 0);
  source.host = "::1";
  try {
    EXPECT_NE(LiveDriver(of(source)).feed().port(0), 0);
  } catch (const Error& error) {  // a machine without IPv6
    EXPECT_EQ(error.code(), ExitCode::kBadConfig);
  }
}

TEST(LiveFeed, APortThatIsTakenIsRefused) {
  LiveDriver first(of(live_tcp()));
  LiveSource source = live_tcp();
  source.port = first.feed().port(0);
  EXPECT_THROW(LiveDriver(of(source)), Error);
}

TEST(LiveFeed, ALineLimitThatCannotBeIsRefused) {
  LiveSource source = live_tcp();
  for (const std::size_t limit : {std::size_t{1'023}, kLineBytesMax + 1}) {
    source.line_bytes_max = limit;
    EXPECT_THROW(LiveDriver(of(source)), Error) << limit;
  }
}

TEST(LiveFeed, TheFileOfAUnixSocketIsReplacedIfNobodyListensAndRemovedAtTheEnd) {
  const TempFolder folder;
  const std::string path = folder.path("socket");
  {
    LiveDriver driver(of(live_unix(path)));
    struct stat status {};
    ASSERT_EQ(::lstat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0660U);
    EXPECT_THROW(LiveDriver(of(live_unix(path))), Error);
  }
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
  {
    // As a process leaves it that is killed.
    const Descriptor left(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    ASSERT_EQ(::bind(left.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  LiveDriver driver(of(live_unix(path)));
  LiveSender sender = LiveSender::to_unix(path);
  send_all(driver, sender, "line\n");
  ASSERT_TRUE(driver.until_lines(1));
  EXPECT_THROW(LiveDriver(of(live_unix(folder.write("file", "no socket")))), Error);
  EXPECT_THROW(LiveDriver(of(live_unix(folder.path(std::string(200, 'x'))))), Error);
}

// With threads, as it is used: the reader sleeps, and each of these must wake it.
TEST(LiveFeed, ASleepingReaderIsWokenByBytesCommitsBlocksAndTheEnd) {
  LiveFeed::Options options = of(live_tcp());
  options.block_bytes = 4'096;
  options.blocks_bytes_max = 8'192;
  options.wait_max = seconds(600);
  LiveFeed feed(std::move(options));
  const auto bell = std::make_shared<Doorbell>();
  feed.ring_at({bell}, {});
  std::thread reader([&] {
    while (!feed.reader().is_done()) {
      (void)feed.reader().do_work();
    }
  });
  LiveSender sender = LiveSender::to_tcp(feed.port(0));
  std::string bytes;
  for (int i = 0; i < 20'000; ++i) {
    bytes += std::to_string(i) + ".......................................\n";
  }
  std::thread sends([&] {
    ASSERT_GT(sender.send("{\"hello\":{\"stream\":\"a\"}}\n"), 0U);
    while (!sender.received().ends_with("\n")) {
      pollfd wanted{sender.socket(), POLLIN, 0};
      ASSERT_EQ(::poll(&wanted, 1, 60'000), 1);
    }
    for (std::string_view rest = bytes; !rest.empty();) {
      pollfd wanted{sender.socket(), POLLOUT, 0};
      ASSERT_EQ(::poll(&wanted, 1, 60'000), 1);
      rest.remove_prefix(sender.send(rest));
    }
    const std::string last = "{\"ack\":" + std::to_string(bytes.size()) + "}\n";
    while (!sender.received().ends_with(last)) {
      pollfd wanted{sender.socket(), POLLIN, 0};
      ASSERT_EQ(::poll(&wanted, 1, 60'000), 1);
    }
  });
  Lines lines;
  std::uint64_t position = 0;
  Block own;
  FileErrors problems;
  for (Feed::Turn turn; position < bytes.size();) {
    const Doorbell::Ticket ticket = bell->announce();
    if (feed.next(turn) != Feed::Next::kTurn) {
      bell->wait(ticket, seconds(60));
      continue;
    }
    bell->withdraw();
    add_live_lines(feed.read(turn, own, problems), kLineBytesMax, lines);
    position = turn.stream_end;
    const std::uint32_t stream = turn.stream;
    feed.finish(turn);
    feed.committed(stream, position);
  }
  sends.join();
  feed.drain();
  reader.join();
  Feed::Turn turn;
  EXPECT_EQ(feed.next(turn), Feed::Next::kEnd);
  Lines expected;
  add_live_lines(std::string_view(bytes), kLineBytesMax, expected);
  EXPECT_EQ(lines, expected);
}

}  // namespace
}  // namespace tagtill
