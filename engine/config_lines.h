// Configuration files of JSON Lines: one flat object a line, read strictly, with
// what a person needs to find a mistake (P7.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/config_object.h"

namespace tagtill {

// A line that is longer, without its line end, is an error.
inline constexpr std::size_t kConfigLineBytesMax = std::size_t{1} << 20;

// Walks a file's lines. Blank lines (spaces, tabs, carriage returns) and a byte
// order mark at the start are skipped; `\r\n` is fine; the last line may lack its
// end. One thread. What it hands out lives until the next call of next().
//
// Memory: a buffer of 256 KiB and twice the longest line (at most
// kConfigLineBytesMax).
class ConfigLines {
 public:
  // Reads from the file.
  explicit ConfigLines(const std::string& path);
  // Reads from memory, which must outlive this.
  static ConfigLines from_memory(std::string_view text);
  ~ConfigLines();
  ConfigLines(ConfigLines&&) noexcept;
  ConfigLines& operator=(ConfigLines&&) = delete;

  // Goes to the next line that is not blank; false at the end, or when the file
  // cannot be opened or read (on).
  [[nodiscard]] bool next();

  // How much there is altogether (0: not known, as of a pipe), and how much of it
  // the lines so far took.
  [[nodiscard]] std::uint64_t bytes_total() const;
  [[nodiscard]] std::uint64_t bytes_taken() const;

  // Of the whole file, from 1.
  [[nodiscard]] std::uint64_t line_number() const;

  // What is wrong with the line as a whole, for a person; empty: it is an object
  // with these fields(), in the order of the line, no name twice.
  [[nodiscard]] const std::string& problem() const;
  [[nodiscard]] std::span<const ConfigField> fields() const;

  // After next() returned false: why the file could not be read; empty: it was.
  [[nodiscard]] const std::string& failure() const;

 private:
  class Impl;
  explicit ConfigLines(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tagtill
