// Reads an offer catalogue and checks every rule of P7.1 and P7.3. Private to
// offer_catalogue.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config_errors.h"
#include "engine/config_lines.h"
#include "engine/file_errors.h"
#include "engine/offer_catalogue.h"

namespace tagtill {

// Used once. Every line is read as far as it makes sense: a line with an error
// still takes part, with what is right in it, in the search for duplicates and
// overlaps, so that one run shows all there is to mend.
class OfferCatalogueBuilder {
 public:
  OfferCatalogueBuilder(std::string_view name, std::string_view confirm_prefix);

  std::shared_ptr<const OfferCatalogue> build(ConfigLines& lines, FileErrors& errors);

 private:
  // A field of an offer: its name, whether it must stand there, and what reads a
  // value that is not null; that returns false, after it added an error, when the
  // value is wrong.
  struct Field {
    std::string_view name;
    bool needed;
    bool (OfferCatalogueBuilder::*read)(const ConfigValue& value);
  };
  [[nodiscard]] static std::span<const Field> known_fields();

  // What is known of a line beyond its offer.
  struct Line {
    std::uint64_t number = 0;
    std::uint32_t given = 0;  // bit i: the field i stands there
    std::uint32_t good = 0;   // bit i: and is right
  };
  [[nodiscard]] static std::uint32_t bit(std::string_view field);

  void read_offer(std::span<const ConfigField> fields);
  void read_field(const ConfigField& field);
  void check_together();
  void error(std::string message);

  bool read_id(const ConfigValue& value);
  bool read_tag(const ConfigValue& value);
  bool read_title(const ConfigValue& value);
  bool read_price_minor(const ConfigValue& value);
  bool read_currency(const ConfigValue& value);
  bool read_fulfilment(const ConfigValue& value);
  bool read_starts_at(const ConfigValue& value);
  bool read_ends_at(const ConfigValue& value);
  bool read_list_price_minor(const ConfigValue& value);
  bool read_stock(const ConfigValue& value);
  bool read_limit_per_member(const ConfigValue& value);
  bool read_commission_bps(const ConfigValue& value);
  bool read_window_seconds(const ConfigValue& value);
  bool read_regions(const ConfigValue& value);

  bool read_whole(const ConfigValue& value, std::int64_t least, std::int64_t most,
                  std::int64_t& out);
  bool read_time(const ConfigValue& value, Millis& out);
  bool must_be(std::string_view what, const ConfigValue& value);

  void find_duplicate_ids();
  void group_by_tag();
  void find_overlaps();

  std::string confirm_prefix_;
  std::string folded_prefix_;
  std::shared_ptr<OfferCatalogue> catalogue_;
  std::vector<Line> lines_;  // of each offer
  ConfigErrors errors_;

  // The line that is being read.
  Offer offer_;
  Line line_;
  std::string_view field_;                   // its name, for messages
  std::span<const ConfigValue> list_items_;  // of a field that is a list
};

}  // namespace tagtill
