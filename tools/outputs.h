// The outputs that a command is asked for, and what they and the run tell each other.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/offer_catalogue.h"
#include "sinks/sink_url.h"
#include "sinks/surroundings.h"
#include "tools/pipeline/pipeline.h"
#include "tools/replay/file_conflicts.h"

namespace tagtill {

struct OutputOptions {
  std::string events;                                        // empty: none; `-`: standard output
  std::vector<std::string> sinks = {"sqlite:purchases.db"};  // URLs
  std::string dead_letter;                                   // empty: none
};

// Throws as parse_sink_url() does.
[[nodiscard]] std::vector<SinkUrl> parse_sinks(const OutputOptions& options);

// By which a state knows an output from run to run: what it is and its whole path, as
// `jsonl:/srv/shop/orders.jsonl`.
[[nodiscard]] std::string output_name(std::string_view kind, const std::string& path);

// The files among them.
[[nodiscard]] std::vector<FileRole> output_files(const OutputOptions& options,
                                                 const std::vector<SinkUrl>& sinks);

// Throws tagtill::Error (kUsage) for those that cannot be cut back, as a pipe, and so are none
// for a state.
void refuse_streams(const OutputOptions& options, const std::vector<SinkUrl>& sinks);

// What the sinks and the run tell each other, on different threads.
class SinkTalk {
 public:
  // For a sink, which `health` is of; this must outlive it.
  [[nodiscard]] Surroundings surroundings(std::shared_ptr<OutputHealth> health) {
    Surroundings around = real_surroundings();
    around.give_up = [this] { return giving_up_.load(); };
    around.say = [this](const std::string& sentence) {
      const std::lock_guard lock(mutex_);
      said_.push_back(sentence);
    };
    around.retrying = [health = std::move(health)] {
      health->up = false;
      ++health->retries;
    };
    return around;
  }

  void give_up() { giving_up_ = true; }
  [[nodiscard]] std::vector<std::string> take_said() {
    const std::lock_guard lock(mutex_);
    return std::exchange(said_, {});
  }

 private:
  std::atomic<bool> giving_up_{false};
  std::mutex mutex_;
  std::vector<std::string> said_;
};

// Not opened yet. `offers` and errors as of make_sink(); `talk` must outlive them.
[[nodiscard]] std::vector<PipelineOutput> make_outputs(
    const OutputOptions& options, const std::vector<SinkUrl>& sinks,
    const std::shared_ptr<const OfferCatalogue>& offers, SinkTalk& talk);

}  // namespace tagtill
