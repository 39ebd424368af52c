#include "corpus/catalogue.h"

#include <algorithm>
#include <array>

#include "corpus/codes.h"
#include "corpus/wire_text.h"

namespace tagtill::corpus {
namespace {

constexpr std::uint64_t kOfferStream = 0x0f'0000'0000'0000;
constexpr std::uint64_t kRegionStream = 0x4e'0000'0000'0000;
constexpr std::uint64_t kAccountStream = 0xac'0000'0000'0000;
constexpr std::uint64_t kSecretStream = 0x5e'0000'0000'0000;

constexpr std::int64_t kDayMs = 86'400'000;

constexpr std::array<std::string_view, 16> kBrands{
    "Velora", "Nimbux",  "Okarin", "Tessaro", "Brunelo", "Quillby", "Marvano", "Solpine",
    "Ferro",  "Lumetta", "Daxwel", "Pomeru",  "Zindra",  "Halvoro", "Kestova", "Orbano"};
constexpr std::array<std::string_view, 16> kProducts{
    "Lamp",  "Kettle", "Tablet",  "Speaker", "Backpack", "Sneakers", "Headphones", "Espresso",
    "Watch", "Camera", "Blanket", "Scooter", "Skillet",  "Notebook", "Gloves",     "Umbrella"};

// Spellings of a word beyond ASCII that fold (P2.2) to the same: composed and decomposed,
// lower and upper case, and the German sharp s, which folds to two letters.
struct Stem {
  std::string_view title;
  std::array<std::string_view, 3> spellings;  // the first is the catalogue's
};
constexpr std::array<Stem, 12> kStems{{
    {"Café", {"Café", "CAFÉ", "cafe\u0301"}},
    {"コーヒー豆", {"コーヒー豆", "コーヒー豆", "コーヒー豆"}},
    {"Große Tasse", {"GroßeTasse", "GROSSETASSE", "großeTasse"}},
    {"커피잔", {"커피잔", "커피잔", "\u110f\u1165\u1111\u1175\u110c\u1161\u11ab"}},
    {"Чайник", {"Чайник", "чайник", "ЧАЙНИК"}},
    {"قهوة", {"قهوة", "قهوة", "قهوة"}},
    {"Señal", {"Señal", "SEÑAL", "sen\u0303al"}},
    {"น้ำชา", {"น้ำชา", "น้ำชา", "น้ำชา"}},
    {"Maçã Verde", {"MaçãVerde", "maçãverde", "MAÇÃVERDE"}},
    {"夏祭り", {"夏祭り", "夏祭り", "夏祭り"}},
    {"Καφές", {"Καφές", "ΚΑΦΈΣ", "καφέσ"}},
    {"Éclair", {"Éclair", "éclair", "E\u0301CLAIR"}},
}};

struct Money {
  std::string_view currency;
  std::uint32_t minor_units;  // in one unit
  std::uint32_t scale;        // what costs one dollar costs so many units
};
constexpr std::array<Money, 4> kMoney{
    {{"USD", 100, 1}, {"EUR", 100, 1}, {"JPY", 1, 110}, {"GBP", 100, 1}}};

constexpr std::array<std::array<std::string_view, 3>, 4> kRegionSets{
    {{"US", "CA", "GB"}, {"JP", "KR", "TH"}, {"DE", "FR", "ES"}, {"BR", "MX", "PT"}}};

OfferRole role_of(std::uint64_t number) {
  switch (number % 20) {
    case 4:
    case 12:
      return OfferRole::kStock;
    case 7:
    case 18:
      return OfferRole::kRegional;
    case 10:
      return OfferRole::kPast;
    case 14:
      return number % 40 == 14 ? OfferRole::kClosing : OfferRole::kOpening;
    case 16:
      return OfferRole::kFuture;
    default:
      return OfferRole::kPlain;
  }
}

// Names an offer: every fourth has a stem beyond ASCII. Numbers make names unique once
// all pairs of words are used up; no product ends in a digit.
void name_offer(Offer& offer, std::uint64_t number) {
  const std::uint64_t nth = number / 4;
  std::string name;
  std::uint64_t round = 0;
  if (number % 4 == 3) {
    const Stem& stem = kStems[nth % kStems.size()];
    const std::string_view brand = kBrands[nth / kStems.size() % kBrands.size()];
    round = nth / (kStems.size() * kBrands.size());
    offer.stems.assign(stem.spellings.begin(), stem.spellings.end());
    offer.tail = brand;
    name = "intl-" + std::to_string(nth % kStems.size()) + '-' + std::string(brand);
    offer.title = std::string(brand) + " „" + std::string(stem.title) + '"';
  } else {
    const std::uint64_t pair = number - nth;
    const std::string_view brand = kBrands[pair % kBrands.size()];
    const std::string_view product = kProducts[(pair / kBrands.size() + pair) % kProducts.size()];
    round = pair / (kBrands.size() * kProducts.size());
    offer.tail = std::string(brand) + std::string(product);
    name = std::string(brand) + '-' + std::string(product);
    offer.title = std::string(brand) + ' ' + std::string(product);
  }
  if (round != 0) {
    offer.tail += std::to_string(round + 1);
    name += '-' + std::to_string(round + 1);
    offer.title += ' ' + std::to_string(round + 1);
  }
  std::transform(name.begin(), name.end(), name.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  offer.id = name;
}

// ASCII is posted in whatever case, the rest as it is.
void take_tag(Offer& offer, const std::string& tag) {
  const bool ascii = std::all_of(tag.begin(), tag.end(),
                                 [](char byte) { return static_cast<unsigned char>(byte) < 0x80; });
  offer.stems.clear();
  offer.tail.clear();
  if (ascii) {
    offer.tail = tag;
  } else {
    offer.stems.push_back(tag);
  }
}

void price_offer(Offer& offer, Random& random) {
  const Money& money = kMoney[random.skewed(kMoney.size())];
  // 4.99 to 299.99 dollars, the cheap ones more often.
  const std::uint32_t dollars = 5 + random.skewed(295);
  offer.currency = money.currency;
  offer.price_minor = money.minor_units == 1 ? std::uint64_t{dollars} * money.scale
                                             : std::uint64_t{dollars} * money.minor_units - 1;
  if (random.chance(700'000)) {
    offer.list_price_minor = offer.price_minor + offer.price_minor * random.between(0, 60) / 100;
  }
  offer.pickup = random.chance(300'000);
  offer.commission_bps = random.below(41) * 50;
}

void set_interval(Offer& offer, const CatalogueOptions& options) {
  const std::int64_t middle_ms = options.start_ms + (options.end_ms - options.start_ms) / 2;
  offer.starts_ms = options.start_ms - 10 * kDayMs;
  offer.ends_ms = options.end_ms + 10 * kDayMs;
  switch (offer.role) {
    case OfferRole::kPlain:
    case OfferRole::kRegional:
    case OfferRole::kStock:
      break;
    case OfferRole::kClosing:
      offer.ends_ms = middle_ms;
      break;
    case OfferRole::kOpening:
      offer.starts_ms = middle_ms;
      break;
    case OfferRole::kPast:
      offer.starts_ms = options.start_ms - 40 * kDayMs;
      offer.ends_ms = options.start_ms - 20 * kDayMs;
      break;
    case OfferRole::kFuture:
      offer.starts_ms = options.end_ms + 5 * kDayMs;
      break;
  }
}

void append_member_name(std::string& out, std::string_view name) {
  out += ",\"";
  out += name;
  out += "\":";
}

char upper(char letter) {
  return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
}

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

}  // namespace

bool Offer::open_to(std::string_view region) const {
  return regions.empty() || std::find(regions.begin(), regions.end(), region) != regions.end();
}

std::vector<Offer> make_offers(const CatalogueOptions& options) {
  std::vector<Offer> offers;
  offers.reserve(options.count);
  for (std::uint64_t number = 0; number < options.count; ++number) {
    Random random(options.seed, kOfferStream + number);
    Offer offer;
    offer.role = role_of(number);
    name_offer(offer, number);
    if (!options.tags.empty()) {
      take_tag(offer, options.tags[number]);
    }
    price_offer(offer, random);
    if (number % 10 == 3) {
      offer.limit_per_member = 2;
    }
    offer.window_s = options.window_s;
    if (number % 25 == 5) {
      offer.window_s = options.window_s / 3;
    }
    if (number % 25 == 9) {
      offer.window_s = options.window_s * 2;
    }
    if (offer.role == OfferRole::kRegional) {
      const auto& regions = kRegionSets[number / 10 % kRegionSets.size()];
      offer.regions.assign(regions.begin(), regions.end());
    }
    if (offer.role == OfferRole::kStock) {
      offer.stock = 1 + random.below(2 * options.stock_demand);
    }
    if (offer.role == OfferRole::kPast) {
      // The season before: the same tag, another time. The number before a past offer's
      // is always that of a plain one.
      offer.stems = offers.back().stems;
      offer.tail = offers.back().tail;
    }
    set_interval(offer, options);
    offers.push_back(std::move(offer));
  }
  return offers;
}

std::string catalogue_tag(const Offer& offer) {
  std::string tag;
  if (!offer.stems.empty()) {
    tag += offer.stems.front();
  }
  tag += offer.tail;
  return tag;
}

PlannedTag posted_tag(const Offer& offer, Random& random) {
  std::string tag;
  if (!offer.stems.empty()) {
    tag += offer.stems[random.index(offer.stems.size())];
  }
  const std::uint32_t manner = random.below(20);
  for (const char letter : offer.tail) {
    tag += manner < 10              ? letter
           : manner < 15            ? lower(letter)
           : manner < 18            ? upper(letter)
           : random.chance(500'000) ? upper(letter)
                                    : lower(letter);
  }
  return PlannedTag{make_wire_word(tag), random.chance(30'000)};
}

void append_offer_line(std::string& out, const Offer& offer) {
  out += R"({"id":")";
  out += offer.id;
  out += R"(","tag":")";
  append_json_utf8(out, catalogue_tag(offer));
  out += R"(","title":")";
  append_json_utf8(out, offer.title);
  out += '"';
  append_member_name(out, "price_minor");
  append_number(out, offer.price_minor);
  if (offer.list_price_minor != 0) {
    append_member_name(out, "list_price_minor");
    append_number(out, offer.list_price_minor);
  }
  out += R"(,"currency":")";
  out += offer.currency;
  out += R"(","fulfilment":")";
  out += offer.pickup ? "pickup" : "ship";
  out += R"(","starts_at":")";
  append_rfc3339(out, offer.starts_ms);
  out += R"(","ends_at":")";
  append_rfc3339(out, offer.ends_ms);
  out += '"';
  if (offer.stock != 0) {
    append_member_name(out, "stock");
    append_number(out, offer.stock);
  }
  if (offer.limit_per_member != 1) {
    append_member_name(out, "limit_per_member");
    append_number(out, offer.limit_per_member);
  }
  if (offer.commission_bps != 0) {
    append_member_name(out, "commission_bps");
    append_number(out, offer.commission_bps);
  }
  if (offer.window_s != 900) {
    append_member_name(out, "window_seconds");
    append_number(out, offer.window_s);
  }
  if (!offer.regions.empty()) {
    append_member_name(out, "regions");
    char before = '[';
    for (const std::string_view region : offer.regions) {
      out += before;
      out += '"';
      out += region;
      out += '"';
      before = ',';
    }
    out += ']';
  }
  out += "}\n";
}

std::string_view member_region(std::uint64_t seed, const UserPool& pool,
                               const Vocabulary& vocabulary, std::uint64_t member) {
  Random random(seed, kRegionStream + member);
  if (random.chance(80'000)) {
    return {};  // nobody asked
  }
  const auto& regions = vocabulary.language(pool.language(member)).regions;
  return regions[random.skewed(static_cast<std::uint32_t>(regions.size()))];
}

std::string member_account(std::uint64_t seed, std::uint64_t member) {
  // The number makes it one to one, the rest makes it look like what it is: a token.
  Random random(seed, kAccountStream + member);
  std::string account = "acct-";
  account += base32_40(((random.next() & 0xffU) << 32U) | (member & 0xffff'ffffU));
  std::transform(account.begin(), account.end(), account.begin(), lower);
  return account;
}

void append_member_line(std::string& out, std::uint64_t seed, const UserPool& pool,
                        const Vocabulary& vocabulary, std::uint64_t member) {
  out += R"({"author_id":)";
  append_quoted_number(out, pool.id(member));
  out += R"(,"account":")";
  out += member_account(seed, member);
  out += '"';
  const std::string_view region = member_region(seed, pool, vocabulary, member);
  if (!region.empty()) {
    out += R"(,"region":")";
    out += region;
    out += '"';
  }
  out += "}\n";
}

std::string make_secret(std::uint64_t seed) {
  Random random(seed, kSecretStream);
  std::string secret;
  while (secret.size() < 48) {
    secret += base32_40(random.next());
  }
  return secret;
}

}  // namespace tagtill::corpus
