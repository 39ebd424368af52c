// What the commands that make a corpus say of its files.
#pragma once

#include <cstdint>
#include <string>

namespace tagtill {

// The list of the five files in `folder`, and the command that replays them.
[[nodiscard]] std::string corpus_files_text(const std::string& folder, std::uint64_t purchases);

}  // namespace tagtill
