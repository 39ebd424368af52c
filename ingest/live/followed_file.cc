#include "ingest/live/followed_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "engine/errors.h"
#include "engine/sha256.h"

namespace tagtill {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeadBytes = 4096;
constexpr std::size_t kFilesLookedAt = 10'000;  // of the folder, for one that was renamed

std::string error_text(int error) { return std::generic_category().message(error); }

std::string digest_of(std::string_view bytes) {
  Sha256 sha;
  sha.add(bytes);
  return as_hex(sha.take());
}

// As it is written in a mark.
struct Place {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t base = 0;
  std::size_t digested = 0;
  std::string digest;
};

std::optional<Place> read_mark(const std::string& mark) {
  std::istringstream text(mark);
  std::string form;
  Place place;
  text >> form >> place.device >> place.inode >> place.base >> place.digested >> place.digest;
  if (text.fail() || form != "file1" || place.digested > kHeadBytes) {
    return std::nullopt;
  }
  return place;
}

Descriptor open_file(const std::string& path) {
  return Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
}

std::string head_of(const Descriptor& file, std::size_t bytes) {
  std::string head(bytes, '\0');
  const ssize_t got = ::pread(file.get(), head.data(), head.size(), 0);
  head.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return head;
}

// Is it that file, with all that was read of it?
bool is_at(const Descriptor& file, const Place& place, std::uint64_t position) {
  struct stat status {};
  return file.is_open() && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
         status.st_dev == place.device && status.st_ino == place.inode &&
         static_cast<std::uint64_t>(status.st_size) >= position - place.base &&
         digest_of(head_of(file, place.digested)) == place.digest;
}

}  // namespace

FollowedFile::FollowedFile(const LiveSource& source, std::uint64_t position,
                           const std::string& mark, std::function<void(const std::string&)> tell)
    : name_(source.name),
      path_(source.path),
      folder_(fs::path(source.path).parent_path().string()),
      tell_(std::move(tell)),
      events_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      base_(position) {
  if (folder_.empty()) {
    folder_ = ".";
  }
  struct stat status {};
  if (::stat(folder_.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    throw Error(ExitCode::kBadConfig,
                fmt::format("The source {}: there is no folder {}. Make it, or give another path.",
                            name_, folder_));
  }
  if (::stat(path_.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    throw Error(ExitCode::kBadConfig,
                fmt::format("The source {}: {} is no plain file, and cannot be followed. Without "
                            "follow a named pipe is read to its end.",
                            name_, path_));
  }
  // Without it: as where there is no inotify.
  (void)::inotify_add_watch(events_.get(), folder_.c_str(), IN_CREATE | IN_MOVED_TO);
  if (!mark.empty()) {
    look_for(mark, position);
  }
}

// Goes on in the file that the mark is of, under whatever name.
void FollowedFile::look_for(const std::string& mark, std::uint64_t position) {
  const std::optional<Place> place = read_mark(mark);
  if (place && place->base <= position) {
    Descriptor file = open_file(path_);
    std::error_code ended;
    fs::directory_iterator at(folder_, ended);
    for (std::size_t left = kFilesLookedAt;
         !is_at(file, *place, position) && !ended && at != fs::directory_iterator() && left > 0;
         --left, at.increment(ended)) {
      struct stat status {};
      if (::lstat(at->path().c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
          status.st_ino == place->inode) {
        file = open_file(at->path().string());
      }
    }
    if (is_at(file, *place, position)) {
      base_ = place->base;
      take(std::move(file), position - base_);
      return;
    }
  }
  tell_(
      fmt::format("{}: the file that was read last is not there any more, or was overwritten. {} "
                  "is read from its beginning; what the other one had beyond is not known.",
                  name_, path_));
}

void FollowedFile::take(Descriptor file, std::uint64_t offset) {
  file_ = std::move(file);
  (void)::fstat(file_.get(), &identity_);
  (void)::lseek(file_.get(), static_cast<off_t>(offset), SEEK_SET);
  offset_ = offset;
  head_ = head_of(file_, static_cast<std::size_t>(std::min<std::uint64_t>(offset, kHeadBytes)));
  mark_.clear();
  if (watch_ >= 0) {
    (void)::inotify_rm_watch(events_.get(), watch_);
  }
  // By the descriptor, since the name may be another one's by now.
  watch_ = ::inotify_add_watch(events_.get(), fmt::format("/proc/self/fd/{}", file_.get()).c_str(),
                               IN_MODIFY);
}

bool FollowedFile::open_if_there() {
  Descriptor file = open_file(path_);
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return false;
  }
  take(std::move(file), 0);
  return true;
}

bool FollowedFile::has_successor() const {
  struct stat now {};
  return ::stat(path_.c_str(), &now) == 0 && S_ISREG(now.st_mode) &&
         (now.st_ino != identity_.st_ino || now.st_dev != identity_.st_dev);
}

// Before the file is looked at: what is written later is told anew.
void FollowedFile::take_events() const {
  std::array<char, 4096> events;
  while (::read(events_.get(), events.data(), events.size()) > 0) {
  }
}

Channel::Got FollowedFile::read(std::span<char> to) {
  take_events();
  if (!file_.is_open() && !open_if_there()) {
    return {Got::Kind::kNothing};
  }
  // Asked first: what is written before the name changes is read.
  const bool is_last = has_successor();
  ssize_t got = 0;
  do {
    got = ::read(file_.get(), to.data(), to.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    failure_ = error_text(errno);
    return {Got::Kind::kFailed};
  }
  if (got > 0) {
    const auto bytes = static_cast<std::size_t>(got);
    if (head_.size() < kHeadBytes && head_.size() == offset_) {
      head_.append(to.data(), std::min(bytes, kHeadBytes - head_.size()));
    }
    offset_ += bytes;
    return {Got::Kind::kBytes, bytes, true};
  }
  struct stat status {};
  if (::fstat(file_.get(), &status) == 0 && static_cast<std::uint64_t>(status.st_size) < offset_) {
    tell_(
        fmt::format("{}: {} was made shorter while it was read, and is begun anew.", name_, path_));
    return {Got::Kind::kEnd};
  }
  return {is_last ? Got::Kind::kEnd : Got::Kind::kNothing};
}

void FollowedFile::begin_next(std::uint64_t position) {
  base_ = position;
  file_.close();
  (void)open_if_there();
}

const std::string& FollowedFile::mark(std::uint64_t position) {
  const auto bytes =
      static_cast<std::size_t>(std::min<std::uint64_t>(position - base_, head_.size()));
  if (mark_.empty() || marked_bytes_ != bytes) {
    marked_bytes_ = bytes;
    mark_ = fmt::format("file1 {} {} {} {} {}", identity_.st_dev, identity_.st_ino, base_, bytes,
                        digest_of(std::string_view(head_).substr(0, bytes)));
  }
  return mark_;
}

}  // namespace tagtill
