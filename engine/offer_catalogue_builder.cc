#include "engine/offer_catalogue_builder.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>

#include "engine/config_text.h"
#include "engine/confirmation_code.h"
#include "engine/fold.h"
#include "engine/hash_bytes.h"
#include "engine/hashtag.h"
#include "engine/time.h"

namespace tagtill {
namespace {

constexpr std::size_t kIdBytesMax = 64;
constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();

bool is_id_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

std::span<const OfferCatalogueBuilder::Field> OfferCatalogueBuilder::known_fields() {
  using Builder = OfferCatalogueBuilder;
  static constexpr std::array<Field, 14> kAll = {{
      {"id", true, &Builder::read_id},
      {"tag", true, &Builder::read_tag},
      {"title", true, &Builder::read_title},
      {"price_minor", true, &Builder::read_price_minor},
      {"currency", true, &Builder::read_currency},
      {"fulfilment", true, &Builder::read_fulfilment},
      {"starts_at", true, &Builder::read_starts_at},
      {"ends_at", true, &Builder::read_ends_at},
      {"list_price_minor", false, &Builder::read_list_price_minor},
      {"stock", false, &Builder::read_stock},
      {"limit_per_member", false, &Builder::read_limit_per_member},
      {"commission_bps", false, &Builder::read_commission_bps},
      {"window_seconds", false, &Builder::read_window_seconds},
      {"regions", false, &Builder::read_regions},
  }};
  return kAll;
}

OfferCatalogueBuilder::OfferCatalogueBuilder(std::string_view name, std::string_view confirm_prefix)
    : confirm_prefix_(confirm_prefix),
      folded_prefix_(folded(confirm_prefix)),
      catalogue_(std::make_shared<OfferCatalogue>()),
      errors_(name) {}

std::shared_ptr<const OfferCatalogue> OfferCatalogueBuilder::build(ConfigLines& lines,
                                                                   FileErrors& errors) {
  while (lines.next()) {
    line_ = {};
    line_.number = lines.line_number();
    if (lines.problem().empty()) {
      read_offer(lines.fields());
    } else {
      error(lines.problem());
    }
  }
  if (!lines.failure().empty()) {
    errors_.add_for_file(lines.failure());
  }
  // From here on the offers stay where they are: views of their strings are kept.
  catalogue_->offers_.shrink_to_fit();
  find_duplicate_ids();
  group_by_tag();
  find_overlaps();
  if (!errors_.empty()) {
    errors_.hand_on(errors);
    return nullptr;
  }
  catalogue_->line_numbers_.reserve(lines_.size());
  for (const Line& line : lines_) {
    catalogue_->line_numbers_.push_back(line.number);
  }
  return std::move(catalogue_);
}

std::uint32_t OfferCatalogueBuilder::bit(std::string_view field) {
  const std::span<const Field> known = known_fields();
  const auto at = std::find_if(known.begin(), known.end(),
                               [field](const Field& one) { return one.name == field; });
  return std::uint32_t{1} << std::distance(known.begin(), at);
}

void OfferCatalogueBuilder::error(std::string message) {
  errors_.add(line_.number, std::move(message));
}

void OfferCatalogueBuilder::read_offer(std::span<const ConfigField> fields) {
  offer_ = {};
  for (const ConfigField& field : fields) {
    read_field(field);
  }
  const std::span<const Field> known = known_fields();
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i].needed && (line_.given >> i & 1) == 0) {
      error("the field " + quoted(known[i].name) + " is missing");
    }
  }
  check_together();
  catalogue_->offers_.push_back(std::move(offer_));
  lines_.push_back(line_);
}

void OfferCatalogueBuilder::read_field(const ConfigField& field) {
  const std::span<const Field> known = known_fields();
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i].name != field.name || field.name_escaped) {
      continue;
    }
    if (field.value.kind == ConfigKind::kNull) {
      return;  // counts as absent
    }
    field_ = known[i].name;
    list_items_ = field.items;
    line_.given |= std::uint32_t{1} << i;
    if ((this->*known[i].read)(field.value)) {
      line_.good |= std::uint32_t{1} << i;
    }
    return;
  }
  error(unknown_field_message(field));
}

// What no field shows alone.
void OfferCatalogueBuilder::check_together() {
  const std::uint32_t both_times = bit("starts_at") | bit("ends_at");
  const std::uint32_t both_prices = bit("price_minor") | bit("list_price_minor");
  if ((line_.good & both_times) == both_times && offer_.ends_at <= offer_.starts_at) {
    error("\"ends_at\" must be later than \"starts_at\"");
    line_.good &= ~both_times;
  }
  if ((line_.good & both_prices) == both_prices && *offer_.list_price_minor < offer_.price_minor) {
    error("\"list_price_minor\" is " + std::to_string(*offer_.list_price_minor) +
          ", less than \"price_minor\" with " + std::to_string(offer_.price_minor) +
          ": it is what the article costs elsewhere");
  }
}

// Adds `"field" must be …, but is …`; returns false for its caller to return.
bool OfferCatalogueBuilder::must_be(std::string_view what, const ConfigValue& value) {
  std::string message = "\"";
  message.append(field_).append("\" must be ").append(what).append(", but is ");
  error(message.append(describe(value)));
  return false;
}

bool OfferCatalogueBuilder::read_whole(const ConfigValue& value, std::int64_t least,
                                       std::int64_t most, std::int64_t& out) {
  if (value.kind != ConfigKind::kInteger || value.integer < least || value.integer > most) {
    return must_be("a whole number from " + std::to_string(least) + " to " + std::to_string(most),
                   value);
  }
  out = value.integer;
  return true;
}

bool OfferCatalogueBuilder::read_time(const ConfigValue& value, Millis& out) {
  const std::optional<Millis> time =
      value.kind == ConfigKind::kString ? parse_rfc3339(value.text) : std::nullopt;
  if (!time) {
    return must_be("a time of RFC 3339 with at most milliseconds, as \"2013-02-11T12:00:00Z\"",
                   value);
  }
  out = *time;
  return true;
}

bool OfferCatalogueBuilder::read_id(const ConfigValue& value) {
  if (value.kind != ConfigKind::kString || value.text.empty() || value.text.size() > kIdBytesMax ||
      !std::all_of(value.text.begin(), value.text.end(), is_id_character)) {
    return must_be("1 to 64 of the characters A-Z a-z 0-9 . _ -", value);
  }
  offer_.id = value.text;
  return true;
}

bool OfferCatalogueBuilder::read_tag(const ConfigValue& value) {
  if (value.kind == ConfigKind::kString &&
      (value.text.starts_with('#') || value.text.starts_with("＃"))) {
    return must_be("written without its sign", value);
  }
  if (value.kind != ConfigKind::kString || !is_whole_hashtag(value.text) ||
      !fold_tag(value.text, offer_.folded_tag)) {
    return must_be(
        "one whole hashtag without its sign: letters, digits and \"_\", with at least "
        "one letter",
        value);
  }
  offer_.tag = value.text;
  if (read_confirmation_tag(offer_.folded_tag, folded_prefix_) != kNoCode) {
    error("\"tag\" is " + quoted(offer_.tag) + ", which has the form of a confirmation tag (" +
          quoted(confirm_prefix_) + " and 8 characters of a code): choose another tag");
  }
  return true;
}

bool OfferCatalogueBuilder::read_title(const ConfigValue& value) {
  if (value.kind != ConfigKind::kString || value.text.empty()) {
    return must_be("a string that is not empty", value);
  }
  offer_.title = value.text;
  return true;
}

bool OfferCatalogueBuilder::read_price_minor(const ConfigValue& value) {
  return read_whole(value, 0, kInt64Max, offer_.price_minor);
}

bool OfferCatalogueBuilder::read_currency(const ConfigValue& value) {
  if (value.kind != ConfigKind::kString || !is_capitals(value.text, 3)) {
    return must_be("three capital letters of ISO 4217, as \"USD\"", value);
  }
  std::copy(value.text.begin(), value.text.end(), offer_.currency.begin());
  return true;
}

bool OfferCatalogueBuilder::read_fulfilment(const ConfigValue& value) {
  for (const Fulfilment known : {Fulfilment::kShip, Fulfilment::kPickup}) {
    if (value.kind == ConfigKind::kString && value.text == name_of(known)) {
      offer_.fulfilment = known;
      return true;
    }
  }
  return must_be("\"ship\" or \"pickup\"", value);
}

bool OfferCatalogueBuilder::read_starts_at(const ConfigValue& value) {
  return read_time(value, offer_.starts_at);
}

bool OfferCatalogueBuilder::read_ends_at(const ConfigValue& value) {
  return read_time(value, offer_.ends_at);
}

bool OfferCatalogueBuilder::read_list_price_minor(const ConfigValue& value) {
  return read_whole(value, 0, kInt64Max, offer_.list_price_minor.emplace());
}

bool OfferCatalogueBuilder::read_stock(const ConfigValue& value) {
  return read_whole(value, 0, kInt64Max, offer_.stock.emplace());
}

bool OfferCatalogueBuilder::read_limit_per_member(const ConfigValue& value) {
  return read_whole(value, 1, kInt64Max, offer_.limit_per_member);
}

bool OfferCatalogueBuilder::read_commission_bps(const ConfigValue& value) {
  std::int64_t bps = 0;
  const bool good = read_whole(value, 0, 10'000, bps);
  offer_.commission_bps = static_cast<std::int32_t>(bps);
  return good;
}

bool OfferCatalogueBuilder::read_window_seconds(const ConfigValue& value) {
  std::int64_t seconds = 0;
  const bool good = read_whole(value, 1, 86'400, seconds);
  offer_.window_ms = seconds * 1000;
  return good;
}

bool OfferCatalogueBuilder::read_regions(const ConfigValue& value) {
  constexpr std::string_view kWhat = "a list of two-letter codes of ISO 3166, as [\"US\",\"CA\"]";
  if (value.kind != ConfigKind::kList) {
    return must_be(kWhat, value);
  }
  if (list_items_.empty()) {
    error("\"regions\" is an empty list, so nobody could buy: leave the field out for everywhere");
    return false;
  }
  for (const ConfigValue& item : list_items_) {
    if (item.kind != ConfigKind::kString || !is_capitals(item.text, 2)) {
      error("\"regions\" must be " + std::string(kWhat) + ", but holds " + describe(item));
      return false;
    }
    offer_.regions.push_back({item.text[0], item.text[1]});
  }
  std::sort(offer_.regions.begin(), offer_.regions.end());
  offer_.regions.erase(std::unique(offer_.regions.begin(), offer_.regions.end()),
                       offer_.regions.end());
  return true;
}

void OfferCatalogueBuilder::find_duplicate_ids() {
  errors_.begin_pass();
  const std::uint32_t id_bit = bit("id");
  const std::vector<Offer>& offers = catalogue_->offers_;
  std::unordered_map<std::string_view, std::size_t> first_of_id;
  first_of_id.reserve(offers.size());
  for (std::size_t i = 0; i < offers.size(); ++i) {
    if ((lines_[i].good & id_bit) == 0) {
      continue;
    }
    const auto [at, is_new] = first_of_id.try_emplace(offers[i].id, i);
    if (!is_new) {
      errors_.add(lines_[i].number, "the id " + quoted(offers[i].id) + " stands in line " +
                                        std::to_string(lines_[at->second].number) + " already");
    }
  }
}

// Fills tags_, by_fold_, and by_tag_ with the offers whose tag and times
// are right.
void OfferCatalogueBuilder::group_by_tag() {
  const std::uint32_t needed = bit("tag") | bit("starts_at") | bit("ends_at");
  OfferCatalogue& out = *catalogue_;
  out.by_fold_ = IndexTable(out.offers_.size());
  std::vector<TagIndex> tag_of(out.offers_.size(), kNoTag);
  for (std::size_t i = 0; i < out.offers_.size(); ++i) {
    const Offer& offer = out.offers_[i];
    out.longest_window_ms_ = std::max(out.longest_window_ms_, offer.window_ms);
    if ((lines_[i].good & needed) != needed) {
      continue;
    }
    const auto is_same = [&](TagIndex tag) { return out.tags_[tag].folded == offer.folded_tag; };
    const auto fresh = static_cast<TagIndex>(out.tags_.size());
    tag_of[i] = out.by_fold_.find_or_put(hash_bytes(offer.folded_tag), fresh, is_same);
    if (tag_of[i] == kNoTag) {
      tag_of[i] = fresh;
      out.tags_.push_back({offer.folded_tag, 0, 0});
    }
    ++out.tags_[tag_of[i]].offer_count;
  }

  std::uint32_t grouped = 0;
  std::vector<std::uint32_t> next(out.tags_.size());
  for (std::size_t tag = 0; tag < out.tags_.size(); ++tag) {
    next[tag] = out.tags_[tag].first_offer = grouped;
    grouped += out.tags_[tag].offer_count;
  }
  out.by_tag_.resize(grouped);
  for (std::size_t i = 0; i < out.offers_.size(); ++i) {
    if (tag_of[i] != kNoTag) {
      out.by_tag_[next[tag_of[i]]++] = static_cast<OfferIndex>(i);
    }
  }
  for (const OfferCatalogue::Tag& tag : out.tags_) {
    const auto begin = out.by_tag_.begin() + tag.first_offer;
    std::stable_sort(begin, begin + tag.offer_count, [&out](OfferIndex a, OfferIndex b) {
      return out.offers_[a].starts_at < out.offers_[b].starts_at;
    });
  }
}

// Each offer that begins before all earlier ones of its tag have ended is named
// once, with the one that ends last: a pair for each offer, not each pair.
void OfferCatalogueBuilder::find_overlaps() {
  errors_.begin_pass();
  const OfferCatalogue& out = *catalogue_;
  std::vector<std::pair<OfferIndex, OfferIndex>> overlaps;  // first in the file, second
  for (const OfferCatalogue::Tag& tag : out.tags_) {
    OfferIndex last_to_end = out.by_tag_[tag.first_offer];
    for (std::uint32_t i = 1; i < tag.offer_count; ++i) {
      const OfferIndex offer = out.by_tag_[tag.first_offer + i];
      if (out.offers_[offer].starts_at < out.offers_[last_to_end].ends_at) {
        overlaps.push_back(std::minmax({last_to_end, offer}));
      }
      if (out.offers_[offer].ends_at > out.offers_[last_to_end].ends_at) {
        last_to_end = offer;
      }
    }
  }
  std::stable_sort(overlaps.begin(), overlaps.end(),
                   [](const auto& a, const auto& b) { return a.second < b.second; });
  for (const auto& [first, second] : overlaps) {
    errors_.add(lines_[second].number,
                "the tag " + quoted(out.offers_[second].tag) + " is the same as " +
                    quoted(out.offers_[first].tag) + " in line " +
                    std::to_string(lines_[first].number) +
                    ", and the times of the two offers overlap: change a tag, or \"starts_at\" or "
                    "\"ends_at\"");
  }
}

}  // namespace tagtill
