#include "engine/line_scanner.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "engine/confirmation_code.h"
#include "engine/fold.h"
#include "engine/hashtag.h"
#include "engine/json_text.h"
#include "engine/utf8.h"

namespace tagtill {
namespace {

// Marks are found in so many bytes and then looked at: both stay in the first-level cache.
constexpr std::size_t kStepBytes = 16 * 1024;

// Lower case of the ASCII characters of a tag; 0 for all other bytes.
constexpr std::array<char, 256> kTagByte = [] {
  std::array<char, 256> table{};
  for (int c = 'a'; c <= 'z'; ++c) {
    table[static_cast<std::size_t>(c)] = static_cast<char>(c);
    table[static_cast<std::size_t>(c - 0x20)] = static_cast<char>(c);
  }
  for (int c = '0'; c <= '9'; ++c) {
    table[static_cast<std::size_t>(c)] = static_cast<char>(c);
  }
  table['_'] = '_';
  return table;
}();

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Are the four bytes at `digits`, all of which may be read, those of an escaped sign?
// Says no only if they are not.
bool looks_like_sign(const char* digits) {
  std::uint32_t found = 0;
  std::memcpy(&found, digits, sizeof found);
  const auto in_lower_case = [](const char* four) {
    std::uint32_t value = 0;
    std::memcpy(&value, four, sizeof value);
    return value | 0x20202020U;
  };
  const std::uint32_t folded = found | 0x20202020U;
  return folded == in_lower_case("0023") || folded == in_lower_case("ff03");
}

// Does `rest` begin with a `\uXXXX`? Its value, or -1.
std::int32_t read_escape(std::string_view rest) {
  return rest.starts_with("\\u") ? hex_quad(rest, 2) : -1;
}

// One character of a JSON string, raw or escaped.
struct RawCharacter {
  std::int32_t code_point = -1;  // -1: none that a tag can hold
  std::size_t bytes = 0;
};

RawCharacter read_character(std::string_view rest) {
  const std::int32_t unit = read_escape(rest);
  if (unit >= 0xD800 && unit < 0xDC00) {
    const std::int32_t low = read_escape(rest.substr(6));
    if (low < 0xDC00 || low >= 0xE000) {
      return {};
    }
    return {0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), 12};
  }
  if (unit >= 0) {
    return {unit, 6};
  }
  if (rest.empty() || rest[0] == '\\') {
    return {};
  }
  const Utf8Character raw = read_utf8(rest);
  return raw.bytes > 0 ? RawCharacter{static_cast<std::int32_t>(raw.code_point), raw.bytes}
                       : RawCharacter{};
}

// The first member is named `delete` (P1.4); `line` begins with '{'.
bool begins_as_delete_notice(std::string_view line) {
  std::size_t at = 1;
  while (at < line.size() && is_blank(line[at])) {
    ++at;
  }
  return line.substr(at).starts_with("\"delete\"");
}

// Takes `literal` off the front of `rest`.
bool take(std::string_view& rest, std::string_view literal) {
  if (!rest.starts_with(literal)) {
    return false;
  }
  rest.remove_prefix(literal.size());
  return true;
}

// Takes 1 to `most` digits off the front of `rest`; empty if there are none, or more.
std::string_view take_digits(std::string_view& rest, std::size_t most) {
  std::size_t count = 0;
  while (count < rest.size() && count <= most && rest[count] >= '0' && rest[count] <= '9') {
    ++count;
  }
  const std::string_view digits = rest.substr(0, count);
  rest.remove_prefix(count);
  return count <= most ? digits : std::string_view();
}

// The number of a name that is not needed: one that JSON allows.
bool take_number(std::string_view& rest) {
  constexpr std::size_t kDigitsMax = 30;
  const std::string_view digits = take_digits(rest, kDigitsMax);
  return !digits.empty() && (digits.size() == 1 || digits[0] != '0');
}

// A delete notice in the form in which they are recorded, to the byte but for the order of
// the ids: the id of its author (P1.4). Empty: something else, or in another form.
std::string_view author_of_plain_notice(std::string_view line) {
  constexpr std::size_t kIdDigitsMax = 30;
  constexpr std::size_t kTimeDigitsMax = 20;
  std::string_view rest = line;
  if (!take(rest, R"({"delete":{"status":{)")) {
    return {};
  }
  std::string_view post;
  std::string_view author;
  bool numbers[2] = {};  // `id`, `user_id`
  do {
    const bool of_author = take(rest, R"("user_id)");
    if (!of_author && !take(rest, R"("id)")) {
      return {};
    }
    std::string_view& id = of_author ? author : post;
    if (take(rest, R"(_str":")")) {
      if (!id.empty()) {
        return {};
      }
      id = take_digits(rest, kIdDigitsMax);
      if (id.empty() || !take(rest, "\"")) {
        return {};
      }
    } else if (numbers[of_author ? 1 : 0] || !take(rest, R"(":)") || !take_number(rest)) {
      return {};
    } else {
      numbers[of_author ? 1 : 0] = true;
    }
  } while (take(rest, ","));
  if (post.empty() || author.empty() || !take(rest, "}")) {
    return {};
  }
  if (take(rest, R"(,"timestamp_ms":")") &&
      (take_digits(rest, kTimeDigitsMax).empty() || !take(rest, "\""))) {
    return {};
  }
  return rest == "}}" ? author : std::string_view();
}

}  // namespace

bool may_be_in_text(std::string_view line, std::size_t place) {
  // The quote that opens the string: the nearest one that is not escaped.
  std::string_view before = line.substr(0, place);
  std::size_t quote = before.rfind('"');
  for (;; quote = before.rfind('"')) {
    if (quote == std::string_view::npos) {
      return true;  // not JSON: for the decoder to say
    }
    before = before.substr(0, quote);
    const std::size_t last = before.find_last_not_of('\\');
    const std::size_t backslashes = last == std::string_view::npos ? quote : quote - last - 1;
    if (backslashes % 2 == 0) {
      break;
    }
  }
  if (line.substr(quote + 1).starts_with("RT @")) {
    return false;
  }
  const auto take_blanks = [&] {
    while (!before.empty() && is_blank(before.back())) {
      before.remove_suffix(1);
    }
  };
  take_blanks();
  if (!before.ends_with(':')) {
    return false;  // no member's value
  }
  before.remove_suffix(1);
  take_blanks();
  return before.ends_with("\"text\"") || before.ends_with("\"full_text\"");
}

LineScanner::LineScanner(const TagBeginnings& beginnings, std::string folded_prefix,
                         std::size_t longest_fold, bool strict)
    : beginnings_(beginnings),
      folded_prefix_(std::move(folded_prefix)),
      longest_(std::max(longest_fold, folded_prefix_.size() + 8)),
      strict_(strict),
      fold_alone_(fold_alone_table()),
      marks_(kStepBytes / 64 + 1) {}

void LineScanner::scan(std::string_view block, ScannedBlock& out) {
  out.clear();
  block_ = block;
  line_begin_ = 0;
  line_is_maybe_ = false;
  for (std::size_t step = 0; step < block.size(); step += kStepBytes) {
    const std::size_t bytes = std::min(kStepBytes, block.size() - step);
    const std::size_t words = find_marks(block.data() + step, bytes, marks_.data());
    for (std::size_t word = 0; word < words; ++word) {
      const std::size_t first = step + marks_[word].at;
      for (std::uint64_t marks = marks_[word].marks; marks != 0; marks &= marks - 1) {
        const std::size_t at = first + static_cast<std::size_t>(std::countr_zero(marks));
        const char mark = block[at];
        if (mark == '\n') {
          end_line(at, out);
          line_begin_ = at + 1;
        } else if (mark != 'u' || looks_like_sign(block.data() + at + 1)) {
          take_sign(at, out);
        }
      }
    }
  }
  if (line_begin_ < block.size()) {
    end_line(block.size(), out);
  }
}

void LineScanner::end_line(std::size_t end, ScannedBlock& out) {
  const bool maybe = line_is_maybe_;
  line_is_maybe_ = false;
  if (end > line_begin_ && end < block_.size() && block_[end - 1] == '\r') {
    --end;
  }
  std::size_t first = line_begin_;
  while (first < end && is_blank(block_[first])) {
    ++first;
  }
  if (first == end) {
    ++out.keep_alives;
    return;
  }
  ScannedLine line;
  line.begin = static_cast<std::uint32_t>(line_begin_);
  line.end = static_cast<std::uint32_t>(end);
  const std::string_view text = block_.substr(line_begin_, end - line_begin_);
  using Kind = ScannedLine::Kind;
  if (text.size() > kLineBytesMax) {
    line.kind = Kind::kTooLong;
  } else if (strict_ || maybe || block_[first] != '{') {
    line.kind = Kind::kParse;
  } else if (text.size() < kShortLineBytes) {
    const std::string_view author = author_of_plain_notice(text);
    line.kind = author.empty() ? Kind::kParse : Kind::kDeleteNotice;
    if (!author.empty()) {
      line.author_begin = static_cast<std::uint16_t>(author.data() - text.data());
      line.author_bytes = static_cast<std::uint8_t>(author.size());
    }
  } else {
    std::size_t last = end - 1;
    while (is_blank(block_[last])) {
      --last;
    }
    const bool parse =
        block_[last] != '}' || begins_as_delete_notice(block_.substr(first, end - first));
    line.kind = parse ? Kind::kParse : Kind::kPost;
  }
  out.lines.push_back(line);
}

void LineScanner::take_sign(std::size_t at, ScannedBlock& out) {
  if (strict_ || line_is_maybe_) {
    return;  // the line is parsed anyway
  }
  const std::string_view rest = block_.substr(at);
  std::size_t begin = at + 1;  // of the tag
  if (rest[0] == 'u') {
    const std::int32_t sign = at > 0 ? read_escape(block_.substr(at - 1)) : -1;
    if (sign != '#' && sign != 0xFF03) {
      return;
    }
    begin = at + 5;
  } else if (rest[0] != '#') {
    if (!rest.starts_with("\xEF\xBC\x83")) {
      return;
    }
    begin = at + 3;
  }

  if (!may_be_looked_for(begin)) {
    return;
  }
  std::string& window = out.windows.bytes();
  out.windows.begin();
  std::size_t i = begin;
  while (i < block_.size()) {
    const char c = kTagByte[static_cast<unsigned char>(block_[i])];
    if (c == 0) {
      break;
    }
    window.push_back(c);
    ++i;
  }
  // Folding can take one byte at most from an ASCII run: a letter that composes
  // with a mark behind it. So a longer one is nothing that is looked for.
  if (i - begin > longest_ + 1) {
    out.windows.abandon();
    return;
  }
  if (i < block_.size() && (block_[i] == '\\' || static_cast<unsigned char>(block_[i]) >= 0x80)) {
    window.resize(window.size() - (i - begin));
    if (!collect_escaped(begin, out)) {
      return;
    }
  }
  finish_window(begin, out);
}

// Says no only if the tag at `at` is nothing that is looked for.
bool LineScanner::may_be_looked_for(std::size_t at) const {
  constexpr std::size_t kLookedAt = TagBeginnings::kCharacters + 1;
  if (at + kLookedAt <= block_.size()) {
    TagBeginnings::Beginning beginning{};
    bool plain = true;
    for (std::size_t i = 0; i < beginning.size(); ++i) {
      const char c = kTagByte[static_cast<unsigned char>(block_[at + i])];
      plain = plain && c != 0;
      beginning[i] = static_cast<char16_t>(c);
    }
    const char next = block_[at + beginning.size()];
    if (plain && static_cast<unsigned char>(next) < 0x80 && next != '\\') {
      return beginnings_.may_hold(beginning);
    }
  }
  return begins_as_a_tag(at);
}

// The same, character by character. The fold of a character is known if it and the one
// behind it fold alone.
bool LineScanner::begins_as_a_tag(std::size_t at) const {
  TagBeginnings::Beginning beginning{};
  for (std::size_t i = 0; i <= beginning.size(); ++i) {
    const RawCharacter character = read_character(block_.substr(at));
    if (character.code_point < 0) {
      break;  // behind the end of the tag
    }
    const auto code_point = static_cast<char32_t>(character.code_point);
    const char16_t fold = code_point < 0x10000 ? fold_alone_[code_point] : char16_t{0};
    if (fold == 0) {
      if (is_tag_character(code_point)) {
        return true;
      }
      break;
    }
    if (i < beginning.size()) {
      beginning[i] = fold;
    }
    at += character.bytes;
  }
  return beginning[0] != 0 && beginnings_.may_hold(beginning);
}

// The tag at `at` holds something that is not plain ASCII: reads it character by
// character and appends its fold to the window. False if the window is settled.
bool LineScanner::collect_escaped(std::size_t at, ScannedBlock& out) {
  std::string& window = out.windows.bytes();
  const std::size_t window_begin = window.size();
  for (std::size_t next = at;;) {
    const RawCharacter character = read_character(block_.substr(next));
    const char32_t fold = character.code_point >= 0 && character.code_point < 0x10000
                              ? fold_alone_[character.code_point]
                              : 0;
    if (fold == 0) {
      if (character.code_point >= 0 &&
          is_tag_character(static_cast<char32_t>(character.code_point))) {
        window.resize(window_begin);  // its fold depends on what stands beside it
        return collect_slowly(at, out);
      }
      return true;
    }
    append_utf8(fold, window);
    next += character.bytes;
    if (window.size() - window_begin > TagWindows::kFoldBytesMax) {
      line_is_maybe_ = true;
      out.windows.abandon();
      return false;
    }
  }
}

bool LineScanner::collect_slowly(std::size_t at, ScannedBlock& out) {
  unfolded_.clear();
  for (;;) {
    const RawCharacter character = read_character(block_.substr(at));
    if (character.code_point < 0 ||
        !is_tag_character(static_cast<char32_t>(character.code_point))) {
      break;
    }
    append_utf8(static_cast<char32_t>(character.code_point), unfolded_);
    at += character.bytes;
    if (unfolded_.size() > TagWindows::kFoldBytesMax) {
      line_is_maybe_ = true;
      out.windows.abandon();
      return false;
    }
  }
  if (!fold_tag(unfolded_, folded_)) {
    line_is_maybe_ = true;
    out.windows.abandon();
    return false;
  }
  out.windows.bytes() += folded_;
  return true;
}

void LineScanner::finish_window(std::size_t begin, ScannedBlock& out) {
  const std::string_view fold = out.windows.open_window();
  if (fold.empty() || fold.size() > longest_) {
    out.windows.abandon();
    return;
  }
  if (fold.size() > TagWindows::kFoldBytesMax ||
      read_confirmation_tag(fold, folded_prefix_) != kNoCode) {
    line_is_maybe_ = true;
    out.windows.abandon();
    return;
  }
  out.windows.end();
  out.window_lines.push_back(static_cast<std::uint32_t>(out.lines.size()));
  out.window_places.push_back(static_cast<std::uint32_t>(begin));
}

}  // namespace tagtill
