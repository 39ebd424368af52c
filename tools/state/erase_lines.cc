#include "tools/state/erase_lines.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/errors.h"
#include "engine/json_text.h"
#include "sinks/output_file.h"
#include "sinks/segment_names.h"
#include "tools/tags/line_reader.h"

namespace tagtill {
namespace {

[[noreturn]] void fail(const char* action, const std::string& path, int error) {
  throw Error(ExitCode::kIoFailed,
              fmt::format("the output: cannot {} {}: {}", action, path, explain_errno(error)));
}

// 0 if the file is there and is a regular one, else an errno.
int look_at(const std::string& path, struct stat& status) {
  if (::stat(path.c_str(), &status) != 0) {
    return errno;
  }
  return S_ISREG(status.st_mode) ? 0 : ESPIPE;
}

// Where the values of members stand in the line. Views of it, without quotes.
struct EventMembers final : JsonMembers {
  std::string_view type;
  std::string_view author_id;
  std::string_view confirm_id;
  std::string_view reach;

  JsonScope on_member(JsonScope scope, bool /*first*/, std::string_view name,
                      const JsonValue& value) override {
    if (scope == kRootScope && value.present()) {
      take(name, "type", value, type);
      take(name, "author_id", value, author_id);
      take(name, "confirm_id", value, confirm_id);
      take(name, "reach", value, reach);
    }
    return kNotWanted;
  }

 private:
  // The first of its name counts (P1.6).
  static void take(std::string_view name, std::string_view wanted, const JsonValue& value,
                   std::string_view& place) {
    if (name == wanted && place.data() == nullptr) {
      place = value.raw;
    }
  }
};

struct LetterMembers final : JsonMembers {
  std::string_view head;
  std::string_view head_base64;

  JsonScope on_member(JsonScope scope, bool /*first*/, std::string_view name,
                      const JsonValue& value) override {
    if (scope == kRootScope && value.type == JsonType::kString) {
      if (name == "head") {
        head = value.raw;
      } else if (name == "head_base64") {
        head_base64 = value.raw;
      }
    }
    return kNotWanted;
  }
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Appends what stands in base64, up to the first byte that does not belong there.
void append_decoded_base64(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) {
      return;
    }
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<char>(bits >> count & 0xFF));
    }
  }
}

// The new file, while it is written.
class FileBeside {
 public:
  FileBeside(const std::string& path, const struct stat& old, Disk& disk)
      : path_(path),
        beside_(path + ".forgetting"),
        disk_(disk),
        file_(beside_, "the output", disk) {
    file_.open_at(0, true);
    // Before anything stands in it. Who may not give a file away had no other owner's either.
    (void)!::chown(beside_.c_str(), old.st_uid, old.st_gid);
    if (::chmod(beside_.c_str(), old.st_mode & 07777) != 0) {
      fail("set the rights of", beside_, errno);
    }
  }

  // What was not put in its place is no use.
  ~FileBeside() {
    if (!replaced_) {
      (void)disk_.remove(beside_);
    }
  }
  FileBeside(const FileBeside&) = delete;
  FileBeside& operator=(const FileBeside&) = delete;

  [[nodiscard]] std::string& lines() { return file_.lines(); }
  void drain_if_full() { file_.drain_if_full(); }

  // Returns its length.
  std::uint64_t replace() {
    file_.flush();
    file_.close();
    int error = disk_.rename(beside_, path_);
    if (error != 0) {
      fail("put a new file in the place of", path_, error);
    }
    replaced_ = true;
    if ((error = disk_.sync_folder_of(path_)) != 0) {
      fail("sync the folder of", path_, error);
    }
    return file_.bytes();
  }

 private:
  std::string path_;
  std::string beside_;
  Disk& disk_;
  OutputFile file_;
  bool replaced_ = false;
};

// By number. None, of a folder that is not there.
std::vector<SegmentName> segments_in(const std::string& folder, Disk& disk) {
  std::vector<std::string> names;
  const int error = disk.list(folder, names);
  if (error != 0 && error != ENOENT) {
    fail("read", folder, error);
  }
  std::vector<SegmentName> segments;
  for (const std::string& name : names) {
    if (std::optional<SegmentName> segment = read_segment_name(name)) {
      segments.push_back(std::move(*segment));
    }
  }
  std::ranges::sort(segments, {}, &SegmentName::number);
  return segments;
}

}  // namespace

LineFate EventLineEraser::fate(std::string_view line, std::string& replacement) {
  EventMembers members;
  if (!walk_.walk(line, members).valid) {
    return contains(line, author_) ? LineFate::kDropped : LineFate::kStays;
  }
  scratch_.clear();
  if (unescape(members.author_id, scratch_) != Unescaped::kOk || scratch_ != author_) {
    return LineFate::kStays;
  }
  if (members.type != "confirmed") {
    return LineFate::kDropped;
  }
  struct Change {
    std::string_view value;
    std::string_view by;
  };
  std::array<Change, 3> changes = {
      {{members.author_id, kForgotten}, {members.confirm_id, kForgotten}, {members.reach, "0"}}};
  std::ranges::sort(changes, std::less<>(),
                    [](const Change& change) { return change.value.data(); });
  const char* taken = line.data();
  for (const Change& change : changes) {
    if (change.value.data() != nullptr) {
      replacement.append(taken, change.value.data()).append(change.by);
      taken = change.value.data() + change.value.size();
    }
  }
  replacement.append(taken, line.data() + line.size());
  return LineFate::kReplaced;
}

LineFate LetterLineEraser::fate(std::string_view line, std::string& /*replacement*/) {
  LetterMembers members;
  if (!walk_.walk(line, members).valid) {
    return contains(line, author_) ? LineFate::kDropped : LineFate::kStays;
  }
  scratch_.clear();
  (void)unescape(members.head, scratch_);
  if (contains(scratch_, author_)) {
    return LineFate::kDropped;
  }
  scratch_.clear();
  append_decoded_base64(scratch_, members.head_base64);
  return contains(scratch_, author_) ? LineFate::kDropped : LineFate::kStays;
}

void make_ready(const std::string& path, std::uint64_t mark, Disk& disk) {
  struct stat status {};
  int error = look_at(path, status);
  if (error == ENOENT && mark == 0) {
    return;
  }
  const auto size = static_cast<std::uint64_t>(error == 0 ? status.st_size : 0);
  if (error == ENOENT || (error == 0 && size < mark)) {
    throw Error(
        ExitCode::kIoFailed,
        fmt::format("the output: {} {}, and the state has committed {} bytes to it. Put it back as "
                    "it was, or leave it for good: tagtill state forget --state PATH --output",
                    path, error == 0 ? fmt::format("has {} bytes", size) : "is not there", mark));
  }
  if (error != 0) {
    fail("look at", path, error);
  }
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  if (::access(path.c_str(), R_OK) != 0 || ::access(folder.c_str(), W_OK) != 0) {
    fail("write anew", path, errno);
  }
  const std::unique_ptr<DiskFile> file = disk.open(path, Disk::Open::kKeep, error);
  if (file == nullptr || (size > mark && (error = file->truncate(mark)) != 0) ||
      (error = file->sync()) != 0 || (error = file->close()) != 0) {
    fail("cut back", path, error);
  }
}

Erased erase_lines(const std::string& path, const FateOfLine& fate, Disk& disk) {
  struct stat status {};
  const int error = look_at(path, status);
  if (error == ENOENT) {
    return {};
  }
  if (error != 0) {
    fail("look at", path, error);
  }
  Erased erased;
  LineReader reader(path);
  FileBeside beside(path, status, disk);
  for (auto next = reader.next(); next != LineReader::Status::kEnd; next = reader.next()) {
    switch (next) {
      case LineReader::Status::kLine: {
        const LineFate line = fate(reader.line(), beside.lines());
        erased.dropped += line == LineFate::kDropped ? 1 : 0;
        erased.purchases += line == LineFate::kReplaced ? 1 : 0;
        if (line == LineFate::kStays) {
          beside.lines() += reader.line();
        }
        if (line != LineFate::kDropped) {
          beside.lines() += '\n';
          beside.drain_if_full();
        }
        break;
      }
      case LineReader::Status::kTooLong:
        throw Error(ExitCode::kBadInput,
                    fmt::format("the output: line {} of {} is longer than any that tagtill writes. "
                                "Put the file back as it was, or leave it for good: tagtill state "
                                "forget --state PATH --output",
                                reader.line_number(), path));
      case LineReader::Status::kFailed:
        throw Error(ExitCode::kIoFailed, fmt::format("the output: {}", reader.problem()));
      case LineReader::Status::kMustWait:
      case LineReader::Status::kEnd:
        break;
    }
  }
  erased.mark = beside.replace();
  return erased;
}

void make_segments_ready(const std::string& folder, std::uint64_t mark, const std::string& stream,
                         Disk& disk) {
  const SegmentMark known = SegmentMark::read(mark);
  std::optional<SegmentName> growing;
  for (const SegmentName& segment : segments_in(folder, disk)) {
    if (segment.grows && segment.stream == stream && segment.number >= known.number) {
      growing = segment;
    }
  }
  if (!growing && mark != 0) {
    throw Error(
        ExitCode::kIoFailed,
        fmt::format("the output: {} has no segment that grows, and the state has committed to one. "
                    "Put the folder back as it was, or leave it for good: tagtill state forget "
                    "--state PATH --output",
                    folder));
  }
  if (growing) {
    make_ready(folder + growing->text(), growing->number == known.number ? known.bytes : 0, disk);
  }
}

Erased erase_segments(const std::string& folder, std::uint64_t mark, const FateOfLine& fate,
                      Disk& disk) {
  Erased all;
  all.mark = mark;
  for (const SegmentName& segment : segments_in(folder, disk)) {
    const Erased one = erase_lines(folder + segment.text(), fate, disk);
    all.dropped += one.dropped;
    all.purchases += one.purchases;
    if (segment.grows) {
      all.mark = SegmentMark{segment.number, one.mark}.value();
    }
  }
  return all;
}

}  // namespace tagtill
