#include "tests/sim_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <new>
#include <stdexcept>
#include <vector>

#include "tests/sim_disk.h"

namespace tagtill {
namespace {

constexpr int kPathBytes = 1'024;

class VfsFile;

// What the connections to one file share.
struct FileLocks {
  std::vector<VfsFile*> files;
  std::vector<std::unique_ptr<char[]>> regions;  // the index of the WAL
};

// What SQLite hands around as a file.
struct Handle {
  sqlite3_file base;
  VfsFile* file;
};

}  // namespace

struct SimVfs::Impl {
  explicit Impl(SimFiles& simulated) : files(simulated) {}

  SimFiles& files;
  std::string name;
  sqlite3_vfs vfs{};
  std::map<SimInode*, FileLocks> locks;
  std::size_t open_files = 0;
};

namespace {

class VfsFile {
 public:
  VfsFile(SimVfs::Impl& vfs, std::string path, SimInodePtr inode, bool sync_folder, bool temporary)
      : vfs_(vfs),
        path_(std::move(path)),
        inode_(std::move(inode)),
        sync_folder_(sync_folder),
        temporary_(temporary) {
    ++vfs_.open_files;
    vfs_.locks[inode_.get()].files.push_back(this);
  }

  ~VfsFile() {
    std::erase(locks().files, this);
    if (locks().files.empty()) {
      vfs_.locks.erase(inode_.get());
    }
    if (temporary_ && !path_.empty()) {
      (void)vfs_.files.remove(path_);
    }
    --vfs_.open_files;
  }
  VfsFile(const VfsFile&) = delete;
  VfsFile& operator=(const VfsFile&) = delete;

  int read(char* to, std::size_t bytes, std::uint64_t offset) {
    std::string_view found;
    if (vfs_.files.read(*inode_, offset, bytes, found) != 0) {
      return SQLITE_IOERR_READ;
    }
    found.copy(to, found.size());
    std::memset(to + found.size(), 0, bytes - found.size());
    return found.size() == bytes ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  }

  int write(std::string_view bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
      std::size_t written = 0;
      const int error = vfs_.files.write(*inode_, offset, bytes, written);
      if (error != 0 && error != EINTR) {
        return error == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
      }
      bytes.remove_prefix(written);
      offset += written;
    }
    return SQLITE_OK;
  }

  int truncate(std::uint64_t size) {
    return vfs_.files.truncate(*inode_, size) == 0 ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
  }

  int sync() {
    if (vfs_.files.sync(*inode_) != 0) {
      return SQLITE_IOERR_FSYNC;
    }
    if (sync_folder_) {
      (void)vfs_.files.sync_folder_of(path_);
      sync_folder_ = false;
    }
    return SQLITE_OK;
  }

  int size(std::uint64_t& size) {
    return vfs_.files.size(*inode_, size) == 0 ? SQLITE_OK : SQLITE_IOERR_FSTAT;
  }

  int lock(int level) {
    if (vfs_.files.is_down()) {
      return SQLITE_IOERR_LOCK;
    }
    if (level <= level_) {
      return SQLITE_OK;
    }
    const int others = highest_of_others();
    if (level == SQLITE_LOCK_SHARED ? others >= SQLITE_LOCK_PENDING
                                    : others >= SQLITE_LOCK_RESERVED) {
      return SQLITE_BUSY;
    }
    if (level == SQLITE_LOCK_EXCLUSIVE && others >= SQLITE_LOCK_SHARED) {
      level_ = SQLITE_LOCK_PENDING;  // no more readers come
      return SQLITE_BUSY;
    }
    level_ = level;
    return SQLITE_OK;
  }

  int unlock(int level) {
    level_ = std::min(level_, level);
    return SQLITE_OK;
  }

  [[nodiscard]] bool is_reserved() {
    return std::max(level_, highest_of_others()) >= SQLITE_LOCK_RESERVED;
  }

  int map_region(std::size_t number, std::size_t bytes, bool make, void volatile** region) {
    *region = nullptr;
    if (vfs_.files.is_down()) {
      return SQLITE_IOERR_SHMMAP;
    }
    auto& regions = locks().regions;
    if (number >= regions.size() && !make) {
      return SQLITE_OK;
    }
    while (number >= regions.size()) {
      regions.push_back(std::make_unique<char[]>(bytes));
    }
    maps_ = true;
    *region = regions[number].get();
    return SQLITE_OK;
  }

  int lock_slots(std::size_t first, std::size_t count, unsigned flags) {
    if (vfs_.files.is_down()) {
      return SQLITE_IOERR_SHMLOCK;
    }
    const Slots slots = static_cast<Slots>(((1U << count) - 1) << first);
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
      shared_ &= static_cast<Slots>(~slots);
      exclusive_ &= static_cast<Slots>(~slots);
      return SQLITE_OK;
    }
    const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    for (const VfsFile* other : locks().files) {
      const Slots held = exclusive ? other->shared_ | other->exclusive_ : other->exclusive_;
      if (other != this && (held & slots) != 0) {
        return SQLITE_BUSY;
      }
    }
    (exclusive ? exclusive_ : shared_) |= slots;
    return SQLITE_OK;
  }

  // When the last connection goes the index goes: the next one builds it from the WAL.
  void unmap() {
    shared_ = exclusive_ = 0;
    maps_ = false;
    if (std::ranges::none_of(locks().files, [](const VfsFile* file) { return file->maps_; })) {
      locks().regions.clear();
    }
  }

 private:
  using Slots = unsigned;

  FileLocks& locks() { return vfs_.locks[inode_.get()]; }

  [[nodiscard]] int highest_of_others() {
    int highest = SQLITE_LOCK_NONE;
    for (const VfsFile* other : locks().files) {
      highest = other == this ? highest : std::max(highest, other->level_);
    }
    return highest;
  }

  SimVfs::Impl& vfs_;
  std::string path_;  // empty: a temporary file without a name
  SimInodePtr inode_;
  bool sync_folder_;  // at the next sync
  bool temporary_;
  int level_ = SQLITE_LOCK_NONE;
  bool maps_ = false;
  Slots shared_ = 0;
  Slots exclusive_ = 0;
};

VfsFile& file_of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file)->file; }

SimVfs::Impl& impl_of(sqlite3_vfs* vfs) { return *static_cast<SimVfs::Impl*>(vfs->pAppData); }

std::uint64_t unsigned_of(sqlite3_int64 number) { return static_cast<std::uint64_t>(number); }

const sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose =
        [](sqlite3_file* file) {
          delete &file_of(file);
          return SQLITE_OK;
        },
    .xRead =
        [](sqlite3_file* file, void* to, int bytes, sqlite3_int64 offset) {
          return file_of(file).read(static_cast<char*>(to), static_cast<std::size_t>(bytes),
                                    unsigned_of(offset));
        },
    .xWrite =
        [](sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
          return file_of(file).write(
              {static_cast<const char*>(from), static_cast<std::size_t>(bytes)},
              unsigned_of(offset));
        },
    .xTruncate = [](sqlite3_file* file,
                    sqlite3_int64 size) { return file_of(file).truncate(unsigned_of(size)); },
    .xSync = [](sqlite3_file* file, int) { return file_of(file).sync(); },
    .xFileSize =
        [](sqlite3_file* file, sqlite3_int64* size) {
          std::uint64_t found = 0;
          const int result = file_of(file).size(found);
          *size = static_cast<sqlite3_int64>(found);
          return result;
        },
    .xLock = [](sqlite3_file* file, int level) { return file_of(file).lock(level); },
    .xUnlock = [](sqlite3_file* file, int level) { return file_of(file).unlock(level); },
    .xCheckReservedLock =
        [](sqlite3_file* file, int* reserved) {
          *reserved = file_of(file).is_reserved() ? 1 : 0;
          return SQLITE_OK;
        },
    .xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; },
    .xSectorSize = [](sqlite3_file*) { return 512; },
    .xDeviceCharacteristics = [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; },
    .xShmMap =
        [](sqlite3_file* file, int number, int bytes, int make, void volatile** region) {
          return file_of(file).map_region(static_cast<std::size_t>(number),
                                          static_cast<std::size_t>(bytes), make != 0, region);
        },
    .xShmLock =
        [](sqlite3_file* file, int first, int count, int flags) {
          return file_of(file).lock_slots(static_cast<std::size_t>(first),
                                          static_cast<std::size_t>(count),
                                          static_cast<unsigned>(flags));
        },
    .xShmBarrier = [](sqlite3_file*) {},
    .xShmUnmap =
        [](sqlite3_file* file, int) {
          file_of(file).unmap();
          return SQLITE_OK;
        },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* handle, int flags, int* out_flags) {
  handle->pMethods = nullptr;
  SimVfs::Impl& impl = impl_of(vfs);
  SimFiles::Opened opened{std::make_shared<SimInode>(), true};
  const std::string path = name == nullptr ? "" : name;
  if (!path.empty() &&
      impl.files.open(path, (flags & SQLITE_OPEN_CREATE) != 0, false, opened) != 0) {
    return SQLITE_CANTOPEN;
  }
  constexpr int kJournals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
  // As SQLite's own: whether or not there was one of that name.
  const bool sync_folder =
      (flags & SQLITE_OPEN_CREATE) != 0 && !path.empty() && (flags & kJournals) != 0;
  reinterpret_cast<Handle*>(handle)->file =
      new VfsFile(impl, path, opened.inode, sync_folder, (flags & SQLITE_OPEN_DELETEONCLOSE) != 0);
  handle->pMethods = &kMethods;
  if (out_flags != nullptr) {
    *out_flags = flags;
  }
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  SimFiles& files = impl_of(vfs).files;
  if (const int error = files.remove(name); error != 0) {
    return error == ENOENT ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
  }
  return sync_folder == 0 || files.sync_folder_of(name) == 0 ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
}

// SQLite's own takes an empty file for none here.
int access_file(sqlite3_vfs* vfs, const char* name, int, int* found) {
  SimInodePtr inode;
  if (impl_of(vfs).files.find(name, inode) != 0) {
    return SQLITE_IOERR_ACCESS;
  }
  *found = inode != nullptr && !inode->seen.empty() ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int bytes, char* full) {
  const std::string path = normalized(name);
  if (path.size() >= static_cast<std::size_t>(bytes)) {
    return SQLITE_CANTOPEN;
  }
  std::memcpy(full, path.c_str(), path.size() + 1);
  return SQLITE_OK;
}

int random_bytes(sqlite3_vfs* vfs, int count, char* bytes) {
  for (int i = 0; i < count; ++i) {
    bytes[i] = static_cast<char>(impl_of(vfs).files.random().next());
  }
  return count;
}

// The first of January 2013, noon, as SQLite counts: milliseconds of a Julian day.
int clock_time(sqlite3_vfs*, sqlite3_int64* now) {
  *now = 2'456'294LL * 86'400'000;
  return SQLITE_OK;
}

}  // namespace

SimVfs::SimVfs(SimFiles& files, std::uint64_t seed) : impl_(std::make_unique<Impl>(files)) {
  static std::atomic<int> count{0};
  impl_->name = "sim-" + std::to_string(count++);
  sqlite3_vfs& vfs = impl_->vfs;
  vfs.iVersion = 2;
  vfs.szOsFile = sizeof(Handle);
  vfs.mxPathname = kPathBytes;
  vfs.zName = impl_->name.c_str();
  vfs.pAppData = impl_.get();
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.xAccess = access_file;
  vfs.xFullPathname = full_path;
  vfs.xRandomness = random_bytes;
  vfs.xSleep = [](sqlite3_vfs*, int microseconds) { return microseconds; };
  vfs.xCurrentTimeInt64 = clock_time;
  vfs.xCurrentTime = [](sqlite3_vfs* self, double* now) {
    sqlite3_int64 milliseconds = 0;
    (void)clock_time(self, &milliseconds);
    *now = static_cast<double>(milliseconds) / 86'400'000.0;
    return SQLITE_OK;
  };
  vfs.xGetLastError = [](sqlite3_vfs*, int, char*) { return 0; };
  if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK) {
    throw std::runtime_error("SimVfs: SQLite does not take it");
  }
  // SQLite's own random numbers (salts of journals) are those of the process, not of a VFS.
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(seed % 1'000'000) + 1, nullptr);
}

SimVfs::~SimVfs() { sqlite3_vfs_unregister(&impl_->vfs); }

const std::string& SimVfs::name() const { return impl_->name; }
std::size_t SimVfs::open_files() const { return impl_->open_files; }

}  // namespace tagtill
