#include "ingest/dump_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "ingest/dump_files.h"
#include "ingest/interrupt.h"

namespace tagtill {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// A byte order mark, a dead letter's head and a line end of two stand in the
// smallest block.
constexpr std::size_t kBlockBytesMin = 512;

// How much is read at a time of what is passed over.
constexpr std::uint64_t kPassBytes = 65'536;

bool is_blank(std::string_view bytes) {
  return bytes.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

const char* find_last_newline(const char* bytes, std::size_t size) {
  return static_cast<const char*>(::memrchr(bytes, '\n', size));
}

}  // namespace

class DumpReader::Impl {
 public:
  Impl(std::vector<DumpSource> dumps, std::size_t block_bytes, std::size_t line_bytes_max,
       OnProblem on_problem, std::shared_ptr<const Interrupt> interrupt)
      : interrupt_(interrupt != nullptr ? std::move(interrupt) : std::make_shared<Interrupt>()),
        dumps_(std::move(dumps)),
        block_bytes_(std::max(block_bytes, kBlockBytesMin)),
        line_bytes_max_(std::max(line_bytes_max, kDeadLetterBytes)),
        on_problem_(on_problem) {}

  bool next(Block& block) {
    while (file_open_ || open_next()) {
      if (fill(block)) {
        block.source = source_count_ - 1;
        return true;
      }
      file_open_ = false;
    }
    return false;
  }

  [[nodiscard]] std::uint32_t source_count() const { return source_count_; }
  [[nodiscard]] const std::string& source_name(std::uint32_t source) const {
    return names_.at(source % kNamesKept);
  }
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }
  [[nodiscard]] std::uint64_t stored_bytes_read() const {
    return stored_bytes_ + (files_ ? files_->stored_bytes() : 0);
  }
  [[nodiscard]] const FileErrors& problems() const { return problems_; }

 private:
  // Of a line of which more has come without its end, the length without a line
  // end is surely above the limit: the last byte may be the `\r` of one.
  [[nodiscard]] std::size_t overlong_from() const { return line_bytes_max_ + 2; }

  [[nodiscard]] bool stopped() const {
    return on_problem_ == OnProblem::kStop && !problems_.empty();
  }

  // At the end of a source. True if what stands there is no line, but the piece of one that is
  // to be read when the source is whole.
  [[nodiscard]] bool leaves_piece() const {
    return on_problem_ == OnProblem::kStop && files_->has_broken_off();
  }

  // Opens the next file of this dump or of those behind it; false at the end.
  bool open_next() {
    while (!stopped()) {
      if (!files_) {
        if (dump_ == dumps_.size()) {
          return false;
        }
        files_.emplace(dumps_[dump_].name, problems_, *interrupt_);
        file_number_ = 0;
      }
      if (files_->next()) {
        if (stopped()) {
          return false;
        }
        names_[source_count_++ % kNamesKept] = files_->name();
        offset_ = 0;
        taken_ = 0;
        ended_ = false;
        const std::uint32_t file = file_number_++;
        if (file < dumps_[dump_].first_file) {
          pass_over(std::numeric_limits<std::uint64_t>::max());
          continue;
        }
        if (file == dumps_[dump_].first_file) {
          pass_over(dumps_[dump_].first_offset);
        }
        file_open_ = true;
        return true;
      }
      stored_bytes_ += files_->stored_bytes();
      files_.reset();
      ++dump_;
    }
    return false;
  }

  // Goes to this place of the source, or to its end. What is packed must be unpacked for it.
  void pass_over(std::uint64_t bytes) {
    std::vector<char> passed(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kPassBytes)));
    while (taken_ < bytes && !ended_) {
      const std::size_t got = files_->read(std::span(passed).first(
          static_cast<std::size_t>(std::min<std::uint64_t>(bytes - taken_, passed.size()))));
      ended_ = got == 0;
      taken_ += got;
    }
    offset_ = taken_;
  }

  // Reads into `to` what the source gives at once; 0 at its end.
  std::size_t read_some(std::span<char> to) {
    const std::size_t got = ended_ ? 0 : files_->read(to);
    ended_ = got == 0;
    taken_ += got;
    bytes_read_ += got;
    return got;
  }

  // The next block of the source; false at its end.
  bool fill(Block& block) {
    const bool at_start = taken_ == 0;
    std::size_t held = take_carry(block);
    std::size_t wanted = block_bytes_;
    std::size_t searched = 0;
    std::size_t mark = 0;  // bytes of a byte order mark
    for (;;) {
      held = read_up_to(block, held, wanted);
      if (at_start && searched == 0) {
        mark = remove_byte_order_mark(block, held);
        held -= mark;
      }
      const char* newline = find_last_newline(block.mutable_data() + searched, held - searched);
      if (newline != nullptr) {
        const auto size = static_cast<std::size_t>(newline - block.mutable_data()) + 1;
        carry_.assign(block.mutable_data() + size, held - size);
        return finish(block, size, size, mark);
      }
      if (ended_) {
        return (held > 0 || mark > 0) && !leaves_piece() && finish(block, held, held, mark);
      }
      if (held >= overlong_from()) {
        return pass_over_line(block, held, mark);
      }
      searched = held;
      wanted = std::min(2 * held + kBlockBytesMin, overlong_from());
      block.reserve(wanted, held);
    }
  }

  // Starts the block with what was left of the last one.
  std::size_t take_carry(Block& block) {
    block.reserve(std::max(block_bytes_, carry_.size()), 0);
    const std::size_t held = carry_.copy(block.mutable_data(), carry_.size());
    carry_.clear();
    return held;
  }

  std::size_t read_up_to(Block& block, std::size_t held, std::size_t wanted) {
    while (held < wanted) {
      const std::size_t got = read_some({block.mutable_data() + held, wanted - held});
      if (got == 0) {
        break;
      }
      held += got;
    }
    return held;
  }

  static std::size_t remove_byte_order_mark(Block& block, std::size_t held) {
    if (!std::string_view(block.mutable_data(), held).starts_with(kByteOrderMark)) {
      return 0;
    }
    const std::size_t mark = kByteOrderMark.size();
    std::memmove(block.mutable_data(), block.mutable_data() + mark, held - mark);
    return mark;
  }

  // Block, invariant 2: reads on to the end of the line whose first `held` bytes
  // stand in the block, keeping only its head.
  bool pass_over_line(Block& block, std::size_t held, std::size_t mark) {
    std::array<char, kDeadLetterBytes> head{};
    std::memcpy(head.data(), block.mutable_data(), head.size());
    std::uint64_t length = held;  // without the `\n`
    bool blank = is_blank({block.mutable_data(), held});
    char last = block.mutable_data()[held - 1];
    bool newline_met = false;
    while (!newline_met) {
      const std::size_t got = read_some({block.mutable_data(), block.capacity()});
      if (got == 0) {
        break;
      }
      const std::string_view piece(block.mutable_data(), got);
      const std::size_t newline = piece.find('\n');
      newline_met = newline != std::string_view::npos;
      const std::string_view of_line = piece.substr(0, newline);
      if (newline_met) {
        carry_.assign(piece.substr(newline + 1));
      }
      if (!of_line.empty()) {
        last = of_line.back();
        blank = blank && is_blank(of_line);
      }
      length += of_line.size();
    }
    if (!newline_met && leaves_piece()) {
      return false;
    }
    const std::uint64_t source_bytes = length + (newline_met ? 1 : 0);
    if (blank) {
      // A keep-alive, however long (P1.1): a short one stands for it.
      block.mutable_data()[0] = newline_met ? '\n' : ' ';
      return finish(block, 1, source_bytes, mark);
    }
    std::memcpy(block.mutable_data(), head.data(), head.size());
    finish(block, 0, source_bytes, mark);
    block.overlong_bytes = length - (newline_met && last == '\r' ? 1 : 0);
    return true;
  }

  bool finish(Block& block, std::size_t size, std::uint64_t source_bytes, std::size_t mark) {
    block.set_lines(0, size);
    block.offset = offset_ + mark;
    block.source_bytes = source_bytes + mark;
    block.overlong_bytes = 0;
    offset_ += block.source_bytes;
    block.end_offset = offset_;
    return true;
  }

  std::shared_ptr<const Interrupt> interrupt_;
  std::vector<DumpSource> dumps_;
  std::size_t block_bytes_;
  std::size_t line_bytes_max_;
  OnProblem on_problem_;
  FileErrors problems_;
  std::vector<std::string> names_ =
      std::vector<std::string>(kNamesKept);  // of the last sources, in a ring
  std::uint32_t source_count_ = 0;           // up to the one that is read
  std::uint64_t bytes_read_ = 0;
  std::uint64_t stored_bytes_ = 0;  // of the dumps before this one

  std::size_t dump_ = 0;            // the one that is read, or comes next
  std::optional<DumpFiles> files_;  // of the dump; none between two
  std::uint32_t file_number_ = 0;   // of the next one in it
  bool file_open_ = false;          // files_ stands at one
  bool ended_ = false;              // it has no more
  std::uint64_t taken_ = 0;         // bytes read from it
  std::uint64_t offset_ = 0;        // of the next block in it
  std::string carry_;               // bytes from offset_ on that were read already
};

DumpReader::DumpReader(std::vector<DumpSource> sources, std::size_t block_bytes,
                       std::size_t line_bytes_max, OnProblem on_problem,
                       std::shared_ptr<const Interrupt> interrupt)
    : impl_(std::make_unique<Impl>(std::move(sources), block_bytes, line_bytes_max, on_problem,
                                   std::move(interrupt))) {}
DumpReader::~DumpReader() = default;

bool DumpReader::next(Block& block) { return impl_->next(block); }
std::uint32_t DumpReader::source_count() const { return impl_->source_count(); }
const std::string& DumpReader::source_name(std::uint32_t source) const {
  return impl_->source_name(source);
}
std::uint64_t DumpReader::bytes_read() const { return impl_->bytes_read(); }
std::uint64_t DumpReader::stored_bytes_read() const { return impl_->stored_bytes_read(); }
const FileErrors& DumpReader::problems() const { return impl_->problems(); }

}  // namespace tagtill
