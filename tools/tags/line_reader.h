// Lines of a file or of standard input, with bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tagtill {

// Used by one thread. Lines end with `\n` or `\r\n`; the last may lack its end.
//
// Bounds: one line of kLineBytes plus what one read brings. Of a longer line
// only its number is told.
class LineReader {
 public:
  static constexpr std::size_t kLineBytes = std::size_t{16} << 20;

  // `path` may be `-`.
  explicit LineReader(std::string path);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  enum class Status {
    kLine,      // line() is the next line
    kTooLong,   // the next line is over kLineBytes and was passed over
    kMustWait,  // the next call reads: what was answered so far can go out first
    kEnd,
    kFailed,  // problem() says why; there is no more
  };
  [[nodiscard]] Status next();

  // Without its end; dies at the next call of next().
  [[nodiscard]] std::string_view line() const { return line_; }
  [[nodiscard]] std::uint64_t line_number() const { return line_number_; }  // from 1
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  Status take_line(std::size_t length, std::size_t end_length);
  bool read_more();  // false at the end, or on a failure
  bool fail(int error);

  std::string path_;
  std::string buffer_;
  std::size_t begin_ = 0;     // of the next line in buffer_
  std::size_t searched_ = 0;  // up to here there is no line end
  std::string_view line_;
  std::string problem_;
  std::uint64_t line_number_ = 0;
  int descriptor_ = -1;
  bool told_to_wait_ = false;
  bool ended_ = false;
  bool passing_over_ = false;  // within a line that is too long
};

}  // namespace tagtill
