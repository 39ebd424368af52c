// How near the replay of a file in the page cache comes to what the machine can do: bytes a
// cycle of copying the file, of counting its lines, and of searching it for offers.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/generated.h"
#include "bench/shard_support.h"
#include "engine/lane.h"
#include "ingest/plain_file.h"

namespace tagtill::bench {
namespace {

using shard_support::processor_seconds;

// Of the processor, now, by additions that wait for each other, a cycle each; 0 where we
// know of no such thing.
double cycles_a_second() {
#ifdef __x86_64__
  constexpr int kRounds = 1'000'000;
  constexpr int kAdditions = 10;
  std::uint64_t sum = 0;
  const double begin = processor_seconds();
  for (int i = 0; i < kRounds; ++i) {
    asm volatile(
        "add $1, %0\n add $1, %0\n add $1, %0\n add $1, %0\n add $1, %0\n"
        "add $1, %0\n add $1, %0\n add $1, %0\n add $1, %0\n add $1, %0\n"
        : "+r"(sum));
  }
  return static_cast<double>(kRounds) * kAdditions / (processor_seconds() - begin);
#else
  return 0;
#endif
}

const Generated& stream() {
  static const Generated generated(one_in_a_thousand(60'000));
  return generated;
}

// Reads the file in pieces, and gives each to `use`; how many bytes there were.
template <typename Use>
std::uint64_t read_pieces(const std::string& path, std::vector<char>& buffer, Use use) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::uint64_t bytes = 0;
  for (ssize_t got = 0; (got = ::read(file, buffer.data(), buffer.size())) > 0;) {
    use(buffer.data(), static_cast<std::size_t>(got));
    bytes += static_cast<std::uint64_t>(got);
  }
  ::close(file);
  return bytes;
}

// Runs `pass` again and again; `pass` says what is wrong, or nothing.
template <typename Pass>
void measure(benchmark::State& state, Pass pass) {
  const double before = cycles_a_second();
  const double begin = processor_seconds();
  for (auto _ : state) {
    if (!is_right(state, pass())) {
      return;
    }
  }
  const double seconds = processor_seconds() - begin;
  const double cycles = (before + cycles_a_second()) / 2 * seconds;
  count(state, stream().bytes, "lines", stream().lines);
  if (cycles > 0) {
    state.counters["bytes/cycle"] =
        static_cast<double>(stream().bytes) * static_cast<double>(state.iterations()) / cycles;
  }
}

void roofline_copy(benchmark::State& state) {
  std::vector<char> buffer(kPieceBytes);
  measure(state, [&]() -> std::string {
    const std::uint64_t bytes =
        read_pieces(stream().posts, buffer, [](const char*, std::size_t) {});
    return bytes == stream().bytes ? "" : "the file was not read whole";
  });
}
BENCHMARK(roofline_copy)->Unit(benchmark::kMillisecond);

void roofline_count_lines(benchmark::State& state) {
  std::vector<char> buffer(kPieceBytes);
  measure(state, [&]() -> std::string {
    std::uint64_t lines = 0;
    read_pieces(stream().posts, buffer, [&](const char* at, std::size_t bytes) {
      const char* const end = at + bytes;
      while ((at = static_cast<const char*>(
                  std::memchr(at, '\n', static_cast<std::size_t>(end - at)))) != nullptr) {
        ++lines;
        ++at;
      }
    });
    return lines == stream().lines ? "" : "the lines were not counted right";
  });
}
BENCHMARK(roofline_count_lines)->Unit(benchmark::kMillisecond);

// Those of the stream, or the first of them, and as many more as are wanted.
std::shared_ptr<const OfferCatalogue> offers_of(std::size_t offers) {
  std::vector<std::string> tags;
  const OfferCatalogue& known = *stream().offers;
  for (TagIndex tag = 0; tag < known.tag_count() && tags.size() < offers; ++tag) {
    tags.emplace_back(known.folded_tag(tag));
  }
  constexpr std::array<std::string_view, 16> kSyllables = {"ba", "co", "di", "fu", "ge", "ha",
                                                           "ki", "lo", "mu", "ne", "pi", "ro",
                                                           "su", "ta", "ve", "zo"};
  for (std::size_t number = 0; tags.size() < offers; ++number) {
    std::string tag = "x";
    for (std::size_t rest = number + 65'536; rest > 0; rest /= kSyllables.size()) {
      tag += kSyllables[rest % kSyllables.size()];
    }
    tags.push_back(std::move(tag));
  }
  return catalogue_of(tags);
}

// To candidates: deciding them is for one line in a thousand.
void roofline_tagtill(benchmark::State& state) {
  const auto offers = offers_of(static_cast<std::size_t>(state.range(0)));
  Lane lane(make_search_context(offers, stream().members, "Confirm", false));
  Block block;
  CandidateBatch candidates;
  measure(state, [&]() -> std::string {
    const auto file = PlainFile::open(stream().posts, kPieceBytes, kLineBytesMax);
    std::uint64_t lines = 0;
    for (std::uint64_t number = 0; number < file->block_count(); ++number) {
      if (file->read(number, block)) {
        return "the file was not read whole";
      }
      lane.process(block, candidates);
      lines += candidates.counts.lines;
    }
    return lines == stream().lines ? "" : "the lines were not counted right";
  });
}
BENCHMARK(roofline_tagtill)->Arg(10)->Arg(5'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tagtill::bench
