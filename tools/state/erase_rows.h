// Erases an author from a database of the `sqlite:` sink.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/disk.h"
#include "tools/state/erase_lines.h"

namespace tagtill {

// That the database is there and has had the state's events. Throws tagtill::Error (kIoFailed).
void check_rows(const std::string& path, std::string_view stream, std::uint64_t events, Disk& disk);

// Deletes the author's rows of every table, but those of `purchases`, which stay without the
// author, as EventLineEraser says; all of it in one transaction. Then writes the file anew, so
// that no byte of it is left there (not of what other programs keep in it either). Nobody may
// have it open meanwhile. Needs twice its length on the disk. The mark is that of the sink.
//
// Throws tagtill::Error (kIoFailed).
[[nodiscard]] Erased erase_rows(const std::string& path, std::string_view author,
                                std::uint64_t mark, Disk& disk);

}  // namespace tagtill
