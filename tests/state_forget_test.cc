// `tagtill state forget`: nothing of the person is left, whatever breaks off when, and the others
// notice nothing.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/disk.h"
#include "engine/state/state_store.h"
#include "tests/run_folder.h"
#include "tests/seeded.h"
#include "tests/shop.h"
#include "tests/sink_events.h"
#include "tools/state/author_eraser.h"

namespace tagtill {
namespace {

namespace fs = std::filesystem;
using shop::kDay;
using shop::kMinute;
using shop::kSecond;
using shop::tag;

constexpr std::string_view kNumber = "1186275104123456789";
constexpr std::string_view kName = "somebody with a name of their own";
constexpr std::string_view kOther = "5558675309";

std::string member(std::string_view author, std::string_view account) {
  return R"({"author_id":")" + std::string(author) + R"(","account":")" + std::string(account) +
         "\"}\n";
}

// Three members whose accounts do not tell who they are.
std::string all_members() {
  return member(kNumber, "card-1") + member(kName, "card-2") + member(kOther, "card-3");
}

std::vector<std::string> offers() {
  return {shop::offer("mug", R"(,"stock":3)"), shop::offer("cup", R"(,"limit_per_member":2)"),
          shop::offer("pot")};
}

// Of one author, everything that there can be of one but a post that is set aside, in ten seconds
// from `at` on; posts have ids from `first` on.
std::string life_of(std::string_view author, int first, std::int64_t at) {
  const auto id = [&](int n) { return std::to_string(first + n); };
  const auto when = [&](int n) { return at + n * kSecond; };
  return post(id(0), author, when(0), "#mug #cup") + post(id(1), author, when(1), "#pot") +
         post(id(2), author, when(2), tag(author, id(0), "cup"), 41) +
         post(id(3), author, when(3), "#Confirm00000000") + post_lines::delete_line(id(1), author) +
         "\n" + post_lines::delete_line(id(50), author) + "\n" +
         post(id(4), author, when(4), "#mug") + R"({"id_str":"9","user":{"id_str":")" +
         std::string(author) + "\"}, broken\n";
}

std::string day() {
  return life_of(kNumber, 100, 0) + life_of(kName, 200, 10 * kSecond) +
         life_of(kOther, 300, 20 * kSecond) + post("400", "a stranger", 31 * kSecond, "#mug") +
         post("401", kNumber, 40 * kDay, "#mug");
}

// A folder in which a day was replayed.
class StateForget : public ::testing::Test {
 protected:
  StateForget() : run_(shop::lines(offers()), all_members()) {
    run_.write("day.json", day());
    EXPECT_EQ(run_.replay({"--journal", "all", "day.json"}).exit_code, 0);
  }

  [[nodiscard]] ProgramResult forget(std::string_view author) const {
    return run_.state("forget", {"--author", std::string(author)});
  }

  // The state and all outputs, with what belongs to them.
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(run_.path("."))) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("state") || name.starts_with("events.jsonl") ||
          name.starts_with("all.db") || name.starts_with("p.jsonl") ||
          name.starts_with("letters.jsonl")) {
        names.push_back(name);
      }
    }
    return names;
  }
  // Those that hold the bytes.
  [[nodiscard]] std::vector<std::string> files_with(std::string_view bytes) const {
    std::vector<std::string> found;
    for (const std::string& name : files()) {
      if (contains(run_.file(name), bytes)) {
        found.push_back(name);
      }
    }
    return found;
  }

  // What outputs and state hold, but for how SQLite lays it out.
  [[nodiscard]] std::string content() const {
    std::string text;
    for (const char* name : {"events.jsonl", "p.jsonl", "letters.jsonl"}) {
      text += run_.file(name) + "\n";
    }
    for (const char* table : {"purchases", "prompts", "expirations", "cancellations", "rejections",
                              "tagtill_cursors"}) {
      for (const auto& row : query(run_.path("all.db"), std::string("SELECT * FROM ") + table)) {
        for (const std::string& value : row) {
          text += value + "|";
        }
        text += "\n";
      }
    }
    std::vector<std::string> lines = lines_of(std::string_view(run_.state("export").out));
    std::ranges::sort(lines);
    return text + shop::lines(lines);
  }

  void expect_holds() const {
    const ProgramResult check = run_.state("check");
    EXPECT_EQ(check.exit_code, 0) << check.err;
  }

  RunFolder run_;
};

// As numbers are encoded in a state: the lowest byte first.
std::string low_first(std::uint64_t number) {
  std::string bytes;
  for (; number > 0; number >>= 8) {
    bytes.push_back(static_cast<char>(number & 0xFF));
  }
  return bytes;
}

TEST_F(StateForget, NothingIsLeftOfANumber) {
  const std::string encoded = low_first(1186275104123456789U);
  EXPECT_FALSE(files_with(encoded).empty());
  EXPECT_EQ(files_with(kNumber).size(), 4U);  // every output
  EXPECT_TRUE(contains(run_.state("export").out, kNumber));
  const ProgramResult result = forget(kNumber);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(files_with(kNumber), std::vector<std::string>());
  EXPECT_EQ(files_with(encoded), std::vector<std::string>());
  EXPECT_FALSE(contains(run_.state("export").out, kNumber));
  EXPECT_TRUE(contains(run_.state("export").out, kName));
  expect_holds();
}

TEST_F(StateForget, NothingIsLeftOfAName) {
  EXPECT_EQ(files_with(kName).size(), 5U);  // every output, and the state
  const ProgramResult result = forget(kName);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(files_with(kName), std::vector<std::string>());
  EXPECT_FALSE(contains(run_.state("export").out, kName));
  EXPECT_TRUE(contains(run_.state("export").out, kNumber));
  expect_holds();
}

// Where there is more than a page of everything, bytes of it lie between the rows as well.
TEST_F(StateForget, NothingIsLeftBetweenTheRows) {
  std::string lines;
  for (int i = 0; i < 9'000; ++i) {
    lines += post(std::to_string(1'000'000 + i), i % 3 == 0 ? kOther : kName, kMinute + i * kSecond,
                  i % 5 == 0 ? "#pot #Confirm00000000" : "#pot");
  }
  run_.write("more.json", lines);
  ASSERT_EQ(run_.replay({"--block-bytes", "8192", "more.json"}).exit_code, 0);
  ASSERT_EQ(forget(kName).exit_code, 0);
  EXPECT_EQ(files_with(kName), std::vector<std::string>());
  expect_holds();
}

TEST_F(StateForget, SaysWhatItDidAndWhatIsLeftToDo) {
  std::string said = forget(kNumber).out;
  const std::string folder = run_.folder();
  for (std::size_t at = 0; (at = said.find(folder)) != std::string::npos;) {
    said.replace(at, folder.size(), "RUN");
  }
  EXPECT_EQ(said,
            "The author 1186275104123456789 is forgotten.\n"
            "  the state: 12 things erased, and the whole journal\n"
            "  dead-letter:RUN/letters.jsonl: 1 dead letter erased\n"
            "  events:RUN/events.jsonl: 4 events erased, 1 purchase stays without the person\n"
            "  jsonl:RUN/p.jsonl: 0 events erased, 1 purchase stays without the person\n"
            "  null:: keeps nothing\n"
            "  sqlite:RUN/all.db: 4 events erased, 1 purchase stays without the person\n"
            "What is left to you:\n"
            "  the member file: while it has a line for 1186275104123456789, their next post is "
            "remembered again\n"
            "  the dumps, copies of these files, and outputs that the state no longer knows\n");
}

// All segments, those that are whole and the one that grows, hold then what the file of all events
// holds, and the next run goes on behind it.
TEST(StateForgetSegments, AreRewrittenAndGoneOnWith) {
  const RunFolder run(shop::lines(offers()), all_members());
  fs::create_directory(run.path("segments"));
  const Arguments sink = {"--sink", "jsonl:segments/?events=all&segment-bytes=900&batch-count=2"};
  const auto replay = [&](const std::string& dump) {
    Arguments arguments = sink;
    arguments.push_back(dump);
    EXPECT_EQ(run.replay(arguments).exit_code, 0);
  };
  const auto all_segments = [&] {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(run.path("segments"))) {
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    std::string text;
    for (const std::string& name : names) {
      text += run.file("segments/" + name);
    }
    EXPECT_GT(names.size(), 3U);
    return text;
  };
  run.write("day.json", day());
  replay("day.json");
  EXPECT_EQ(all_segments(), run.file("events.jsonl"));
  EXPECT_TRUE(contains(all_segments(), kNumber));

  const ProgramResult forgotten = run.state("forget", {"--author", std::string(kNumber)});
  EXPECT_EQ(forgotten.exit_code, 0) << forgotten.err;
  EXPECT_TRUE(contains(forgotten.out, "segments: 4 events erased, 1 purchase stays without"))
      << forgotten.out;
  EXPECT_EQ(all_segments(), run.file("events.jsonl"));
  EXPECT_FALSE(contains(all_segments(), kNumber));

  const std::size_t before = all_segments().size();
  run.write("next.json", life_of(kOther, 500, 41 * kDay));
  replay("next.json");
  EXPECT_EQ(all_segments(), run.file("events.jsonl"));
  EXPECT_GT(all_segments().size(), before);
}

TEST(StateForgetSegments, AFolderWithoutItsPartIsRefusedAndNothingIsChanged) {
  const RunFolder run(shop::lines(offers()), all_members());
  fs::create_directory(run.path("segments"));
  run.write("day.json", day());
  EXPECT_EQ(run.replay({"--sink", "jsonl:segments/?events=all", "day.json"}).exit_code, 0);
  for (const auto& entry : fs::directory_iterator(run.path("segments"))) {
    if (entry.path().extension() == ".part") {
      fs::remove(entry.path());
    }
  }
  const std::string before = run.file("events.jsonl");
  const ProgramResult refused = run.state("forget", {"--author", std::string(kNumber)});
  EXPECT_EQ(refused.exit_code, 74);
  EXPECT_TRUE(contains(refused.err, "has no segment that grows")) << refused.err;
  EXPECT_EQ(run.file("events.jsonl"), before);
}

// It is on the books of shop and card issuer.
TEST_F(StateForget, APurchaseStaysWithoutThePerson) {
  const auto purchase_of = [](std::string_view author, std::string_view confirm,
                              std::string_view reach) {
    return R"({"type":"confirmed","purchase_id":"100:cup","offer_id":"cup","account":"card-1",)"
           R"("author_id":")" +
           std::string(author) + R"(","intent_id":"100","confirm_id":")" + std::string(confirm) +
           R"(","intent_at":"2013-02-11T12:00:00.000Z","confirmed_at":"2013-02-11T12:00:02.000Z",)"
           R"("price_minor":1999,"currency":"USD","commission_minor":0,"fulfilment":"ship",)"
           R"("claim_code":null,"reach":)" +
           std::string(reach) + "}\n";
  };
  EXPECT_TRUE(run_.file("p.jsonl").starts_with(purchase_of(kNumber, "102", "41")));
  const std::string others = run_.file("p.jsonl").substr(purchase_of(kNumber, "102", "41").size());
  ASSERT_EQ(forget(kNumber).exit_code, 0);
  EXPECT_EQ(run_.file("p.jsonl"), purchase_of("forgotten", "forgotten", "0") + others);
  EXPECT_TRUE(contains(run_.file("events.jsonl"), purchase_of("forgotten", "forgotten", "0")));
  EXPECT_EQ(query(run_.path("all.db"),
                  "SELECT purchase_id, account, author_id, confirm_id, reach FROM purchases "
                  "ORDER BY rowid"),
            (Rows{{"100:cup", "card-1", "forgotten", "forgotten", "0"},
                  {"200:cup", "card-2", std::string(kName), "202", "41"},
                  {"300:cup", "card-3", std::string(kOther), "302", "41"}}));
  // The units stay sold.
  EXPECT_TRUE(contains(run_.state("export").out,
                       R"({"type":"stock","offer_id":"cup","held":0,"sold":3,"most":null})"));
}

TEST_F(StateForget, AnotherTimeChangesNothing) {
  ASSERT_EQ(forget(kNumber).exit_code, 0);
  const std::string before = content();
  ASSERT_EQ(forget(kNumber).exit_code, 0);
  ASSERT_EQ(forget("nobody").exit_code, 0);
  EXPECT_EQ(content(), before);
}

TEST_F(StateForget, ASecondReplayHasNothingToDo) {
  ASSERT_EQ(forget(kNumber).exit_code, 0);
  const std::string before = content();
  const ProgramResult again = run_.replay({"day.json"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_TRUE(contains(again.err, "Nothing to do")) << again.err;
  EXPECT_EQ(content(), before);
}

TEST_F(StateForget, WrongUsage) {
  const std::string before = content();
  for (const Arguments& arguments : {Arguments{},
                                     {"--author", "a", "--output", "b"},
                                     {"--author", std::string(129, 'x')},
                                     {"--author", "a\nb"},
                                     {"--output", "jsonl:/elsewhere"},
                                     {"--output", "forgetting:"}}) {
    const ProgramResult result = run_.state("forget", arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(result.err.starts_with("tagtill: ")) << result.err;
    EXPECT_EQ(result.out, "");
  }
  EXPECT_TRUE(contains(run_.state("forget", {"--output", "x"}).err, "It knows: dead-letter:/"));
  const ProgramResult missing = run_.run({"state", "forget", "--state", "none", "--author", "a"});
  EXPECT_EQ(missing.exit_code, 65);
  EXPECT_FALSE(fs::exists(run_.path("none")));
  EXPECT_EQ(content(), before);
}

TEST_F(StateForget, AnOutputForGood) {
  const std::string name = "jsonl:" + run_.folder() + "/p.jsonl";
  const std::string before = run_.file("p.jsonl");
  const ProgramResult result = run_.state("forget", {"--output", name});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.out, "The output " + name + " is forgotten.")) << result.out;
  EXPECT_FALSE(contains(run_.state("show").out, name));
  EXPECT_EQ(run_.file("p.jsonl"), before);
  EXPECT_EQ(run_.state("forget", {"--output", name}).exit_code, 2);
  expect_holds();
}

// --- what keeps it from beginning ------------------------------------------------------------

class NotYet : public StateForget {
 protected:
  // Refused with this, and nothing was changed.
  void expect_refused(int exit_code, std::string_view part) const {
    const std::string before = content();
    const ProgramResult result = forget(kNumber);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_TRUE(contains(result.err, part)) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(content(), before);
    EXPECT_FALSE(contains(run_.state("show").out, "broken off"));
  }
  [[nodiscard]] std::unique_ptr<StateStore> store() const {
    StateOptions options;
    options.rules = StateReader::open(run_.path("state"))->rules();
    return StateStore::open(run_.path("state"), options);
  }
};

TEST_F(NotYet, AnOutputHasNotHadEverything) {
  {
    const std::unique_ptr<StateStore> state = store();
    (void)state->add_cursor("postgres:slow", false);
    StateEntry entry;
    entry.events = 2;
    entry.outbox = "events";
    for (SinkCursor cursor : std::vector<SinkCursor>(state->reader().cursors())) {
      state->commit({.entries = {}, .dumps = {}, .cursors = {cursor}});
    }
    state->commit({.entries = {entry}, .dumps = {}, .cursors = {}});
  }
  const ProgramResult result = forget(kNumber);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.err, "has not had the last 2 events yet")) << result.err;
  EXPECT_FALSE(files_with(kNumber).empty());
}

TEST_F(NotYet, AFileIsShorterThanItShouldBe) {
  fs::resize_file(run_.path("p.jsonl"), 100);
  expect_refused(74, "p.jsonl has 100 bytes, and the state has committed ");
}

TEST_F(NotYet, AFileIsMissing) {
  fs::rename(run_.path("letters.jsonl"), run_.path("elsewhere"));
  expect_refused(74, "letters.jsonl is not there");
  EXPECT_FALSE(fs::exists(run_.path("letters.jsonl")));
  // Left for good, it keeps nobody.
  ASSERT_EQ(run_.state("forget", {"--output", "dead-letter:" + run_.folder() + "/letters.jsonl"})
                .exit_code,
            0);
  EXPECT_EQ(forget(kNumber).exit_code, 0);
}

TEST_F(NotYet, ADatabaseIsMissing) {
  fs::rename(run_.path("all.db"), run_.path("elsewhere"));
  const ProgramResult result = forget(kNumber);
  EXPECT_EQ(result.exit_code, 74);
  EXPECT_TRUE(contains(result.err, "all.db is not there")) << result.err;
  EXPECT_FALSE(fs::exists(run_.path("all.db")));
}

TEST_F(NotYet, ADatabaseIsAnother) {
  execute(run_.path("all.db"), "UPDATE tagtill_cursors SET events = 1");
  expect_refused(74, "it is not the one that the state has given its events");
  execute(run_.path("all.db"), "DELETE FROM tagtill_cursors");
  expect_refused(74, "it is not the one that the state has given its events");
}

// As a replay does when it opens them.
TEST_F(NotYet, AFileThatIsLongerIsCutBack) {
  const std::string before = run_.file("events.jsonl");
  run_.write("events.jsonl", before + "{\"type\":\"prompt\",\"author_id\":\"somebody\"}\n{\"half");
  ASSERT_EQ(forget("nobody").exit_code, 0);
  EXPECT_EQ(run_.file("events.jsonl"), before);
}

TEST_F(NotYet, WhatCannotBeReachedIsNamed) {
  {
    const std::unique_ptr<StateStore> state = store();
    (void)state->add_cursor("postgres:host=db/shop", false);
    (void)state->add_cursor("webhook:https://shop.example/orders", false);
    (void)state->add_cursor("events:-", false);
  }
  const ProgramResult result = forget(kNumber);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const std::string_view name :
       {"postgres:host=db/shop", "webhook:https://shop.example/orders", "events:-"}) {
    EXPECT_TRUE(contains(result.out, "  " + std::string(name) + ": cannot be reached from here"))
        << result.out;
  }
}

// --- broken off -------------------------------------------------------------------------------

// The real disk, whose process dies instead of its nth call.
class MortalDisk final : public Disk {
 public:
  explicit MortalDisk(int calls) : left_(calls) {}

  std::unique_ptr<DiskFile> open(const std::string& path, Open how, int& error) override {
    live();
    std::unique_ptr<DiskFile> file = real().open(path, how, error);
    return file == nullptr ? nullptr : std::make_unique<File>(std::move(file), *this);
  }
  int list(const std::string& folder, std::vector<std::string>& names) override {
    return real().list(folder, names);
  }
  int sync_folder_of(const std::string& path) override {
    live();
    return real().sync_folder_of(path);
  }
  int rename(const std::string& from, const std::string& to) override {
    live();
    return real().rename(from, to);
  }
  int remove(const std::string& path) override {
    live();
    return real().remove(path);
  }

  void live() {
    if (left_-- == 0) {
      ::_exit(kDead);
    }
  }
  static constexpr int kDead = 17;

 private:
  class File final : public DiskFile {
   public:
    File(std::unique_ptr<DiskFile> file, MortalDisk& disk) : file_(std::move(file)), disk_(disk) {}
    int write(std::string_view bytes, std::size_t& written) override {
      disk_.live();
      return file_->write(bytes, written);
    }
    int sync() override {
      disk_.live();
      return file_->sync();
    }
    int truncate(std::uint64_t size) override {
      disk_.live();
      return file_->truncate(size);
    }
    int size(std::uint64_t& size) override { return file_->size(size); }
    int close() override { return file_->close(); }

   private:
    std::unique_ptr<DiskFile> file_;
    MortalDisk& disk_;
  };

  int left_;
};

class BrokenOff : public StateForget {
 protected:
  BrokenOff() {
    for (const std::string& name : files()) {
      before_.emplace_back(name, run_.file(name));
    }
    EXPECT_EQ(forget(kNumber).exit_code, 0);
    wanted_ = content();
    restore();
  }

  void restore() const {
    for (const std::string& name : files()) {
      fs::remove(run_.path(name));
    }
    for (const auto& [name, bytes] : before_) {
      run_.write(name, bytes);
    }
  }

  // In this process.
  void forget_with(Disk& disk, int steps) const {
    StateOptions options;
    options.rules = StateReader::open(run_.path("state"))->rules();
    const std::unique_ptr<StateStore> store = StateStore::open(run_.path("state"), options);
    AuthorEraser eraser(*store, std::string(kNumber), disk);
    eraser.check();
    while (eraser.step()) {
      if (--steps == 0) {
        ::_exit(MortalDisk::kDead);
      }
    }
  }
  // In another one, which dies as it is told. False: it came to its end.
  [[nodiscard]] bool dies(int calls, int steps) const {
    const pid_t child = ::fork();
    if (child == 0) {
      MortalDisk disk(calls);
      try {
        forget_with(disk, steps);
      } catch (...) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_TRUE(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == MortalDisk::kDead);
    return WEXITSTATUS(status) != 0;
  }

  void expect_refused_then_finished() const {
    EXPECT_EQ(run_.state("check").exit_code, 65);
    const ProgramResult refused = run_.replay({"day.json"});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_TRUE(contains(refused.err, "was broken off")) << refused.err;
    expect_finished();
  }
  void expect_finished() const {
    const ProgramResult again = forget(kNumber);
    EXPECT_EQ(again.exit_code, 0) << again.err;
    EXPECT_EQ(content(), wanted_);
    EXPECT_EQ(files_with(kNumber), std::vector<std::string>());
    EXPECT_EQ(files_with(low_first(1186275104123456789U)), std::vector<std::string>());
    for (const std::string& name : files()) {  // nothing was left lying beside
      EXPECT_FALSE(name.ends_with(".forgetting") || name.ends_with("-journal")) << name;
    }
  }

  std::vector<std::pair<std::string, std::string>> before_;
  std::string wanted_;
};

TEST_F(BrokenOff, AfterEachStep) {
  int steps = 1;
  for (; dies(-1, steps) && !HasFailure(); ++steps) {
    SCOPED_TRACE("after step " + std::to_string(steps));
    fs::remove(run_.path("state-shm"));
    if (contains(run_.state("show").out, "broken off")) {
      expect_refused_then_finished();
    } else {
      expect_finished();
    }
    restore();
  }
  EXPECT_EQ(steps, 10);  // mark, state, five outputs, scrub, the end of the mark
}

TEST_F(BrokenOff, AtEachCallToTheDisk) {
  int calls = 0;
  for (; dies(calls, -1) && !HasFailure(); ++calls) {
    SCOPED_TRACE("call " + std::to_string(calls));
    expect_finished();
    restore();
  }
  EXPECT_GT(calls, 12);
}

// A new name may be longer than the old one: what was rewritten is then longer than the state
// knows, and must not be cut back.
TEST_F(BrokenOff, AFileThatBecameLonger) {
  const std::string short_id = "7";
  run_.write_members(all_members() + member(short_id, "card-7"));
  run_.write("more.json", post("501", short_id, 40 * kSecond, "#pot") +
                              post("502", short_id, 41 * kSecond, tag(short_id, "501", "pot")));
  ASSERT_EQ(run_.replay({"day.json", "more.json"}).exit_code, 0);
  StateOptions options;
  options.rules = StateReader::open(run_.path("state"))->rules();
  {
    const std::unique_ptr<StateStore> store = StateStore::open(run_.path("state"), options);
    (void)store->add_cursor("forgetting:" + short_id, false);
  }
  EventLineEraser eraser(short_id);
  const std::uint64_t before = fs::file_size(run_.path("p.jsonl"));
  const Erased erased = erase_lines(
      run_.path("p.jsonl"),
      [&](auto line, auto& replacement) { return eraser.fate(line, replacement); }, Disk::real());
  ASSERT_GT(erased.mark, before);
  const std::string rewritten = run_.file("p.jsonl");
  ASSERT_EQ(forget(short_id).exit_code, 0);
  EXPECT_EQ(run_.file("p.jsonl"), rewritten);
}

TEST_F(BrokenOff, AnotherAuthorMustWait) {
  ASSERT_TRUE(dies(-1, 3));
  const ProgramResult other = forget(kName);
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_TRUE(contains(other.err, "Forgetting the author 1186275104123456789 was broken off"))
      << other.err;
  expect_finished();
}

// kill -9 of the program, also in the middle of SQLite's work.
TEST_F(BrokenOff, AtAnyMoment) {
  seeded::Random random(seeded::first_seed());
  int killed = 0;
  for (int i = 0; i < 8 && !HasFailure(); ++i) {
    {
      RunningProgram program(
          {"state", "forget", "--state", "state", "--author", std::string(kNumber)}, run_.folder());
      std::this_thread::sleep_for(std::chrono::microseconds(random.between(5'000, 150'000)));
      program.kill();
    }
    killed += files_with(kNumber).empty() ? 0 : 1;
    expect_finished();
    restore();
  }
  EXPECT_GT(killed, 0);
}

}  // namespace
}  // namespace tagtill
