// Invented authors, made from their number whenever they are needed.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "corpus/random.h"
#include "corpus/vocabulary.h"
#include "corpus/wire_form.h"

namespace tagtill::corpus {

// What others may say of an author. Strings are spelled for the wire; a `User` is meant
// to be filled again and again, so that its strings keep their memory.
struct User {
  std::uint64_t index = 0;
  std::uint64_t id = 0;  // one index, one id
  Language language = Language::kEnglish;
  std::uint32_t followers = 0;
  std::string screen_name;  // letters, digits and `_`; at most 15
  std::string name;
};

// Every author is a function of (seed, form, index): the pool holds none of them, however
// many there are, and author 7 is the same person in every post. Immutable, may be read
// by any number of threads; the vocabulary must outlive it. An index is below 2^32.
// Filling a user costs about 0.1 us, appending the `user` object about 0.5 us.
class UserPool {
 public:
  // Every account is older than `before_ms`. With an `id_base`, all ids are in the
  // kIdsWithBase that begin there.
  UserPool(std::uint64_t seed, const WireProfile& profile, const Vocabulary& vocabulary,
           std::int64_t before_ms, std::uint64_t id_base = 0);

  static constexpr std::uint64_t kIdsWithBase = 10'000'000'000;

  void fill(User& user, std::uint64_t index) const;

  std::uint64_t id(std::uint64_t index) const;
  std::uint32_t followers(std::uint64_t index) const;
  Language language(std::uint64_t index) const;

  // An index below `bound` of an author who writes `language`, as long as `bound` is at
  // least 1,024; else any index below `bound`.
  std::uint64_t index_of(Language language, std::uint64_t bound, Random& random) const;

  // Appends the whole `user` object, braces and all.
  void append_user(std::string& out, const User& user, bool is_protected) const;

 private:
  static constexpr std::size_t kSlots = 1'024;

  bool modern() const { return profile_.form == WireForm::k2017; }

  // Each appends whole members, with a comma behind; but for the first, which appends the
  // value alone.
  void append_bio(std::string& out, const User& user, Random& random) const;
  void append_place_and_links(std::string& out, const User& user, Random& random) const;
  void append_counts(std::string& out, const User& user, Random& random) const;
  void append_time_zone(std::string& out, Random& random) const;
  void append_background(std::string& out, bool own, Random& random) const;
  void append_images(std::string& out, Random& random) const;
  void append_banner(std::string& out, const User& user, Random& random) const;
  void append_colours(std::string& out, Random& random) const;

  std::uint64_t seed_;
  const WireProfile& profile_;
  const Vocabulary& vocabulary_;
  std::uint32_t age_limit_s_;
  std::uint64_t id_base_;
  std::array<Language, kSlots> slot_language_{};  // of index % 1,024
  // The slots of a language stand together: from first_slot_[language] on.
  std::array<std::uint16_t, kSlots> slots_{};
  std::array<std::uint16_t, kLanguageCount + 1> first_slot_{};
};

// Appends `count` letters and digits.
void append_token(std::string& out, std::size_t count, Random& random);

}  // namespace tagtill::corpus
