// What an entry of the journal is.
#pragma once

#include <cstdint>

namespace tagtill {

enum class JournalKind : std::uint8_t {
  kNothing = 0,
  kConfiguration = 1,  // offers and members that are in force from here on
  kCandidates = 2,     // candidates as they were applied
  kControl = 3,        // control records that were put into force
};

}  // namespace tagtill
