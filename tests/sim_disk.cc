#include "tests/sim_disk.h"

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "tests/sim_vfs.h"

namespace tagtill {

std::string normalized(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
}

class SimDisk::File final : public DiskFile {
 public:
  File(SimDisk& disk, SimInodePtr inode)
      : disk_(disk), inode_(std::move(inode)), end_(inode_->seen.size()) {
    ++disk_.open_files_;
  }
  ~File() override { release(); }

  int write(std::string_view bytes, std::size_t& written) override {
    const int error = disk_.files_.write(*inode_, end_, bytes, written);
    end_ += written;
    return error;
  }

  int sync() override { return disk_.files_.sync(*inode_); }

  int truncate(std::uint64_t size) override {
    const int error = disk_.files_.truncate(*inode_, size);
    end_ = error == 0 ? size : end_;
    return error;
  }

  int size(std::uint64_t& size) override { return disk_.files_.size(*inode_, size); }

  int close() override {
    release();
    return disk_.files_.close();
  }

 private:
  void release() {
    if (std::exchange(open_, false)) {
      --disk_.open_files_;
    }
  }

  SimDisk& disk_;
  SimInodePtr inode_;
  std::uint64_t end_;  // where the next write goes
  bool open_ = true;
};

SimDisk::SimDisk(std::uint64_t seed) : files_(seed), vfs_(std::make_unique<SimVfs>(files_, seed)) {}

SimDisk::~SimDisk() = default;

std::unique_ptr<DiskFile> SimDisk::open(const std::string& path, Open how, int& error) {
  SimFiles::Opened opened;
  error = files_.open(normalized(path), true, how == Open::kEmpty, opened);
  return error == 0 ? std::make_unique<File>(*this, opened.inode) : nullptr;
}

int SimDisk::list(const std::string& folder, std::vector<std::string>& names) {
  return files_.list(normalized(folder), names);
}

int SimDisk::sync_folder_of(const std::string& path) {
  return files_.sync_folder_of(normalized(path));
}

int SimDisk::rename(const std::string& from, const std::string& to) {
  return files_.rename(normalized(from), normalized(to));
}

int SimDisk::remove(const std::string& path) { return files_.remove(normalized(path)); }

std::string SimDisk::sqlite_vfs() const { return vfs_->name(); }

void SimDisk::restart() {
  if (open_files_ + vfs_->open_files() != 0) {
    throw std::logic_error("SimDisk::restart: a file is open still");
  }
  files_.restart();
}

std::optional<std::string> SimDisk::content(const std::string& path) const {
  const auto found = files_.names().find(normalized(path));
  return found == files_.names().end() ? std::nullopt
                                       : std::optional<std::string>(found->second->seen);
}

void SimDisk::put(const std::string& path, std::string content) {
  files_.put(normalized(path), std::move(content));
}

std::map<std::string, std::size_t> SimDisk::sizes() const {
  std::map<std::string, std::size_t> sizes;
  for (const auto& [path, inode] : files_.names()) {
    sizes[path] = inode->seen.size();
  }
  return sizes;
}

}  // namespace tagtill
