// One line to what it says: every line of a stream, as `--strict` reads them.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "bench/generated.h"
#include "engine/block.h"
#include "engine/post_decoder.h"
#include "tests/reference/post.h"

namespace tagtill::bench {
namespace {

bool is_same(const DecodedLine& decoded, const reference::Line& line) {
  switch (decoded.kind) {
    case LineKind::kMalformed:
      return line.kind == reference::Line::Kind::kMalformed;
    case LineKind::kOther:
      return line.kind == reference::Line::Kind::kOther;
    case LineKind::kDeleteNotice:
      return line.kind == reference::Line::Kind::kDeleteNotice &&
             decoded.post_id == line.delete_notice.id &&
             decoded.author_id == line.delete_notice.author;
    case LineKind::kPost:
      return line.kind == reference::Line::Kind::kPost && decoded.post_id == line.post.id &&
             decoded.author_id == line.post.author && decoded.at == line.post.time_ms &&
             decoded.text == line.post.text && decoded.is_repost == line.post.is_repost &&
             decoded.author_protected == line.post.is_protected &&
             decoded.followers == line.post.followers;
  }
  return false;
}

std::string check_decoder() {
  PostDecoder decoder;
  std::size_t number = 0;
  for (const std::string_view line : Sample::instance().lines_once()) {
    ++number;
    if (!is_same(decoder.decode(line), reference::read_line(line, kLineBytesMax))) {
      return "line " + std::to_string(number) + " was not read as the reference reads it";
    }
  }
  return "";
}

void decode(benchmark::State& state) {
  static const std::string error = check_decoder();
  if (!is_right(state, error)) {
    return;
  }
  PostDecoder decoder;
  for (auto _ : state) {
    for (const std::string_view line : Sample::instance().lines_once()) {
      benchmark::DoNotOptimize(decoder.decode(line).kind);
    }
  }
  count(state, Sample::instance().once().size(), "posts", Sample::instance().lines_once().size());
}
BENCHMARK(decode)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tagtill::bench
