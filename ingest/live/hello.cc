#include "ingest/live/hello.h"

#include <fmt/core.h>

#include <algorithm>

#include "engine/event.h"

namespace tagtill {
namespace {

constexpr std::string_view kSpace = " \t\r";

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kStreamNameBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '-';
         });
}

// Goes through a text token by token.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) {}

  // False unless the token comes next, white space before it left out.
  bool pass(std::string_view token) {
    skip_space();
    if (!rest_.starts_with(token)) {
      return false;
    }
    rest_.remove_prefix(token.size());
    return true;
  }
  // Is what has come the beginning of the token?
  [[nodiscard]] bool may_come(std::string_view token) {
    skip_space();
    return token.starts_with(rest_);
  }
  std::string_view up_to(char end) {
    const std::string_view text = rest_.substr(0, rest_.find(end));
    rest_.remove_prefix(text.size());
    return text;
  }
  [[nodiscard]] bool at_end() {
    skip_space();
    return rest_.empty();
  }

 private:
  void skip_space() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpace), rest_.size()));
  }

  std::string_view rest_;
};

constexpr std::string_view kForm = R"({"hello":{"stream":"NAME"}})";

Hello read_line(std::string_view line) {
  Tokens tokens(line);
  for (const std::string_view token : {"{", "\"hello\"", ":"}) {
    if (!tokens.pass(token)) {
      return {};
    }
  }
  const bool begun = tokens.pass("{") && tokens.pass("\"stream\"") && tokens.pass(":");
  if (!begun || !tokens.pass("\"")) {
    return {Hello::Kind::kRefused, fmt::format("A hello has the form {}.", kForm)};
  }
  const std::string_view name = tokens.up_to('"');
  if (!tokens.pass("\"") || !tokens.pass("}") || !tokens.pass("}") || !tokens.at_end()) {
    return {Hello::Kind::kRefused,
            fmt::format("A hello has the form {}, and no other members.", kForm)};
  }
  if (!is_name(name)) {
    return {Hello::Kind::kRefused,
            "The name of a stream has 1 to 64 characters of A-Z a-z 0-9 . _ -: choose another."};
  }
  return {Hello::Kind::kStream, std::string(name)};
}

}  // namespace

Hello read_hello(std::string_view bytes) {
  const std::size_t newline = bytes.substr(0, kHelloBytesMax).find('\n');
  if (newline != std::string_view::npos) {
    return read_line(bytes.substr(0, newline));
  }
  Tokens tokens(bytes);
  for (const std::string_view token : {"{", "\"hello\"", ":"}) {
    if (tokens.pass(token)) {
      continue;
    }
    return {tokens.may_come(token) && bytes.size() < kHelloBytesMax ? Hello::Kind::kNotYet
                                                                    : Hello::Kind::kNone,
            {}};
  }
  if (bytes.size() < kHelloBytesMax) {
    return {Hello::Kind::kNotYet, {}};
  }
  return {Hello::Kind::kRefused,
          fmt::format("A hello has at most {} bytes, with its line end.", kHelloBytesMax)};
}

std::string ack_line(std::uint64_t position) { return fmt::format("{{\"ack\":{}}}\n", position); }

std::string error_line(std::string_view sentence) {
  std::string line = "{\"error\":";
  append_json_string(line, sentence);
  line += "}\n";
  return line;
}

}  // namespace tagtill
