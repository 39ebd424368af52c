// The real disk: POSIX files behind the seam.
#include "engine/disk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>

#include "tests/temp_folder.h"

namespace tagtill {
namespace {

std::unique_ptr<DiskFile> open(const std::string& path, Disk::Open how) {
  int error = -1;
  auto file = Disk::real().open(path, how, error);
  EXPECT_EQ(error, 0);
  EXPECT_NE(file, nullptr);
  return file;
}

int open_error(const std::string& path, Disk::Open how) {
  int error = -1;
  EXPECT_EQ(Disk::real().open(path, how, error), nullptr);
  return error;
}

void append(DiskFile& file, std::string_view bytes) {
  std::size_t written = 0;
  EXPECT_EQ(file.write(bytes, written), 0);
  EXPECT_EQ(written, bytes.size());
}

TEST(Disk, AFileIsWrittenAtItsEndKeptEmptiedAndCut) {
  const TempFolder folder;
  const std::string path = folder.path("file");
  append(*open(path, Disk::Open::kKeep), "one");
  {
    const auto file = open(path, Disk::Open::kKeep);
    append(*file, "two");
    std::uint64_t size = 0;
    EXPECT_EQ(file->size(size), 0);
    EXPECT_EQ(size, 6U);
    EXPECT_EQ(file->truncate(4), 0);
    append(*file, "x");
    EXPECT_EQ(file->sync(), 0);
    EXPECT_EQ(file->close(), 0);
  }
  EXPECT_EQ(read_file(path), "onetx");
  append(*open(path, Disk::Open::kEmpty), "new");
  EXPECT_EQ(read_file(path), "new");
}

TEST(Disk, NamesAreChangedRemovedAndSynced) {
  const TempFolder folder;
  Disk& disk = Disk::real();
  const std::string from = folder.write("from", "1");
  const std::string to = folder.write("to", "2");
  EXPECT_EQ(disk.rename(from, to), 0);
  EXPECT_EQ(disk.rename(from, to), ENOENT);
  EXPECT_EQ(read_file(to), "1");
  EXPECT_EQ(disk.sync_folder_of(to), 0);
  EXPECT_EQ(disk.sync_folder_of("in-this-folder"), 0);
  EXPECT_EQ(disk.sync_folder_of("/x"), 0);
  EXPECT_EQ(disk.sync_folder_of(folder.path("missing/file")), ENOENT);
  EXPECT_EQ(disk.remove(to), 0);
  EXPECT_EQ(disk.remove(to), ENOENT);
  EXPECT_EQ(disk.sqlite_vfs(), "");
}

TEST(Disk, OnlyRegularFilesCanBeKeptAndHaveASize) {
  const TempFolder folder;
  const std::string pipe = folder.path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(open_error(pipe, Disk::Open::kKeep), ESPIPE);
  EXPECT_EQ(open_error("/dev/null", Disk::Open::kKeep), ESPIPE);
  EXPECT_EQ(open_error(folder.path("."), Disk::Open::kKeep), EISDIR);
  EXPECT_EQ(open_error(folder.path("."), Disk::Open::kEmpty), EISDIR);
  EXPECT_EQ(open_error(folder.path("missing/file"), Disk::Open::kKeep), ENOENT);
  EXPECT_EQ(open_error(folder.path("missing/file"), Disk::Open::kEmpty), ENOENT);
  const auto device = open("/dev/null", Disk::Open::kEmpty);
  std::uint64_t size = 0;
  EXPECT_EQ(device->size(size), ESPIPE);
  EXPECT_NE(device->truncate(0), 0);
}

TEST(Disk, ErrorsOfWritesAreErrnos) {
  const auto full = open("/dev/full", Disk::Open::kEmpty);
  std::size_t written = 7;
  EXPECT_EQ(full->write("x", written), ENOSPC);
  EXPECT_EQ(written, 0U);
}

// Standard output may be a pipe that somebody made non-blocking.
TEST(Disk, AFullPipeIsWaitedForAndStandardOutputIsLeftOpen) {
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  ASSERT_EQ(::fcntl(pipe[1], F_SETFL, O_NONBLOCK), 0);
  const std::string bytes(1 << 20, 'x');  // more than a pipe holds
  std::string read(bytes.size(), '\0');
  std::thread reader([&] {
    for (std::size_t at = 0; at < read.size();) {
      const ssize_t step = ::read(pipe[0], read.data() + at, read.size() - at);
      at += step > 0 ? static_cast<std::size_t>(step) : 0;
    }
  });
  const int saved = ::dup(STDOUT_FILENO);
  ASSERT_GE(saved, 0);
  ASSERT_EQ(::dup2(pipe[1], STDOUT_FILENO), STDOUT_FILENO);
  int error = 0;
  int close_error = 0;
  {
    const auto out = standard_output();
    for (std::size_t at = 0; at < bytes.size() && error == 0;) {
      std::size_t written = 0;
      error = out->write(std::string_view(bytes).substr(at), written);
      at += written;
    }
    close_error = out->close();
  }
  const bool open = ::fcntl(STDOUT_FILENO, F_GETFL) >= 0;
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  ::close(pipe[1]);
  EXPECT_EQ(error, 0);
  reader.join();
  EXPECT_EQ(read, bytes);
  EXPECT_EQ(close_error, 0);
  EXPECT_TRUE(open);
  ::close(pipe[0]);
}

}  // namespace
}  // namespace tagtill
