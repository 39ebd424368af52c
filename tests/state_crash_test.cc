// The durable state when processes die, disks fill up, and others look at it.
#include <fcntl.h>
#include <fmt/core.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/state/state_store.h"
#include "tests/sink_events.h"
#include "tests/state_model.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

// Work in a process of its own, whose numbers and texts come through a pipe. SQLite does not
// survive a fork: the parent must have no state open then that the child opens.
class Child {
 public:
  explicit Child(const std::function<void(int pipe)>& work) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      try {
        work(ends[1]);
      } catch (const std::exception& error) {
        (void)!::write(ends[1], error.what(), std::string_view(error.what()).size());
      }
      ::_exit(0);  // nothing of the test's may run here
    }
    ::close(ends[1]);
    pipe_ = ends[0];
  }
  ~Child() {
    kill();
    ::close(pipe_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void kill() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(std::exchange(pid_, -1), nullptr, 0);
    }
  }
  void wait_for_word() const {
    char byte = 0;
    EXPECT_EQ(::read(pipe_, &byte, 1), 1);
  }
  void wait() { ::waitpid(std::exchange(pid_, -1), nullptr, 0); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int pipe() const { return pipe_; }
  // All that it says until its end.
  [[nodiscard]] std::string text() const {
    std::string text;
    std::array<char, 4096> bytes{};
    for (ssize_t got = 0; (got = ::read(pipe_, bytes.data(), bytes.size())) > 0;) {
      text.append(bytes.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  pid_t pid_ = -1;
  int pipe_ = -1;
};

// Events of the entries before `number`: entry n brings n % 3.
std::uint64_t events_before(std::uint64_t number) {
  const std::uint64_t before = number - 1;
  return before / 3 * 3 + (before % 3 == 2 ? 3 : before % 3);
}

// The same commit for the same number in every process: what the state must be is then known
// from how many commits it has.
StateCommit commit_number(std::uint64_t number) {
  StateCommit commit;
  StateEntry entry;
  entry.kind = JournalKind::kCandidates;
  entry.payload = "entry " + std::to_string(number) + std::string(number * 37 % 5'000, 'x');
  entry.events = number % 3;
  entry.letters = number % 7 == 0 ? 1 : 0;
  entry.outbox = entry.events + entry.letters > 0 ? "outbox " + entry.payload : "";
  commit.entries = {entry};
  commit.dumps = {{1 + number / 20, "d", 1, "c" + std::to_string(number / 20), 0, number, 0,
                   number % 20 == 19}};
  commit.cursors = {{"a", number > 10 ? events_before(number - 10) : 0, number, false}};
  return commit;
}

// With the commits a snapshot is made now and then, over several of them.
constexpr std::uint64_t kRound = 50;
constexpr std::uint64_t kBegins = 25;
constexpr std::uint64_t kFinishes = 30;

// Whether a process that began with commit `start` finishes a snapshot after commit `number`.
bool finishes_snapshot(std::uint64_t start, std::uint64_t number) {
  return number % kRound == kFinishes && start <= number - kFinishes + kBegins;
}
std::uint64_t kept_from(std::uint64_t number) { return number > 60 ? number - 60 : 0; }
std::string piece_number(std::uint64_t number) { return "piece " + std::to_string(number); }

// Commit `number`, by a process that began with commit `start`, and its part of a snapshot.
void do_commit(StateStore& store, std::uint64_t start, std::uint64_t number) {
  store.commit(commit_number(number));
  const std::uint64_t place = number % kRound;
  const bool began = start <= number - place + kBegins;
  if (place == kBegins) {
    store.begin_snapshot(number);
  } else if (began && place > kBegins && place <= kFinishes) {
    store.add_snapshot_piece(piece_number(number));
  }
  if (finishes_snapshot(start, number)) {
    store.finish_snapshot(kept_from(number));
  }
}

// Goes on from where the state stands, and writes the number of each commit that is done.
[[noreturn]] void commit_without_end(StateStore& store, int pipe) {
  store.add_cursor("a", false);
  const std::uint64_t start = store.reader().head().sequence + 1;
  for (std::uint64_t number = start;; ++number) {
    do_commit(store, start, number);
    (void)!::write(pipe, &number, sizeof(number));
  }
}

std::uint64_t last_number(const std::string& text, std::uint64_t otherwise) {
  std::uint64_t number = otherwise;
  if (text.size() >= sizeof(number)) {
    const std::size_t whole = text.size() / sizeof(number) * sizeof(number);
    text.copy(reinterpret_cast<char*>(&number), sizeof(number), whole - sizeof(number));
  }
  return number;
}

// The model of what such processes do, one after the other.
class Expected {
 public:
  [[nodiscard]] std::uint64_t sequence() const { return model_.sequence(); }
  // From here on a new process commits.
  void begin() {
    start_ = sequence() + 1;
    unfinished_ = false;
  }

  // Whether the reader tells exactly what stands after one of the commits: also between a
  // commit and the end of its snapshot.
  bool is_told_by(StateReader& reader) {
    if (!reader.cursor("a")) {
      return reader.head() == StateHead{} && sequence() == 0;
    }
    if (model_.cursors().empty()) {
      model_.add_cursor("a", false);
    }
    while (sequence() < reader.head().sequence) {
      finish();
      model_.commit(commit_number(sequence() + 1));
      unfinished_ = finishes_snapshot(start_, sequence());
    }
    const std::string told = text_of(reader);
    if (told == model_.text()) {
      return true;
    }
    finish();
    return told == model_.text();
  }

  void finish() {
    if (!std::exchange(unfinished_, false)) {
      return;
    }
    const std::uint64_t number = sequence();
    std::vector<std::string> pieces;
    for (std::uint64_t i = number - kFinishes + kBegins + 1; i <= number; ++i) {
      pieces.push_back(piece_number(i));
    }
    model_.set_snapshot(number - kFinishes + kBegins, pieces, kept_from(number));
  }

  [[nodiscard]] std::string text() const { return model_.text(); }

 private:
  StateModel model_;
  std::uint64_t start_ = 1;
  bool unfinished_ = false;
};

TEST(StateCrash, ASecondProcessIsRefusedWithTheNumberOfTheFirst) {
  const TempFolder folder;
  const std::string path = folder.path("state");
  const std::string link = folder.path("link");
  std::filesystem::create_symlink(path, link);
  Child child([&](int pipe) {
    const auto store = StateStore::open(path, quick_options());
    (void)!::write(pipe, "x", 1);
    ::pause();
  });
  child.wait_for_word();
  for (const std::string& name : {path, link}) {
    const std::string message =
        message_of([&] { (void)StateStore::open(name, quick_options()); }, ExitCode::kIoFailed);
    EXPECT_EQ(message, "the state " + name + " is in use by another process (" +
                           std::to_string(child.pid()) +
                           "). Let that one end first, or choose another state.");
  }
  EXPECT_EQ(StateReader::open(path)->head(), StateHead{});  // reading is free
  child.kill();
  EXPECT_EQ(StateStore::open(path, quick_options())->reader().head(), StateHead{});
}

TEST(StateCrash, AProgramThatIsStartedDoesNotInheritTheLock) {
  const TempFolder folder;
  const std::string path = folder.path("state");
  auto store = StateStore::open(path, quick_options());
  Child child([&](int) { ::execlp("sleep", "sleep", "100", nullptr); });
  // The pipe is not closed by exec, so wait until the child is another program.
  const std::string name = "/proc/" + std::to_string(child.pid()) + "/comm";
  for (int i = 0; i < 1'000 && read_file(name) != "sleep\n"; ++i) {
    ::usleep(10'000);
  }
  ASSERT_EQ(read_file(name), "sleep\n");
  store.reset();
  EXPECT_NE(StateStore::open(path, quick_options()), nullptr);
}

TEST(StateCrash, AReaderSeesWholeCommitsWhileAnotherProcessWrites) {
  const TempFolder folder;
  const std::string path = folder.path("state");
  Child child(
      [&](int pipe) { commit_without_end(*StateStore::open(path, quick_options()), pipe); });
  // Nobody reads the pipe: the writer would stop when it is full.
  ::fcntl(child.pipe(), F_SETPIPE_SZ, 1 << 20);
  child.wait_for_word();
  const auto reader = StateReader::open(path);
  Expected expected;
  for (int i = 0; i < 100 || expected.sequence() < 200; ++i) {
    reader->refresh();
    ASSERT_TRUE(expected.is_told_by(*reader)) << "at entry " << reader->head().sequence;
  }
  reader->verify_all();
}

TEST(StateCrash, AfterKillTheStateIsWhatWasCommitted) {
  const std::uint64_t seed = seeded::first_seed();
  SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
  seeded::Random random(seed);
  const TempFolder folder;
  const std::string path = folder.path("state");
  Expected expected;
  for (int round = 0; round < 50; ++round) {
    const std::uint64_t before = expected.sequence();
    expected.begin();
    Child child([&](int pipe) {
      ::fcntl(pipe, F_SETPIPE_SZ, 1 << 20);
      commit_without_end(*StateStore::open(path, quick_options()), pipe);
    });
    std::uint64_t reported = before;
    if (round % 2 == 1) {  // while it commits; else also while it opens the state
      for (std::size_t count = 1 + random.below(100); count > 0; --count) {
        ASSERT_EQ(::read(child.pipe(), &reported, sizeof(reported)), sizeof(reported));
      }
    }
    ::usleep(static_cast<useconds_t>(random.below(round % 2 == 1 ? 1'000 : 20'000)));
    child.kill();
    reported = last_number(child.text(), reported);
    const auto store = StateStore::open(path, quick_options());
    const std::uint64_t found = store->reader().head().sequence;
    ASSERT_TRUE(found == reported || found == reported + 1)
        << found << " instead of " << reported << " in round " << round;
    ASSERT_TRUE(expected.is_told_by(store->reader())) << "round " << round;
    if (found == reported) {
      expected.finish();  // was reported after it
      EXPECT_EQ(text_of(store->reader()), expected.text());
    }
    store->reader().verify_all();
  }
  EXPECT_GT(expected.sequence(), 100U) << "the children did not come to anything";
}

// A limit on the size of files stands in for a full disk: the same calls fail.
void limit_files(std::uint64_t bytes) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
}

TEST(StateCrash, AFullDiskStopsTheStoreAndNothingIsLost) {
  const TempFolder folder;
  for (const std::uint64_t bytes :
       {0U, 600U, 3'000U, 6'000U, 12'000U, 40'000U, 100'000U, 300'000U}) {
    SCOPED_TRACE(std::to_string(bytes));
    const std::string path = folder.path(std::to_string(bytes));
    Child child([&](int pipe) {
      limit_files(bytes);
      std::uint64_t done = 0;
      std::string said;
      std::unique_ptr<StateStore> store;
      try {
        store = StateStore::open(path, quick_options());
        store->add_cursor("a", false);
        for (;; ++done) {
          do_commit(*store, 1, done + 1);
        }
      } catch (const Error& error) {
        said = std::to_string(static_cast<int>(error.code())) + error.what();
      }
      if (store != nullptr) {
        for (int i = 0; i < 2; ++i) {
          try {
            store->commit(commit_number(done + 1));
          } catch (const Error& error) {
            said += std::string("|") + error.what();
          }
        }
      }
      store.reset();
      (void)!::write(pipe, &done, sizeof(done));
      (void)!::write(pipe, said.data(), said.size());
    });
    child.wait();
    const std::string text = child.text();
    const std::uint64_t done = last_number(text.substr(0, 8), 0);
    const std::string said = text.substr(std::min<std::size_t>(text.size(), 8));
    EXPECT_TRUE(said.starts_with("74cannot write the state " + path)) << said;
    EXPECT_NE(said.find("start again: nothing is lost."), std::string::npos) << said;
    if (bytes >= 40'000) {
      const std::string later =
          "|the state " + path + " cannot be used: writing it failed before. Start again.";
      EXPECT_TRUE(said.ends_with(fmt::format("nothing is lost.{0}{0}", later))) << said;
      EXPECT_GT(done, 3U);
    }
    const auto store = StateStore::open(path, quick_options());
    const std::uint64_t found = store->reader().head().sequence;
    EXPECT_TRUE(found == done || found == done + 1) << found << " instead of " << done;
    Expected expected;
    EXPECT_TRUE(expected.is_told_by(store->reader()));
    store->reader().verify_all();
    store->add_cursor("a", false);
    expected.begin();
    for (std::uint64_t number = found + 1; number < found + 60; ++number) {
      do_commit(*store, found + 1, number);
    }
    EXPECT_TRUE(expected.is_told_by(store->reader()));
  }
}

TEST(StateCrash, AFullDiskAtTheStartLosesNothingEither) {
  const TempFolder folder;
  const std::string path = folder.path("state");
  Child writer([&](int pipe) {
    const auto store = StateStore::open(path, quick_options());
    store->add_cursor("a", false);
    for (std::uint64_t number = 1; number <= 100; ++number) {
      do_commit(*store, 1, number);
    }
    (void)!::write(pipe, "x", 1);
    ::pause();
  });
  writer.wait_for_word();
  writer.kill();  // all of it is still in the WAL
  Child child([&](int pipe) {
    limit_files(50'000);
    try {
      (void)StateStore::open(path, quick_options());
    } catch (const Error& error) {
      (void)!::write(pipe, error.what(), std::string_view(error.what()).size());
    }
  });
  EXPECT_EQ(child.text(), "cannot write the state " + path +
                              ": the file became larger than it may. Raise the limit of file "
                              "sizes (ulimit -f) and start again: nothing is lost.");
  const auto store = StateStore::open(path, quick_options());
  Expected expected;
  EXPECT_TRUE(expected.is_told_by(store->reader()));
  EXPECT_EQ(expected.sequence(), 100U);
  store->reader().verify_all();
}

// As somebody who may read the file and write nothing.
std::string read_as_nobody(const std::string& path) {
  Child child([&](int pipe) {
    if (::geteuid() == 0 &&
        (::setgroups(0, nullptr) != 0 || ::setgid(65'534) != 0 || ::setuid(65'534) != 0)) {
      ::_exit(1);
    }
    const std::string text = text_of(*StateReader::open(path));
    (void)!::write(pipe, text.data(), text.size());
  });
  return child.text();
}

TEST(StateCrash, AStateIsReadWhereNothingCanBeWritten) {
  const TempFolder folder;
  const std::string place = folder.path("place %");
  const std::string path = place + "/sta?te#";
  ASSERT_EQ(::chmod(folder.path("").c_str(), 0755), 0);
  std::filesystem::create_directory(place);
  Child writer([&](int pipe) {
    const auto store = StateStore::open(path, quick_options());
    store->add_cursor("a", false);
    for (std::uint64_t number = 1; number <= 5; ++number) {
      do_commit(*store, 1, number);
    }
    const std::string text = text_of(store->reader());
    (void)!::write(pipe, text.data(), text.size());
    ::close(pipe);
    ::pause();
  });
  const std::string expected = writer.text();
  const auto forbid = [&] {
    for (const auto& file : std::filesystem::directory_iterator(place)) {
      std::filesystem::permissions(file.path(), std::filesystem::perms{0444});
    }
    std::filesystem::permissions(place, std::filesystem::perms{0555});
  };
  forbid();
  EXPECT_EQ(read_as_nobody(path), expected) << "beside a writer";
  std::filesystem::permissions(place, std::filesystem::perms{0755});
  for (const char* name : {"", "-wal"}) {
    std::filesystem::copy_file(path + name, path + "-copy" + name);
  }
  writer.kill();
  Child([&](int) { (void)StateStore::open(path, quick_options()); }).wait();
  EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
  forbid();
  EXPECT_EQ(read_as_nobody(path), expected) << "closed";
  const std::string refused = read_as_nobody(path + "-copy");
  EXPECT_NE(refused.find("where nothing can be written, copy it with its -wal first."),
            std::string::npos)
      << refused;
  std::filesystem::permissions(place, std::filesystem::perms{0755});
  EXPECT_EQ(text_of(*StateReader::open(path + "-copy")), expected);
}

}  // namespace
}  // namespace tagtill
