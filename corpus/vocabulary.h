// Words to fill posts and profiles with: dictionary words of twelve languages and
// invented names, spelled for the wire once, when the vocabulary is built.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tagtill::corpus {

enum class Language : std::uint8_t {
  kEnglish,
  kJapanese,
  kSpanish,
  kThai,
  kArabic,
  kPortuguese,
  kKorean,
  kIndonesian,
  kTurkish,
  kFrench,
  kRussian,
  kGerman,
};
inline constexpr std::size_t kLanguageCount = 12;

// A piece of text as it stands inside a JSON string, and how many code points it is.
struct WireWord {
  std::string wire;
  std::uint32_t code_points = 0;
};

WireWord make_wire_word(std::string_view utf8);

// What a language brings along. `regions` are ISO 3166 codes, the commonest first.
struct LanguageWords {
  std::string_view code;    // as `lang` has it; Indonesian: `in`, in older dumps `id`
  bool spaced = true;       // words are parted by spaces
  bool latin_names = true;  // names are made of invented Latin syllables
  std::vector<WireWord> words;
  std::vector<WireWord> tags;  // hashtags of the language, without the sign
  std::vector<std::string_view> regions;
};

// Immutable once built; may be read by any number of threads. About 100 KB, 0.2 ms to
// build. None of its tags is ever an offer's tag or has the form of a confirmation tag.
class Vocabulary {
 public:
  Vocabulary();

  const LanguageWords& language(Language language) const {
    return languages_[static_cast<std::size_t>(language)];
  }
  const std::vector<WireWord>& plain_tags() const { return plain_tags_; }      // lower case
  const std::vector<WireWord>& capital_tags() const { return capital_tags_; }  // CamelCase
  const std::vector<WireWord>& emoji() const { return emoji_; }                // surrogate pairs
  const std::vector<WireWord>& symbols() const { return symbols_; }            // basic plane
  const std::vector<WireWord>& idle_signs() const { return idle_signs_; }      // `#`, no tag
  const std::vector<WireWord>& entities() const { return entities_; }          // `&amp;` and so on
  const std::vector<std::string>& sources() const { return sources_; }
  const std::vector<std::string>& time_zones() const { return time_zones_; }
  const std::vector<std::string_view>& syllables() const { return syllables_; }

 private:
  std::array<LanguageWords, kLanguageCount> languages_;
  std::vector<WireWord> plain_tags_, capital_tags_, emoji_, symbols_, idle_signs_, entities_;
  std::vector<std::string> sources_, time_zones_;
  std::vector<std::string_view> syllables_;
};

}  // namespace tagtill::corpus
