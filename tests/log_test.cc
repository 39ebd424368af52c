// The log: its lines read by another parser, what is masked, and that nobody ever waits for it.
#include "tools/serve/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <simdjson.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "engine/card_number.h"
#include "engine/errors.h"
#include "tests/seeded.h"
#include "tests/temp_folder.h"
#include "tools/serve/author_hasher.h"

namespace tagtill {
namespace {

constexpr Millis kNoon = 1'360'584'000'000;  // 2013-02-11T12:00:00Z

using Line = std::map<std::string, std::string>;  // values as JSON, strings decoded

Line parsed(const std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  EXPECT_EQ(parser.parse(text).get(object), simdjson::SUCCESS) << text;
  Line line;
  for (const auto& [name, value] : object) {
    std::string_view string;
    EXPECT_FALSE(line.contains(std::string(name))) << "twice: " << name;
    line[std::string(name)] =
        value.get(string) == simdjson::SUCCESS ? std::string(string) : simdjson::minify(value);
  }
  return line;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  EXPECT_TRUE(text.empty() || text.ends_with('\n'));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// A log that writes to a file, and what stands there when it has ended.
class LogFile {
 public:
  explicit LogFile(LogOptions options = {}) {
    file_ = ::open(folder_.path("log").c_str(), O_WRONLY | O_CREAT, 0600);
    options.file = file_;
    if (!options.now) {
      options.now = [this] { return now.load(); };
    }
    log_ = std::make_unique<Log>(std::move(options));
  }
  ~LogFile() { ::close(file_); }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  Log& operator*() { return *log_; }
  Log* operator->() { return log_.get(); }
  std::vector<std::string> lines() {
    log_.reset();
    return lines_of(read_file(folder_.path("log")));
  }

  std::atomic<Millis> now{kNoon};

 private:
  TempFolder folder_;
  int file_ = -1;
  std::unique_ptr<Log> log_;
};

TEST(Log, LinesAreJsonWithTypedFields) {
  LogFile log;
  const std::string name = "sqlite:\"a\"\n";
  log->info("a sink is behind", {{"sink", name},
                                 {"events", 12U},
                                 {"change", -3},
                                 {"seconds", 0.25},
                                 {"rising", true},
                                 {"state", "waiting"}});
  log->error("no field");
  log->debug("not said");
  log->set_level(LogLevel::kDebug);
  log->debug("said");
  const auto lines = log.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0],
            R"({"ts":"2013-02-11T12:00:00.000Z","level":"info","msg":"a sink is behind",)"
            R"("sink":"sqlite:\"a\")"
            "\uFFFD"
            R"(","events":12,"change":-3,"seconds":0.25,"rising":true,"state":"waiting"})");
  EXPECT_EQ(lines[1], R"({"ts":"2013-02-11T12:00:00.000Z","level":"error","msg":"no field"})");
  EXPECT_EQ(parsed(lines[2]).at("msg"), "said");
}

TEST(Log, OnATerminalLinesAreText) {
  LogFile log({.form = LogForm::kText});
  log->warning("a sink is behind",
               {{"sink", "jsonl:out.jsonl"}, {"events", 12U}, {"why", "no \x1B[31mspace\n"}});
  EXPECT_EQ(log.lines(), (std::vector<std::string>{
                             "2013-02-11T12:00:00.000Z  warning  a sink is behind  "
                             "sink=jsonl:out.jsonl  events=12  why=\"no \uFFFD[31mspace\uFFFD\""}));
  EXPECT_EQ(log_form_for(-1), LogForm::kJson);
}

TEST(Log, LevelsHaveNames) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    EXPECT_EQ(read_log_level(name_of(level)), level);
  }
  EXPECT_EQ(read_log_level("loud"), std::nullopt);
}

TEST(Log, AuthorsAreSaidByAKeyedHash) {
  // HMAC-SHA256 of RFC 4231, test case 2.
  const AuthorHasher hasher("Jefe");
  const AuthorHasher::Hash hash = hasher.hash("what do ya want for nothing?");
  EXPECT_EQ(std::string_view(hash.data(), hash.size()), "5bdcc146bf60");
  {
    LogFile log({.author_key = "Jefe"});
    log->info("an author", {{"author", HashedAuthor{"what do ya want for nothing?"}}});
    EXPECT_EQ(parsed(log.lines().at(0)).at("author"), "5bdcc146bf60");
  }
  // Without a key: the same within one log, another one in the next.
  std::vector<std::string> hashes;
  for (int i = 0; i < 2; ++i) {
    LogFile log;
    log->info("an author", {{"author", HashedAuthor{"1186275104"}}});
    log->info("an author", {{"author", HashedAuthor{"1186275104"}}});
    const auto lines = log.lines();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0], lines[1]);
    EXPECT_EQ(lines[0].find("1186275104"), std::string::npos);
    hashes.push_back(parsed(lines[0]).at("author"));
    EXPECT_EQ(hashes.back().size(), 12U);
  }
  EXPECT_NE(hashes[0], hashes[1]);
}

TEST(Log, WhatMayBeACardNumberIsMasked) {
  LogFile log;
  log->info("masked", {{"text", "from 4111 1111-1111.1111 on"},
                       {"number", 4111111111111111U},
                       {"minus", -4111111111111111},
                       {"fraction", 4111111111111111.5},
                       {"other", 4111111111111112U}});
  const std::vector<std::string> lines = log.lines();
  const Line line = parsed(lines.at(0));
  EXPECT_EQ(line.at("text"), "from **** ****-****.1111 on");
  EXPECT_EQ(line.at("number"), "************1111");
  EXPECT_EQ(line.at("minus"), "-************1111");
  EXPECT_EQ(line.at("fraction"), "************1111.5");
  EXPECT_EQ(line.at("other"), "4111111111111112");
}

TEST(Log, NumbersThatJsonDoesNotHaveAreStrings) {
  LogFile log;
  log->info("numbers", {{"a", std::nan("")}, {"b", HUGE_VAL}, {"c", 1e300}, {"d", 1e-7}});
  const Line line = parsed(log.lines().at(0));
  EXPECT_EQ(line.at("a"), "nan");
  EXPECT_EQ(line.at("b"), "inf");
  EXPECT_EQ(line.at("c"), "1e+300");
}

TEST(Log, LongTextsAndManyFieldsAreCut) {
  const std::string text(100'000, '\\');
  LogFile log;
  log->info("long", {{"a", text}});
  log->info("long", {{"a", text}, {"b", text}, {"c", text}, {"d", 1}});
  // A card number does not become another number by being cut.
  log->info("long", {{"a", std::string(Log::kValueBytesMax - 8, ' ') + "4111111111111111"}});
  const auto lines = log.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(parsed(lines[0]).at("a"), text.substr(0, Log::kValueBytesMax) + "…");
  EXPECT_EQ(parsed(lines[1]).at("cut"), "true");
  EXPECT_FALSE(parsed(lines[1]).contains("d"));
  EXPECT_TRUE(parsed(lines[2]).at("a").ends_with(" ********…"));
  for (const std::string& line : lines) {
    EXPECT_LT(line.size(), Log::kLineBytesMax);
  }
}

TEST(Log, RandomTextsAreAlwaysJsonAndAlwaysMasked) {
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    LogFile log(
        {.form = random.percent(80) ? LogForm::kJson : LogForm::kText, .lines_a_second = 0});
    std::vector<std::string> texts;
    for (int n = 0; n < 10; ++n) {
      std::string text;
      for (std::size_t length = random.below(random.percent(5) ? 3'000 : 60); length > 0;
           --length) {
        text += random.percent(50) ? static_cast<char>(random.below(256))
                                   : "4111111111111111 -.\"\\"[random.below(21)];
      }
      texts.push_back(text);
      log->info("random", {{"text", text}, {"number", random.next()}, {"more", texts[0]}});
    }
    for (const std::string& line : log.lines()) {
      ASSERT_LT(line.size(), Log::kLineBytesMax);
      ASSERT_EQ(without_card_numbers(line), line);
      if (line.starts_with('{')) {
        ASSERT_EQ(parsed(line).at("msg"), "random");
      }
    }
  }
}

TEST(Log, LinesOfOneMessageAreLimitedAndCounted) {
  LogFile log({.burst = 3, .lines_a_second = 0.5});
  for (int i = 0; i < 10; ++i) {
    log->info("again and again", {{"i", i}});
    log->info("another one, from time to time", {{"i", i}});
    log.now += i == 4 ? 2'000 : 0;
  }
  EXPECT_EQ(log->counts().suppressed, 12U);
  log.now += 3'600'000;
  log->info("again and again", {{"i", 10}});
  log.now -= 7'200'000;  // somebody set the clock back
  log->info("again and again", {{"i", 11}});
  const auto lines = log.lines();
  ASSERT_EQ(lines.size(), 11U);
  EXPECT_EQ(parsed(lines[6]).at("i"), "5");
  EXPECT_EQ(parsed(lines[6]).at("suppressed"), "2");
  EXPECT_EQ(parsed(lines[8]).at("i"), "10");
  EXPECT_EQ(parsed(lines[8]).at("suppressed"), "4");
  EXPECT_EQ(parsed(lines[9]).at("i"), "11");
  EXPECT_FALSE(parsed(lines[9]).contains("suppressed"));
  // What no later line could say is said at the end.
  const Line last = parsed(lines[10]);
  EXPECT_EQ(last.at("msg"), "lines were left out");
  EXPECT_EQ(last.at("message"), "another one, from time to time");
  EXPECT_EQ(last.at("lines"), "4");
}

// Nobody reads the log; whoever logs does not notice, and later it is said what is missing.
TEST(Log, WhoLogsNeverWaitsForWhoReads) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  constexpr std::uint64_t kLines = 5'000;
  const std::string text(900, 'x');
  std::string read;
  Log::Counts counts;
  {
    Log log({.file = pipe[1], .lines_a_second = 0, .queue_lines = 64});
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < kLines; ++i) {
      log.info("unread", {{"i", i}, {"text", text}});
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
    EXPECT_GT(log.counts().dropped, kLines / 2);
    // Now somebody reads, until it has been said.
    ASSERT_EQ(::fcntl(pipe[0], F_SETFL, O_NONBLOCK), 0);
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (read.find("log lines were dropped") == std::string::npos &&
           std::chrono::steady_clock::now() < limit) {
      std::array<char, 65'536> bytes{};
      const ssize_t got = ::read(pipe[0], bytes.data(), bytes.size());
      if (got > 0) {
        read.append(bytes.data(), static_cast<std::size_t>(got));
      } else {
        log.info("read");
        std::this_thread::yield();
      }
    }
    counts = log.counts();
  }
  ::close(pipe[0]);
  ::close(pipe[1]);
  EXPECT_NE(read.find("log lines were dropped"), std::string::npos);
  std::uint64_t whole = 0;
  const std::string to_last_end = read.substr(0, read.rfind('\n') + 1);
  for (const std::string& line : lines_of(to_last_end)) {
    whole += parsed(line).at("msg") == "unread" ? 1 : 0;
  }
  EXPECT_LT(whole, kLines / 2);
  EXPECT_GE(counts.written + counts.dropped, kLines - 64);  // those in the queue
}

TEST(Log, EndsThoughNobodyReads) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const auto start = std::chrono::steady_clock::now();
  {
    Log log({.file = pipe[1], .lines_a_second = 0});
    for (int i = 0; i < 1'000; ++i) {
      log.info("unread", {{"text", std::string(900, 'x')}});
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST(Log, ManyThreadsLog) {
  LogFile log({.lines_a_second = 0, .queue_lines = 100'000});
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log, t] {
      for (int i = 0; i < 1'000; ++i) {
        log->info("a line", {{"thread", t}, {"i", i}});
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const auto lines = log.lines();
  ASSERT_EQ(lines.size(), 4'000U);
  std::map<std::string, int> next;
  for (const std::string& line : lines) {
    const Line read = parsed(line);
    EXPECT_EQ(read.at("i"), std::to_string(next[read.at("thread")]++));
  }
}

}  // namespace
}  // namespace tagtill
