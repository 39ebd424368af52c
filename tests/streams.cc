#include "streams.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

namespace streams {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kBegin = 1485446400000;  // 2017-01-26T16:00:00Z
constexpr int64_t kSnowflakeBegin = 1288834974657;
constexpr size_t kLineLimit = 1 << 20;

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 1) {}

  uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31);
  }

  size_t below(size_t bound) { return static_cast<size_t>(next() % bound); }
  int64_t between(int64_t first, int64_t last) {
    return first + static_cast<int64_t>(next() % static_cast<uint64_t>(last - first + 1));
  }
  bool percent(size_t share) { return below(100) < share; }
  bool permille(size_t share) { return below(1000) < share; }

  template <typename Items>
  const auto& pick(const Items& items) {
    return items[below(std::size(items))];
  }

 private:
  uint64_t state_;
};

// --- Codes (P5.1), written once more for the generator ----------------------

constexpr std::string_view kBase32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

std::string code_of(const std::string& secret, const std::string& author,
                    const std::string& purchase_id) {
  const std::string message = "code\n" + author + "\n" + purchase_id;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(),
           &length) == nullptr) {
    throw std::runtime_error("HMAC failed");
  }
  uint64_t bits = 0;
  for (size_t i = 0; i < 5; ++i) {
    bits = bits * 256 + digest[i];
  }
  std::string code(8, '0');
  for (size_t i = code.size(); i-- > 0; bits /= 32) {
    code[i] = kBase32[bits % 32];
  }
  return code;
}

// --- Text -------------------------------------------------------------------

icu::UnicodeString units_of(std::string_view text) {
  return icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
}

std::string utf8_of(const icu::UnicodeString& units) {
  std::string text;
  units.toUTF8String(text);
  return text;
}

std::string upper_of(std::string_view text) {
  return utf8_of(units_of(text).toUpper(icu::Locale::getRoot()));
}
std::string lower_of(std::string_view text) {
  return utf8_of(units_of(text).toLower(icu::Locale::getRoot()));
}

std::string decomposed(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(status);
  const std::string result = utf8_of(nfd->normalize(units_of(text), status));
  return U_SUCCESS(status) ? result : std::string(text);
}

bool has_confirmation_form(std::string_view tag, std::string_view prefix) {
  const std::string folded = lower_of(tag);
  const std::string begin = lower_of(prefix);
  return folded.size() == begin.size() + 8 && folded.substr(0, begin.size()) == begin;
}

// How the strings of one line are written.
enum class Escapes { kWire, kRaw, kMixed, kAll };

class StringWriter {
 public:
  StringWriter(Random& random, Escapes escapes) : random_(random), escapes_(escapes) {}

  // A JSON string, with its quotes, of a UTF-8 text.
  std::string operator()(std::string_view text) const {
    std::string out = "\"";
    const icu::UnicodeString units = units_of(text);
    for (int32_t i = 0; i < units.length(); i = units.moveIndex32(i, 1)) {
      out += character(units.char32At(i));
    }
    return out + "\"";
  }

 private:
  std::string character(UChar32 value) const {
    constexpr std::string_view kFrom = "\"\\\b\f\n\r\t/";
    constexpr std::string_view kTo = "\"\\bfnrt/";
    const bool is_ascii = value < 0x80;
    const bool as_unit = wants_unit(value);
    const char sign = is_ascii ? static_cast<char>(value) : 'x';
    if (is_ascii && kFrom.find(sign) != std::string_view::npos && !as_unit) {
      if (sign == '/' && (escapes_ == Escapes::kRaw || random_.percent(30))) {
        return "/";
      }
      return std::string("\\") + kTo[kFrom.find(sign)];
    }
    if (as_unit || value < 0x20) {
      if (value <= 0xFFFF) {
        return unit(value);
      }
      return unit(0xD7C0 + (value >> 10)) + unit(0xDC00 + (value & 0x3FF));
    }
    return utf8_of(icu::UnicodeString(value));
  }

  bool wants_unit(UChar32 value) const {
    switch (escapes_) {
      case Escapes::kWire:
        return value >= 0x80;
      case Escapes::kRaw:
        return false;
      case Escapes::kMixed:
        return value >= 0x80 ? random_.percent(50)
                             : random_.percent(value == '#' || value == '&' ? 30 : 5);
      case Escapes::kAll:
        return true;
    }
    return false;
  }

  std::string unit(UChar32 value) const {
    std::string text = "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) {
      const size_t digit = static_cast<size_t>(value >> shift & 15);
      const bool is_upper = escapes_ != Escapes::kWire && random_.percent(50);
      text += (is_upper ? "0123456789ABCDEF" : "0123456789abcdef")[digit];
    }
    return text;
  }

  Random& random_;
  Escapes escapes_;
};

// --- Times ------------------------------------------------------------------

struct Civil {
  int64_t year, month, day, hour, minute, second, ms;
};

Civil civil_of(int64_t time_ms) {
  const int64_t days = time_ms / kDay;
  const int64_t in_day = time_ms % kDay;
  // Years of the era that begin in March.
  const int64_t shifted = days + 719468;
  const int64_t era = shifted / 146097;
  const int64_t day_of_era = shifted % 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0),
          month,
          day_of_year - (153 * shifted_month + 2) / 5 + 1,
          in_day / kHour,
          in_day / kMinute % 60,
          in_day / kSecond % 60,
          in_day % kSecond};
}

std::string padded(int64_t number, size_t width) {
  std::string text = std::to_string(number);
  return std::string(text.size() < width ? width - text.size() : 0, '0') + text;
}

std::string created_at(int64_t time_ms) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  constexpr std::string_view kWeekdays = "ThuFriSatSunMonTueWed";
  const Civil civil = civil_of(time_ms);
  const auto day = static_cast<size_t>(time_ms / kDay % 7);
  return std::string(kWeekdays.substr(3 * day, 3)) + " " +
         std::string(kMonths.substr(3 * static_cast<size_t>(civil.month - 1), 3)) + " " +
         padded(civil.day, 2) + " " + padded(civil.hour, 2) + ":" + padded(civil.minute, 2) + ":" +
         padded(civil.second, 2) + " +0000 " + padded(civil.year, 4);
}

std::string rfc3339(Random& random, int64_t time_ms) {
  const bool has_offset = random.percent(20);
  const int64_t offset_minutes = has_offset ? random.between(-720, 840) : 0;
  const Civil civil = civil_of(time_ms + offset_minutes * kMinute);
  std::string text = padded(civil.year, 4) + "-" + padded(civil.month, 2) + "-" +
                     padded(civil.day, 2) + "T" + padded(civil.hour, 2) + ":" +
                     padded(civil.minute, 2) + ":" + padded(civil.second, 2);
  if (civil.ms != 0 || random.percent(30)) {
    text += "." + padded(civil.ms, 3);
  }
  if (!has_offset) {
    return text + "Z";
  }
  const int64_t away = offset_minutes < 0 ? -offset_minutes : offset_minutes;
  return text + (offset_minutes < 0 ? "-" : "+") + padded(away / 60, 2) + ":" +
         padded(away % 60, 2);
}

// --- Setting ----------------------------------------------------------------

struct Author {
  std::string id;
  bool is_member = false;
  bool is_protected = false;
};

struct Offer {
  std::string id;
  std::string tag;
  int64_t starts_at = 0;
  int64_t ends_at = 0;
  int64_t window_ms = 0;
};

// A post that was made, for those that refer to it.
struct Made {
  std::string id;
  std::string author;
  int64_t time_ms = 0;
  std::string line;
  std::string text;
};

// A window that may have opened.
struct Code {
  std::string author;
  std::string intent_id;
  std::string code;
  int64_t intent_ms = 0;
  int64_t deadline_ms = 0;
};

constexpr std::array<std::string_view, 23> kTags = {"kindle",
                                                    "kindlefire",
                                                    "kind",
                                                    "caf\u00e9",
                                                    "stra\u00dfe",
                                                    "\u0427\u0410\u0419",
                                                    "\u6771\u4eac\u30bf\u30ef\u30fc",
                                                    "\ufb01sh",
                                                    "\u0130stanbul",
                                                    "\ud55c\uae00",
                                                    "\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3",
                                                    "\u092a\u0941\u0938\u094d\u0924\u0915",
                                                    "a1",
                                                    "4sale",
                                                    "to_go",
                                                    "\u00c5ngstr\u00f6m",
                                                    "\U00010400\U00010401",
                                                    "\uab70\uab71",
                                                    "go",
                                                    "GO_2",
                                                    "\u1e9e\u00df",
                                                    "n\u0303andu",
                                                    "\u0390a"};

constexpr std::array<std::string_view, 14> kOddIds = {
    "a",  "p 1", "say \"hi\"", "back\\slash", "\u00fcber", "\u6771\u4eac", "\U0001F600",
    "00", "-5",  "1e3",        "<&amp;>",     "a:b",       "007",          "18446744073709551615"};

constexpr std::array<std::string_view, 5> kPrefixes = {"Confirm", "c", "Deals", "OK",
                                                       "abcdefghijABCDEFGHIJabcdefghijAB"};

constexpr std::array<std::string_view, 18> kFillers = {
    "hello",      "great deal", "\u3053\u3093\u306b\u3061\u306f",
    "\U0001F600", "&",          "<3 >",
    "@friend",    "100%",       "\n",
    "\u2026",     "caf\u00e9",  "#",
    "##",         "#1",         "#\ufe0f\u20e3",
    "a/b",        "\"quoted\"", "\\"};

// --- One stream ---------------------------------------------------------------

enum class Mode { kPlain, kManyOffers, kManyParked, kManyDeletes, kLongLines };

class Maker {
 public:
  Maker(uint64_t seed, bool with_replacements)
      : random_(seed), with_replacements_(with_replacements) {}

  Stream make() {
    choose_mode();
    choose_options();
    choose_authors();
    choose_offers();
    stream_.offers = offers_text();
    stream_.members = members_text();
    clock_ = kBegin + random_.between(0, kHour);
    switch (mode_) {
      case Mode::kManyOffers:
        many_offers();
        break;
      case Mode::kManyParked:
        many_parked();
        break;
      case Mode::kManyDeletes:
        many_deletes();
        break;
      case Mode::kPlain:
      case Mode::kLongLines:
        break;
    }
    const size_t steps = 8 + random_.below(50);
    for (size_t i = 0; i < steps; ++i) {
      step();
      if (random_.percent(4)) {
        end_file();
      }
    }
    if (mode_ == Mode::kLongLines) {
      long_lines();
    }
    end_file();
    return std::move(stream_);
  }

 private:
  // --- Setting

  void choose_mode() {
    const size_t share = random_.below(1000);
    mode_ = share < 20   ? Mode::kManyOffers
            : share < 40 ? Mode::kManyParked
            : share < 48 ? Mode::kManyDeletes
            : share < 51 ? Mode::kLongLines
                         : Mode::kPlain;
  }

  void choose_options() {
    constexpr std::array<int64_t, 6> kLateness = {
        0, 1, kSecond, 30 * kSecond, 30 * kSecond, 10 * kMinute};
    constexpr std::array<int64_t, 10> kJumps = {0,         0,    kSecond, 5 * kMinute, kHour,
                                                3 * kHour, kDay, kDay,    kDay,        kDay};
    stream_.lateness_ms = random_.pick(kLateness);
    stream_.max_jump_ms = random_.pick(kJumps);
    if (random_.percent(30)) {
      stream_.prefix = random_.pick(kPrefixes);
    }
    secret_ = random_secret();
    stream_.secret = secret_;
  }

  std::string random_secret() {
    std::string secret;
    const size_t length = 32 + random_.below(random_.percent(10) ? 100 : 17);
    while (secret.size() < length) {
      secret += static_cast<char>('!' + random_.below(94));
    }
    return secret;
  }

  void choose_authors() {
    const size_t count = 2 + random_.below(4);
    std::set<std::string> ids;
    while (authors_.size() < count) {
      Author author;
      author.id = random_.percent(25) ? std::string(random_.pick(kOddIds))
                                      : std::to_string(random_.between(1, 2000000000));
      author.is_member = authors_.empty() || random_.percent(70);
      author.is_protected = !authors_.empty() && random_.percent(10);
      if (ids.insert(author.id).second) {
        authors_.push_back(author);
      }
    }
  }

  void choose_offers() {
    const size_t tags = mode_ == Mode::kManyOffers ? 36 + random_.below(8) : 1 + random_.below(4);
    std::set<std::string> taken;
    for (size_t tries = 0; taken.size() < tags && tries < 1000; ++tries) {
      std::string tag(random_.pick(kTags));
      if (mode_ == Mode::kManyOffers) {
        tag = "deal" + std::to_string(taken.size());
      }
      if (has_confirmation_form(tag, stream_.prefix) || !taken.insert(tag).second) {
        continue;
      }
      add_offers(tag);
    }
  }

  // The offers of one tag, one after the other, with a gap or without.
  void add_offers(const std::string& tag) {
    constexpr std::array<int64_t, 8> kWindows = {1, 2, 5, 60, 900, 900, 900, 86400};
    const size_t count = random_.percent(80) ? 1 : 2 + random_.below(2);
    int64_t starts_at = kBegin - random_.between(0, kDay);
    if (random_.percent(15)) {
      starts_at = kBegin + random_.between(0, 2 * kHour);
    }
    // Of several the first ends soon.
    int64_t ends_at = count > 1 ? std::max(starts_at, kBegin) + random_.between(1, 90 * kMinute)
                                : (random_.percent(85) ? std::max(starts_at, kBegin) : starts_at) +
                                      random_.between(kHour, 5 * kDay);
    for (size_t i = 0; i < count; ++i) {
      Offer offer;
      offer.id = std::string(random_.percent(50) ? "o" : "Offer_") +
                 std::to_string(offers_.size()) + (random_.percent(20) ? ".x-1" : "");
      offer.tag = tag;
      offer.starts_at = starts_at;
      offer.ends_at = ends_at;
      offer.window_ms = random_.pick(kWindows) * kSecond;
      offers_.push_back(offer);
      starts_at = ends_at + (random_.percent(40) ? 0 : 2 * random_.between(1, 20 * kMinute));
      ends_at = starts_at + random_.between(1, kDay);
    }
  }

  std::string offers_text() {
    std::string text;
    const StringWriter string(random_, Escapes::kMixed);
    constexpr std::array<int64_t, 6> kPrices = {0, 1, 999, 19900, 123456789, 9007199254740993};
    for (const Offer& offer : offers_) {
      const int64_t price = random_.pick(kPrices);
      std::vector<std::string> members = {
          "\"id\":" + string(offer.id),
          "\"tag\":" + string(offer.tag),
          "\"title\":" +
              string(random_.percent(30) ? "T \"1\"\n\u00fc\u6771\u0001\u007f" : "Title"),
          "\"price_minor\":" + std::to_string(price),
          std::string("\"currency\":") + (random_.percent(50) ? "\"USD\"" : "\"EUR\""),
          std::string("\"fulfilment\":") + (random_.percent(50) ? "\"ship\"" : "\"pickup\""),
          "\"starts_at\":\"" + rfc3339(random_, offer.starts_at) + "\"",
          "\"ends_at\":\"" + rfc3339(random_, offer.ends_at) + "\"",
          "\"window_seconds\":" + std::to_string(offer.window_ms / kSecond)};
      if (random_.percent(55)) {
        members.push_back("\"stock\":" + std::to_string(random_.below(4) % 3));
      }
      if (random_.percent(40)) {
        members.push_back("\"limit_per_member\":" + std::to_string(1 + random_.below(2)));
      }
      if (random_.percent(50)) {
        members.push_back("\"commission_bps\":" + std::to_string(random_.below(10001)));
      }
      if (random_.percent(20)) {
        members.push_back("\"list_price_minor\":" + std::to_string(price + 5));
      }
      if (random_.percent(20)) {
        members.push_back(random_.percent(50) ? "\"regions\":[\"DE\",\"FR\"]"
                                              : "\"regions\":[\"US\"]");
      }
      shuffle(members);
      text += object(members) + "\n" + (random_.percent(5) ? "\n" : "");
    }
    return text;
  }

  std::string members_text() {
    std::string text;
    constexpr std::array<std::string_view, 4> kRegions = {"DE", "US", "FR", "DE"};
    const StringWriter string(random_, Escapes::kMixed);
    size_t number = 0;
    for (const Author& author : authors_) {
      ++number;
      if (!author.is_member) {
        continue;
      }
      std::vector<std::string> members = {"\"author_id\":" + string(author.id),
                                          "\"account\":" + string("tok_" + std::to_string(number) +
                                                                  "_" + std::to_string(version_))};
      if (random_.percent(75)) {
        members.push_back("\"region\":\"" + std::string(random_.pick(kRegions)) + "\"");
      }
      shuffle(members);
      text += object(members) + "\n";
    }
    return text;
  }

  template <typename Items>
  void shuffle(Items& items) {
    for (size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1], items[random_.below(i)]);
    }
  }

  static std::string object(const std::vector<std::string>& members) {
    std::string text = "{";
    for (const std::string& member : members) {
      text += (text.size() > 1 ? "," : "") + member;
    }
    return text + "}";
  }

  // --- Lines and files

  void put(std::string line) {
    if (random_.permille(15)) {
      line = broken(std::move(line));
    }
    if (random_.percent(3)) {
      line = " \t" + line + (random_.percent(50) ? "  " : "\t");
    }
    file_ += line;
    file_ += random_.percent(30) ? "\r\n" : "\n";
    if (random_.percent(5)) {
      constexpr std::array<std::string_view, 4> kKeepAlives = {"\n", "\r\n", "  \t \r\n", "\t\n"};
      file_ += random_.pick(kKeepAlives);
    }
  }

  // A line that no reader can take for whole.
  std::string broken(std::string line) {
    const size_t at = 1 + random_.below(line.size() - 1);
    constexpr std::array<std::string_view, 7> kRubbish = {
        "\xC3", "\xED\xA0\x80", "\x01", "\\x", "\xC0\xAF", "\xF4\x90\x80\x80", "}"};
    switch (random_.below(4)) {
      case 0:
        return line.substr(0, at);
      case 1:
        return line.insert(at, random_.pick(kRubbish).substr(0, 4)) + "}";
      case 2:
        return line + random_.pick(std::array<std::string_view, 4>{"x", "}", " {}", ",1"}).data();
      default:
        return line.substr(at);
    }
  }

  void end_file() {
    if (file_.empty() && random_.percent(70)) {
      return;
    }
    if (random_.percent(20) && file_.size() >= 2) {
      file_.pop_back();  // the last line lacks its end
      if (file_.back() == '\r') {
        file_.pop_back();
      }
    }
    if (random_.percent(20)) {
      file_.insert(0, "\xEF\xBB\xBF");
    }
    stream_.files.push_back(std::exchange(file_, {}));
    if (with_replacements_ && random_.percent(60)) {
      replace();
    }
  }

  void replace() {
    ++version_;
    if (random_.percent(40)) {
      Author& author = authors_[random_.below(authors_.size())];
      author.is_member = !author.is_member;
    }
    if (random_.percent(30)) {
      secret_ = random_secret();
    }
    if (random_.percent(20) && offers_.size() > 1) {
      const size_t gone = random_.below(offers_.size());
      gone_offers_.push_back(offers_[gone]);
      offers_.erase(offers_.begin() + static_cast<std::ptrdiff_t>(gone));
    } else if (random_.percent(40) && !gone_offers_.empty()) {
      offers_.push_back(gone_offers_.back());
      gone_offers_.pop_back();
    } else if (random_.percent(10)) {
      gone_offers_.insert(gone_offers_.end(), offers_.begin(), offers_.end());
      offers_.clear();
    }
    if (random_.percent(30) && !offers_.empty()) {
      constexpr std::array<int64_t, 4> kWindows = {1, 5, 60, 900};
      offers_[random_.below(offers_.size())].window_ms = random_.pick(kWindows) * kSecond;
    }
    Replacement replacement;
    replacement.before_file = stream_.files.size();
    replacement.offers = offers_text();
    replacement.members = members_text();
    replacement.secret = secret_;
    stream_.replacements.push_back(std::move(replacement));
  }

  // --- Posts

  struct Spec {
    std::string id;
    std::string author;
    int64_t time_ms = 0;
    std::string text;  // decoded
    bool is_protected = false;
    bool is_repost = false;
    // Raw JSON that takes the place of a member, or is one more.
    std::map<std::string, std::string> overrides;
    std::map<std::string, std::string> user_overrides;
  };

  const Author& some_author() { return random_.percent(45) ? authors_[0] : random_.pick(authors_); }

  // A time for the next post; moves what the generator takes for the clock.
  int64_t advance() {
    constexpr std::array<int64_t, 14> kSteps = {
        0,           0,           1,           100,          kSecond, kSecond,      kSecond,
        2 * kSecond, 2 * kSecond, 5 * kSecond, 30 * kSecond, kMinute, 10 * kMinute, 2 * kHour};
    clock_ += random_.between(0, random_.pick(kSteps));
    return clock_;
  }

  int64_t some_time() {
    const int64_t lateness = stream_.lateness_ms;
    const int64_t jump = stream_.max_jump_ms;
    switch (random_.below(40)) {
      case 0:
        return clock_ - lateness;
      case 1:
        return clock_ - lateness - 1;
      case 2:
        return clock_ - random_.between(0, lateness + 5 * kSecond);
      case 3:
        if (jump != 0) {
          clock_ += jump;  // exactly J: not far ahead
        }
        return clock_;
      case 4:
        return clock_ + jump + 1;
      case 5:
        return clock_ + jump + random_.between(1, 2 * kHour);
      case 6:
        if (!codes_.empty()) {  // the deadline of a window, and just after
          return std::max(clock_ - lateness, random_.pick(codes_).deadline_ms) +
                 random_.between(0, 1);
        }
        return clock_;
      case 7:
        if (!codes_.empty()) {  // the moment at which one falls due, or just before
          clock_ =
              std::max(clock_, random_.pick(codes_).deadline_ms + lateness + random_.between(0, 1));
        }
        return clock_;
      case 8:
        if (!offers_.empty()) {
          const Offer& offer = random_.pick(offers_);
          const int64_t edge = random_.percent(50) ? offer.starts_at : offer.ends_at;
          if (edge >= clock_ - lateness && edge < clock_ + kDay) {
            clock_ = std::max(clock_, edge);
            return edge - random_.between(0, 1);
          }
        }
        return advance();
      default:
        return advance();
    }
  }

  std::string some_id(int64_t time_ms) {
    if (random_.percent(70)) {
      return std::to_string((time_ms - kSnowflakeBegin) * (int64_t{1} << 22) +
                            random_.between(0, (1 << 22) - 1));
    }
    ++id_number_;
    if (random_.percent(50)) {
      return std::to_string(id_number_);
    }
    return std::string(random_.pick(kOddIds)) + "_" + std::to_string(id_number_);
  }

  static bool is_snowflake(const std::string& id) {
    return id.size() > 11 && id.size() < 20 &&
           id.find_first_not_of("0123456789") == std::string::npos;
  }

  Spec spec(const Author& author, int64_t time_ms, std::string text) {
    Spec spec;
    spec.author = author.id;
    spec.time_ms = time_ms;
    spec.id = some_id(time_ms);
    spec.text = std::move(text);
    spec.is_protected = author.is_protected || random_.permille(15);
    return spec;
  }

  // The members that say when; the snowflake id may be one witness.
  void put_times(const Spec& spec, std::vector<std::pair<std::string, std::string>>& members) {
    const bool snowflake = is_snowflake(spec.id);
    const std::string stamp = std::to_string(spec.time_ms);
    if (!snowflake || random_.percent(50)) {
      members.emplace_back("timestamp_ms", random_.percent(80) ? "\"" + stamp + "\"" : stamp);
    } else if (random_.percent(10)) {
      members.emplace_back("timestamp_ms", "null");
    }
    if (random_.percent(60)) {
      const int64_t away = random_.percent(20) ? random_.between(-58, 58) * kSecond : 0;
      members.emplace_back("created_at", "\"" + created_at(spec.time_ms + away) + "\"");
    }
  }

  std::string render(const Spec& spec) {
    constexpr std::array<Escapes, 6> kEscapes = {Escapes::kWire,  Escapes::kWire,  Escapes::kRaw,
                                                 Escapes::kMixed, Escapes::kMixed, Escapes::kAll};
    const StringWriter string(random_, random_.pick(kEscapes));
    std::vector<std::pair<std::string, std::string>> user;
    put_id(user, string, spec.author);
    if (spec.is_protected) {
      user.emplace_back("protected", "true");
    } else if (random_.percent(60)) {
      user.emplace_back("protected", random_.percent(80) ? "false" : "null");
    }
    if (random_.percent(80)) {
      constexpr std::array<std::string_view, 7> kFollowers = {
          "0", "17", "123456", "-3", "null", "9223372036854775807", "-9223372036854775808"};
      user.emplace_back("followers_count", random_.pick(kFollowers));
    }
    user.emplace_back("screen_name", string("name #kind"));

    std::vector<std::pair<std::string, std::string>> members;
    put_id(members, string, spec.id);
    put_times(spec, members);
    put_text(members, string, spec.text);
    if (spec.is_repost) {
      members.emplace_back("retweeted_status",
                           random_.percent(70)
                               ? "{\"text\":" + string(spec.text) + ",\"id\":5,\"user\":{\"id\":6}}"
                               : "0");
    } else if (random_.percent(20)) {
      members.emplace_back("retweeted_status", "null");
    }
    if (random_.percent(10)) {
      members.emplace_back("quoted_status",
                           "{\"id_str\":\"77\",\"text\":" + string(tagged()) +
                               ",\"user\":{\"id_str\":\"8\"},\"retweeted_status\":{}}");
    }
    put_noise(members, string);
    apply_overrides(user, spec.user_overrides);
    shuffle(user);
    members.emplace_back("user", write(user));
    apply_overrides(members, spec.overrides);
    shuffle(members);
    if (random_.percent(5)) {  // of members with the same name the first counts
      members.emplace_back("text", string(tagged()));
      members.emplace_back("timestamp_ms", "\"5\"");
    }
    if (random_.percent(3)) {
      members.insert(members.begin(), {"delete", "null"});
    }
    return write(members);
  }

  void put_id(std::vector<std::pair<std::string, std::string>>& members, const StringWriter& string,
              const std::string& id) {
    const bool is_number = !id.empty() && id.size() < 20 && (id[0] != '0' || id == "0") &&
                           id.find_first_not_of("0123456789") == std::string::npos;
    if (is_number && random_.percent(15)) {
      members.emplace_back("id", id);
      if (random_.percent(30)) {
        members.emplace_back("id_str", "null");
      }
      return;
    }
    members.emplace_back("id_str", string(id));
    if (random_.percent(60)) {  // rounded, wrong or of another type: not needed
      members.emplace_back("id", is_number && random_.percent(80) ? id : "1.5e300");
    }
  }

  void put_text(std::vector<std::pair<std::string, std::string>>& members,
                const StringWriter& string, const std::string& text) {
    std::string wire;  // entities in
    for (const char sign : text) {
      if (sign == '&') {
        wire += random_.percent(80) ? "&amp;" : "&";
      } else if (sign == '<') {
        wire += random_.percent(80) ? "&lt;" : "<";
      } else if (sign == '>') {
        wire += random_.percent(80) ? "&gt;" : ">";
      } else {
        wire += sign;
      }
    }
    const std::string value = string(wire);
    switch (random_.below(12)) {
      case 0:
        members.emplace_back("full_text", value);
        members.emplace_back("text", string("short " + tagged()));
        break;
      case 1:
        members.emplace_back("extended_tweet", "{\"full_text\":" + value + ",\"x\":[1]}");
        members.emplace_back("text", random_.percent(80) ? string(tagged()) : "7");
        break;
      case 2:
        members.emplace_back("extended_tweet", "{\"full_text\":null}");
        members.emplace_back("full_text", "null");
        members.emplace_back("text", value);
        break;
      case 3:
        members.emplace_back("full_text", value);
        break;
      default:
        members.emplace_back("text", value);
        break;
    }
  }

  void put_noise(std::vector<std::pair<std::string, std::string>>& members,
                 const StringWriter& string) {
    if (random_.percent(20)) {
      members.emplace_back("source", string("<a href=\"http://x.com/#kindle\">x</a>"));
    }
    if (random_.percent(10)) {
      members.emplace_back("entities",
                           "{\"hashtags\":[{\"text\":" + string(some_tag()) + "}],\"urls\":[]}");
    }
    if (random_.percent(5)) {
      members.emplace_back("coordinates", "[-1.5E+10,0.0e-5,123456789012345678901234567890]");
    }
    if (random_.percent(3)) {
      members.emplace_back("lang", "\"\\ud800 \\udc00x\"");
    }
    if (random_.percent(3)) {
      members.emplace_back("deep", std::string(900, '[') + std::string(900, ']'));
    }
    if (random_.percent(5)) {  // a name with an escape is an unknown one
      members.emplace_back("te\\u0078t", string(tagged()));
      members.emplace_back("retweeted\\u005fstatus", "{}");
    }
  }

  static void apply_overrides(std::vector<std::pair<std::string, std::string>>& members,
                              const std::map<std::string, std::string>& overrides) {
    for (const auto& one : overrides) {
      std::erase_if(members, [&](const auto& member) { return member.first == one.first; });
      if (!one.second.empty()) {
        members.emplace_back(one.first, one.second);
      }
    }
  }

  std::string write(const std::vector<std::pair<std::string, std::string>>& members) {
    const bool is_spaced = random_.percent(10);
    std::string text = "{";
    for (const auto& [name, value] : members) {
      if (text.size() > 1) {
        text += is_spaced ? " ,\t" : ",";
      }
      text += "\"" + name + "\"";
      text += is_spaced ? " : " : ":";
      text += value;
    }
    return text + "}";
  }

  Made emit(const Spec& spec) {
    Made made = {spec.id, spec.author, spec.time_ms, render(spec), spec.text};
    put(made.line);
    made_.push_back(made);
    return made;
  }

  // --- Texts

  std::string sign() { return random_.percent(15) ? "\uff03" : "#"; }

  std::string some_tag() {
    if (offers_.empty() || random_.percent(8)) {
      return std::string(random_.pick(kTags));
    }
    return random_.pick(offers_).tag;
  }

  // A tag as a person writes it: most often one that matches.
  std::string written(const std::string& tag) {
    switch (random_.below(14)) {
      case 0:
        return upper_of(tag);
      case 1:
        return lower_of(tag);
      case 2:
        return decomposed(tag);
      case 3:
        return upper_of(decomposed(tag));
      case 4:
        return random_.percent(50) ? tag + "s" : tag.substr(0, 1);
      case 5:
        return random_.percent(50) ? tag + "\u200d" : "\uff4b" + tag;
      default:
        return tag;
    }
  }

  // A text with the tag in it, most often as a hashtag.
  std::string around(const std::string& tag) {
    switch (random_.below(24)) {
      case 0:
        return "a" + sign() + tag;
      case 1:
        return sign() + tag + sign();
      case 2:
        return sign() + tag + "://";
      case 3:
        return "http://example.com/x" + sign() + tag;
      case 4:
        return "example.com/" + sign() + tag;
      case 5:
        return "&" + sign() + tag;
      case 6:
        return "RT @friend: " + sign() + tag;
      case 7:
        return "xRT @friend: " + sign() + tag;
      case 8:
        return "\u6771" + sign() + tag;
      case 9:
        return "http://t.co/Ab1" + sign() + tag;
      case 10:
        return "(" + sign() + tag + ")";
      case 11:
        return "\u30fb" + sign() + tag + "\U0001F600";
      case 12:
        return "\ufe0f" + sign() + tag + ".";
      case 13:
        return "#" + sign() + tag;
      default:
        return sign() + tag;
    }
  }

  std::string surrounded(std::vector<std::string> pieces) {
    const size_t fillers = random_.below(3);
    for (size_t i = 0; i < fillers; ++i) {
      pieces.emplace_back(random_.pick(kFillers));
    }
    shuffle(pieces);
    std::string text;
    for (const std::string& piece : pieces) {
      text += (text.empty() ? "" : " ") + piece;
    }
    return text;
  }

  // One or several offers' tags.
  std::string tagged() {
    std::vector<std::string> pieces;
    do {
      pieces.push_back(around(written(some_tag())));
    } while (random_.percent(20));
    return surrounded(std::move(pieces));
  }

  std::string code_tag(std::string code) {
    for (char& sign : code) {
      if (random_.percent(20)) {
        sign = sign == '0' ? 'o' : sign == '1' ? (random_.percent(50) ? 'i' : 'L') : sign;
      }
      if (random_.percent(20)) {
        sign = lower_of(std::string(1, sign))[0];
      }
    }
    std::string prefix = stream_.prefix;
    if (random_.percent(20)) {
      prefix = random_.percent(50) ? upper_of(prefix) : lower_of(prefix);
    }
    if (random_.percent(2)) {  // a long s and a Kelvin sign fold into ASCII
      std::replace(prefix.begin(), prefix.end(), 'S', 's');
      const size_t at = prefix.find('s');
      if (at != std::string_view::npos) {
        prefix.replace(at, 1, "\u017f");
      }
      const size_t kelvin = code.find('K');
      if (kelvin != std::string_view::npos) {
        code.replace(kelvin, 1, "\u212a");
      }
    }
    return prefix + code;
  }

  std::string wrong_code() {
    std::string code;
    const size_t length = random_.percent(80) ? 8 : 7 + random_.below(3);
    while (code.size() < length) {
      code += random_.percent(2) ? 'U' : random_.pick(kBase32);
    }
    return code;
  }

  // --- Steps

  void step() {
    switch (random_.below(31)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
        return intent();
      case 8:
      case 9:
      case 10:
      case 11:
      case 12:
      case 13:
      case 14:
        return confirm();
      case 15:
        return confirm_first();
      case 16:
        return confirm_wrongly();
      case 17:
      case 18:
        return delete_something();
      case 19:
      case 20:
        return repeat_something();
      case 21:
        return not_a_candidate();
      case 22:
        return odd_post();
      case 23:
        return odd_line();
      case 24:
        return far_ahead();
      case 25:
        return random_.percent(50) ? purchase() : two_windows();
      case 26:
        return random_.percent(50) ? between_offers() : again_after_delete();
      default:
        return random_.percent(50) ? intent() : confirm();
    }
  }

  // Remembers the codes that the offers' windows of this post would have.
  void note_codes(const Spec& spec) {
    for (const Offer& offer : offers_) {
      Code code;
      code.author = spec.author;
      code.intent_id = spec.id;
      code.code = code_of(secret_, spec.author, spec.id + ":" + offer.id);
      code.intent_ms = spec.time_ms;
      code.deadline_ms = spec.time_ms + offer.window_ms;
      if (units_of(spec.text).indexOf(units_of(offer.tag)) >= 0 &&
          spec.time_ms >= offer.starts_at && spec.time_ms < offer.ends_at) {
        codes_.push_back(code);
      }
    }
  }

  void intent() {
    const Spec post = spec(some_author(), some_time(), tagged());
    note_codes(post);
    emit(post);
  }

  const Code& recent_code() {
    const size_t back = std::min(codes_.size(), 1 + random_.below(6));
    return codes_[codes_.size() - back];
  }

  const Author& author_of(const std::string& id) {
    for (const Author& author : authors_) {
      if (author.id == id && !random_.permille(40)) {
        return author;
      }
    }
    return random_.pick(authors_);
  }

  void confirm() {
    if (codes_.empty()) {
      return intent();
    }
    const Code code = recent_code();
    if (code.deadline_ms < clock_ - stream_.lateness_ms && random_.percent(80)) {
      return purchase();
    }
    int64_t time_ms = 0;
    switch (random_.below(10)) {
      case 0:
        time_ms = code.deadline_ms;
        break;
      case 1:
        time_ms = code.deadline_ms + 1;
        break;
      case 2:
        time_ms = code.intent_ms - random_.between(0, 1);
        break;
      case 3:
        time_ms = some_time();
        break;
      default:
        time_ms = std::min(clock_ + random_.between(0, 2 * kSecond), code.deadline_ms);
        break;
    }
    if (time_ms < clock_ + stream_.max_jump_ms) {
      clock_ = std::max(clock_, time_ms);
    }
    std::vector<std::string> pieces = {around_code(code_tag(code.code))};
    while (random_.percent(15)) {
      pieces.push_back(around_code(code_tag(random_.percent(50) ? code.code : recent_code().code)));
    }
    if (random_.percent(10)) {
      pieces.push_back(tagged());
    }
    const Spec post = spec(author_of(code.author), time_ms, surrounded(std::move(pieces)));
    note_codes(post);
    emit(post);
  }

  std::string around_code(const std::string& tag) {
    return random_.percent(92) ? sign() + tag : around(tag);
  }

  // An intent and its confirmation at once, one after the other, in good order.
  void purchase() {
    const Author& author = some_author();
    if (offers_.empty()) {
      return intent();
    }
    Spec post = spec(author, advance(), "#" + random_.pick(offers_).tag);
    note_codes(post);
    emit(post);
    const size_t before = codes_.size();
    if (before == 0) {
      return;
    }
    const Code code = codes_.back();
    clock_ += random_.between(0, kSecond);
    emit(spec(author, clock_, "#" + stream_.prefix + code.code));
  }

  // A window behind the deadline of the one before it, and both confirmed (P4.2,
  // P5.4): the limit may be reached by the second, and its unit is free again.
  void two_windows() {
    if (offers_.empty()) {
      return intent();
    }
    const Offer offer = random_.pick(offers_);
    const std::string author = authors_[0].id;
    const int64_t time_ms = advance();
    std::array<std::string, 2> codes;
    for (size_t i = 0; i < 2; ++i) {
      const int64_t away = i == 0 ? 0 : offer.window_ms + (random_.percent(20) ? 0 : 1);
      const Spec post = spec(authors_[0], time_ms + away, "#" + offer.tag);
      codes[i] = code_of(secret_, author, post.id + ":" + offer.id);
      emit(post);
    }
    emit(spec(authors_[0], time_ms + offer.window_ms, "#" + stream_.prefix + codes[0]));
    clock_ = time_ms + offer.window_ms + 1;
    emit(spec(authors_[0], clock_, "#" + stream_.prefix + codes[1]));
    emit(spec(random_.pick(authors_), clock_, "#" + offer.tag));
  }

  // As near to the end of one offer as to the beginning of the next.
  void between_offers() {
    for (const Offer& one : offers_) {
      for (const Offer& next : offers_) {
        const int64_t middle = (one.ends_at + next.starts_at) / 2;
        if (one.tag == next.tag && one.ends_at < next.starts_at && middle >= clock_) {
          clock_ = middle;
          emit(spec(some_author(), clock_ + random_.between(-1, 1), "#" + one.tag));
          return;
        }
      }
    }
    intent();
  }

  // A post is deleted while it is only just remembered, and its id comes again
  // when it is forgotten: the notice was not for the second one (P6.2).
  void again_after_delete() {
    if (offers_.empty()) {
      return intent();
    }
    const std::string tag = "#" + random_.pick(offers_).tag;
    int64_t longest_ms = 0;
    for (const Offer& offer : offers_) {
      longest_ms = std::max(longest_ms, offer.window_ms);
    }
    Spec post = spec(authors_[0], clock_, tag);
    post.id = "again " + std::to_string(++id_number_);
    emit(post);
    clock_ += longest_ms + stream_.lateness_ms;
    emit(spec(authors_[0], clock_, tag));
    put_delete(post.id, post.author);
    clock_ += random_.between(0, 1);
    emit(spec(authors_[0], clock_, tag));
    post.time_ms = clock_;
    emit(post);
  }

  // Confirmations that come before the intent that opens their window.
  void confirm_first() {
    if (offers_.empty()) {
      return intent();
    }
    const Author& author = some_author();
    const Offer offer = random_.pick(offers_);
    Spec post = spec(author, clock_ - random_.between(0, std::min(stream_.lateness_ms, kSecond)),
                     surrounded({"#" + offer.tag}));
    const std::string code = code_of(secret_, author.id, post.id + ":" + offer.id);
    do {
      const int64_t shift = random_.percent(20)   ? offer.window_ms + random_.between(0, 1)
                            : random_.percent(30) ? random_.between(-1, 1)
                                                  : random_.between(0, kSecond);
      const int64_t time_ms = post.time_ms + shift;
      clock_ = std::max(clock_, std::min(time_ms, clock_ + kHour));
      emit(spec(author, time_ms, surrounded({"#" + code_tag(code)})));
    } while (random_.percent(30));
    if (random_.percent(15)) {  // the intent itself bears its code
      post.text += " #" + stream_.prefix + code;
    }
    if (random_.percent(20)) {
      delete_something();
    }
    note_codes(post);
    if (random_.percent(90)) {
      emit(post);
    }
  }

  void confirm_wrongly() {
    std::vector<std::string> pieces;
    do {
      pieces.push_back(around_code(code_tag(wrong_code())));
    } while (random_.percent(40));
    emit(spec(some_author(), some_time(), surrounded(std::move(pieces))));
  }

  void far_ahead() {
    const int64_t time_ms = clock_ + stream_.max_jump_ms + random_.between(1, kHour);
    const Spec post = spec(some_author(), time_ms, tagged());
    const Made made = emit(post);
    note_codes(post);
    if (random_.percent(25)) {
      put_delete(made.id, made.author);
    }
    if (random_.percent(40)) {  // two agree, and time goes on from there
      emit(spec(some_author(), time_ms + random_.between(-kMinute, kMinute), tagged()));
      clock_ = time_ms;
    }
  }

  std::string id_json(const std::string& id) { return StringWriter(random_, Escapes::kMixed)(id); }

  void put_delete(const std::string& id, const std::string& author) {
    const auto is_number = [](const std::string& text) {
      return !text.empty() && text.size() < 20 && (text[0] != '0' || text == "0") &&
             text.find_first_not_of("0123456789") == std::string::npos;
    };
    std::vector<std::string> members;
    if (is_number(id) && random_.percent(30)) {
      members.push_back("\"id\":" + id);
    } else {
      members.push_back("\"id_str\":" + id_json(id));
      if (random_.percent(30)) {
        members.emplace_back("\"id\":0.5");
      }
    }
    if (is_number(author) && random_.percent(30)) {
      members.push_back("\"user_id\":" + author);
    } else {
      members.push_back("\"user_id_str\":" + id_json(author));
    }
    shuffle(members);
    const std::string stamp = random_.percent(50) ? ",\"timestamp_ms\":\"1\"" : "";
    put("{\"delete\":{\"status\":" + object(members) + stamp + "}}");
  }

  void delete_something() {
    if (made_.empty() || random_.percent(10)) {
      const std::string id = some_id(clock_);
      const Author& author = some_author();
      put_delete(id, author.id);
      if (random_.percent(60)) {  // and then the post comes
        Spec post = spec(author, some_time(), tagged());
        post.id = id;
        post.overrides["timestamp_ms"] =
            is_snowflake(id) ? "" : "\"" + std::to_string(post.time_ms) + "\"";
        emit(post);
      }
      return;
    }
    const size_t back = 1 + random_.below(std::min<size_t>(made_.size(), 8));
    const Made made = made_[made_.size() - back];
    put_delete(made.id, random_.percent(90) ? made.author : some_author().id);
    if (random_.percent(10)) {
      put_delete(made.id, made.author);
    }
  }

  void repeat_something() {
    if (made_.empty()) {
      return intent();
    }
    const size_t back = 1 + random_.below(std::min<size_t>(made_.size(), 10));
    const Made made = made_[made_.size() - back];
    if (random_.percent(60)) {
      put(made.line);
      return;
    }
    Spec post;  // written anew, or another post with the same id
    post.id = made.id;
    post.author = random_.percent(85) ? made.author : some_author().id;
    post.time_ms = made.time_ms;
    if (!is_snowflake(made.id) && random_.percent(30)) {
      post.time_ms = some_time();
    }
    post.text = random_.percent(60) ? made.text : tagged();
    emit(post);
  }

  void not_a_candidate() {
    constexpr std::array<std::string_view, 5> kPlain = {"nothing here", "no # sign", "#1", "#other",
                                                        "kindle"};
    Spec post = spec(some_author(), clock_ + random_.between(-kDay, 3 * kDay),
                     std::string(random_.pick(kPlain)));
    if (random_.percent(50)) {
      post.text = "RT @friend: " + tagged();
      post.is_repost = true;
    }
    if (random_.percent(50)) {
      post.is_repost = true;
      post.text = tagged();
    }
    emit(post);
  }

  // A candidate with something wrong in a field that is needed, or just right.
  void odd_post() {
    Spec post = spec(some_author(), some_time(), tagged());
    const auto one_of = [&](std::initializer_list<const char*> values) {
      return std::string(
          *(values.begin() + static_cast<std::ptrdiff_t>(random_.below(values.size()))));
    };
    switch (random_.below(14)) {
      case 0:
        post.overrides["timestamp_ms"] =
            one_of({"\"\"", "\"12a\"", "1.5", "true", "-5", "\"1485446400000000\"",
                    "\"999999999999999\"", "1e12", "[]", "\" 1485446400000\"", "{}"});
        break;
      case 1:
        post.overrides["created_at"] =
            one_of({"\"Thu Jan 26 16:00:00 2017\"", "\"Thu jan 26 16:00:00 +0000 2017\"",
                    "\"Thu Feb 30 16:00:00 +0000 2017\"", "\"Thu Jan 26 16:00:00 +0100 2017\"", "5",
                    "\"\"", "\"Thu Jan 26 24:00:00 +0000 2017\"",
                    "\"Thu Jan 26 16:00:00 +0000 1969\"", "\"Thu Jan 26  6:00:00 +0000 2017\"",
                    "\"Thu Jan 26 16:60:00 +0000 2017\"", "\"Xyz Jan 26 16:00:00 +0000 2017\""});
        break;
      case 2: {  // a second witness at its limit
        constexpr std::array<int64_t, 4> kAway = {-60001, -60000, 60000, 60001};
        const int64_t stamp = post.time_ms;
        post.id =
            std::to_string((stamp + random_.pick(kAway) - kSnowflakeBegin) * (int64_t{1} << 22));
        post.overrides["timestamp_ms"] = std::to_string(stamp);
        post.overrides["created_at"] = "";
        break;
      }
      case 3:
        post.overrides["id_str"] = one_of(
            {"\"\"", "5", "null", "\"a\\u0085\"", "\"a\\u0000\"", "\"\\ud800\"", "{}", "\"\\n\""});
        post.overrides["id"] = one_of({"", "-1", "-0", "1.0", "1e5", "18446744073709551616",
                                       "18446744073709551615", "\"7\"", "null", "34359738368"});
        break;
      case 4:
        post.user_overrides["id_str"] = one_of({"\"\"", "5", "null", "\"\\ud83d\"", "[]"});
        post.user_overrides["id"] = one_of({"", "-1", "0", "1.5", "null"});
        break;
      case 5:
        post.user_overrides["protected"] = one_of({"1", "\"true\"", "0", "[]", "null", "\"\""});
        break;
      case 6:
        post.user_overrides["followers_count"] =
            one_of({"1.5", "\"5\"", "9223372036854775808", "-9223372036854775809", "-0", "1e2",
                    "{}", "99999999999999999999999", "-5", "true"});
        break;
      case 7:
        post.overrides["text"] = one_of({"5", "null", "{}", "\"#kindle \\ud800\"", "\"\"", "[]"});
        break;
      case 8:
        post.overrides["extended_tweet"] = one_of(
            {"\"x\"", "5", "[]", "{}", "{\"full_text\":5}", "null", "{\"full_text\":\"#kindle\"}"});
        break;
      case 9:
        post.overrides["user"] = one_of({"5", "null", "[]", "\"x\"", "{}", ""});
        break;
      case 10:
        post.id = std::string(127 + random_.below(3), 'x');
        break;
      case 11: {  // no such second, whatever the other witness says
        std::string minute = created_at(post.time_ms);
        minute.replace(17, 2, "60");
        post.overrides["created_at"] = "\"" + minute + "\"";
        break;
      }
      case 12:  // the ends of what is a snowflake, and what only looks like one
        post.id = one_of({"34359738367", "34359738368", "00034359738367", "00034359738368",
                          "9223372036854775807", "9223372036854775808", "00000000000000000005",
                          "0000000000000000005"});
        post.overrides["timestamp_ms"] = std::to_string(post.time_ms);
        break;
      default:
        // Years without a snowflake to contradict.
        post.id = "y" + std::to_string(++id_number_);
        post.overrides["timestamp_ms"] =
            one_of({"\"0\"", "0", "\"253402300799999\"", "\"253402300800000\"",
                    "\"000001485446400\"", "null", ""});
        break;
    }
    emit(post);
  }

  void odd_line() {
    constexpr std::array<std::string_view, 30> kLines = {
        "{}",
        "[]",
        "null",
        "17",
        "\"text\"",
        "{\"limit\":{\"track\":5,\"timestamp_ms\":\"1485446400000\"}}",
        "{\"delete\":null}",
        "{\"delete\":{}}",
        "{\"delete\":5,\"user\":{\"id\":1},\"text\":\"#kindle\",\"id\":1,\"timestamp_ms\":"
        "1485446400000}",
        "{\"delete\":{\"status\":null}}",
        "{\"delete\":{\"status\":5}}",
        "{\"delete\":{\"status\":{}}}",
        "{\"delete\":{\"status\":{\"id\":1}}}",
        "{\"delete\":{\"status\":{\"id\":1,\"user_id\":-1}}}",
        "{\"delete\":{\"status\":{\"id\":1.5,\"user_id\":1}}}",
        "{\"delete\":{\"direct_message\":{\"id\":1,\"user_id\":1}}}",
        "{\"delete\":[{\"status\":{\"id\":1,\"user_id\":1}}]}",
        "{\"dele\\u0074e\":{\"status\":{\"id\":1,\"user_id\":1}}}",
        "{\"x\":1,\"delete\":{\"status\":{\"id\":1,\"user_id\":1}}}",
        "{\"scrub_geo\":{\"user_id\":14090452}}",
        "{\"friends\":[1,2,3]}",
        "{\"user\":{\"id\":1},\"id\":5}",
        "{\"text\":\"#kindle\",\"id\":5}",
        "{\"user\":{\"id\":1},\"text\":\"#kindle\",\"id\":5}",
        "{\"user\":{\"id\":1},\"text\":null,\"full_text\":null,\"id\":5}",
        "not json",
        "{\"a\":01}",
        "[1,]",
        "\xEF\xBB\xBF{}",
        "{\"a\":\"\t\"}"};
    if (random_.percent(8)) {
      const size_t depth = 1022 + random_.below(4);
      Spec post = spec(some_author(), advance(), tagged());
      post.overrides["deep"] = std::string(depth, '[') + std::string(depth, ']');
      emit(post);
      return;
    }
    put(std::string(random_.pick(kLines)));
  }

  // --- Bounds

  // P4.4: more than 32 windows of one author.
  void many_offers() {
    for (size_t i = 0; i < offers_.size(); i += 3) {
      std::string text;
      for (size_t j = i; j < std::min(i + 3, offers_.size()); ++j) {
        text += "#" + offers_[j].tag + " ";
      }
      Spec post = spec(authors_[0], clock_ += random_.between(0, 50), text);
      note_codes(post);
      emit(post);
      if (random_.percent(30)) {
        confirm();
      }
    }
  }

  // P5.6: more than 32 parked confirmations of one author.
  void many_parked() {
    for (size_t i = 0; i < 12; ++i) {
      std::string text;
      for (size_t j = 0; j < 4; ++j) {
        text += "#" + stream_.prefix + wrong_code() + " ";
      }
      emit(spec(authors_[0], clock_ += random_.between(0, 50), text));
      if (random_.percent(20)) {
        delete_something();
      }
      if (random_.percent(20)) {
        confirm_first();
      }
    }
  }

  // P6.2: more than 1,000 delete notices of one author.
  void many_deletes() {
    if (random_.percent(70)) {
      emit(spec(authors_[0], clock_, tagged()));
    }
    const size_t count = 1000 + random_.below(60);  // some of them get lost
    for (size_t i = 0; i < count; ++i) {
      put_delete("d" + std::to_string(i), authors_[0].id);
      if (random_.permille(10)) {
        put_delete("d" + std::to_string(random_.below(i + 1)), authors_[0].id);
      }
    }
    for (size_t i = 0; i < 12; ++i) {
      Spec post = spec(authors_[0], clock_, tagged());
      const size_t number = random_.percent(70) ? random_.below(45) : count - 1;
      post.id = "d" + std::to_string(number);
      emit(post);
    }
  }

  // P1.2: lines at the limit and beyond it.
  void long_lines() {
    for (const size_t length : {kLineLimit - 1, kLineLimit, kLineLimit + 1, kLineLimit + 70000}) {
      if (random_.percent(50)) {
        continue;
      }
      Spec post = spec(authors_[0], advance(), "#" + some_tag());
      post.overrides["filler"] = "\"\"";
      note_codes(post);
      std::string line = render(post);
      const size_t at = line.find("\"filler\"");
      const size_t value = line.find("\"\"", at + 8);
      line.insert(value + 1, length > line.size() ? length - line.size() : 0, 'x');
      file_ += line;
      file_ += random_.percent(50) ? "\n" : "\r\n";
      confirm();
    }
  }

  Random random_;
  bool with_replacements_;
  Mode mode_ = Mode::kPlain;
  Stream stream_;
  std::vector<Author> authors_;
  std::vector<Offer> offers_;
  std::vector<Offer> gone_offers_;
  std::vector<Made> made_;
  std::vector<Code> codes_;
  std::string secret_;  // in force
  std::string file_;
  int64_t clock_ = 0;
  int64_t id_number_ = 0;
  int version_ = 0;
};

// --- Tiny streams -------------------------------------------------------------

constexpr std::string_view kTinySecret = "0123456789abcdef0123456789abcdef";

enum TinySymbol { kIntent, kConfirm, kDelete, kDuplicate, kLate, kAhead, kTinySymbolsOfOne };

std::string tiny_post(size_t member, const std::string& id, int64_t time_ms,
                      const std::string& tag) {
  return "{\"timestamp_ms\":\"" + std::to_string(time_ms) + "\",\"id_str\":\"" + id +
         "\",\"text\":\"#" + tag + "\",\"user\":{\"id_str\":\"" + (member == 0 ? "a" : "b") +
         "\",\"followers_count\":7}}";
}

std::string tiny_line(size_t member, size_t symbol, size_t place, size_t target) {
  const std::string author = member == 0 ? "a" : "b";
  const auto id = [&](const char* kind, size_t number) {
    return author + kind + std::to_string(number);
  };
  const int64_t now = kBegin + static_cast<int64_t>(place) * kSecond;
  const std::string target_id = id("i", target);
  switch (symbol) {
    case kIntent:
      return tiny_post(member, id("i", place), now, "kindle");
    case kConfirm:
      return tiny_post(member, id("c", place), now + 2 * kSecond,
                       "Confirm" + code_of(std::string(kTinySecret), author, target_id + ":k"));
    case kDelete:
      return "{\"delete\":{\"status\":{\"id_str\":\"" + target_id + "\",\"user_id_str\":\"" +
             author + "\"}}}";
    case kDuplicate:
      return tiny_post(member, target_id, kBegin + static_cast<int64_t>(target) * kSecond,
                       "kindle");
    case kLate:
      return tiny_post(member, id("l", place), now - 4 * kSecond, "kindle");
    default:
      return tiny_post(member, id("f", place), now + 20 * kSecond, "kindle");
  }
}

}  // namespace

Stream make(uint64_t seed) { return Maker(seed, false).make(); }

Stream make_with_replacements(uint64_t seed) { return Maker(seed, true).make(); }

Stream tiny_setting() {
  Stream setting;
  setting.offers =
      "{\"id\":\"k\",\"tag\":\"kindle\",\"title\":\"Kindle\",\"price_minor\":19900,"
      "\"currency\":\"USD\",\"fulfilment\":\"pickup\",\"starts_at\":\"2017-01-01T00:00:00Z\","
      "\"ends_at\":\"2018-01-01T00:00:00Z\",\"stock\":1,\"limit_per_member\":1,"
      "\"commission_bps\":500,\"window_seconds\":4}\n";
  setting.members =
      "{\"author_id\":\"a\",\"account\":\"token-a\"}\n{\"author_id\":\"b\",\"account\":\"token-b\"}"
      "\n";
  setting.secret = kTinySecret;
  setting.lateness_ms = 2 * kSecond;
  setting.max_jump_ms = 10 * kSecond;
  return setting;
}

void for_each_tiny_stream(int length,
                          const std::function<void(const std::vector<std::string_view>&)>& fn) {
  constexpr auto kPlaces = static_cast<size_t>(kTinyLengthMax);
  constexpr size_t kNever = 9;  // the place of an intent that does not come
  using ByTarget = std::array<std::string, kNever + 1>;
  using ByPlace = std::array<ByTarget, kPlaces>;
  static const std::array<ByPlace, kTinySymbols> lines = [] {
    std::array<ByPlace, kTinySymbols> table;
    for (size_t symbol = 0; symbol < kTinySymbols; ++symbol) {
      for (size_t place = 0; place < kPlaces; ++place) {
        for (size_t target = 0; target <= kNever; ++target) {
          table[symbol][place][target] =
              tiny_line(symbol / kTinySymbolsOfOne, symbol % kTinySymbolsOfOne, place, target);
        }
      }
    }
    return table;
  }();

  const auto places = static_cast<size_t>(length);
  std::vector<size_t> symbols(places, 0);
  std::vector<std::string_view> stream(places);
  for (;;) {
    std::array<size_t, 2> target = {kNever, kNever};
    for (size_t place = places; place-- > 0;) {
      if (symbols[place] % kTinySymbolsOfOne == kIntent) {
        target[symbols[place] / kTinySymbolsOfOne] = place;  // the first to come
      }
    }
    for (size_t place = 0; place < places; ++place) {
      size_t& own = target[symbols[place] / kTinySymbolsOfOne];
      if (symbols[place] % kTinySymbolsOfOne == kIntent) {
        own = place;
      }
      stream[place] = lines[symbols[place]][place][own];
    }
    fn(stream);
    size_t place = 0;
    while (place < places && ++symbols[place] == kTinySymbols) {
      symbols[place++] = 0;
    }
    if (place == places) {
      return;
    }
  }
}

std::string join(const std::vector<std::string_view>& lines) {
  std::string text;
  for (const std::string_view line : lines) {
    text += line;
    text += '\n';
  }
  return text;
}

}  // namespace streams
