// A TOML text as a tree that says where each thing stands. toml++ stays in toml_document.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tagtill {

// In a text: from 1, columns in characters. `setting` is 0 in the file; else it stands in that
// one of the --set options, from 1, where lines and columns mean nothing.
struct TomlPlace {
  std::uint32_t setting = 0;
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  friend auto operator<=>(const TomlPlace&, const TomlPlace&) = default;
};

struct TomlMember;

struct TomlValue {
  enum class Kind : std::uint8_t { kText, kInteger, kNumber, kFlag, kTime, kList, kTable };

  Kind kind = Kind::kTable;
  std::string text;                 // of kText; of other scalars of --set as it was written
  std::int64_t integer = 0;         // of kInteger
  bool flag = false;                // of kFlag
  std::vector<TomlValue> items;     // of kList
  std::vector<TomlMember> members;  // of kTable, in the order of the text; no name twice
  TomlPlace place;

  // Null if there is none.
  [[nodiscard]] TomlMember* find(std::string_view name);
};

struct TomlMember {
  std::string name;
  TomlPlace place;  // of the name
  TomlValue value;
};

struct TomlProblem {
  TomlPlace place;
  std::string what;  // without a stop
};

// Longer texts are refused, and so are those with more dots: names with dots in them make
// tables in tables, and whoever takes them apart goes as deep.
inline constexpr std::size_t kTomlBytesMax = std::size_t{1} << 20;
inline constexpr std::size_t kTomlDotsMax = 10'000;

// The root table. Tables are given kTomlDepthMax deep; what stands deeper is left out. `problem`
// is set if the text is no TOML 1.0: to the first thing that is wrong, since what stands behind
// cannot be told.
inline constexpr std::size_t kTomlDepthMax = 8;
[[nodiscard]] TomlValue parse_toml(std::string_view text, std::optional<TomlProblem>& problem);

// A text as TOML writes it, in quotes.
[[nodiscard]] std::string toml_text(std::string_view text);

}  // namespace tagtill
