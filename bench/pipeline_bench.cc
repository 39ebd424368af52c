// Bytes to events on one thread, against counting lines.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/generate.h"
#include "engine/decider.h"
#include "engine/lane.h"
#include "ingest/dump_reader.h"

namespace {

using namespace tagtill;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

// A generated stream on disk (and so in the page cache), with 1 candidate in
// 1,000 lines, and what must come out of it. Made once; removed at the end.
class Corpus {
 public:
  static const Corpus& instance() {
    static const Corpus corpus;
    return corpus;
  }
  ~Corpus() { std::filesystem::remove_all(folder_); }
  Corpus(const Corpus&) = delete;
  Corpus& operator=(const Corpus&) = delete;

  std::string posts;      // path
  std::string purchases;  // content
  std::string secret;
  std::shared_ptr<const OfferCatalogue> offers;
  std::shared_ptr<const MemberTable> members;
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;

 private:
  Corpus() {
    std::string name = (std::filesystem::temp_directory_path() / "tagtill-bench-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      std::cerr << "The temporary folder cannot be made: set TMPDIR to one with 500 MB free.\n";
      std::exit(1);
    }
    folder_ = name;
    corpus::GenerateOptions options;
    options.posts = 100'000;
    options.offers = 5'000;
    options.candidates = 0.001;
    options.posts_per_second = 570;
    corpus::generate(options, folder_);
    const corpus::CorpusPaths paths = corpus::corpus_paths(folder_);
    posts = paths.posts.string();
    purchases = read_file(paths.purchases);
    secret = read_file(paths.secret);
    secret.erase(secret.find_last_not_of('\n') + 1);
    FileErrors errors;
    offers = OfferCatalogue::load(paths.offers.string(), "Confirm", errors);
    members = MemberTable::load(paths.members.string(), errors);
    for (const std::string& error : errors.shown()) {
      std::cerr << error << "\n";
    }
    if (!errors.empty()) {
      std::exit(1);
    }
    bytes = std::filesystem::file_size(posts);
    lines = options.posts;
  }

  std::filesystem::path folder_;
};

// What `wc -l` does: read, and count line feeds.
std::uint64_t count_lines(const std::string& path) {
  DumpReader reader({{path, 0}});
  Block block;
  std::uint64_t lines = 0;
  while (reader.next(block)) {
    const char* at = block.lines().data();
    const char* const end = at + block.lines().size();
    while ((at = static_cast<const char*>(
                std::memchr(at, '\n', static_cast<std::size_t>(end - at)))) != nullptr) {
      ++lines;
      ++at;
    }
  }
  return lines;
}

void count_lines(benchmark::State& state) {
  const Corpus& corpus = Corpus::instance();
  for (auto _ : state) {
    if (count_lines(corpus.posts) != corpus.lines) {
      state.SkipWithError("the lines were not counted right");
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(corpus.bytes));
}
BENCHMARK(count_lines)->Unit(benchmark::kMillisecond);

// Returns the confirmed purchases as JSON Lines.
std::string replay(const Corpus& corpus, Lane& lane) {
  Decider decider(corpus.offers, corpus.members, corpus.secret, {});
  DumpReader reader({{corpus.posts, 0}});
  Block block;
  CandidateBatch candidates;
  EventBatch events;
  std::string purchases;
  while (reader.next(block)) {
    lane.process(block, candidates);
    decider.apply(candidates, events);
    for (const Event& event : events.events) {
      if (event.type == EventType::kConfirmed) {
        append_json_line(purchases, event);
      }
    }
    events.clear();
  }
  return purchases;
}

void pipeline(benchmark::State& state) {
  const Corpus& corpus = Corpus::instance();
  Lane lane(make_search_context(corpus.offers, corpus.members, "Confirm", state.range(0) != 0));
  for (auto _ : state) {
    if (replay(corpus, lane) != corpus.purchases) {
      state.SkipWithError("the purchases are not those of the generator's list");
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(corpus.bytes));
  state.SetLabel(state.range(0) != 0 ? "--strict" : "");
}
BENCHMARK(pipeline)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
