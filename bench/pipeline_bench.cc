// Dump to purchases, against counting the lines of the same file.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/generated.h"
#include "engine/cores.h"
#include "engine/decider.h"
#include "engine/event.h"
#include "engine/lane.h"
#include "sinks/sink_batcher.h"
#include "tools/pipeline/pipeline.h"

namespace tagtill::bench {
namespace {

// 1 candidate in 1,000 lines.
const Generated& stream() {
  static const Generated generated(one_in_a_thousand(100'000));
  return generated;
}

// What `wc -l` does: read, and count line feeds. 0 when the file cannot be read.
std::uint64_t lines_in_file(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    return 0;
  }
  std::setvbuf(file, nullptr, _IONBF, 0);
  std::vector<char> buffer(kPieceBytes);
  std::uint64_t lines = 0;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), file)) {
    const char* at = buffer.data();
    const char* const end = at + size;
    while ((at = static_cast<const char*>(
                std::memchr(at, '\n', static_cast<std::size_t>(end - at)))) != nullptr) {
      ++lines;
      ++at;
    }
  }
  std::fclose(file);
  return lines;
}

void count_lines(benchmark::State& state) {
  const Generated& counted = stream();
  for (auto _ : state) {
    if (!is_right(state, lines_in_file(counted.posts) == counted.lines
                             ? ""
                             : "the lines were not counted right")) {
      return;
    }
  }
  count(state, counted.bytes, "posts", counted.lines);
}
BENCHMARK(count_lines)->Unit(benchmark::kMillisecond);

// The purchases as JSON Lines.
class Purchases final : public Sink {
 public:
  explicit Purchases(std::string& lines) : lines_(lines) {}

  SinkPosition open(const SinkStart&) override { return {}; }
  void write(const EventBatch& batch, std::uint64_t through) override {
    events_ = through;
    for (const Event& event : batch.events) {
      append_json_line(lines_, event);
    }
  }
  SinkPosition flush() override { return {events_, 0}; }
  void close() override {}

 private:
  std::string& lines_;
  std::uint64_t events_ = 0;
};

std::string purchases_of(const Generated& stream, std::size_t lanes,
                         const std::shared_ptr<const SearchContext>& context) {
  PipelineOptions options;
  options.lanes = lanes;
  options.cores.cores = allowed_cores();
  options.cores.cores.resize(std::min(lanes, options.cores.cores.size()));
  std::string lines;
  PipelineParts parts;
  parts.dumps = {{stream.posts, stream.bytes}};
  parts.context = context;
  parts.decider =
      std::make_unique<Decider>(stream.offers, stream.members, stream.secret, ProtocolOptions());
  parts.outputs.push_back(
      {std::make_unique<EventOutput>(std::make_unique<Purchases>(lines), confirmed_only()),
       "purchases"});
  Pipeline pipeline(options, std::move(parts));
  pipeline.open();
  pipeline.run([] {}, std::chrono::seconds(1));
  return lines;
}

// So many lanes on as many cores, if there are so many. Checked in each turn against the
// generator's list, which the engine has no part in.
void pipeline(benchmark::State& state, bool strict) {
  const auto context = make_search_context(stream().offers, stream().members, "Confirm", strict);
  for (auto _ : state) {
    const std::string lines =
        purchases_of(stream(), static_cast<std::size_t>(state.range(0)), context);
    if (!is_right(state, lines == stream().purchases
                             ? ""
                             : "the purchases are not those of the generator's list")) {
      return;
    }
  }
  count(state, stream().bytes, "posts", stream().lines);
}
BENCHMARK_CAPTURE(pipeline, quick, false)
    ->ArgName("lanes")
    ->Arg(1)
    ->Arg(2)
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(pipeline, strict, true)
    ->ArgName("lanes")
    ->Arg(1)
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tagtill::bench
