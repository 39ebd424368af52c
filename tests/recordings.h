// The real recordings, when they are there (../shared/data; TAGTILL_SHARED_DATA).
// They are other people's words: tests say numbers of them, never a line.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/seeded.h"

namespace recordings {

// One minute of a stream.
struct Recording {
  std::filesystem::path path;
  std::string year;
  std::string text;
};

inline std::string unpacked(const std::filesystem::path& path) {
  const std::string command = "bzip2 -dc '" + path.string() + "'";
  const auto close = [](FILE* pipe) { pclose(pipe); };
  const std::unique_ptr<FILE, decltype(close)> pipe(popen(command.c_str(), "r"), close);
  if (!pipe) {
    throw std::runtime_error("cannot run bzip2");
  }
  std::string text;
  std::vector<char> part(65'536);
  for (std::size_t size = 1; size > 0;) {
    size = fread(part.data(), 1, part.size(), pipe.get());
    text.append(part.data(), size);
  }
  return text;
}

// In order of their names; none if they are not there.
inline std::vector<Recording> all() {
  std::vector<std::filesystem::path> paths;
  const std::filesystem::path folder = seeded::shared_data() / "spritzer";
  if (std::filesystem::is_directory(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() == ".bz2") {
        paths.push_back(entry.path());
      }
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Recording> files;
  for (const std::filesystem::path& path : paths) {
    files.push_back({path, path.filename().string().substr(0, 4), unpacked(path)});
  }
  return files;
}

}  // namespace recordings
