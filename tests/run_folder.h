// Replays with a state and `tagtill state`, as a person would run them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/post_lines.h"
#include "tests/run_program.h"
#include "tests/shop.h"
#include "tests/temp_folder.h"

namespace tagtill {

using Arguments = std::vector<std::string>;

// A folder with offers, members and secret, in which everything runs.
class RunFolder {
 public:
  RunFolder(std::string_view offers, std::string_view members,
            std::string_view secret = post_lines::kSecret) {
    write("offers.jsonl", offers);
    write_members(members);
    const std::string path = write("secret", secret);
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  }
  RunFolder(const std::vector<std::string>& offers, const std::vector<std::string>& members)
      : RunFolder(shop::lines(offers), shop::lines(members)) {}

  std::string write(std::string_view name, std::string_view content) const {
    return folder_.write(name, content);
  }
  void write_members(std::string_view members) const { write("members.jsonl", members); }
  [[nodiscard]] std::string path(std::string_view name) const { return folder_.path(name); }
  // As outputs and dumps of it are called.
  [[nodiscard]] std::string folder() const {
    return std::filesystem::canonical(folder_.path(".")).string();
  }
  [[nodiscard]] std::string file(std::string_view name) const { return read_file(path(name)); }

  // A replay with the state `state` and outputs of every kind that is a file.
  [[nodiscard]] Arguments replay_arguments(const Arguments& more) const {
    Arguments arguments = {"replay",
                           "--offers",
                           "offers.jsonl",
                           "--members",
                           "members.jsonl",
                           "--secret-file",
                           "secret",
                           "--state",
                           "state",
                           "--events",
                           "events.jsonl",
                           "--sink",
                           "sqlite:all.db?events=all",
                           "--sink",
                           "jsonl:p.jsonl",
                           "--sink",
                           "null:",
                           "--dead-letter",
                           "letters.jsonl",
                           "--progress",
                           "off",
                           "--summary",
                           "none"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  [[nodiscard]] ProgramResult replay(const Arguments& more) const {
    return run(replay_arguments(more));
  }
  // `command` is show, check, export or forget.
  [[nodiscard]] ProgramResult state(const std::string& command, const Arguments& more = {}) const {
    Arguments arguments = {"state", command, "--state", "state"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
  [[nodiscard]] ProgramResult run(const Arguments& arguments) const {
    return run_program(arguments, {.folder = folder_.path(".")});
  }

 private:
  TempFolder folder_;
};

inline std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// A post of `author`, `at` milliseconds after noon, with its line end.
inline std::string post(std::string_view id, std::string_view author, std::int64_t at,
                        std::string_view text, std::int64_t followers = 0) {
  return post_lines::line_of(post_lines::Post{.id = std::string(id),
                                              .author = std::string(author),
                                              .at = post_lines::kNoon + at,
                                              .text = std::string(text),
                                              .followers = followers}) +
         "\n";
}

}  // namespace tagtill
