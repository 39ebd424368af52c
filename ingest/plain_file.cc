#include "ingest/plain_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "ingest/packing.h"

namespace tagtill {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Read with a block in front of it: of these bytes only the last one is looked at, but
// cache lines of the file should be cache lines of the block.
constexpr std::uint64_t kBeforeBytes = 64;

// Read with a block behind it: where the last line mostly ends.
constexpr std::uint64_t kTailBytes = 4096;
static_assert(kBeforeBytes + kTailBytes <= kBlockSlack);

// Reads up to `size` bytes; fewer at the end of the file or, with `error` set, after a
// failure.
std::size_t read_at(int file, char* to, std::size_t size, std::uint64_t at, int& error) {
  std::size_t held = 0;
  while (held < size) {
    const ssize_t got = ::pread(file, to + held, size - held, static_cast<off_t>(at + held));
    if (got > 0) {
      held += static_cast<std::size_t>(got);
    } else if (got == 0) {
      break;
    } else if (errno != EINTR) {
      error = errno;
      break;
    }
  }
  return held;
}

bool is_blank(std::string_view bytes) {
  return bytes.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

// One block while it is read. Places are counted from where the block's bytes begin in
// the file, `from`.
struct PlainFile::Reading {
  const PlainFile& file;
  Block& block;
  std::uint64_t from;
  bool is_first;          // block: it begins where a line starts
  bool whole_lines;       // leaves out the piece of a line before a place that cannot be read
  std::size_t end;        // of the piece
  std::size_t held = 0;   // bytes that were read
  std::size_t first = 0;  // where the first line starts
  bool at_end = false;    // of the file, or where it cannot be read
  std::string failure{};

  [[nodiscard]] char* bytes() const { return block.mutable_data(); }

  // Reads on to `wanted`, if the file goes so far.
  void read_up_to(std::size_t wanted) {
    const auto last = static_cast<std::size_t>(file.size_ - from);
    wanted = std::min(wanted, last);
    held += take(bytes() + held, wanted - held, from + held);
    at_end = at_end || held == last;
  }

  // Reads from the place `at` of the file.
  std::size_t take(char* to, std::size_t size, std::uint64_t at) {
    int error = 0;
    const std::size_t got = read_at(file.file_, to, size, at, error);
    if (got < size) {
      failure = "The dump " + file.path_ + " cannot be read from byte " + std::to_string(at + got) +
                " on: " +
                (error != 0 ? std::generic_category().message(error)
                            : std::string("it was made shorter while it was read")) +
                ". What stands before was used.";
      at_end = true;
    }
    return got;
  }

  // Where the first line of the piece starts; false if none does.
  bool find_first_line() {
    const std::size_t looked_at = std::min(held, end);
    if (is_first) {
      first = from == 0 && std::string_view(bytes(), held).starts_with(kByteOrderMark)
                  ? kByteOrderMark.size()
                  : 0;
    } else {
      const std::size_t before = kBeforeBytes - 1;
      const void* newline =
          looked_at > before ? std::memchr(bytes() + before, '\n', looked_at - before) : nullptr;
      if (newline == nullptr) {
        return false;
      }
      first = static_cast<std::size_t>(static_cast<const char*>(newline) - bytes()) + 1;
    }
    return first < looked_at;
  }

  // The place behind the line feed at or behind `place`; 0 if there is none yet.
  [[nodiscard]] std::size_t line_end_from(std::size_t place) const {
    const void* newline = place < held ? std::memchr(bytes() + place, '\n', held - place) : nullptr;
    return newline == nullptr
               ? 0
               : static_cast<std::size_t>(static_cast<const char*>(newline) - bytes()) + 1;
  }

  // Where the last line of the piece starts, when it goes beyond it or to where reading ended.
  [[nodiscard]] std::size_t last_line() const {
    const void* newline = ::memrchr(bytes() + first, '\n', std::min(end, held) - first);
    return newline == nullptr
               ? first
               : static_cast<std::size_t>(static_cast<const char*>(newline) - bytes()) + 1;
  }

  // `whole`: the block's lines are there to their last byte. If anything could not be
  // read then, it stands in the next block, which will say so.
  void finish(std::size_t lines_end, std::uint64_t source_end, std::uint64_t mark, bool whole) {
    if (whole) {
      failure.clear();
    }
    block.set_lines(first, lines_end - first);
    block.offset = from + first;
    block.source_bytes = source_end - (from + first) + mark;
    block.end_offset = source_end;
  }

  void read_lines() {
    block.overlong_bytes = 0;
    read_up_to(end + kTailBytes);
    const bool found = find_first_line();
    const std::uint64_t mark = from == 0 ? first : 0;
    if (!found) {
      finish(first, from + first, mark, held >= end);
      return;
    }
    // A line feed that is the last byte of the piece ends its last line.
    std::size_t lines_end = line_end_from(end - 1);
    if (lines_end == 0 && !at_end) {
      const std::size_t last = last_line();
      // Of a line of which so much has come without its end, the length without a line
      // end is surely above the limit: the last byte may be the `\r` of one.
      const std::size_t overlong_at = last + file.line_bytes_max_ + 2;
      while (lines_end == 0 && !at_end && held < overlong_at) {
        const std::size_t searched = held;
        const std::size_t wanted = std::min(2 * held, overlong_at);
        block.reserve(wanted, held);
        read_up_to(wanted);
        lines_end = line_end_from(searched);
      }
      if (lines_end == 0 && held >= overlong_at) {
        pass_over_line(last, mark);
        return;
      }
    }
    const bool ended = lines_end != 0;
    if (!ended) {
      lines_end = whole_lines && !failure.empty() ? last_line() : held;
    }
    finish(lines_end, from + lines_end, mark, ended);
  }

  // Block, invariant 2: the line at `last` is longer than can be held. Its head stands
  // where it should; what comes behind is read over and over to the same place.
  void pass_over_line(std::size_t last, std::uint64_t mark) {
    bool blank = is_blank({bytes() + last, held - last});
    char last_byte = bytes()[held - 1];
    std::uint64_t next = from + held;
    char* const piece = bytes() + last + kDeadLetterBytes;
    const std::size_t piece_bytes = block.capacity() - last - kDeadLetterBytes;
    bool newline_met = false;
    while (!newline_met && !at_end) {
      const std::uint64_t left = file.size_ - next;
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, left));
      const std::size_t got = take(piece, wanted, next);
      at_end = at_end || got == left;
      const std::string_view bytes_read(piece, got);
      const std::size_t newline = bytes_read.find('\n');
      newline_met = newline != std::string_view::npos;
      const std::string_view of_line = bytes_read.substr(0, newline);
      if (!of_line.empty()) {
        last_byte = of_line.back();
        blank = blank && is_blank(of_line);
      }
      next += of_line.size();
    }
    if (whole_lines && !newline_met && !failure.empty()) {
      finish(last, from + last, mark, false);
      return;
    }
    const std::uint64_t line_end = next;
    const std::uint64_t source_end = line_end + (newline_met ? 1 : 0);
    if (blank) {
      // A keep-alive, however long (P1.1): a short one stands for it.
      bytes()[last] = newline_met ? '\n' : ' ';
      finish(last + 1, source_end, mark, newline_met);
      return;
    }
    finish(last, source_end, mark, newline_met);
    block.overlong_bytes = line_end - (from + last) - (newline_met && last_byte == '\r' ? 1 : 0);
  }
};

PlainFile::PlainFile(std::string path, int file, std::uint64_t begin, std::uint64_t size,
                     std::size_t block_bytes, std::size_t line_bytes_max)
    : path_(std::move(path)),
      file_(file),
      begin_(std::min(begin, size)),
      size_(size),
      block_bytes_(std::max(block_bytes, kBeforeBytes)),
      line_bytes_max_(std::max(line_bytes_max, kDeadLetterBytes)) {}

PlainFile::~PlainFile() { ::close(file_); }

std::shared_ptr<const PlainFile> PlainFile::open(const std::string& path, std::size_t block_bytes,
                                                 std::size_t line_bytes_max, std::uint64_t begin) {
  struct stat status {};
  // First, for to open a pipe would wait for whoever writes to it.
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) {
    return nullptr;
  }
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (descriptor < 0) {
    return nullptr;
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  std::shared_ptr<const PlainFile> file(
      new PlainFile(path, descriptor, begin, size, block_bytes, line_bytes_max));
  std::array<char, kPackingHeadBytes> bytes{};
  int error = 0;
  const std::string_view head(bytes.data(),
                              read_at(descriptor, bytes.data(), bytes.size(), 0, error));
  if (error != 0 || head.empty() || packing_of(head) != Packing::kPlain ||
      !unread_packing(head).empty()) {
    return nullptr;
  }
  // Advice; without it the file is read all the same.
  (void)::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  return file;
}

std::uint64_t PlainFile::block_count() const {
  return std::max<std::uint64_t>((size_ - begin_ + block_bytes_ - 1) / block_bytes_, 1);
}

std::optional<std::string> PlainFile::read(std::uint64_t number, Block& block,
                                           bool whole_lines) const {
  const std::uint64_t begin = begin_ + number * block_bytes_;
  const std::uint64_t from = number == 0 ? begin : begin - kBeforeBytes;
  const std::uint64_t end = std::min<std::uint64_t>(begin + block_bytes_, size_);
  block.reserve(block_bytes_ + kBlockSlack, 0);
  Reading reading{.file = *this,
                  .block = block,
                  .from = from,
                  .is_first = number == 0,
                  .whole_lines = whole_lines,
                  .end = static_cast<std::size_t>(end - from)};
  reading.read_lines();
  return reading.failure.empty() ? std::nullopt : std::optional(std::move(reading.failure));
}

}  // namespace tagtill
