// What a running tier tells its operator, line by line. Hides spdlog.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/time.h"

namespace tagtill {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };
[[nodiscard]] std::string_view name_of(LogLevel level);  // debug, info, warning, error
[[nodiscard]] std::optional<LogLevel> read_log_level(std::string_view name);

enum class LogForm : std::uint8_t { kText, kJson };
// Text on a terminal, JSON otherwise.
[[nodiscard]] LogForm log_form_for(int file);

// The only way to say an author: by a keyed hash (author_hasher.h).
struct HashedAuthor {
  std::string_view id;
};

// A constant of the program: what differs from line to line belongs into fields. So lines can be
// counted by it, and nothing from outside can stand in it.
class LogMessage {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is a message.
  template <std::size_t kBytes>
  consteval LogMessage(const char (&text)[kBytes]) : text_(text, kBytes - 1) {
    static_assert(kBytes > 1 && kBytes <= 200);
  }
  [[nodiscard]] constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

// Lower-case letters and `_`; not one of those that every line has.
class LogFieldName {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is a name.
  template <std::size_t kBytes>
  consteval LogFieldName(const char (&text)[kBytes]) : text_(text, kBytes - 1) {
    for (const char c : text_) {
      if ((c < 'a' || c > 'z') && c != '_') {
        throw "a field's name has another character";
      }
    }
    if (text_.empty() || text_ == "ts" || text_ == "level" || text_ == "msg" || text_ == "cut" ||
        text_ == "suppressed") {
      throw "a field cannot be called so";
    }
  }
  [[nodiscard]] constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

// Lives as long as the line that it stands in: refers to its strings.
class LogField {
 public:
  using Value =
      std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view, HashedAuthor>;

  constexpr LogField(LogFieldName name, std::string_view value) : name_(name), value_(value) {}
  constexpr LogField(LogFieldName name, HashedAuthor value) : name_(name), value_(value) {}
  template <std::same_as<bool> Bool>
  constexpr LogField(LogFieldName name, Bool value) : name_(name), value_(value) {}
  template <std::floating_point Number>
  constexpr LogField(LogFieldName name, Number value)
      : name_(name), value_(static_cast<double>(value)) {}
  template <std::signed_integral Number>
  constexpr LogField(LogFieldName name, Number value) : name_(name), value_(std::int64_t{value}) {}
  template <std::unsigned_integral Number>
  requires(!std::same_as<Number, bool>) constexpr LogField(LogFieldName name, Number value)
      : name_(name), value_(std::uint64_t{value}) {}

  [[nodiscard]] constexpr std::string_view name() const { return name_.text(); }
  [[nodiscard]] constexpr const Value& value() const { return value_; }

 private:
  LogFieldName name_;
  Value value_;
};

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  LogForm form = LogForm::kJson;
  int file = 2;                 // stays the caller's
  std::string author_key = {};  // of the hashes of authors; empty: drawn at random
  // Lines of one message: so many at once, and then so many a second. 0 a second: no limit.
  double burst = 20;
  double lines_a_second = 1;
  std::size_t queue_lines = 2'048;
  std::function<Millis()> now = {};  // since 1970; empty: the system's clock
};

// Any thread. Nobody who logs ever waits for who reads the log: lines go through a bounded queue
// to a thread that writes them. What finds no place there pushes the oldest out, what cannot be
// written within a second is dropped; both are counted, and said in a line once there is
// one again. Lines of one message beyond its limit are left out; the next one says how many.
//
// A line is at most kLineBytesMax long, so that a pipe takes it whole; longer texts are cut.
// Digits that may be a card number are masked (engine/card_number.h), in every value; what
// could do more than be read, or is not UTF-8, becomes U+FFFD. As JSON: one object with `ts`
// (RFC 3339, UTC, milliseconds), `level`, `msg`, the fields, `suppressed` and `cut` if they apply.
//
// Cost: some 3 µs a line for who logs; 40 ns for one that is left out.
//
// The destructor writes what is left, as long as it is taken.
class Log {
 public:
  static constexpr std::size_t kLineBytesMax = 4'096;
  static constexpr std::size_t kValueBytesMax = 1'024;

  using Fields = std::initializer_list<LogField>;

  // Throws tagtill::Error (kFailed) when there is no thread or no random byte to be had.
  explicit Log(LogOptions options);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void debug(LogMessage message, Fields fields = {}) { say(LogLevel::kDebug, message, fields); }
  void info(LogMessage message, Fields fields = {}) { say(LogLevel::kInfo, message, fields); }
  void warning(LogMessage message, Fields fields = {}) { say(LogLevel::kWarning, message, fields); }
  void error(LogMessage message, Fields fields = {}) { say(LogLevel::kError, message, fields); }
  void say(LogLevel level, LogMessage message, Fields fields);

  void set_level(LogLevel level);

  struct Counts {
    std::uint64_t written = 0;     // lines
    std::uint64_t dropped = 0;     // for want of a place, or of somebody who takes them
    std::uint64_t suppressed = 0;  // beyond the limit of their message
  };
  [[nodiscard]] Counts counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tagtill
