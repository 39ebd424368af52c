// The views of the sqlite sink against the same figures counted from the lines of
// P8, in maps, on random streams.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/file_errors.h"
#include "engine/offer_catalogue.h"
#include "sinks/sink_batcher.h"
#include "sinks/sqlite_sink.h"
#include "tests/post_lines.h"
#include "tests/product.h"
#include "tests/reference/json.h"
#include "tests/seeded.h"
#include "tests/shop.h"
#include "tests/sink_events.h"
#include "tests/streams.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

// An event, or an offer: the members of a line; null and absent are empty.
class Line {
 public:
  explicit Line(std::string_view json) : value_(*reference::parse_json(json).value) {}
  [[nodiscard]] std::string text(std::string_view name) const {
    const reference::Value* member = value_.find(name);
    return member == nullptr ? "" : member->text;
  }
  [[nodiscard]] std::int64_t number(std::string_view name) const { return std::stoll(text(name)); }
  [[nodiscard]] bool has(std::string_view name) const { return value_.find(name) != nullptr; }

 private:
  reference::Value value_;
};

std::vector<Line> parsed(const std::string& json_lines) {
  std::vector<Line> lines;
  for (std::size_t begin = 0; begin < json_lines.size();) {
    const std::size_t end = std::min(json_lines.find('\n', begin), json_lines.size());
    if (end > begin) {
      lines.emplace_back(std::string_view(json_lines).substr(begin, end - begin));
    }
    begin = end + 1;
  }
  return lines;
}

// The greatest number instead of an overflow: posts may say they have any number
// of followers.
std::int64_t sum_of(std::int64_t a, std::int64_t b) {
  return a > INT64_MAX - b ? INT64_MAX : a + b;
}

// By purchase id; of two with one id the first counts.
using Purchases = std::map<std::string, Line>;

const std::vector<std::string> kReasons = {
    "not_enrolled",  "protected", "frozen",  "offer_not_live", "not_eligible",     "too_many",
    "limit_reached", "sold_out",  "expired", "cancelled",      "already_confirmed"};
constexpr std::size_t kReasonsOfIntents = 8;  // the first ones

class Twin {
 public:
  Twin(const std::string& offers, const std::string& events) {
    for (const Line& offer : parsed(offers)) {
      offers_.emplace(offer.text("id"), offer);
      ids_.insert(offer.text("id"));
    }
    for (const Line& event : parsed(events)) {
      const std::string type = event.text("type");
      if (type == "rejected") {
        rejections_.push_back(event);
      } else {
        by_type_[type].emplace(event.text("purchase_id"), event);
      }
      if (event.has("offer_id")) {
        ids_.insert(event.text("offer_id"));
      }
    }
  }

  Rows offer_funnel() {
    Rows rows;
    for (const std::string& id : ids_) {
      const std::int64_t prompts = count("prompt", id);
      std::int64_t intents = prompts;
      std::vector<std::string> reasons;
      for (std::size_t i = 0; i < kReasons.size(); ++i) {
        const std::int64_t n = rejected(kReasons[i], id, nullptr);
        intents += i < kReasonsOfIntents ? n : 0;
        reasons.push_back(std::to_string(n));
      }
      std::vector<std::string> row = {id,
                                      title(id),
                                      std::to_string(intents),
                                      std::to_string(unsure(id)),
                                      std::to_string(prompts),
                                      std::to_string(count("confirmed", id)),
                                      std::to_string(count("expired", id)),
                                      std::to_string(count("cancelled", id)),
                                      std::to_string(open(id, nullptr))};
      row.insert(row.end(), reasons.begin(), reasons.end());
      row.push_back(share(bought(id), prompts));
      rows.push_back(row);
    }
    return rows;
  }

  Rows discount_conversion() {
    struct Bucket {
      std::set<std::string> offers;
      std::int64_t prompts = 0;
      std::int64_t bought = 0;
    };
    std::map<std::int64_t, Bucket> buckets;  // -1: no list price
    for (const auto& [purchase, prompt] : by_type_["prompt"]) {
      const Line& offer = offers_.at(prompt.text("offer_id"));
      std::int64_t from = -1;
      if (offer.has("list_price_minor")) {
        const std::int64_t list = offer.number("list_price_minor");
        const std::int64_t saved = list - prompt.number("price_minor");
        from = list == 0 ? 0 : saved * 100 / list / 10 * 10;
      }
      Bucket& bucket = buckets[from];
      bucket.offers.insert(prompt.text("offer_id"));
      ++bucket.prompts;
      bucket.bought += by_type_["confirmed"].count(purchase) > 0 ? 1 : 0;
    }
    Rows rows;
    for (const auto& [from, bucket] : buckets) {
      rows.push_back({from < 0 ? "" : std::to_string(from),
                      from < 0 ? "" : std::to_string(from == 100 ? 100 : from + 9),
                      std::to_string(bucket.offers.size()), std::to_string(bucket.prompts),
                      std::to_string(bucket.bought), share(bucket.bought, bucket.prompts)});
    }
    return rows;
  }

  Rows offer_revenue() {
    std::map<std::pair<std::string, std::string>, std::array<std::int64_t, 3>> sums;
    for (const auto& [id, offer] : offers_) {
      sums[{id, offer.text("currency")}];
    }
    for (const auto& [purchase, event] : by_type_["confirmed"]) {
      auto& sum = sums[{event.text("offer_id"), event.text("currency")}];
      ++sum[0];
      sum[1] += event.number("price_minor");
      sum[2] += event.number("commission_minor");
    }
    Rows rows;
    for (const auto& [key, sum] : sums) {
      rows.push_back({key.first, title(key.first), key.second, std::to_string(sum[0]),
                      std::to_string(sum[1]), std::to_string(sum[2])});
    }
    return rows;
  }

  Rows offer_reach() {
    Rows rows;
    for (const auto& [id, offer] : offers_) {
      std::set<std::string> members;
      std::int64_t reach = 0;
      for (const auto& [purchase, event] : by_type_["confirmed"]) {
        if (event.text("offer_id") == id) {
          members.insert(event.text("author_id"));
          reach = sum_of(reach, event.number("reach"));
        }
      }
      rows.push_back({id, title(id), std::to_string(count("confirmed", id)),
                      std::to_string(members.size()), std::to_string(reach)});
    }
    return rows;
  }

  Rows member_exposure() {
    std::map<std::string, std::vector<const Line*>> by_author;
    for (const auto& [purchase, event] : by_type_["confirmed"]) {
      by_author[event.text("author_id")].push_back(&event);
    }
    Rows rows;
    for (const auto& [author, events] : by_author) {
      std::set<std::string> offers;
      std::set<std::string> times;
      std::int64_t reach = 0;
      for (const Line* event : events) {
        offers.insert(event->text("offer_id"));
        times.insert(event->text("confirmed_at"));
        reach = sum_of(reach, event->number("reach"));
      }
      rows.push_back({author, std::to_string(events.size()), std::to_string(offers.size()),
                      std::to_string(reach), *times.begin(), *times.rbegin()});
    }
    return rows;
  }

 private:
  static std::string share(std::int64_t part, std::int64_t whole) {
    char text[32] = "";
    if (whole > 0) {
      std::snprintf(text, sizeof text, "%.9f",
                    static_cast<double>(part) / static_cast<double>(whole));
    }
    return text;
  }

  std::string title(const std::string& id) const {
    const auto offer = offers_.find(id);
    return offer == offers_.end() ? "" : offer->second.text("title");
  }

  std::int64_t count(const std::string& type, const std::string& offer) {
    return std::ranges::count_if(
        by_type_[type], [&](const auto& entry) { return entry.second.text("offer_id") == offer; });
  }

  std::int64_t bought(const std::string& offer) {
    return std::ranges::count_if(by_type_["prompt"], [&](const auto& entry) {
      return entry.second.text("offer_id") == offer && by_type_["confirmed"].count(entry.first) > 0;
    });
  }

  // Prompts without an end, of one author or of all.
  std::int64_t open(const std::string& offer, const std::string* author) {
    return std::ranges::count_if(by_type_["prompt"], [&](const auto& entry) {
      return entry.second.text("offer_id") == offer &&
             (author == nullptr || entry.second.text("author_id") == *author) &&
             by_type_["confirmed"].count(entry.first) == 0 &&
             by_type_["expired"].count(entry.first) == 0 &&
             by_type_["cancelled"].count(entry.first) == 0;
    });
  }

  std::int64_t rejected(const std::string& reason, const std::string& offer,
                        const std::string* author) const {
    return std::ranges::count_if(rejections_, [&](const Line& event) {
      return event.text("reason") == reason && event.text("offer_id") == offer &&
             (author == nullptr || event.text("author_id") == *author);
    });
  }

  // Tries all that could be.
  std::int64_t unsure(const std::string& offer) {
    std::set<std::string> authors;
    for (const Line& event : rejections_) {
      authors.insert(event.text("author_id"));
    }
    std::int64_t sum = 0;
    for (const std::string& author : authors) {
      const std::int64_t sold_out = rejected("sold_out", offer, &author);
      const std::int64_t limits = rejected("limit_reached", offer, &author);
      const std::int64_t windows = open(offer, &author);
      std::int64_t most = 0;
      for (std::int64_t s = 0; s <= sold_out; ++s) {
        const std::int64_t denied = sold_out - s;  // windows, each opened by an intent
        for (std::int64_t l = 0; s <= denied && l <= limits && s + l <= windows + denied; ++l) {
          most = std::max(most, s + l);
        }
      }
      sum += most;
    }
    return sum;
  }

  std::map<std::string, Line> offers_;
  std::set<std::string> ids_;
  std::map<std::string, Purchases> by_type_;
  std::vector<Line> rejections_;
};

std::shared_ptr<const OfferCatalogue> catalogue_of(const std::string& offers) {
  FileErrors errors;
  // No tag here has the form of a confirmation of this prefix.
  auto catalogue = OfferCatalogue::parse(offers, "offers", "Zzzzzzzz", errors);
  EXPECT_TRUE(errors.empty());
  return catalogue;
}

// In pieces, as a run gives them: what is counted does not depend on the cuts.
void write_all(const std::string& path, const std::string& offers, const EventBatch& events,
               std::size_t piece_events) {
  SinkBatcher batcher(std::make_unique<SqliteSink>(path, all_event_types(), catalogue_of(offers)),
                      all_event_types());
  batcher.open({});
  for (std::size_t begin = 0; begin < events.events.size(); begin += piece_events) {
    const std::size_t end = std::min(begin + piece_events, events.events.size());
    EventBatch piece;
    piece.events.assign(events.events.begin() + static_cast<std::ptrdiff_t>(begin),
                        events.events.begin() + static_cast<std::ptrdiff_t>(end));
    batcher.add(piece, begin);
    batcher.flush();
  }
  batcher.close();
}

Rows view(const std::string& path, const std::string& name, const std::string& order) {
  const std::string shares = name == "offer_funnel" || name == "discount_conversion"
                                 ? "*, printf('%.9f', conversion)"
                                 : "*";
  Rows rows = query(path, "SELECT " + shares + " FROM " + name + " ORDER BY " + order);
  for (std::vector<std::string>& row : rows) {
    if (shares != "*") {
      const std::string rounded = row.back();
      row.pop_back();
      row.back() = row.back().empty() ? "" : rounded;
    }
  }
  return rows;
}

void expect_same(const std::string& path, Twin twin) {
  EXPECT_EQ(view(path, "offer_funnel", "offer_id"), twin.offer_funnel());
  EXPECT_EQ(view(path, "discount_conversion", "discount_from"), twin.discount_conversion());
  EXPECT_EQ(view(path, "offer_revenue", "offer_id, currency"), twin.offer_revenue());
  EXPECT_EQ(view(path, "offer_reach", "offer_id"), twin.offer_reach());
  EXPECT_EQ(view(path, "member_exposure", "author_id"), twin.member_exposure());
}

TEST(SqliteViews, AreWhatTheEventsSay) {
  const std::uint64_t seeds = std::max<std::uint64_t>(seeded::seeds() / 10, 1);
  std::size_t events = 0;
  for (std::uint64_t i = 0; i < seeds && !HasFailure(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    const TempFolder folder;
    const std::string path = folder.path("all.db");
    const streams::Stream stream = streams::make(seed);
    product::Product product(stream.offers, stream.members, stream.secret,
                             {.lateness_ms = stream.lateness_ms,
                              .max_jump_ms = stream.max_jump_ms,
                              .prefix = stream.prefix});
    for (const std::string& file : stream.files) {
      product.feed(file);
    }
    events += product.events().events.size();
    write_all(path, stream.offers, product.events(), 1 + seed % 50);
    // The same dump again, cut otherwise, changes nothing.
    const Rows before = query(path, "SELECT rowid, * FROM rejections");
    write_all(path, stream.offers, product.events(), 1'000);
    EXPECT_EQ(query(path, "SELECT rowid, * FROM rejections"), before);
    expect_same(path, Twin(stream.offers, product.take_events()));
  }
  EXPECT_GT(events, 0U);
}

// A shop whose events go to a database.
class Views : public ::testing::Test {
 protected:
  void open(const std::vector<std::string>& offers) {
    offers_ = shop::lines(offers);
    product_ =
        std::make_unique<product::Product>(offers_, shop::lines(shop::members({"a", "b", "c"})),
                                           post_lines::kSecret, product::Options{});
  }
  void post(std::string_view id, std::string_view author, std::int64_t at, std::string_view text,
            std::int64_t followers = 0) {
    product_->feed(post_lines::line_of(post_lines::Post{.id = std::string(id),
                                                        .author = std::string(author),
                                                        .at = post_lines::kNoon + at,
                                                        .text = std::string(text),
                                                        .followers = followers}) +
                   "\n");
  }
  // Buys the mug with an intent of this id.
  void buy(const std::string& id, std::string_view author, std::int64_t followers) {
    post(id, author, 0, "#mug");
    post(id + "c", author, 0, shop::tag(author, id), followers);
  }
  Rows select(const std::string& sql) {
    write_all(path_, offers_, product_->events(), 1'000);
    (void)product_->take_events();
    return query(path_, sql);
  }

  TempFolder folder_;
  std::string path_ = folder_.path("all.db");
  std::string offers_;
  std::unique_ptr<product::Product> product_;
};

// The two places where the protocol rejects an intent and a confirmation in the
// same words: nobody can tell from the events alone, and the view says so.
TEST_F(Views, ARefusedConfirmationOfADeniedWindowIsCountedAsUnsure) {
  open({shop::offer("mug", R"(,"stock":0)")});
  post("1", "a", 0, "#mug");
  post("2", "b", 0, "#mug");
  EXPECT_EQ(select("SELECT intents, intents_unsure, conversion FROM offer_funnel"),
            (Rows{{"2", "0", ""}}));
  post("3", "a", 1, shop::tag("a", "1"));
  EXPECT_EQ(select("SELECT intents, intents_unsure, rejected_sold_out FROM offer_funnel"),
            (Rows{{"3", "1", "3"}}));
}

TEST_F(Views, AConfirmationAtTheLimitIsCountedAsUnsure) {
  open({shop::offer("mug", R"(,"window_seconds":10)")});
  post("1", "a", 0, "#mug");
  post("2", "a", 11 * shop::kSecond, "#mug");
  post("3", "a", 10 * shop::kSecond, shop::tag("a", "1"));
  EXPECT_EQ(select("SELECT intents, intents_unsure, open FROM offer_funnel"),
            (Rows{{"2", "0", "1"}}));
  post("4", "a", 12 * shop::kSecond, shop::tag("a", "2"));
  EXPECT_EQ(select("SELECT intents, intents_unsure, rejected_limit_reached, open FROM "
                   "offer_funnel"),
            (Rows{{"3", "1", "1", "1"}}));
}

TEST_F(Views, AnIntentAtTheLimitIsSure) {
  open({shop::offer("mug")});
  buy("1", "a", 0);
  post("2", "a", shop::kSecond, "#mug");
  EXPECT_EQ(select("SELECT intents, intents_unsure, rejected_limit_reached, conversion FROM "
                   "offer_funnel"),
            (Rows{{"2", "0", "1", "1.0"}}));
}

TEST_F(Views, OffersWithoutAnEventHaveARow) {
  open({shop::offer("mug"), shop::offer("cup", R"(,"list_price_minor":5000)")});
  buy("1", "a", 7);
  EXPECT_EQ(select("SELECT offer_id, intents FROM offer_funnel ORDER BY 1"),
            (Rows{{"cup", "0"}, {"mug", "1"}}));
  EXPECT_EQ(select("SELECT * FROM offer_revenue ORDER BY 1"),
            (Rows{{"cup", "A thing", "USD", "0", "0", "0"},
                  {"mug", "A thing", "USD", "1", "1999", "0"}}));
  EXPECT_EQ(select("SELECT * FROM offer_reach ORDER BY 1"),
            (Rows{{"cup", "A thing", "0", "0", "0"}, {"mug", "A thing", "1", "1", "7"}}));
}

TEST_F(Views, TheDiscountIsThatOfTheRunThatPrompted) {
  open({shop::offer("mug", R"(,"list_price_minor":1999)")});
  buy("1", "a", 0);
  (void)select("SELECT 1");
  open({shop::offer("mug", R"(,"list_price_minor":3998)")});
  post("2", "b", 0, "#mug");
  EXPECT_EQ(select("SELECT discount_from, discount_to, offers, prompts, confirmed, conversion "
                   "FROM discount_conversion ORDER BY 1"),
            (Rows{{"0", "9", "1", "1", "1", "1.0"}, {"50", "59", "1", "1", "0", "0.0"}}));
  EXPECT_EQ(query(path_, "SELECT list_price_minor FROM offers"), (Rows{{"3998"}}));
}

TEST_F(Views, DifferentDumpsAddUp) {
  open({shop::offer("mug")});
  buy("1", "a", 3);
  (void)select("SELECT 1");
  open({shop::offer("mug")});
  buy("2", "a", 4);
  post("9", "nobody", 0, "#mug");
  EXPECT_EQ(select("SELECT intents, prompts, confirmed, rejected_not_enrolled FROM offer_funnel"),
            (Rows{{"3", "2", "2", "1"}}));
  EXPECT_EQ(select("SELECT author_id, purchases, offers, reach FROM member_exposure"),
            (Rows{{"a", "2", "1", "7"}}));
}

TEST_F(Views, CurrenciesAreNeverSummed) {
  open({shop::offer("mug")});
  buy("1", "a", 0);
  (void)select("SELECT 1");
  execute(path_,
          "INSERT INTO purchases SELECT '2:mug', offer_id, account, author_id, '2', '2c', "
          "intent_at, confirmed_at, 500, 'EUR', 5, fulfilment, claim_code, reach FROM purchases");
  EXPECT_EQ(query(path_, "SELECT currency, revenue_minor FROM offer_revenue ORDER BY 1"),
            (Rows{{"EUR", "500"}, {"USD", "1999"}}));
}

// Nothing limits a price.
TEST_F(Views, RevenueThatOverflowsIsTheGreatestNumber) {
  open({shop::offer("mug")});
  buy("1", "a", 0);
  buy("2", "b", 0);
  (void)select("SELECT 1");
  execute(path_, "UPDATE purchases SET price_minor = 9223372036854775807, commission_minor = 5");
  EXPECT_EQ(query(path_, "SELECT revenue_minor, commission_minor FROM offer_revenue"),
            (Rows{{"9223372036854775807", "10"}}));
  execute(path_, "UPDATE purchases SET price_minor = 4611686018427387903");
  EXPECT_EQ(query(path_, "SELECT revenue_minor FROM offer_revenue"),
            (Rows{{"9223372036854775806"}}));
}

// Follower counts are whatever posts say.
TEST_F(Views, ReachThatOverflowsIsTheGreatestNumber) {
  open({shop::offer("mug")});
  buy("1", "a", INT64_MAX);
  buy("2", "b", INT64_MAX);
  EXPECT_EQ(select("SELECT reach FROM offer_reach"), (Rows{{"9223372036854775807"}}));
}

}  // namespace
}  // namespace tagtill
