// Erases an author from the files of outputs that hold lines.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/disk.h"
#include "engine/json_walk.h"

namespace tagtill {

// What takes the place of the ids in a purchase that stays.
inline constexpr std::string_view kForgotten = "forgotten";

// What was done to an output.
struct Erased {
  std::uint64_t dropped = 0;    // events or dead letters
  std::uint64_t purchases = 0;  // that stay, without the author
  std::uint64_t mark = 0;       // what the state must know of the output now

  bool operator==(const Erased&) const = default;
};

enum class LineFate : std::uint8_t { kStays, kDropped, kReplaced };

// Tells the lines of one author among events (P8). One thread.
class EventLineEraser {
 public:
  explicit EventLineEraser(std::string_view author) : author_(author) {}

  // A `confirmed` event of the author is replaced: it stays as it is but for author_id and
  // confirm_id, which become kForgotten, and reach, which becomes 0. Every other event of theirs
  // is dropped, and a line that is no JSON if it holds the id. `line` is without its end, and so
  // is what is appended to `replacement`.
  [[nodiscard]] LineFate fate(std::string_view line, std::string& replacement);

 private:
  std::string author_;
  std::string scratch_;
  JsonWalk walk_;
};

// The same for dead letters: one is dropped when the beginning of its line, as it was or as it is
// shown, holds the id.
class LetterLineEraser {
 public:
  explicit LetterLineEraser(std::string_view author) : author_(author) {}
  [[nodiscard]] LineFate fate(std::string_view line, std::string& replacement);

 private:
  std::string author_;
  std::string scratch_;
  JsonWalk walk_;
};

// Sees to it that erase_lines() can begin: the file can be read and its folder written, and it is
// cut back to its first `mark` bytes, which is how long the state knows it to be. At 0 it may be
// missing. `path` is absolute. Throws tagtill::Error (kIoFailed): also when it is shorter, or
// missing.
void make_ready(const std::string& path, std::uint64_t mark, Disk& disk);

// Writes the lines that stay into a file beside (PATH.forgetting), with the same owner and
// rights, and puts that in the place of the file: whatever dies when, there is the old one or the
// new one, whole. A missing file is left alone. Needs as much room again as what stays.
//
// Returns the length of the file, and what was done. Throws tagtill::Error: kIoFailed, and
// kBadInput for a line of more than 16 MiB, which no output of ours has.
using FateOfLine = std::function<LineFate(std::string_view line, std::string& replacement)>;
[[nodiscard]] Erased erase_lines(const std::string& path, const FateOfLine& fate, Disk& disk);

// The same two for a folder of segments (sinks/segment_sink.h), which ends with a `/`: the one that
// grows is cut back, and all that are there are rewritten. What was taken out of the folder is out
// of reach.
void make_segments_ready(const std::string& folder, std::uint64_t mark, const std::string& stream,
                         Disk& disk);
[[nodiscard]] Erased erase_segments(const std::string& folder, std::uint64_t mark,
                                    const FateOfLine& fate, Disk& disk);

}  // namespace tagtill
