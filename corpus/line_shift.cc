#include "corpus/line_shift.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "corpus/wire_text.h"

namespace tagtill::corpus {
namespace {

constexpr std::int64_t kIdMax = std::numeric_limits<std::int64_t>::max();

constexpr bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
constexpr bool is_small(char byte) { return byte >= 'a' && byte <= 'z'; }
constexpr bool is_capital(char byte) { return byte >= 'A' && byte <= 'Z'; }
constexpr bool is_name_byte(char byte) {
  return is_digit(byte) || is_small(byte) || is_capital(byte) || byte == '_';
}

// An odometer that is turned one wheel after the other.
class Odometer {
 public:
  explicit Odometer(std::uint64_t count) : count_(count) {}

  char turn(char byte) {
    if (is_digit(byte)) {
      return wheel(byte, '0', 10);
    }
    if (is_small(byte)) {
      return wheel(byte, 'a', 26);
    }
    return is_capital(byte) ? wheel(byte, 'A', 26) : byte;
  }

 private:
  char wheel(char byte, char first, unsigned size) {
    const auto steps = static_cast<unsigned>(count_ % size);
    count_ /= size;
    const unsigned place = static_cast<unsigned>(byte - first);
    return static_cast<char>(first + static_cast<char>((place + steps) % size));
  }

  std::uint64_t count_;
};

// What an escape is made of stays as it is, also when it is a broken one.
std::size_t escape_length(std::string_view text, std::size_t at) {
  const std::size_t length = at + 1 < text.size() && text[at + 1] == 'u' ? 6 : 2;
  return std::min(length, text.size() - at);
}

void append_name(std::string& out, std::string_view name, std::uint64_t copy) {
  Odometer odometer(copy);
  for (std::size_t at = 0; at < name.size();) {
    if (name[at] == '\\') {
      const std::size_t length = escape_length(name, at);
      out.append(name, at, length);
      at += length;
    } else {
      out += odometer.turn(name[at]);
      ++at;
    }
  }
}

void append_mentions(std::string& out, std::string_view text, std::uint64_t copy) {
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@')) {
    std::size_t end = at + 1;
    while (end < text.size() && is_name_byte(text[end])) {
      ++end;
    }
    out.append(text, 0, at + 1);
    append_name(out, text.substr(at + 1, end - at - 1), copy);
    text.remove_prefix(end);
  }
  out += text;
}

std::int64_t shifted_post_id(std::int64_t id, std::int64_t later_ms) {
  return id + (later_ms << kSnowflakeLowBits);
}

std::size_t digits_of(std::int64_t id) {
  std::size_t digits = 1;
  for (; id >= 10; id /= 10) {
    ++digits;
  }
  return digits;
}

void append_id(std::string& out, std::int64_t id) {
  append_number(out, static_cast<std::uint64_t>(id));
}

}  // namespace

std::int64_t shifted_user_id(std::int64_t id, std::uint64_t copy) {
  constexpr std::size_t kLongDigits = 17;
  if (id == 0) {
    return id;
  }
  const std::size_t digits = digits_of(id);
  if (digits >= kLongDigits) {
    constexpr std::int64_t kStep = kLongUserIdReach / static_cast<std::int64_t>(kCopiesMax) - 1;
    const std::int64_t more = static_cast<std::int64_t>(copy) * kStep;
    return id > kIdMax - more || digits_of(id + more) != digits ? id : id + more;
  }
  // All numbers of so many digits are a ring, on which a step goes the golden ratio of the
  // way round: what was near is far apart in another copy. The size of the ring has the
  // factors 2, 3 and 5 alone, the step none of them: so all places are visited.
  std::uint64_t smallest = 1;
  for (std::size_t digit = 1; digit < digits; ++digit) {
    smallest *= 10;
  }
  const std::uint64_t size = 9 * smallest;
  std::uint64_t step = (size / 1'000 * 618 + size % 1'000 * 618 / 1'000) | 1U;
  while (step % 3 == 0 || step % 5 == 0) {
    step += 2;
  }
  // In two parts, neither of which overflows: sizes are below 10^16, copies 10^5 at most.
  constexpr std::uint64_t kPart = 1'000;
  const std::uint64_t place = static_cast<std::uint64_t>(id) - smallest;
  const std::uint64_t moved =
      (copy / kPart * step % size * kPart + copy % kPart * step) % size + place;
  return static_cast<std::int64_t>(smallest + moved % size);
}

bool movable(const Place& place, std::int64_t later_ms) {
  constexpr std::int64_t kLastMs = 253'402'300'799'999;  // of the year 9999
  if (place.kind != PlaceKind::kPostId) {
    return later_ms <= kLastMs && place.value <= kLastMs - later_ms;
  }
  return later_ms <= (kIdMax - place.value) >> kSnowflakeLowBits;
}

void append_shifted(std::string& out, std::string_view line, std::span<const Place> places,
                    const Shift& shift) {
  std::size_t done = 0;
  for (const Place& place : places) {
    out.append(line, done, place.begin - done);
    const std::string_view old = line.substr(place.begin, place.length);
    switch (place.kind) {
      case PlaceKind::kPostId:
        append_id(out, shifted_post_id(place.value, shift.later_ms));
        break;
      case PlaceKind::kTimestamp:
        append_id(out, place.value + shift.later_ms);
        break;
      case PlaceKind::kCreatedAt:
        append_created_at(out, place.value + shift.later_ms);
        break;
      case PlaceKind::kUserId:
        append_id(out, shifted_user_id(place.value, shift.copy));
        break;
      case PlaceKind::kName:
        append_name(out, old, shift.copy);
        break;
      case PlaceKind::kMentions:
        append_mentions(out, old, shift.copy);
        break;
    }
    done = place.begin + place.length;
  }
  out.append(line, done);
}

}  // namespace tagtill::corpus
