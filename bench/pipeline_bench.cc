// Bytes to events on one thread, against counting the lines of the same file. (Lanes and
// their queues: peers.sh and scaling.sh, with the program itself.)
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "bench/generated.h"

namespace tagtill::bench {
namespace {

// 1 candidate in 1,000 lines.
const Generated& stream() {
  static const Generated generated([] {
    corpus::GenerateOptions options;
    options.posts = 100'000;
    options.offers = 5'000;
    options.candidates = 0.001;
    options.posts_per_second = 570;
    return options;
  }());
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

// Checked in each turn against the generator's list, which the engine has no part in.
void pipeline(benchmark::State& state, bool strict) {
  Lane lane = make_lane(stream(), strict);
  for (auto _ : state) {
    std::string confirmed;
    decide(stream(), lane, [&](const EventBatch& events) {
      for (const Event& event : events.events) {
        if (event.type == EventType::kConfirmed) {
          append_json_line(confirmed, event);
        }
      }
    });
    if (!is_right(state, confirmed == stream().purchases
                             ? ""
                             : "the purchases are not those of the generator's list")) {
      return;
    }
  }
  count(state, stream().bytes, "posts", stream().lines);
}
BENCHMARK_CAPTURE(pipeline, quick, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(pipeline, strict, true)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tagtill::bench
