// What the program says to the person who runs it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/file_errors.h"

namespace tagtill {

// Writes `tagtill: ` + sentence + line end to standard error. A message says
// what went wrong, where, and what to do. What a terminal would obey in it (names
// of files come from outside) is replaced (shown_text.h). Never fails: whoever
// closed standard error does not want to know.
void say(std::string_view sentence);

// The errors of a file that is refused, each as `file:line: what is wrong`, and how
// many more; returns how many in all.
std::size_t say_errors(const FileErrors& errors);

// What could not be read of dumps: each problem that is shown, and how many more.
void say_problems(const FileErrors& problems);
// The latter alone.
void say_how_many_more(const FileErrors& problems);

// Writes to standard error as it is.
void say_raw(std::string_view text);

// Writes to standard output; throws tagtill::Error (ExitCode::kIoFailed) when
// that cannot be done whole.
void print_out(std::string_view text);

// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t number);

// 1234567890 as "1.23 GB" (decimal units).
[[nodiscard]] std::string as_bytes(double bytes);

// "1 offer", "3 offers".
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view one,
                                  std::string_view many);

}  // namespace tagtill
