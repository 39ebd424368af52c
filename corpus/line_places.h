// Where in a recorded line ids, times and names stand: what has to change when the line
// is to be posted once more, later and by somebody else.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tagtill::corpus {

enum class PlaceKind : std::uint8_t {
  kPostId,     // digits; a snowflake id (P1.5)
  kTimestamp,  // digits; milliseconds
  kCreatedAt,  // `Thu Jan 26 16:00:00 +0000 2017`
  kUserId,     // digits
  kName,       // the inside of a JSON string
  kMentions,   // the same; only the words behind `@` are names
};

constexpr bool tells_time(PlaceKind kind) { return kind <= PlaceKind::kCreatedAt; }

struct Place {
  std::uint32_t begin = 0;  // in the line
  std::uint32_t length = 0;
  std::int64_t value = 0;  // the id, or milliseconds since 1970
  PlaceKind kind = PlaceKind::kName;
};

// What a line says about itself.
struct LineFacts {
  // P1.5, as exactly as the protocol has it. None: the line is no post, or malformed.
  std::optional<std::int64_t> event_ms;
  // When a delete notice was sent, if it says so.
  std::optional<std::int64_t> notice_ms;
  bool has_timestamp = false;
  // It has a time of its own that cannot be read.
  bool has_bad_time = false;
};

// Appends to `places`, in order, what is found in `line` (without its end), and fills
// `facts`. False, and nothing found, if the line is no JSON object with closed strings and
// brackets, nested 1,024 deep at most: nothing else of the grammar is checked, so every
// line that is well-formed by P1.2 is read, and some that are not.
//
// Found are, wherever statuses, users, mentions and pictures are nested in the classic
// form: ids of posts and pictures (those that hold a time; older ones stay), ids of
// users, the names of both kinds, times, and mentions in texts. Members by P1.6: every
// one is found, the first counts for `facts`. One pass over the line.
bool find_places(std::string_view line, std::vector<Place>& places, LineFacts& facts);

}  // namespace tagtill::corpus
