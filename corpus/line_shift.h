// A recorded line once more: later, and by somebody else.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "corpus/line_places.h"

namespace tagtill::corpus {

// The copies there can be, the recording itself included.
inline constexpr std::uint64_t kCopiesMax = 100'000;

struct Shift {
  std::uint64_t copy = 1;     // 1 to kCopiesMax - 1; 0 would change nothing but times
  std::int64_t later_ms = 0;  // not negative, whole seconds: created_at has no more
};

// Appends `line` with what stands at `places` (as find_places() has them) shifted; all else
// stays byte for byte.
//
// Times and the times in post ids move by `later_ms`. An id of a user becomes another one
// of the same length. In names, the copy's number is added to the letters and digits, each
// for itself, as an odometer turns: they stay as long as they were, and a name with three
// letters is another one in each of 17,576 copies. What the line is by P1.2 it stays, and
// how long it is, but for post ids that get a digit more (May 2018).
//
// Whoever asks makes sure that all places of a time are movable(). About 1.5 us a line.
void append_shifted(std::string& out, std::string_view line, std::span<const Place> places,
                    const Shift& shift);

// Whether what stands there (a time or a post id) can be so much later.
bool movable(const Place& place, std::int64_t later_ms);

// The id that a user has in a copy. Of one user all are different as far as the length
// allows; ids of 17 digits and more move by little, so that they stay what they look like.
std::int64_t shifted_user_id(std::int64_t id, std::uint64_t copy);
// The last of them by value is at most so much more, if it has 17 digits and more.
inline constexpr std::int64_t kLongUserIdReach = 100'000'000'000'000;

}  // namespace tagtill::corpus
