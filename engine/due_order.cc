#include "engine/due_order.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tagtill {
namespace {

constexpr auto kPowersOfTen = [] {
  std::array<std::uint64_t, 20> powers{};
  std::uint64_t power = 1;
  for (std::uint64_t& each : powers) {
    each = power;
    power *= 10;
  }
  return powers;
}();

// No key that is a number has more digits than this.
constexpr IdKey kMostDigits = 1'000'000'000'000'000'000;
static_assert(Id::kNumberMax / 10 < kMostDigits);

bool have_as_many_digits(IdKey a, IdKey b) {
  const auto [less, more] = std::minmax(a, b);
  if (less >= kMostDigits) {  // as the ids of real streams have
    return true;
  }
  const auto above = std::upper_bound(kPowersOfTen.begin(), kPowersOfTen.end(), less);
  return above == kPowersOfTen.end() || more < *above;
}

// False: they must be compared as text.
bool compare_as_numbers(IdKey a, IdKey b) {
  return a <= Id::kNumberMax && b <= Id::kNumberMax && have_as_many_digits(a, b);
}

// The ids of two shards, or of one.
int compare_ids(const Shard& a_shard, IdKey a, const Shard& b_shard, IdKey b) {
  if (compare_as_numbers(a, b)) {
    return a < b ? -1 : a > b ? 1 : 0;
  }
  IdDigits a_digits{};
  IdDigits b_digits{};
  return a_shard.ids().text(a, a_digits).compare(b_shard.ids().text(b, b_digits));
}

// A purchase id (P5.1).
class PurchaseId {
 public:
  PurchaseId(std::string_view intent_id, std::string_view offer_id) {
    append(intent_id);
    append(":");
    append(offer_id);
  }
  [[nodiscard]] std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  static constexpr std::size_t kOfferIdBytesMax = 64;  // P7.1

  void append(std::string_view part) {
    std::copy(part.begin(), part.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += part.size();
  }

  std::array<char, IdTable::kBytesMax + 1 + kOfferIdBytesMax> bytes_;
  std::size_t size_ = 0;
};

int compare_purchases(const Due& a, const Due& b) {
  const std::string_view a_offer = WindowRef{a.shard, a.index}.terms().offer.id;
  const std::string_view b_offer = WindowRef{b.shard, b.index}.terms().offer.id;
  IdDigits a_digits{};
  IdDigits b_digits{};
  const PurchaseId a_id(a.shard->ids().text(a.post, a_digits), a_offer);
  const PurchaseId b_id(b.shard->ids().text(b.post, b_digits), b_offer);
  return a_id.text().compare(b_id.text());
}

bool window_ends_before(const Due& a, const Due& b) {
  if (a.post != b.post && compare_as_numbers(a.post, b.post)) {
    return a.post < b.post;
  }
  if (const int by_purchase = compare_purchases(a, b); by_purchase != 0) {
    return by_purchase < 0;
  }
  return compare_ids(*a.shard, a.shard->window(a.index).author, *b.shard,
                     b.shard->window(b.index).author) < 0;
}

bool parked_ends_before(const Due& a, const Due& b) {
  const ParkedConfirmation& a_parked = a.shard->parked()[a.index];
  const ParkedConfirmation& b_parked = b.shard->parked()[b.index];
  if (const int by_post = compare_ids(*a.shard, a.post, *b.shard, b.post); by_post != 0) {
    return by_post < 0;
  }
  if (const int by_author = compare_ids(*a.shard, a_parked.author, *b.shard, b_parked.author);
      by_author != 0) {
    return by_author < 0;
  }
  return a_parked.place < b_parked.place;
}

}  // namespace

bool ends_before_at_once(const Due& a, const Due& b) {
  if (a.kind != b.kind) {
    return a.kind == DueKind::kWindow;
  }
  return a.kind == DueKind::kWindow ? window_ends_before(a, b) : parked_ends_before(a, b);
}

}  // namespace tagtill
