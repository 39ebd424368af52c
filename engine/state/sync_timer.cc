#include "engine/state/sync_timer.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace tagtill::state {
namespace {

// Stands behind the other VFS's own record of an open file, with that one's functions but for the
// sync.
struct Timed {
  sqlite3_io_methods methods;
  int (*sync)(sqlite3_file*, int);
  const OnSync* on_sync;
};

}  // namespace

class SyncTimer::Impl {
 public:
  Impl(const std::string& under, OnSync on_sync)
      : under_(sqlite3_vfs_find(under.empty() ? nullptr : under.c_str())),
        on_sync_(std::move(on_sync)) {
    static std::atomic<std::uint64_t> made{0};
    name_ = fmt::format("tagtill-timed-{}", made++);
    vfs_.base = *under_;
    vfs_.base.pNext = nullptr;
    vfs_.base.zName = name_.c_str();
    vfs_.base.xOpen = &Impl::open;
    vfs_.base.szOsFile = static_cast<int>(place_of_timed() + sizeof(Timed));
    vfs_.impl = this;
    sqlite3_vfs_register(&vfs_.base, 0);
  }
  ~Impl() { sqlite3_vfs_unregister(&vfs_.base); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  // The other functions of the VFS are given this record, and use of it what was copied.
  struct Vfs {
    sqlite3_vfs base;
    Impl* impl;
  };

  [[nodiscard]] std::size_t place_of_timed() const {
    constexpr std::size_t kAlign = alignof(Timed);
    return (static_cast<std::size_t>(under_->szOsFile) + kAlign - 1) / kAlign * kAlign;
  }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                  int* flags_out) {
    const Impl& impl = *reinterpret_cast<Vfs*>(vfs)->impl;
    const int result = impl.under_->xOpen(impl.under_, name, file, flags, flags_out);
    if (file->pMethods == nullptr) {
      return result;
    }
    auto* timed = new (reinterpret_cast<char*>(file) + impl.place_of_timed())
        Timed{*file->pMethods, file->pMethods->xSync, &impl.on_sync_};
    timed->methods.xSync = &Impl::sync;
    file->pMethods = &timed->methods;
    return result;
  }

  static int sync(sqlite3_file* file, int flags) {
    const auto* timed = reinterpret_cast<const Timed*>(file->pMethods);
    const auto began = std::chrono::steady_clock::now();
    const int result = timed->sync(file, flags);
    if (result == SQLITE_OK) {
      (*timed->on_sync)(std::chrono::steady_clock::now() - began);
    }
    return result;
  }

  sqlite3_vfs* under_;
  OnSync on_sync_;
  std::string name_;
  Vfs vfs_{};
};

SyncTimer::SyncTimer(const std::string& under, OnSync on_sync)
    : impl_(std::make_unique<Impl>(under, std::move(on_sync))) {}
SyncTimer::~SyncTimer() = default;

const std::string& SyncTimer::name() const { return impl_->name(); }

}  // namespace tagtill::state
