#include "tests/sim_files.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tagtill {
namespace {

constexpr std::uint64_t kSectorBytes = 512;

void write_at(std::string& file, std::uint64_t offset, std::string_view bytes) {
  if (file.size() < offset + bytes.size()) {
    file.resize(offset + bytes.size());
  }
  bytes.copy(file.data() + offset, bytes.size());
}

void apply(std::string& file, const SimInode::Change& change) {
  if (change.bytes) {
    write_at(file, change.offset, *change.bytes);
  } else {
    file.resize(change.offset);
  }
}

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash + 1);
}

}  // namespace

std::optional<SimFault> SimFiles::drawn_fault(std::uint64_t step) {
  if (const auto at = faults_at_.find(step); at != faults_at_.end()) {
    return at->second;
  }
  for (const auto& [fault, per_million] : chances_) {
    if (random_.below(1'000'000) < per_million) {
      return fault;
    }
  }
  return std::nullopt;
}

// The fault of the call that is made now, if there is one that it can have.
std::optional<SimFault> SimFiles::next_fault(Call call) {
  const std::optional<SimFault> fault = drawn_fault(steps_++);
  if (!fault) {
    return std::nullopt;
  }
  const bool writes = call == Call::kWrite;
  const bool fits = *fault == SimFault::kShortWrite    ? writes
                    : *fault == SimFault::kInterrupted ? writes || call == Call::kSync
                    : *fault == SimFault::kNoSpace
                        ? writes || call == Call::kSync || call == Call::kMake
                        : true;
  if (!fits) {
    return std::nullopt;
  }
  ++faults_;
  return fault;
}

// Of a call that leaves nothing behind when it fails.
int SimFiles::fail_simple(SimFault fault) {
  switch (fault) {
    case SimFault::kCrash:
    case SimFault::kPowerLoss:
      go_down(fault);
      return EIO;
    case SimFault::kNoSpace:
      return ENOSPC;
    case SimFault::kInterrupted:
      return EINTR;
    case SimFault::kIoError:
    case SimFault::kShortWrite:
      break;
  }
  return EIO;
}

void SimFiles::set_names(std::map<std::string, SimInodePtr>& all, const NameChange& names) {
  for (const auto& [path, inode] : names) {
    if (inode == nullptr) {
      all.erase(path);
    } else {
      all[path] = inode;
    }
  }
}

int SimFiles::change(Call call, NameChange names) {
  const std::optional<SimFault> fault = next_fault(call);
  if (!fault || (*fault == SimFault::kCrash && coin()) || *fault == SimFault::kPowerLoss) {
    set_names(names_, names);
    unsynced_names_.push_back(std::move(names));
  }
  return fault ? fail_simple(*fault) : 0;
}

int SimFiles::open(const std::string& path, bool make, bool empty, Opened& opened) {
  if (is_down()) {
    return EIO;
  }
  const auto found = names_.find(path);
  if (found == names_.end()) {
    if (!make) {
      ++steps_;
      return ENOENT;
    }
    opened = {std::make_shared<SimInode>(), true};
    return change(Call::kMake, {{path, opened.inode}});
  }
  opened = {found->second, false};
  if (empty && !opened.inode->seen.empty()) {
    return truncate(*opened.inode, 0);
  }
  const std::optional<SimFault> fault = next_fault(Call::kRead);
  return fault ? fail_simple(*fault) : 0;
}

int SimFiles::read(const SimInode& inode, std::uint64_t offset, std::size_t bytes,
                   std::string_view& read) {
  if (is_down()) {
    return EIO;
  }
  if (const auto fault = next_fault(Call::kRead)) {
    return fail_simple(*fault);
  }
  const std::string_view seen = inode.seen;
  read = offset < seen.size() ? seen.substr(offset, bytes) : std::string_view();
  return 0;
}

void SimFiles::write_seen(SimInode& inode, std::uint64_t offset, std::string_view bytes) {
  if (bytes.empty()) {
    return;
  }
  const std::uint64_t end = offset + bytes.size();
  if (room_ && end > inode.seen.size()) {
    *room_ -= std::min<std::uint64_t>(*room_, end - inode.seen.size());
  }
  write_at(inode.seen, offset, bytes);
  inode.unsynced.push_back({offset, std::string(bytes)});
}

int SimFiles::write(SimInode& inode, std::uint64_t offset, std::string_view bytes,
                    std::size_t& written) {
  written = 0;
  if (is_down()) {
    return EIO;
  }
  const std::optional<SimFault> fault = next_fault(Call::kWrite);
  if (fault && *fault != SimFault::kPowerLoss) {
    return write_badly(inode, offset, bytes, *fault, written);
  }
  const std::uint64_t limit =
      room_ ? std::max<std::uint64_t>(inode.seen.size(), offset) + *room_ : UINT64_MAX;
  const std::string_view part =
      bytes.substr(0, limit > offset ? std::min<std::uint64_t>(limit - offset, bytes.size()) : 0);
  write_seen(inode, offset, part);
  if (fault) {
    return fail_simple(*fault);
  }
  written = part.size();
  return part.empty() && !bytes.empty() ? ENOSPC : 0;
}

int SimFiles::write_badly(SimInode& inode, std::uint64_t offset, std::string_view bytes,
                          SimFault fault, std::size_t& written) {
  if (fault == SimFault::kShortWrite) {
    written = bytes.size() < 2 ? bytes.size() : 1 + random_.below(bytes.size() - 1);
    write_seen(inode, offset, bytes.substr(0, written));
    return 0;
  }
  if (fault == SimFault::kCrash || fault == SimFault::kIoError) {
    write_seen(inode, offset, bytes.substr(0, random_.below(bytes.size() + 1)));
  }
  return fail_simple(fault);
}

int SimFiles::truncate(SimInode& inode, std::uint64_t size) {
  if (is_down()) {
    return EIO;
  }
  const std::optional<SimFault> fault = next_fault(Call::kTruncate);
  if (!fault || (*fault == SimFault::kCrash && coin()) || *fault == SimFault::kPowerLoss) {
    inode.seen.resize(size);
    inode.unsynced.push_back({size, std::nullopt});
  }
  return fault ? fail_simple(*fault) : 0;
}

// What the platter has of changes that were not synced: all, none or some sectors of each.
void SimFiles::keep_some(SimInode& inode) {
  for (const SimInode::Change& change : inode.unsynced) {
    const std::size_t lot = random_.below(3);
    if (lot == 0) {
      continue;
    }
    if (lot == 1 || !change.bytes) {
      apply(inode.platter, change);
      continue;
    }
    const std::string_view bytes = *change.bytes;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t end = std::min<std::size_t>(
          bytes.size(), at + kSectorBytes - (change.offset + at) % kSectorBytes);
      if (coin()) {
        write_at(inode.platter, change.offset + at, bytes.substr(at, end - at));
      }
      at = end;
    }
  }
  inode.unsynced.clear();
}

int SimFiles::sync(SimInode& inode) {
  if (is_down()) {
    return EIO;
  }
  if (const auto fault = next_fault(Call::kSync)) {
    // After an error the system thinks that it has written everything: no later sync tries
    // again.
    if (*fault != SimFault::kCrash && *fault != SimFault::kPowerLoss) {
      keep_some(inode);
    }
    return fail_simple(*fault);
  }
  if (syncs_lie_) {
    return 0;
  }
  for (const SimInode::Change& change : inode.unsynced) {
    apply(inode.platter, change);
  }
  inode.unsynced.clear();
  return 0;
}

int SimFiles::size(const SimInode& inode, std::uint64_t& size) {
  if (is_down()) {
    return EIO;
  }
  if (const auto fault = next_fault(Call::kRead)) {
    return fail_simple(*fault);
  }
  size = inode.seen.size();
  return 0;
}

int SimFiles::close() {
  if (is_down()) {
    return EIO;
  }
  const std::optional<SimFault> fault = next_fault(Call::kClose);
  return fault ? fail_simple(*fault) : 0;
}

int SimFiles::find(const std::string& path, SimInodePtr& inode) {
  if (is_down()) {
    return EIO;
  }
  if (const auto fault = next_fault(Call::kRead)) {
    return fail_simple(*fault);
  }
  const auto found = names_.find(path);
  inode = found == names_.end() ? nullptr : found->second;
  return 0;
}

// `folder` ends with a slash.
int SimFiles::list(const std::string& folder, std::vector<std::string>& names) {
  if (is_down()) {
    return EIO;
  }
  if (const auto fault = next_fault(Call::kRead)) {
    return fail_simple(*fault);
  }
  for (const auto& [path, inode] : names_) {
    if (folder_of(path) == folder) {
      names.push_back(path.substr(folder.size()));
    }
  }
  return 0;
}

int SimFiles::rename(const std::string& from, const std::string& to) {
  if (is_down()) {
    return EIO;
  }
  const auto found = names_.find(from);
  if (found == names_.end()) {
    ++steps_;
    return ENOENT;
  }
  return change(Call::kName, {{from, nullptr}, {to, found->second}});
}

int SimFiles::remove(const std::string& path) {
  if (is_down()) {
    return EIO;
  }
  if (!names_.contains(path)) {
    ++steps_;
    return ENOENT;
  }
  return change(Call::kName, {{path, nullptr}});
}

int SimFiles::sync_folder_of(const std::string& path) {
  if (is_down()) {
    return EIO;
  }
  if (const auto fault = next_fault(Call::kSync)) {
    return fail_simple(*fault);
  }
  if (syncs_lie_) {
    return 0;
  }
  std::erase_if(unsynced_names_, [&](const NameChange& names) {
    const bool here = std::ranges::any_of(
        names, [&](const auto& name) { return folder_of(name.first) == folder_of(path); });
    if (here) {
      set_names(platter_, names);
    }
    return here;
  });
  return 0;
}

void SimFiles::clear_faults() {
  faults_at_.clear();
  chances_.clear();
}

void SimFiles::restart() {
  if (down_ == SimFault::kPowerLoss) {
    for (const NameChange& names : unsynced_names_) {
      if (coin()) {
        set_names(platter_, names);
      }
    }
    unsynced_names_.clear();
    names_ = platter_;
    for (const auto& [path, inode] : names_) {
      keep_some(*inode);
      inode->seen = inode->platter;
    }
  }
  down_.reset();
}

void SimFiles::put(const std::string& path, std::string content) {
  auto inode = std::make_shared<SimInode>();
  inode->seen = inode->platter = std::move(content);
  names_[path] = platter_[path] = inode;
}

}  // namespace tagtill
