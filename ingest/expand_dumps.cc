#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "ingest/dump_reader.h"

namespace tagtill {
namespace {

std::string cannot_read(std::string_view what, const std::string& path, int error) {
  std::string sentence = "The ";
  sentence.append(what).append(" ").append(path).append(" cannot be read: ");
  sentence.append(std::generic_category().message(error)).append(". It is left out.");
  return sentence;
}

void add_file(std::string_view what, const std::string& path, const struct stat& status,
              std::vector<DumpSource>& sources, std::vector<std::string>& problems) {
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0) {
    problems.push_back(cannot_read(what, path, errno));
    return;
  }
  // The size of a pipe or a device says nothing.
  const bool sized = S_ISREG(status.st_mode);
  sources.push_back({path, sized ? static_cast<std::uint64_t>(status.st_size) : 0});
}

// Walks one folder. Its own folders come first, then, in byte order of their
// paths, those that symbolic links lead to; a folder that was met already, under
// whatever name, is passed over, so that a ring of links ends.
class FolderWalk {
 public:
  FolderWalk(std::vector<DumpSource>& sources, std::vector<std::string>& problems)
      : sources_(sources), problems_(problems) {}

  void walk(const std::string& path, const struct stat& status) {
    const std::size_t first = sources_.size();
    const std::size_t first_problem = problems_.size();
    enter(path, status);
    while (!folders_.empty() || !links_.empty()) {
      if (folders_.empty()) {
        const auto link = links_.extract(links_.begin());
        enter(link.key(), link.mapped());
      } else {
        const std::string folder = std::move(folders_.front());
        folders_.pop_front();
        list(folder);
      }
    }
    // A folder lists its files in no order of use.
    std::sort(problems_.begin() + static_cast<std::ptrdiff_t>(first_problem), problems_.end());
    std::sort(sources_.begin() + static_cast<std::ptrdiff_t>(first), sources_.end(),
              [](const DumpSource& a, const DumpSource& b) { return a.name < b.name; });
  }

 private:
  void enter(const std::string& path, const struct stat& status) {
    if (met_.emplace(status.st_dev, status.st_ino).second) {
      folders_.push_back(path);
    }
  }

  void list(const std::string& folder) {
    DIR* entries = ::opendir(folder.c_str());
    if (entries == nullptr) {
      problems_.push_back(cannot_read("folder", folder, errno));
      return;
    }
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(entries);
      if (entry == nullptr) {
        break;
      }
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") {
        std::string path = folder;
        path.append(folder.ends_with('/') ? "" : "/").append(name);
        look_at(path);
      }
    }
    if (errno != 0) {
      problems_.push_back(cannot_read("folder", folder, errno));
    }
    ::closedir(entries);
  }

  void look_at(const std::string& path) {
    struct stat link {};
    struct stat status {};
    if (::lstat(path.c_str(), &link) != 0 || ::stat(path.c_str(), &status) != 0) {
      problems_.push_back(cannot_read("file", path, errno));
    } else if (S_ISDIR(status.st_mode)) {
      if (S_ISLNK(link.st_mode)) {
        links_.emplace(path, status);
      } else {
        enter(path, status);
      }
    } else if (S_ISREG(status.st_mode)) {
      add_file("file", path, status, sources_, problems_);
    }
  }

  std::vector<DumpSource>& sources_;
  std::vector<std::string>& problems_;
  std::deque<std::string> folders_;           // to be listed
  std::map<std::string, struct stat> links_;  // to folders
  std::set<std::pair<dev_t, ino_t>> met_;
};

}  // namespace

std::vector<DumpSource> expand_dumps(const std::vector<std::string>& dumps, FileErrors& problems) {
  std::vector<DumpSource> sources;
  for (const std::string& dump : dumps) {
    if (dump == "-") {
      sources.push_back({dump, 0});
      continue;
    }
    std::vector<std::string> of_dump;
    struct stat status {};
    if (::stat(dump.c_str(), &status) != 0) {
      of_dump.push_back(cannot_read("dump", dump.empty() ? "\"\"" : dump, errno));
    } else if (S_ISDIR(status.st_mode)) {
      FolderWalk(sources, of_dump).walk(dump, status);
    } else {
      add_file("dump", dump, status, sources, of_dump);
    }
    for (std::string& problem : of_dump) {
      problems.add(std::move(problem));
    }
  }
  return sources;
}

}  // namespace tagtill
