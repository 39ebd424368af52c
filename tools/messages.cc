#include "tools/messages.h"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

#include "sinks/output_file.h"
#include "tools/shown_text.h"

namespace tagtill {

void say_raw(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR) {
      return;
    }
    text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
}

void say(std::string_view sentence) { say_raw(fmt::format("tagtill: {}\n", shown_text(sentence))); }

std::size_t say_errors(const FileErrors& errors) {
  for (const std::string& error : errors.shown()) {
    say_raw(shown_text(error) + '\n');
  }
  if (errors.count() > errors.shown().size()) {
    say_raw(fmt::format("… and {} more\n", errors.count() - errors.shown().size()));
  }
  return errors.count();
}

void say_problems(const FileErrors& problems) {
  for (const std::string& problem : problems.shown()) {
    say(problem);
  }
  say_how_many_more(problems);
}

void say_how_many_more(const FileErrors& problems) {
  if (problems.count() > problems.shown().size()) {
    say(fmt::format("{} more could not be read whole.",
                    counted(problems.count() - problems.shown().size(), "file", "files")));
  }
}

void print_out(std::string_view text) {
  OutputFile out("-", "the answer");
  out.open();
  out.lines().append(text);
  out.close();
}

std::string grouped(std::uint64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t place = digits.size(); place > 3;) {
    place -= 3;
    digits.insert(place, 1, ',');
  }
  return digits;
}

std::string as_bytes(double bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < kUnits.size()) {
    bytes /= 1000;
    ++unit;
  }
  const int decimals = unit == 0 || bytes >= 100 ? 0 : (bytes >= 10 ? 1 : 2);
  return fmt::format("{:.{}f} {}", bytes, decimals, kUnits[unit]);
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(number), number == 1 ? one : many);
}

}  // namespace tagtill
