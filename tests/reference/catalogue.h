// Offers and members (P7), read without a check: tests give good ones.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

struct Offer {
  std::string id;
  std::string tag;  // folded
  std::string title;
  int64_t price_minor = 0;
  std::string currency;
  bool is_pickup = false;
  int64_t starts_at = 0;
  int64_t ends_at = 0;
  std::optional<int64_t> stock;  // none: unlimited
  int64_t limit_per_member = 1;
  int64_t commission_bps = 0;
  int64_t window_ms = 900000;
  std::vector<std::string> regions;  // none: everywhere
};

struct MemberAccount {
  std::string account;
  std::string region;  // empty: unknown
};

// What control records said of an author (P9), as it stands.
struct AuthorControl {
  bool is_linked = false;
  bool is_unlinked = false;
  bool is_frozen = false;
  MemberAccount account;
  std::optional<int64_t> linked_ms;  // none: before there was a clock
};

// A control record, read without a check.
struct Control {
  std::string kind;  // link, unlink, freeze, offer, withdraw
  std::string author;
  MemberAccount account;
  std::optional<int64_t> linked_before;  // of freeze, in the place of an author
  Offer offer;
  std::string offer_id;
};

Control read_control(std::string_view line);

struct Catalogue {
  std::vector<Offer> offers;
  std::map<std::string, MemberAccount> members;  // by author
  std::string secret;

  // W: the longest window of the catalogue, 0 if it is empty.
  int64_t longest_window_ms() const;
  bool has_tag(std::string_view folded_tag) const;
};

Catalogue read_catalogue(std::string_view offers, std::string_view members,
                         std::string_view secret);

}  // namespace reference
