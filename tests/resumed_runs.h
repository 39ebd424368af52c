// A stream in several runs with one state, in this process, on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/decider.h"
#include "engine/lane.h"
#include "tests/seeded.h"
#include "tests/streams.h"
#include "tests/temp_folder.h"
#include "tools/configuration.h"
#include "tools/pipeline/pipeline.h"
#include "tools/replay/dump_plan.h"

namespace resumed_runs {

struct RunOptions {
  std::vector<std::string> dumps;  // paths
  tagtill::DumpPlanOptions plan{};
  std::optional<std::size_t> dies_after{};  // so many turns of agents; none: it ends by itself
};

// What the program does with --state, --events, a jsonl: sink and --dead-letter, on real files
// but without an fsync.
class ResumedRuns {
 public:
  // With the rules of the stream, and at first its configuration.
  explicit ResumedRuns(const streams::Stream& stream, bool keep_journal = false);

  void configure(std::string_view offers, std::string_view members, std::string_view secret);
  // Lanes, shards, blocks, and who works when come from `random`. False: it died. Throws what
  // the program would say.
  bool run(const RunOptions& options, seeded::Random& random);

  [[nodiscard]] const tagtill::TempFolder& folder() const { return folder_; }
  [[nodiscard]] std::string file(std::string_view name) const {
    return tagtill::read_file(folder_.path(name));
  }
  [[nodiscard]] std::string state() const { return folder_.path("state"); }
  [[nodiscard]] std::string events() const { return file("events"); }
  [[nodiscard]] const tagtill::ProtocolOptions& protocol() const { return protocol_; }
  // Decided in runs that ended by themselves, as their summaries say.
  [[nodiscard]] const tagtill::DecisionCounts& decided() const { return decided_; }
  [[nodiscard]] std::uint64_t lines() const { return lines_; }

 private:
  [[nodiscard]] tagtill::PipelineParts parts(const RunOptions& options, seeded::Random& random);
  void count(const tagtill::Pipeline& pipeline, const tagtill::DecisionCounts& before);

  tagtill::TempFolder folder_;
  tagtill::ProtocolOptions protocol_;
  bool keep_journal_;
  tagtill::Configuration configuration_;
  std::shared_ptr<const tagtill::SearchContext> context_;
  tagtill::DecisionCounts decided_;
  std::uint64_t lines_ = 0;
};

// What happens on the way.
struct Trouble {
  bool deaths = false;  // runs die at any moment, and are repeated; dumps are renamed meanwhile,
                        // or have grown
  bool packed = false;  // some parts are packed, some together in an archive
};

// The stream's files, cut into parts at any lines, in two runs or more; its replacements fall
// between two of them.
void play(ResumedRuns& runs, const streams::Stream& stream, seeded::Random& random,
          const Trouble& trouble);

// The events that were confirmed.
[[nodiscard]] std::string confirmed_of(std::string_view events);

}  // namespace resumed_runs
