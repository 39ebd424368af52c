// Fuzzes the reader of dumps, packed and plain. Its twin reads with other blocks.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/dump_reader.h"
#include "tests/fuzz/fuzz.h"

namespace {

constexpr std::size_t kLineBytes = 1000;  // the limit
constexpr std::uint32_t kNames = 100;     // that are compared

struct Line {
  std::uint32_t source = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::string head;

  friend bool operator==(const Line&, const Line&) = default;
};

struct Read {
  std::vector<Line> lines;  // but for blank ones
  std::vector<std::string> names;
  std::vector<std::string> problems;
  bool whole = true;

  friend bool operator==(const Read&, const Read&) = default;
};

void add_lines(const tagtill::Block& block, std::vector<Line>& lines) {
  for (std::size_t at = 0; at < block.lines().size();) {
    std::string_view line = block.lines().substr(at);
    const std::size_t end = line.find('\n');
    line = line.substr(0, end);
    const std::uint64_t offset = block.offset + at;
    at += line.size() + 1;
    if (end != std::string_view::npos && line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
      lines.push_back({block.source, offset, line.size(),
                       std::string(line.substr(0, tagtill::kDeadLetterBytes))});
    }
  }
  if (block.overlong_bytes > 0) {
    lines.push_back({block.source, block.offset + block.lines().size(), block.overlong_bytes,
                     std::string(block.overlong_head())});
  }
}

Read read(const std::string& path, std::size_t block_bytes) {
  tagtill::DumpReader reader({{path, 0}}, block_bytes, kLineBytes);
  tagtill::Block block;
  Read result;
  std::uint64_t bytes = 0;
  while (result.whole && reader.next(block)) {
    fuzz::expect(block.source + 1 == reader.source_count(), "a block of another source");
    fuzz::expect(block.capacity() <= block_bytes + kLineBytes + 1024, "a block that grows");
    add_lines(block, result.lines);
    bytes += block.source_bytes;
    result.whole = bytes < std::size_t{1} << 24;  // little can unpack to much
  }
  fuzz::expect(!result.whole || bytes == reader.bytes_read(), "bytes that are in no block");
  for (std::uint32_t i = 0; i < std::min<std::uint32_t>(reader.source_count(), kNames); ++i) {
    result.names.push_back(reader.source_name(reader.source_count() - 1 - i));
  }
  result.problems = reader.problems().shown();
  return result;
}

std::string shown(const Read& read) {
  std::string out;
  for (const Line& line : read.lines) {
    out += std::to_string(line.source) + " " + std::to_string(line.offset) + "+" +
           std::to_string(line.length) + "\n";
  }
  for (const std::string& problem : read.problems) {
    out += problem + "\n";
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const int file = ::memfd_create("dump", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  fuzz::expect(
      ::ftruncate(file, 0) == 0 && ::pwrite(file, bytes, size, 0) == static_cast<ssize_t>(size),
      "the input cannot be written to memory");
  const Read once = read(path, 512);
  const Read again = read(path, 5000);
  fuzz::expect(!once.whole || once == again,
               "the blocks change what is read\n" + shown(once) + "or\n" + shown(again));
  return 0;
}
