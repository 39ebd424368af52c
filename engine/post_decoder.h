// One line of a dump → what it is and, if it is a post or a delete notice, the
// fields that the protocol needs (P1.2 to P1.6).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/candidate.h"
#include "engine/time.h"

namespace tagtill {

enum class LineKind : std::uint8_t { kPost, kDeleteNotice, kOther, kMalformed };

// Which of its times is a post's event time (P1.5).
enum class TimeSource : std::uint8_t { kTimestampMs, kSnowflake, kCreatedAt };

// What a line says. Views live until the next call of decode(), or as long as
// the line does, whichever is shorter.
struct DecodedLine {
  LineKind kind = LineKind::kOther;
  MalformedCause cause = MalformedCause::kNotJson;  // malformed
  std::string_view field;                           // malformed by a field: which; a literal
  std::string_view post_id;                         // post, delete notice (of the deleted post)
  std::string_view author_id;                       // post, delete notice
  std::string_view text;                            // post: decoded, entities too (P1.4); UTF-8
  Millis at = 0;                                    // post
  TimeSource at_from = TimeSource::kTimestampMs;    // post
  std::int64_t followers = 0;                       // post; never negative
  bool is_repost = false;
  bool author_protected = false;
};

// Decodes lines. Used by one thread; keeps its buffers, which grow to the
// longest line met (some 5 bytes a byte of it).
//
// Every line is checked whole: grammar, UTF-8, depth. simdjson finds the
// structure (its stage 1: quotes, brackets, the starts of scalars, UTF-8); the
// walk over what it found is ours, because simdjson's own are either too lax for
// P1.2 (on-demand does not look at what it skips) or too strict (DOM refuses
// huge numbers and lone surrogates, which the protocol lets pass outside the
// needed fields). Cost: one pass of simdjson's stage 1, and one step
// a token.
class PostDecoder {
 public:
  PostDecoder();
  ~PostDecoder();
  PostDecoder(const PostDecoder&) = delete;
  PostDecoder& operator=(const PostDecoder&) = delete;

  // `line` without its line end, at most kLineBytesMax bytes, not only white
  // space.
  [[nodiscard]] const DecodedLine& decode(std::string_view line);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// P1.3: 1 to 128 bytes, no control characters (U+0000 to U+001F, U+007F to
// U+009F). `id` is UTF-8.
[[nodiscard]] bool is_valid_id(std::string_view id);

}  // namespace tagtill
