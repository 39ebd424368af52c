// Rows in the binary form of COPY.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "engine/time.h"

namespace tagtill {

// Values are added in the order of the columns. Used by one thread, again and again.
class PostgresCopy {
 public:
  PostgresCopy() { clear(); }

  [[nodiscard]] bool empty() const { return rows_ == 0; }

  void begin_row(std::int16_t columns) {
    append(columns);
    ++rows_;
  }

  // text. PostgreSQL cannot hold U+0000, the one character it has no place for: U+FFFD stands
  // for it.
  void add(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) [[unlikely]] {
      add(without_zeros(text));
      return;
    }
    append(static_cast<std::int32_t>(text.size()));
    bytes_.append(text);
  }
  // bigint
  void add(std::int64_t number) {
    append(std::int32_t{8});
    append(number);
  }
  // timestamptz: microseconds since 2000
  void add_time(Millis time) {
    constexpr Millis kYear2000 = 946'684'800'000;
    add((time - kYear2000) * 1'000);
  }
  void add_null() { append(std::int32_t{-1}); }
  void add(const std::optional<std::int64_t>& number) { number ? add(*number) : add_null(); }

  // All rows, with the end mark; behind it only clear() may be called.
  [[nodiscard]] std::string_view finish() {
    append(std::int16_t{-1});
    return bytes_;
  }

  void clear() {
    // The signature, no flags, no extension.
    bytes_.assign("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
    rows_ = 0;
  }

 private:
  // Big-endian.
  template <typename Integer>
  void append(Integer value) {
    char bytes[sizeof(Integer)];
    for (std::size_t i = sizeof(Integer); i-- > 0;) {
      bytes[i] = static_cast<char>(value & 0xFF);
      value = static_cast<Integer>(value >> 8);
    }
    bytes_.append(bytes, sizeof(Integer));
  }

  static std::string without_zeros(std::string_view text) {
    std::string clean;
    for (const char c : text) {
      c == '\0' ? clean.append("\uFFFD") : clean.append(1, c);
    }
    return clean;
  }

  std::string bytes_;
  std::size_t rows_ = 0;
};

}  // namespace tagtill
