#include "sinks/output_file.h"

#include <fmt/core.h>

#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/errors.h"

namespace tagtill {

std::string explain_errno(int error) {
  std::string_view advice;
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      advice = "Free some room there, or choose another place.";
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      advice = "Check the rights, or choose another place.";
      break;
    case ENOENT:
    case ENOTDIR:
      advice = "Make the folder first, or correct the path.";
      break;
    case EISDIR:
      advice = "Give the path of a file, not of a folder.";
      break;
    case EBADF:
      advice = "Whoever started the program closed it.";
      break;
    case EPIPE:
      advice = "Whatever was reading it went away before the end.";
      break;
    case EFBIG:
      advice = "Raise the limit of file sizes (ulimit -f), or choose another file system.";
      break;
    default:
      advice = "Check the disk, or choose another place.";
      break;
  }
  return fmt::format("{}. {}", std::generic_category().message(error), advice);
}

OutputFile::OutputFile(std::string path, std::string role, Disk& disk)
    : path_(std::move(path)), role_(std::move(role)), disk_(disk) {}

void OutputFile::begin(std::uint64_t bytes, bool sync) {
  lines_.reserve(kBufferBytes + kBufferBytes / 4);
  bytes_in_file_ = bytes;
  sync_ = sync;
  synced_ = true;
}

void OutputFile::open() {
  begin(0, false);
  if (path_ == "-") {
    file_ = standard_output();
    return;
  }
  int error = 0;
  file_ = disk_.open(path_, Disk::Open::kEmpty, error);
  if (file_ == nullptr) {
    fail("open", error);
  }
}

void OutputFile::open_at(std::uint64_t bytes, bool sync) {
  begin(bytes, sync);
  if (path_ == "-") {
    refuse_stream();
  }
  int error = 0;
  file_ = disk_.open(path_, Disk::Open::kKeep, error);
  if (file_ == nullptr && error == ESPIPE) {
    refuse_stream();
  }
  std::uint64_t size = 0;
  if (file_ == nullptr || (error = file_->size(size)) != 0) {
    fail("open", error);
  }
  if (size < bytes) {
    throw Error(ExitCode::kIoFailed,
                fmt::format("{}: {} is shorter than what the state has committed to it: {} bytes "
                            "instead of {}. Put the file back as it was, or replay the dumps with "
                            "a new state.",
                            role_, path_, size, bytes));
  }
  if (size > bytes && (error = file_->truncate(bytes)) != 0) {
    fail("cut back", error);
  }
  if (sync && (error = disk_.sync_folder_of(path_)) != 0) {
    fail("sync the folder of", error);
  }
}

void OutputFile::write_lines() {
  std::size_t written = 0;
  while (written < lines_.size()) {
    std::size_t step = 0;
    const int error = file_->write(std::string_view(lines_).substr(written), step);
    written += step;
    if (error != 0 && error != EINTR) {
      cut_back(written);
      fail("write", error);
    }
  }
  synced_ = synced_ && written == 0;
  bytes_in_file_ += written;
  lines_.clear();
}

void OutputFile::flush() {
  write_lines();
  if (sync_) {
    sync_written();
  }
}

void OutputFile::sync() {
  write_lines();
  sync_written();
}

void OutputFile::sync_written() {
  if (synced_) {
    return;
  }
  if (const int error = file_->sync(); error != 0) {
    fail("sync", error);
  }
  synced_ = true;
}

void OutputFile::close() {
  if (file_ == nullptr) {
    return;
  }
  flush();
  if (const int error = file_->close(); error != 0) {
    fail("close", error);
  }
}

// Cuts off the piece of a line at the end of the file. Standard output is left
// alone: what stood in it before us is not ours to count from.
void OutputFile::cut_back(std::size_t written) {
  std::uint64_t size = 0;
  if (path_ == "-" || file_->size(size) != 0) {
    return;
  }
  const std::size_t last_end = std::string_view(lines_).substr(0, written).rfind('\n');
  const std::size_t whole = last_end == std::string_view::npos ? 0 : last_end + 1;
  // If even this fails, the first error is still the one to tell.
  (void)file_->truncate(bytes_in_file_ + whole);
}

void OutputFile::fail(const char* action, int error) const {
  const std::string where = path_ == "-" ? "standard output" : path_;
  throw Error(ExitCode::kIoFailed,
              fmt::format("{}: cannot {} {}: {}", role_, action, where, explain_errno(error)));
}

void OutputFile::refuse_stream() const {
  throw Error(ExitCode::kIoFailed,
              fmt::format("{}: {} cannot be gone on with after a break, as a state promises: what "
                          "went out cannot be cut back. Give the path of a file, or run without "
                          "a state.",
                          role_, path_ == "-" ? "standard output" : path_));
}

}  // namespace tagtill
