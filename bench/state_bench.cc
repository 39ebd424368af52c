// What the durable state costs: commits, and reading it back.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "bench/generated.h"
#include "engine/state/state_store.h"

namespace tagtill::bench {
namespace {

StateOptions options_of(bool sync) {
  StateOptions options;
  options.rules = {86'400'000, 600'000, "confirm"};
  options.sync = sync;
  return options;
}

// One commit of a run: entries of which each brings one event, and a sink that had those of
// the commit before.
StateCommit commit_of(std::size_t entries, std::size_t payload_bytes) {
  StateCommit commit;
  StateEntry entry;
  entry.kind = JournalKind::kCandidates;
  entry.payload.assign(payload_bytes, 'p');
  entry.outbox.assign(payload_bytes, 'o');
  entry.events = 1;
  commit.entries.assign(entries, entry);
  commit.dumps = {{1, "2013-02-11.json.gz", 1 << 30, std::string(64, 'c'), 0, 0, 0, false}};
  commit.cursors = {{"jsonl:events", 0, 0, false}};
  return commit;
}

void commit_next(StateStore& store, StateCommit& commit) {
  store.commit(commit);
  commit.cursors[0].events += commit.entries.size();
  commit.cursors[0].mark += 1'000;
  commit.dumps[0].offset += 100'000;
}

std::string check(StateReader& reader, const StateCommit& commit, std::uint64_t commits) {
  StateEntry entry;
  OutboxRow row;
  const std::uint64_t sequence = commits * commit.entries.size();
  const StateEntry& expected = commit.entries[0];
  if (reader.head() != StateHead{sequence, sequence, 0} || !reader.journal_entry(sequence, entry) ||
      entry.payload != expected.payload || !reader.outbox_at(sequence - 1, false, row) ||
      row.bytes != expected.outbox) {
    return "the state is not what was committed";
  }
  reader.verify_all();
  return "";
}

// Commits one after the other, each waiting for the disk if it is synced.
void commit(benchmark::State& state, std::size_t payload_bytes) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  const bool sync = state.range(1) != 0;
  const Folder folder;
  const auto store = StateStore::open((folder.path() / "state").string(), options_of(sync));
  store->add_cursor("jsonl:events", false);
  StateCommit next = commit_of(entries, payload_bytes);
  for (int i = 0; i < 3; ++i) {
    commit_next(*store, next);
  }
  if (!is_right(state, check(store->reader(), next, 3))) {
    return;
  }
  for (auto _ : state) {
    commit_next(*store, next);
    if (store->reader().journal_bytes_since_snapshot() > (std::uint64_t{16} << 20)) {
      // As compaction would, so that the file does not grow with the time that is measured.
      state.PauseTiming();
      const std::uint64_t sequence = store->reader().head().sequence;
      store->begin_snapshot(sequence);
      store->add_snapshot_piece("snapshot");
      store->finish_snapshot(sequence + 1);
      state.ResumeTiming();
    }
  }
  count(state, entries * payload_bytes, "commits", 1);
}

// The baseline of a synced commit: what the disk takes for a few bytes at the end of a file.
void state_append_and_sync(benchmark::State& state) {
  const Folder folder;
  const std::string path = (folder.path() / "file").string();
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::string bytes(600, 'x');
  for (auto _ : state) {
    if (::write(file, bytes.data(), bytes.size()) < 0 || ::fdatasync(file) != 0) {
      state.SkipWithError("the file cannot be written");
      break;
    }
  }
  ::close(file);
}
BENCHMARK(state_append_and_sync)->UseRealTime()->Unit(benchmark::kMicrosecond);

// Some candidates each, with their events.
void state_commit_small(benchmark::State& state) { commit(state, 300); }
BENCHMARK(state_commit_small)
    ->ArgsProduct({{1, 16, 256}, {0, 1}})
    ->ArgNames({"entries", "sync"})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

// Much of both: bytes count once for the journal, and are written twice.
void state_commit_large(benchmark::State& state) { commit(state, 64 << 10); }
BENCHMARK(state_commit_large)
    ->ArgsProduct({{16}, {0, 1}})
    ->ArgNames({"entries", "sync"})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

// What a start takes: the journal from the first entry to the last, each checked.
void state_read_journal(benchmark::State& state) {
  const Folder folder;
  const std::string path = (folder.path() / "state").string();
  constexpr std::size_t kEntries = 64;
  constexpr std::uint64_t kCommits = 100;
  StateCommit next = commit_of(kEntries, 300);
  {
    const auto store = StateStore::open(path, options_of(false));
    store->add_cursor("jsonl:events", false);
    for (std::uint64_t i = 0; i < kCommits; ++i) {
      commit_next(*store, next);
    }
  }
  const auto reader = StateReader::open(path);
  if (!is_right(state, check(*reader, next, kCommits))) {
    return;
  }
  StateEntry entry;
  for (auto _ : state) {
    for (std::uint64_t sequence = 1; reader->journal_entry(sequence, entry); ++sequence) {
      benchmark::DoNotOptimize(entry.payload.data());
    }
  }
  count(state, kEntries * kCommits * 300, "entries", kEntries * kCommits);
}
BENCHMARK(state_read_journal)->Unit(benchmark::kMillisecond);

// Opening it, as every start does; the time does not depend on the number of dumps.
void state_open(benchmark::State& state) {
  const auto dumps = static_cast<std::uint64_t>(state.range(0));
  const Folder folder;
  const std::string path = (folder.path() / "state").string();
  {
    const auto store = StateStore::open(path, options_of(false));
    StateCommit commit;
    for (std::uint64_t number = 1; number <= dumps; ++number) {
      commit.dumps.push_back({number, "2013-02-11-12-00.json.gz", 1 << 20,
                              "content " + std::to_string(number), 1, 0, 0, true});
      if (commit.dumps.size() == 1'000 || number == dumps) {
        store->commit(commit);
        commit.dumps.clear();
      }
    }
  }
  const auto found = StateReader::open(path)->find_dump("content 7");
  if (!is_right(state, found && found->number == 7 ? "" : "the dump was not found")) {
    return;
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(StateReader::open(path));
  }
}
BENCHMARK(state_open)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tagtill::bench
