// The pipeline as a whole: what comes out does not depend on lanes, shards, blocks,
// packings or on who works when (P3.7); and it ends, whatever fails.
#include "tools/pipeline/pipeline.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "corpus/generate.h"
#include "engine/errors.h"
#include "sinks/jsonl_sink.h"
#include "tests/packed.h"
#include "tests/run_program.h"
#include "tests/seeded.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

class PipelineTest : public ::testing::Test {
 protected:
  PipelineTest() {
    corpus::GenerateOptions options;
    options.posts = 3'000;
    options.members = 300;
    options.candidates = 0.1;
    options.posts_per_second = 4;
    corpus::generate(options, folder_.path("corpus"));
    FileErrors errors;
    offers_ = OfferCatalogue::load(corpus_.offers.string(), "Confirm", errors);
    members_ = MemberTable::load(corpus_.members.string(), errors);
    EXPECT_TRUE(errors.empty());
    secret_ = read_file(corpus_.secret.string());
    secret_.erase(secret_.find_last_not_of('\n') + 1);
    stream_ = read_file(corpus_.posts.string());
  }

  // The stream in pieces at line ends, each packed otherwise.
  [[nodiscard]] std::vector<DumpSource> dumps_in_pieces(seeded::Random& random) const {
    std::vector<DumpSource> dumps;
    for (std::size_t begin = 0; begin < stream_.size();) {
      const std::size_t about = begin + random.below(stream_.size() / 2);
      const std::size_t end = std::min(stream_.find('\n', about), stream_.size() - 1) + 1;
      const std::string piece = stream_.substr(begin, end - begin);
      begin = end;
      const std::size_t kind = random.below(4);
      const std::string content = kind == 0   ? compressed(piece, "gzip")
                                  : kind == 1 ? compressed(piece, "zstd")
                                  : kind == 2 ? archived({{"a", ""}, {"b", piece}}, "ustar")
                                              : piece;
      dumps.push_back({folder_.write("dump" + std::to_string(dumps.size()), content), 0});
    }
    return dumps;
  }

  [[nodiscard]] PipelineParts parts(std::vector<DumpSource> dumps, std::uint32_t shards) const {
    PipelineParts parts;
    parts.dumps = std::move(dumps);
    parts.context = make_search_context(offers_, members_, "Confirm", false);
    parts.decider =
        std::make_unique<Decider>(offers_, members_, secret_, ProtocolOptions{}, shards);
    parts.outputs.push_back(
        {std::make_unique<EventOutput>(std::make_unique<JsonlSink>(events_, "--events"),
                                       all_event_types()),
         "events"});
    parts.outputs.push_back(
        {std::make_unique<EventOutput>(std::make_unique<JsonlSink>(purchases_, "jsonl:"),
                                       confirmed_only()),
         "purchases"});
    parts.outputs.push_back({std::make_unique<LetterOutput>(letters_), "letters"});
    return parts;
  }

  [[nodiscard]] std::unique_ptr<Pipeline> pipeline(const PipelineOptions& options,
                                                   std::vector<DumpSource> dumps,
                                                   std::uint32_t shards = 16) const {
    return std::make_unique<Pipeline>(options, parts(std::move(dumps), shards));
  }

  // Everything that was written, and what was counted.
  [[nodiscard]] std::string written(const Pipeline& pipeline) const {
    const LineCounts& lines = pipeline.decider().lines();
    return read_file(events_) + "\n" + read_file(purchases_) + "\n" + read_file(letters_) + "\n" +
           std::to_string(lines.lines) + " " + std::to_string(lines.posts) + " " +
           std::to_string(lines.bytes) + " " + std::to_string(pipeline.decider().intents());
  }

  TempFolder folder_;
  corpus::CorpusPaths corpus_ = corpus::corpus_paths(folder_.path("corpus"));
  std::shared_ptr<const OfferCatalogue> offers_;
  std::shared_ptr<const MemberTable> members_;
  std::string secret_;
  std::string stream_;
  std::string events_ = folder_.path("events");
  std::string purchases_ = folder_.path("purchases");
  std::string letters_ = folder_.path("letters");
};

PipelineOptions options_with(std::size_t lanes, std::size_t cores, std::size_t block_bytes) {
  PipelineOptions options;
  options.lanes = lanes;
  options.cores.cores.assign(cores, 0);
  options.cores.pinned = false;
  options.feed.block_bytes = block_bytes;
  return options;
}

TEST_F(PipelineTest, P3_7_LanesShardsAndBlocksDoNotMatter) {
  const auto run = [&](std::size_t lanes, std::uint32_t shards, std::size_t block_bytes) {
    const auto whole =
        pipeline(options_with(lanes, 3, block_bytes), {{corpus_.posts.string(), 0}}, shards);
    whole->open();
    whole->run([] {}, std::chrono::milliseconds(50));
    return written(*whole);
  };
  const std::string expected = run(1, 1, 256 * 1024);
  EXPECT_EQ(read_file(purchases_), read_file(corpus_.purchases.string()));
  for (const std::size_t block_bytes : {4'096U, 65'536U, 262'144U, 4'194'304U}) {
    EXPECT_EQ(run(1, 1, block_bytes), expected) << block_bytes;
    EXPECT_EQ(run(2, 4, block_bytes), expected) << block_bytes;
    EXPECT_EQ(run(4, 16, block_bytes), expected) << block_bytes;
  }
}

// All agents on this thread, and who works next is drawn by lot.
TEST_F(PipelineTest, P3_7_WhoWorksWhenDoesNotMatter) {
  std::string expected;
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(seeded::seeds(), 30); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    seeded::Random random(seed);
    const std::size_t block_bytes = std::size_t{4'096} << random.below(5);
    const auto lots = pipeline(options_with(1 + random.below(4), 1 + random.below(4), block_bytes),
                               dumps_in_pieces(random));
    lots->open();
    std::vector<Agent*> agents = lots->agents();
    std::size_t idle = 0;  // turns without any work
    while (!agents.empty()) {
      Agent* agent = random.pick(agents);
      if (agent->is_done()) {
        std::erase(agents, agent);
        continue;
      }
      // Some have the thread for long, some are left to wait.
      bool worked = false;
      for (std::size_t turns = 1 + random.below(8); turns > 0 && !agent->is_done(); --turns) {
        worked = agent->do_work() || worked;
      }
      idle = worked ? 0 : idle + 1;
      ASSERT_LT(idle, 10'000U) << "nobody has work, TAGTILL_SEED=" << seed;
    }
    const std::string all = written(*lots);
    expected = expected.empty() ? all : expected;
    ASSERT_EQ(all, expected) << "TAGTILL_SEED=" << seed;
    ASSERT_EQ(read_file(purchases_), read_file(corpus_.purchases.string()));
  }
}

// A file that is cut while it is read: what stands before counts, nothing behind does.
TEST_F(PipelineTest, OfADumpThatIsCutAllBeforeTheCutCountsAndTheNextDumpIsRead) {
  const std::string a = folder_.write("a", stream_);
  const std::string b = folder_.write("b", stream_.substr(0, stream_.find('\n') + 1));
  const auto cut = pipeline(options_with(2, 2, 4'096), {{a, 0}, {b, 0}});
  cut->open();
  std::vector<Agent*> agents = cut->agents();
  // Both files are looked at, nothing is read yet.
  const std::size_t left = stream_.size() / 2;
  bool is_cut = false;
  while (std::any_of(agents.begin(), agents.end(), [](Agent* one) { return !one->is_done(); })) {
    for (Agent* agent : agents) {
      if (!agent->is_done()) {
        (void)agent->do_work();
      }
    }
    if (!is_cut) {
      is_cut = true;
      ASSERT_EQ(::truncate(a.c_str(), static_cast<off_t>(left)), 0);
    }
  }
  const std::string_view before = std::string_view(stream_).substr(0, left);
  const auto lines = static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n')) +
                     (before.ends_with('\n') ? 0 : 1);
  EXPECT_EQ(cut->decider().lines().lines, lines + 1);
  EXPECT_EQ(cut->decider().lines().bytes, left + stream_.find('\n') + 1);
  EXPECT_EQ(cut->decider().problems_after(0).count(), 1U);
}

class FailingSink : public Sink {
 public:
  SinkPosition open(const SinkStart&) override { return {}; }
  void write(const EventBatch&, std::uint64_t) override {
    throw Error(ExitCode::kIoFailed, "the disk is full.");
  }
  SinkPosition flush() override { return {}; }
  void close() override {}
};

// Nobody will ever write to the pipe; still the run ends.
TEST_F(PipelineTest, WhenASinkFailsNobodyWaitsForAPipe) {
  const std::string pipe = folder_.path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  PipelineParts parts = this->parts({{corpus_.posts.string(), 0}, {pipe, 0}}, 16);
  parts.outputs[1].output =
      std::make_unique<EventOutput>(std::make_unique<FailingSink>(), all_event_types());
  Pipeline failing(options_with(2, 2, 65'536), std::move(parts));
  failing.open();
  try {
    failing.run([] {}, std::chrono::milliseconds(50));
    FAIL() << "it should have failed";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the disk is full.");
    EXPECT_EQ(error.code(), ExitCode::kIoFailed);
  }
  // The other output was closed with whole lines.
  const std::string events = read_file(events_);
  EXPECT_FALSE(events.empty());
  EXPECT_TRUE(events.ends_with("}\n"));
}

TEST_F(PipelineTest, LanesPinAndShardsAreObeyedOrRefusedWithAReason) {
  const auto replay = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"replay",
                                          "--offers",
                                          corpus_.offers.string(),
                                          "--members",
                                          corpus_.members.string(),
                                          "--secret-file",
                                          corpus_.secret.string(),
                                          "--sink",
                                          "null:",
                                          "--summary",
                                          "none",
                                          corpus_.posts.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments);
  };
  EXPECT_EQ(replay({"--lanes", "3", "--shards", "64", "--pin", "none"}).exit_code, 0);
  const int core = sched_getcpu();
  EXPECT_EQ(replay({"--lanes", "1", "--pin", std::to_string(core)}).exit_code, 0);
  const std::vector<std::pair<std::vector<std::string>, std::string>> refused = {
      {{"--lanes", "0"}, "--lanes 0 is not understood"},
      {{"--lanes", "many"}, "--lanes many is not understood"},
      {{"--shards", "3"}, "--shards 3 is no power of two"},
      {{"--pin", "9999"}, "core 9999 is not one that this process may use"},
      {{"--pin", ""}, "is no core"},
      {{"--pin", "a"}, "\"a\" is no core"},
      {{"--pin", "1-0"}, "\"1-0\" runs backwards"},
      {{"--pin", std::to_string(core) + "," + std::to_string(core)}, "stands in it twice"},
  };
  for (const auto& [arguments, why] : refused) {
    const ProgramResult result = replay(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments[1];
    EXPECT_NE(result.err.find(why), std::string::npos) << result.err;
  }
}

}  // namespace
}  // namespace tagtill
