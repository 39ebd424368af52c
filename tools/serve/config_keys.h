// The keys of tagtill.toml. From this one table come the reader, --set, `tagtill config show`,
// the reference of docs/ingest-configuration.md and the check of the sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "tools/serve/serve_config.h"

namespace tagtill {

enum class KeyType : std::uint8_t {
  kText,
  kFlag,
  kNumber,
  kNumberOrAuto,  // 0 is auto
  kSize,          // `64MiB`, or a number of bytes
  kDuration,
  kChoice,
};

// Where the value of a key stands in a configuration: by type a text (also of a choice), a flag,
// a number (also a size), a duration in milliseconds.
using KeyPlace = std::variant<std::string*, bool*, std::uint64_t*, Millis*>;

// Which kinds of [[source]] a key is for.
enum SourceKinds : std::uint8_t {
  kOfStdin = 1,
  kOfFile = 2,
  kOfTcp = 4,
  kOfUnix = 8,
  kOfAll = 15,
};

struct ConfigKey {
  std::string_view name;
  KeyType type;
  KeyPlace (*place)(ServeConfig& config, std::size_t index);  // index: in a repeated section
  std::string_view meaning;
  std::uint64_t least = 0;      // of numbers, sizes and durations
  std::uint64_t most = 0;       // likewise
  std::string_view choices{};   // of kChoice, with | between
  bool required = false;        // an empty text is not enough
  std::uint8_t kinds = kOfAll;  // in [[source]]
  // What is wrong with a text that is not empty, with what would be right; empty: nothing.
  std::string (*problem)(const std::string& value) = nullptr;
  // What is shown of a text that holds something secret; null: all of it.
  std::string (*masked)(const std::string& value) = nullptr;
};

struct ConfigSection {
  std::string_view name;
  std::string_view meaning;
  std::span<const ConfigKey> keys;
  // Of a repeated section, [[name]]: how many there are, and a change of that. Else null.
  std::size_t (*count)(const ServeConfig& config) = nullptr;
  void (*resize)(ServeConfig& config, std::size_t count) = nullptr;
};

// How many entries a repeated section may have.
inline constexpr std::size_t kSectionEntriesMax = 64;

[[nodiscard]] std::span<const ConfigSection> config_sections();

// The bit of a kind of source; 0 if it is none.
[[nodiscard]] std::uint8_t source_kind_bit(std::string_view kind);

// The value as TOML.
[[nodiscard]] std::string key_value_toml(const ConfigKey& key, const KeyPlace& place);

// What a key may be, in words: `a duration from 0 to 24h`.
[[nodiscard]] std::string key_form(const ConfigKey& key);

// The reference of all keys, as Markdown.
[[nodiscard]] std::string config_reference();

}  // namespace tagtill
