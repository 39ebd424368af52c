#include "corpus/user_pool.h"

#include <algorithm>
#include <string_view>

#include "corpus/wire_text.h"

namespace tagtill::corpus {
namespace {

// Streams of the seed, so that what is drawn for one purpose does not move another.
constexpr std::uint64_t kIdentityStream = 0x1d'0000'0000'0000;
constexpr std::uint64_t kDetailStream = 0xde'0000'0000'0000;
constexpr std::uint64_t kFollowerStream = 0xf0'0000'0000'0000;

constexpr std::int64_t kFirstAccountMs = 1'167'609'600'000;  // January 2007

constexpr std::string_view kTokenCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789Qx";

constexpr std::array<std::string_view, 12> kColours{"C0DEED", "DDEEF6", "333333", "0084B4",
                                                    "1DA1F2", "000000", "FFFFFF", "131516",
                                                    "009999", "EEEEEE", "F5ABB5", "ABB8C2"};

constexpr std::array<std::string_view, 2> kBooleans{"false", "true"};

std::string_view boolean(bool value) { return kBooleans[value ? 1 : 0]; }

// A count whose magnitude is spread evenly: most are small, some are huge.
std::uint32_t spread_count(Random& random, std::uint32_t bits_max) {
  return random.below(1U << random.between(1, bits_max));
}

}  // namespace

void append_token(std::string& out, std::size_t count, Random& random) {
  std::uint64_t bits = 0;
  for (std::size_t place = 0; place < count; ++place) {
    if (place % 10 == 0) {
      bits = random.next();
    }
    out += kTokenCharacters[bits & 63U];
    bits >>= 6U;
  }
}

UserPool::UserPool(std::uint64_t seed, const WireProfile& profile, const Vocabulary& vocabulary,
                   std::int64_t before_ms, std::uint64_t id_base)
    : seed_(seed),
      profile_(profile),
      vocabulary_(vocabulary),
      age_limit_s_(static_cast<std::uint32_t>(
          std::clamp<std::int64_t>((before_ms - kFirstAccountMs) / 1'000, 1, 0x7fff'ffff))),
      id_base_(id_base) {
  // An odd factor shuffles the slots, so that the first members are not all of the first
  // language.
  constexpr std::size_t kShuffle = 389;
  std::size_t slot = 0;
  for (std::size_t language = 0; language < kLanguageCount; ++language) {
    first_slot_[language] = static_cast<std::uint16_t>(slot);
    for (unsigned share = profile.language_weights[language]; share != 0 && slot < kSlots;
         --share, ++slot) {
      slots_[slot] = static_cast<std::uint16_t>(slot * kShuffle % kSlots);
      slot_language_[slots_[slot]] = static_cast<Language>(language);
    }
  }
  first_slot_[kLanguageCount] = static_cast<std::uint16_t>(slot);
}

std::uint64_t UserPool::id(std::uint64_t index) const {
  // An odd factor and an exclusive or are one to one on 32 bits, and so is the whole: long
  // ids lie beyond the short ones.
  const std::uint64_t short_id =
      ((index * 2'654'435'761U) ^ (mix64(seed_) & 0xffff'ffffU)) & 0xffff'ffffU;
  constexpr std::uint64_t kSmallestId = 10'000'000;
  constexpr std::uint64_t kSmallestLongId = 700'000'000'000'000'000;
  if (id_base_ != 0) {
    return id_base_ + kSmallestId + short_id;
  }
  if (mix64(seed_ ^ (index << 20U)) % 1'000'000 < profile_.long_id_ppm) {
    return kSmallestLongId + (short_id << 24U);
  }
  return kSmallestId + short_id;
}

std::uint32_t UserPool::followers(std::uint64_t index) const {
  Random random(seed_, kFollowerStream + index);
  if (random.chance(10'000)) {
    return 20'000 + spread_count(random, 21);
  }
  return spread_count(random, 12);
}

Language UserPool::language(std::uint64_t index) const { return slot_language_[index % kSlots]; }

std::uint64_t UserPool::index_of(Language language, std::uint64_t bound, Random& random) const {
  const auto rows = static_cast<std::uint32_t>(bound / kSlots);
  if (rows == 0) {
    return random.below(static_cast<std::uint32_t>(bound));
  }
  const auto place = static_cast<std::size_t>(language);
  const std::uint32_t slots = first_slot_[place + 1] - std::uint32_t{first_slot_[place]};
  const std::size_t slot = first_slot_[place] + random.index(slots);
  return std::uint64_t{random.below(rows)} * kSlots + slots_[slot];
}

void UserPool::fill(User& user, std::uint64_t index) const {
  Random random(seed_, kIdentityStream + index);
  user.index = index;
  user.id = id(index);
  user.language = language(index);
  user.followers = followers(index);

  const auto& syllables = vocabulary_.syllables();
  const LanguageWords& words = vocabulary_.language(user.language);
  user.screen_name.clear();
  for (std::uint32_t part = random.between(2, 4); part != 0; --part) {
    user.screen_name += syllables[random.index(syllables.size())];
  }
  if (random.chance(300'000)) {
    user.screen_name[0] = static_cast<char>(user.screen_name[0] - 'a' + 'A');
  }
  if (random.chance(250'000)) {
    user.screen_name += '_';
  }
  if (random.chance(500'000)) {
    append_number(user.screen_name, random.below(10'000));
  }
  constexpr std::size_t kScreenNameMax = 15;
  if (user.screen_name.size() > kScreenNameMax) {
    user.screen_name.resize(kScreenNameMax);
  }

  user.name.clear();
  if (words.latin_names || random.chance(300'000)) {
    for (std::uint32_t part = random.between(1, 2); part != 0; --part) {
      if (!user.name.empty()) {
        user.name += ' ';
      }
      const std::size_t start = user.name.size();
      user.name += syllables[random.index(syllables.size())];
      user.name += syllables[random.index(syllables.size())];
      user.name += syllables[random.index(syllables.size())];
      user.name[start] = static_cast<char>(user.name[start] - 'a' + 'A');
    }
  } else {
    user.name += words.words[random.index(words.words.size())].wire;
    if (random.chance(500'000)) {
      user.name += words.words[random.index(words.words.size())].wire;
    }
  }
  if (random.chance(profile_.name_emoji_ppm)) {
    user.name += vocabulary_.emoji()[random.index(vocabulary_.emoji().size())].wire;
  }
}

void UserPool::append_bio(std::string& out, const User& user, Random& random) const {
  if (!random.chance(profile_.bio_ppm)) {
    out += "null";
    return;
  }
  const LanguageWords& words = vocabulary_.language(user.language);
  out += '"';
  for (std::uint32_t count = 1 + random.below(profile_.bio_words_max); count != 0; --count) {
    out += words.words[random.index(words.words.size())].wire;
    if (words.spaced) {
      out += ' ';
    }
    if (random.chance(20'000)) {
      out += "\\n";
    }
  }
  if (random.chance(profile_.bio_sign_ppm)) {
    out += " #";
    if (random.chance(700'000)) {
      const auto& tags =
          random.chance(500'000) ? vocabulary_.plain_tags() : vocabulary_.capital_tags();
      out += tags[random.index(tags.size())].wire;
    } else {
      append_number(out, random.below(100));
    }
  }
  if (random.chance(profile_.bio_emoji_ppm)) {
    out += ' ';
    for (std::uint32_t count = random.between(1, 4); count != 0; --count) {
      out += vocabulary_.emoji()[random.index(vocabulary_.emoji().size())].wire;
    }
  }
  if (random.chance(40'000)) {
    out += " & \\u003c3";
  }
  out += '"';
}

void UserPool::append_place_and_links(std::string& out, const User& user, Random& random) const {
  out += R"("location":)";
  if (random.chance(profile_.location_ppm)) {
    const LanguageWords& words = vocabulary_.language(user.language);
    out += '"';
    out += words.words[random.index(words.words.size())].wire;
    out += ", ";
    out += words.words[random.index(words.words.size())].wire;
    out += '"';
  } else {
    out += modern() ? "null" : "\"\"";
  }
  out += R"(,"url":)";
  if (random.chance(profile_.home_url_ppm)) {
    out += R"("http:\/\/)";
    out += user.screen_name;
    out += R"(.example.org\/",)";
  } else {
    out += "null,";
  }
}

void UserPool::append_time_zone(std::string& out, Random& random) const {
  if (random.chance(profile_.time_zone_ppm)) {
    const auto& zones = vocabulary_.time_zones();
    out += random.chance(500'000) ? R"("utc_offset":-28800,)" : R"("utc_offset":32400,)";
    out += R"("time_zone":")";
    out += zones[random.skewed(static_cast<std::uint32_t>(zones.size()))];
    out += R"(","geo_enabled":)";
  } else {
    out += R"("utc_offset":null,"time_zone":null,"geo_enabled":)";
  }
  out += boolean(random.chance(450'000));
  out += ',';
}

void UserPool::append_counts(std::string& out, const User& user, Random& random) const {
  // The members are the same in every year; their order is not.
  const std::int64_t created_ms =
      kFirstAccountMs + std::int64_t{random.below(age_limit_s_)} * 1'000;
  const auto append_created = [&] {
    out += R"("created_at":")";
    append_created_at(out, created_ms);
    out += "\",";
  };
  const std::string_view verified =
      user.followers > 500'000 ? R"("verified":true,)" : R"("verified":false,)";
  if (modern()) {
    out += verified;
  }
  out += R"("followers_count":)";
  append_number(out, user.followers);
  out += R"(,"friends_count":)";
  append_number(out, spread_count(random, 11));
  out += R"(,"listed_count":)";
  append_number(out, spread_count(random, 6));
  out += ',';
  if (!modern()) {
    append_created();
  }
  out += R"("favourites_count":)";
  append_number(out, spread_count(random, 13));
  out += ',';
  if (!modern()) {
    append_time_zone(out, random);
    out += verified;
  }
  out += R"("statuses_count":)";
  append_number(out, 1 + spread_count(random, 16));
  out += ',';
  if (modern()) {
    append_created();
    append_time_zone(out, random);
  }
}

void UserPool::append_background(std::string& out, bool own, Random& random) const {
  constexpr std::array<std::string_view, 2> kMembers{
      R"("profile_background_image_url":"http:\/\/)",
      R"("profile_background_image_url_https":"https:\/\/)"};
  out += R"("profile_background_color":")";
  out += kColours[random.index(kColours.size())];
  out += "\",";
  const std::uint64_t number = random.next() >> 5U;
  const Random before = random;
  for (const std::string_view member : kMembers) {
    random = before;  // the same picture twice
    out += member;
    if (own) {
      out += R"(pbs.example.com\/profile_background_images\/)";
      append_number(out, number);
      out += "\\/";
      append_token(out, modern() ? 8 : 20, random);
      out += R"(.jpeg",)";
    } else {
      out += R"(abs.example.com\/images\/themes\/theme)";
      append_number(out, 1 + number % 19);
      out += R"(\/bg.png",)";
    }
  }
  out += R"("profile_background_tile":)";
  out += boolean(random.chance(300'000));
  out += ',';
}

void UserPool::append_images(std::string& out, Random& random) const {
  constexpr std::array<std::string_view, 2> kMembers{R"("profile_image_url":"http:\/\/)",
                                                     R"("profile_image_url_https":"https:\/\/)"};
  const std::uint64_t number =
      300'000'000'000'000'000U + (random.next() >> 5U) % 500'000'000'000'000'000U;
  const Random before = random;
  for (const std::string_view member : kMembers) {
    random = before;
    out += member;
    out += R"(pbs.example.com\/profile_images\/)";
    append_number(out, number);
    out += "\\/";
    append_token(out, modern() ? 8 : 32, random);
    out += modern() ? R"(_normal.jpg",)" : R"(_normal.jpeg",)";
  }
}

void UserPool::append_banner(std::string& out, const User& user, Random& random) const {
  if (!random.chance(profile_.banner_ppm)) {
    return;
  }
  out += R"("profile_banner_url":"https:\/\/pbs.example.com\/profile_banners\/)";
  append_number(out, user.id);
  out += "\\/";
  append_number(out, 1'340'000'000 + random.below(20'000'000));
  out += "\",";
}

void UserPool::append_colours(std::string& out, Random& random) const {
  constexpr std::array<std::string_view, 4> kMembers{
      R"("profile_link_color":")", R"("profile_sidebar_border_color":")",
      R"("profile_sidebar_fill_color":")", R"("profile_text_color":")"};
  for (const std::string_view member : kMembers) {
    out += member;
    out += kColours[random.index(kColours.size())];
    out += "\",";
  }
  out += R"("profile_use_background_image":)";
  out += boolean(random.chance(800'000));
  out += ',';
}

void UserPool::append_user(std::string& out, const User& user, bool is_protected) const {
  Random random(seed_, kDetailStream + user.index);
  out += R"({"id":)";
  append_number(out, user.id);
  out += R"(,"id_str":)";
  append_quoted_number(out, user.id);
  out += R"(,"name":")";
  out += user.name;
  out += R"(","screen_name":")";
  out += user.screen_name;
  out += "\",";
  append_place_and_links(out, user, random);
  out += R"("description":)";
  append_bio(out, user, random);
  out += R"(,"protected":)";
  out += boolean(is_protected);
  out += ',';
  append_counts(out, user, random);
  out += R"("lang":")";
  out += vocabulary_.language(user.language).code;
  out += R"(","contributors_enabled":false,"is_translator":false,)";
  const bool own_background = random.chance(profile_.own_background_ppm);
  append_background(out, own_background, random);
  if (modern()) {
    append_colours(out, random);
  }
  append_images(out, random);
  append_banner(out, user, random);
  if (!modern()) {
    append_colours(out, random);
  }
  out += R"("default_profile":)";
  out += boolean(!own_background);
  out += R"(,"default_profile_image":false,"following":null,"follow_request_sent":null,)";
  out += R"("notifications":null})";
}

}  // namespace tagtill::corpus
