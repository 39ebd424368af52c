#include "tools/outputs.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "engine/errors.h"
#include "sinks/jsonl_sink.h"

namespace tagtill {
namespace {

// By which a state knows the sink from run to run.
std::string sink_name(const std::string& url, const SinkUrl& sink) {
  const std::string kind = url.substr(0, url.find(':'));
  return sink.path.empty() ? fmt::format("{}:{}", kind, sink.place())
                           : output_name(kind, sink.path);
}

void refuse_stream(std::string_view role, const std::string& path) {
  std::error_code ignored;
  const bool is_stream = path == "-" || (std::filesystem::exists(path, ignored) &&
                                         !std::filesystem::is_regular_file(path, ignored));
  if (!path.empty() && is_stream) {
    throw Error(ExitCode::kUsage,
                fmt::format("{} {}: what went out there cannot be cut back after a crash, as a "
                            "state promises. Give the path of a file, or run without --state.",
                            role, path));
  }
}

}  // namespace

std::vector<SinkUrl> parse_sinks(const OutputOptions& options) {
  std::vector<SinkUrl> sinks;
  for (const std::string& url : options.sinks) {
    sinks.push_back(parse_sink_url(url));
  }
  return sinks;
}

std::string output_name(std::string_view kind, const std::string& path) {
  if (path.empty() || path == "-") {
    return fmt::format("{}:{}", kind, path);
  }
  std::error_code ignored;
  const std::filesystem::path whole =
      std::filesystem::weakly_canonical(std::filesystem::absolute(path, ignored), ignored);
  return fmt::format("{}:{}", kind, whole.empty() ? path : whole.string());
}

std::vector<FileRole> output_files(const OutputOptions& options,
                                   const std::vector<SinkUrl>& sinks) {
  std::vector<FileRole> outputs;
  if (!options.events.empty()) {
    outputs.push_back({"--events", options.events});
  }
  if (!options.dead_letter.empty()) {
    outputs.push_back({"--dead-letter", options.dead_letter});
  }
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    if (!sinks[i].path.empty()) {
      outputs.push_back({fmt::format("--sink {}", options.sinks[i]), sinks[i].path});
    }
  }
  return outputs;
}

void refuse_streams(const OutputOptions& options, const std::vector<SinkUrl>& sinks) {
  refuse_stream("--events", options.events);
  refuse_stream("--dead-letter", options.dead_letter);
  for (const SinkUrl& sink : sinks) {
    if (!sink.is_folder()) {
      refuse_stream("--sink", sink.path);
    }
  }
}

std::vector<PipelineOutput> make_outputs(const OutputOptions& options,
                                         const std::vector<SinkUrl>& sinks,
                                         const std::shared_ptr<const OfferCatalogue>& offers,
                                         SinkTalk& talk) {
  std::vector<PipelineOutput> outputs;
  if (!options.events.empty()) {
    outputs.push_back(
        {std::make_unique<EventOutput>(std::make_unique<JsonlSink>(options.events, "--events"),
                                       all_event_types()),
         output_name("events", options.events), options.events});
  }
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    const std::string name = sink_name(options.sinks[i], sinks[i]);
    const bool is_file = sinks[i].kind == SinkUrl::Kind::kJsonl && !sinks[i].is_folder();
    // Only of null: there can be two, and one does all that two do.
    if (std::ranges::none_of(outputs, [&](const auto& output) { return output.name == name; })) {
      auto health = std::make_shared<OutputHealth>();
      outputs.push_back({std::make_unique<EventOutput>(
                             make_sink(sinks[i], offers, Disk::real(), talk.surroundings(health)),
                             sinks[i].events, sinks[i].limits),
                         name, is_file ? sinks[i].path : std::string(), sinks[i].waits_when_full,
                         health});
    }
  }
  if (!options.dead_letter.empty()) {
    outputs.push_back({std::make_unique<LetterOutput>(options.dead_letter),
                       output_name("dead-letter", options.dead_letter), options.dead_letter});
  }
  return outputs;
}

}  // namespace tagtill
