// The offers and members of a corpus, and the files that hold them (P7).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/planned_post.h"
#include "corpus/random.h"
#include "corpus/user_pool.h"
#include "corpus/vocabulary.h"

namespace tagtill::corpus {

// What an offer is there for. The first three are live throughout and reject nobody who
// is a member but for the cause in the name.
enum class OfferRole : std::uint8_t {
  kPlain,
  kRegional,  // for some regions only
  kStock,     // few units
  kClosing,   // ends within the stream
  kOpening,   // starts within the stream
  kPast,      // over before the stream; its tag is that of the offer before it
  kFuture,    // starts after the stream
};

struct Offer {
  std::string id;
  OfferRole role = OfferRole::kPlain;
  // The tag is one of `stems` (spellings that fold to the same, empty if there is none)
  // and then `tail`, ASCII, in whatever case. The catalogue has the first.
  std::vector<std::string_view> stems;
  std::string tail;
  std::string title;
  std::uint64_t price_minor = 0;
  std::uint64_t list_price_minor = 0;  // 0: not given
  std::string_view currency;
  bool pickup = false;
  std::int64_t starts_ms = 0, ends_ms = 0;
  std::uint32_t stock = 0;  // 0: unlimited
  std::uint32_t limit_per_member = 1;
  std::uint32_t commission_bps = 0;
  std::uint32_t window_s = 900;
  std::vector<std::string_view> regions;  // empty: everywhere

  bool live_at(std::int64_t event_ms) const { return starts_ms <= event_ms && event_ms < ends_ms; }
  bool open_to(std::string_view region) const;  // an empty region is an unknown one
};

// `count` offers whose roles follow their number, so that offer 7 of 10 is as offer 7 of
// 1,000. Tags fold to different strings, but for offers of role kPast, whose interval is
// another. About 0.5 KB an offer.
struct CatalogueOptions {
  std::uint64_t seed = 1;
  std::uint64_t count = 1;
  std::int64_t start_ms = 0, end_ms = 0;  // of the stream
  // How many will want a unit of an offer of role kStock, on average; some of these
  // offers have more units than that, others fewer.
  std::uint32_t stock_demand = 1;
  // The window of most offers, in seconds; some have a third of it, some twice as much.
  std::uint32_t window_s = 900;
  // The offers' tags, one for each, instead of invented ones: whole hashtags without the
  // sign, whose folds (P2.2) differ. Empty, or at least `count`; must outlive the offers.
  std::span<const std::string> tags;
};
std::vector<Offer> make_offers(const CatalogueOptions& options);

// The tag as the catalogue has it, UTF-8, without the sign.
std::string catalogue_tag(const Offer& offer);

// The tag as somebody posts it: another case, another spelling, now and then another sign.
PlannedTag posted_tag(const Offer& offer, Random& random);

// Appends the offer's line, with its end.
void append_offer_line(std::string& out, const Offer& offer);

// Members are the users 0 to `members` - 1 of the pool; what else is known of one:
std::string_view member_region(std::uint64_t seed, const UserPool& pool,
                               const Vocabulary& vocabulary, std::uint64_t member);
// Opaque, one to one, and never with more than 12 digits, so that no card number can be
// made of them (P7.2).
std::string member_account(std::uint64_t seed, std::uint64_t member);

void append_member_line(std::string& out, std::uint64_t seed, const UserPool& pool,
                        const Vocabulary& vocabulary, std::uint64_t member);

// The secret of the corpus: 48 characters that follow from the seed. It protects nothing.
std::string make_secret(std::uint64_t seed);

}  // namespace tagtill::corpus
