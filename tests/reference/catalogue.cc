#include "catalogue.h"

#include <algorithm>
#include <stdexcept>

#include "json.h"
#include "post.h"
#include "text.h"

namespace reference {
namespace {

std::vector<Value> read_objects(std::string_view text) {
  std::vector<Value> objects;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    JsonResult json = parse_json(line);
    if (!json.value || !json.value->is_object()) {
      throw std::runtime_error("reference: bad catalogue line: " + std::string(line));
    }
    objects.push_back(std::move(*json.value));
  }
  return objects;
}

std::string text_of(const Value& object, const char* name) {
  const Value* value = object.find(name);
  return value == nullptr ? std::string() : value->text;
}

std::optional<int64_t> number_of(const Value& object, const char* name) {
  const Value* value = object.find(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  return std::stoll(value->text);
}

Offer read_offer(const Value& object) {
  Offer offer;
  offer.id = text_of(object, "id");
  offer.tag = fold(text_of(object, "tag"));
  offer.title = text_of(object, "title");
  offer.price_minor = number_of(object, "price_minor").value_or(0);
  offer.currency = text_of(object, "currency");
  offer.is_pickup = text_of(object, "fulfilment") == "pickup";
  offer.starts_at = parse_time(text_of(object, "starts_at"));
  offer.ends_at = parse_time(text_of(object, "ends_at"));
  offer.stock = number_of(object, "stock");
  offer.limit_per_member = number_of(object, "limit_per_member").value_or(1);
  offer.commission_bps = number_of(object, "commission_bps").value_or(0);
  offer.window_ms = number_of(object, "window_seconds").value_or(900) * 1000;
  if (const Value* regions = object.find("regions")) {
    for (const Value& region : regions->items) {
      offer.regions.push_back(region.text);
    }
  }
  return offer;
}

}  // namespace

int64_t Catalogue::longest_window_ms() const {
  int64_t longest = 0;
  for (const Offer& offer : offers) {
    longest = std::max(longest, offer.window_ms);
  }
  return longest;
}

bool Catalogue::has_tag(std::string_view folded_tag) const {
  return std::any_of(offers.begin(), offers.end(),
                     [&](const Offer& offer) { return offer.tag == folded_tag; });
}

Catalogue read_catalogue(std::string_view offers, std::string_view members,
                         std::string_view secret) {
  Catalogue catalogue;
  for (const Value& object : read_objects(offers)) {
    catalogue.offers.push_back(read_offer(object));
  }
  for (const Value& object : read_objects(members)) {
    catalogue.members[text_of(object, "author_id")] = {text_of(object, "account"),
                                                       text_of(object, "region")};
  }
  catalogue.secret = secret;
  return catalogue;
}

Control read_control(std::string_view line) {
  const JsonResult json = parse_json(line);
  const Value* outer = json.value ? json.value->find("tagtill") : nullptr;
  if (outer == nullptr || outer->members.size() != 1) {
    throw std::runtime_error("reference: bad control record: " + std::string(line));
  }
  Control control;
  control.kind = outer->members[0].name;
  const Value& what = outer->members[0].value;
  control.author = text_of(what, "author_id");
  control.account = {text_of(what, "account"), text_of(what, "region")};
  if (what.find("linked_before") != nullptr) {
    control.linked_before = parse_time(text_of(what, "linked_before"));
  }
  control.offer_id = text_of(what, "id");
  if (control.kind == "offer") {
    control.offer = read_offer(what);
  }
  return control;
}

}  // namespace reference
