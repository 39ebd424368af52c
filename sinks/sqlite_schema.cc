#include "sinks/sqlite_schema.h"

#include <fmt/core.h>

#include <array>

namespace tagtill {
namespace {

// The columns of each type are in the order of the members of its event (P8).
constexpr std::array<SqliteColumn, 14> kPurchases = {{
    {"purchase_id", "TEXT", true},
    {"offer_id", "TEXT", true},
    {"account", "TEXT", true},
    {"author_id", "TEXT", true},
    {"intent_id", "TEXT", true},
    {"confirm_id", "TEXT", true},
    {"intent_at", "TEXT", true},
    {"confirmed_at", "TEXT", true},
    {"price_minor", "INTEGER", true},
    {"currency", "TEXT", true},
    {"commission_minor", "INTEGER", true},
    {"fulfilment", "TEXT", true},
    {"claim_code", "TEXT", false},
    {"reach", "INTEGER", true},
}};

// And, at the end, what the offer was compared with when it was prompted: the
// catalogue of a later run may say something else.
constexpr std::array<SqliteColumn, 11> kPrompts = {{
    {"purchase_id", "TEXT", true},
    {"offer_id", "TEXT", true},
    {"author_id", "TEXT", true},
    {"intent_id", "TEXT", true},
    {"intent_at", "TEXT", true},
    {"deadline", "TEXT", true},
    {"tag", "TEXT", true},
    {"title", "TEXT", true},
    {"price_minor", "INTEGER", true},
    {"currency", "TEXT", true},
    {"list_price_minor", "INTEGER", false},
}};
constexpr std::string_view kPromptValues =
    "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
    "(SELECT list_price_minor FROM offers WHERE id = ?2)";

constexpr std::array<SqliteColumn, 7> kExpirations = {{
    {"purchase_id", "TEXT", true},
    {"offer_id", "TEXT", true},
    {"account", "TEXT", true},
    {"author_id", "TEXT", true},
    {"intent_id", "TEXT", true},
    {"intent_at", "TEXT", true},
    {"deadline", "TEXT", true},
}};

constexpr std::array<SqliteColumn, 7> kCancellations = {{
    {"purchase_id", "TEXT", true},
    {"offer_id", "TEXT", true},
    {"account", "TEXT", true},
    {"author_id", "TEXT", true},
    {"intent_id", "TEXT", true},
    {"intent_at", "TEXT", true},
    {"reason", "TEXT", true},
}};

// A rejection has no id, and one post may well be rejected twice in the same
// words (two unknown codes; a stranger's post that came twice). `nth` tells such
// rejections apart: the how-manieth of its kind in its run this one is. So a
// second run over the same stream finds its rows all there. With a state, which gives
// each rejection once, it is the how-manieth of its kind in the table.
constexpr std::array<SqliteColumn, 6> kRejections = {{
    {"reason", "TEXT", true},
    {"post_id", "TEXT", true},
    {"author_id", "TEXT", true},
    {"offer_id", "TEXT", false},
    {"at", "TEXT", true},
    {"nth", "INTEGER", true},
}};
// In an index every null differs from every other; no offer's id is empty.
constexpr std::string_view kRejectionKey =
    "post_id, author_id, reason, ifnull(offer_id, ''), at, nth";

constexpr std::array<SqliteColumn, 14> kOffers = {{
    {"id", "TEXT", true},
    {"tag", "TEXT", true},
    {"title", "TEXT", true},
    {"price_minor", "INTEGER", true},
    {"currency", "TEXT", true},
    {"fulfilment", "TEXT", true},
    {"starts_at", "TEXT", true},
    {"ends_at", "TEXT", true},
    {"list_price_minor", "INTEGER", false},
    {"stock", "INTEGER", false},
    {"limit_per_member", "INTEGER", true},
    {"commission_bps", "INTEGER", true},
    {"window_seconds", "INTEGER", true},
    {"regions", "TEXT", false},
}};

// In the order of EventType.
constexpr std::array<SqliteTable, kEventTypes> kTables = {{
    {"prompts", kPrompts, "purchase_id", true, kPromptValues},
    {"purchases", kPurchases, "purchase_id", true, {}},
    {"expirations", kExpirations, "purchase_id", true, {}},
    {"cancellations", kCancellations, "purchase_id", true, {}},
    {"rejections", kRejections, kRejectionKey, false, {}},
}};
constexpr SqliteTable kOffersTable = {"offers", kOffers, "id", true, {}};

constexpr std::array<SqliteColumn, 2> kCursors = {{
    {"stream", "TEXT", true},
    {"events", "INTEGER", true},
}};
constexpr SqliteTable kCursorsTable = {"tagtill_cursors", kCursors, "stream", true, {}, true};

// `unsure` counts, for each author and offer, how many of the rejections that an
// intent and a confirmation can both meet may at most be confirmations. A
// confirmation that is refused for the limit ends a window of its own, one that
// was prompted and has no other end or a denied one; one refused as sold out
// ends a denied one, which an intent refused as sold out has opened. So with
// `limits` and `sold` of them and `open` prompts without an end: at most
// l = min(limits, open + sold) of the first kind, and of the second, each of
// which takes a rejected intent as well, half of what is left.
constexpr std::string_view kOfferFunnel = R"(
WITH
  ids AS (
    SELECT id FROM offers UNION SELECT offer_id FROM prompts
    UNION SELECT offer_id FROM purchases UNION SELECT offer_id FROM expirations
    UNION SELECT offer_id FROM cancellations
    UNION SELECT offer_id FROM rejections WHERE offer_id IS NOT NULL),
  followed AS (
    SELECT offer_id, author_id, purchase_id IN (SELECT purchase_id FROM purchases) AS bought,
           purchase_id IN (SELECT purchase_id FROM expirations)
             OR purchase_id IN (SELECT purchase_id FROM cancellations) AS gone
    FROM prompts),
  prompted AS (
    SELECT offer_id, count(*) AS prompts, sum(bought) AS bought,
           sum(NOT bought AND NOT gone) AS open
    FROM followed GROUP BY offer_id),
  confirmed AS (SELECT offer_id, count(*) AS n FROM purchases GROUP BY offer_id),
  expired AS (SELECT offer_id, count(*) AS n FROM expirations GROUP BY offer_id),
  cancelled AS (SELECT offer_id, count(*) AS n FROM cancellations GROUP BY offer_id),
  refused AS (
    SELECT offer_id, count(*) FILTER (WHERE reason = 'not_enrolled') AS not_enrolled,
           count(*) FILTER (WHERE reason = 'protected') AS protected,
           count(*) FILTER (WHERE reason = 'frozen') AS frozen,
           count(*) FILTER (WHERE reason = 'offer_not_live') AS offer_not_live,
           count(*) FILTER (WHERE reason = 'not_eligible') AS not_eligible,
           count(*) FILTER (WHERE reason = 'too_many') AS too_many,
           count(*) FILTER (WHERE reason = 'limit_reached') AS limit_reached,
           count(*) FILTER (WHERE reason = 'sold_out') AS sold_out,
           count(*) FILTER (WHERE reason = 'expired') AS expired,
           count(*) FILTER (WHERE reason = 'cancelled') AS cancelled,
           count(*) FILTER (WHERE reason = 'already_confirmed') AS already_confirmed
    FROM rejections WHERE offer_id IS NOT NULL GROUP BY offer_id),
  doubtful AS (
    SELECT offer_id, author_id, count(*) FILTER (WHERE reason = 'limit_reached') AS limits,
           count(*) FILTER (WHERE reason = 'sold_out') AS sold
    FROM rejections WHERE reason IN ('limit_reached', 'sold_out') GROUP BY offer_id, author_id),
  waiting AS (
    SELECT offer_id, author_id, count(*) AS open
    FROM followed WHERE NOT bought AND NOT gone GROUP BY offer_id, author_id),
  unsure AS (
    SELECT offer_id, sum(l + min(sold / 2, (open + sold - l) / 2)) AS n
    FROM (SELECT offer_id, sold, ifnull(open, 0) AS open, min(limits, ifnull(open, 0) + sold) AS l
          FROM doubtful LEFT JOIN waiting USING (offer_id, author_id))
    GROUP BY offer_id)
SELECT ids.id AS offer_id, offers.title AS title,
       ifnull(prompts, 0) + ifnull(not_enrolled + protected + frozen + offer_not_live
         + not_eligible + too_many + limit_reached + sold_out, 0) AS intents,
       ifnull(unsure.n, 0) AS intents_unsure,
       ifnull(prompts, 0) AS prompts,
       ifnull(confirmed.n, 0) AS confirmed,
       ifnull(expired.n, 0) AS expired,
       ifnull(cancelled.n, 0) AS cancelled,
       ifnull(open, 0) AS open,
       ifnull(refused.not_enrolled, 0) AS rejected_not_enrolled,
       ifnull(refused.protected, 0) AS rejected_protected,
       ifnull(refused.frozen, 0) AS rejected_frozen,
       ifnull(refused.offer_not_live, 0) AS rejected_offer_not_live,
       ifnull(refused.not_eligible, 0) AS rejected_not_eligible,
       ifnull(refused.too_many, 0) AS rejected_too_many,
       ifnull(refused.limit_reached, 0) AS rejected_limit_reached,
       ifnull(refused.sold_out, 0) AS rejected_sold_out,
       ifnull(refused.expired, 0) AS rejected_expired,
       ifnull(refused.cancelled, 0) AS rejected_cancelled,
       ifnull(refused.already_confirmed, 0) AS rejected_already_confirmed,
       bought * 1.0 / prompts AS conversion
FROM ids LEFT JOIN offers ON offers.id = ids.id
  LEFT JOIN prompted ON prompted.offer_id = ids.id
  LEFT JOIN confirmed ON confirmed.offer_id = ids.id
  LEFT JOIN expired ON expired.offer_id = ids.id
  LEFT JOIN cancelled ON cancelled.offer_id = ids.id
  LEFT JOIN refused ON refused.offer_id = ids.id
  LEFT JOIN unsure ON unsure.offer_id = ids.id)";

constexpr std::string_view kDiscountConversion = R"(
WITH
  priced AS (
    SELECT offer_id, purchase_id IN (SELECT purchase_id FROM purchases) AS bought,
           CASE list_price_minor WHEN 0 THEN 0
             ELSE CAST((list_price_minor - price_minor) * 100 / list_price_minor AS INTEGER)
             END AS percent
    FROM prompts)
SELECT percent / 10 * 10 AS discount_from, min(percent / 10 * 10 + 9, 100) AS discount_to,
       count(DISTINCT offer_id) AS offers, count(*) AS prompts, sum(bought) AS confirmed,
       sum(bought) * 1.0 / count(*) AS conversion
FROM priced GROUP BY percent / 10)";

// Sums of money in two parts, put together: beyond 2^63 that is the greatest integer,
// where sum() would fail. Nothing limits a price.
constexpr std::string_view kOfferRevenue = R"(
WITH
  keys AS (
    SELECT id AS offer_id, currency FROM offers UNION SELECT offer_id, currency FROM purchases),
  sums AS (
    SELECT offer_id, currency, count(*) AS purchases, CAST(sum(price_minor / 1000000000) * 1000000000 + sum(price_minor % 1000000000)
             AS INTEGER) AS revenue_minor,
           CAST(sum(commission_minor / 1000000000) * 1000000000 +
             sum(commission_minor % 1000000000) AS INTEGER) AS commission_minor
    FROM purchases GROUP BY offer_id, currency)
SELECT keys.offer_id AS offer_id, offers.title AS title, keys.currency AS currency,
       ifnull(purchases, 0) AS purchases, ifnull(revenue_minor, 0) AS revenue_minor,
       ifnull(sums.commission_minor, 0) AS commission_minor
FROM keys LEFT JOIN sums USING (offer_id, currency) LEFT JOIN offers ON offers.id = keys.offer_id)";

// total() does not fail on overflow, as sum() does: a follower count is whatever
// a post says.
constexpr std::string_view kOfferReach = R"(
WITH
  ids AS (SELECT id FROM offers UNION SELECT offer_id FROM purchases),
  sums AS (
    SELECT offer_id, count(*) AS purchases, count(DISTINCT author_id) AS members,
           CAST(total(reach) AS INTEGER) AS reach
    FROM purchases GROUP BY offer_id)
SELECT ids.id AS offer_id, offers.title AS title, ifnull(purchases, 0) AS purchases,
       ifnull(members, 0) AS members, ifnull(reach, 0) AS reach
FROM ids LEFT JOIN sums ON sums.offer_id = ids.id LEFT JOIN offers ON offers.id = ids.id)";

constexpr std::string_view kMemberExposure = R"(
SELECT author_id, count(*) AS purchases, count(DISTINCT offer_id) AS offers,
       CAST(total(reach) AS INTEGER) AS reach, min(confirmed_at) AS first_at,
       max(confirmed_at) AS last_at
FROM purchases GROUP BY author_id)";

constexpr std::array<SqliteView, kSqliteViews> kViews = {{
    {"offer_funnel", kOfferFunnel, true},
    {"discount_conversion", kDiscountConversion, true},
    {"offer_revenue", kOfferRevenue, false},
    {"offer_reach", kOfferReach, false},
    {"member_exposure", kMemberExposure, false},
}};

std::string insert_head(const SqliteTable& table) {
  std::string names;
  std::string marks;
  for (const SqliteColumn& column : table.columns) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", column.name);
    marks += marks.empty() ? "?" : ", ?";
  }
  // The conflict is named: any other constraint that somebody added to the
  // table must fail aloud, not swallow rows.
  return fmt::format("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO ", table.name, names,
                     table.values.empty() ? marks : table.values, table.key);
}

}  // namespace

const SqliteTable& table_of(EventType type) { return kTables.at(static_cast<std::size_t>(type)); }
const SqliteTable& offers_table() { return kOffersTable; }
const SqliteTable& cursors_table() { return kCursorsTable; }

std::string create_table_sql(const SqliteTable& table) {
  std::string sql = fmt::format("CREATE TABLE {} (", table.name);
  bool first = true;
  for (const SqliteColumn& column : table.columns) {
    sql += fmt::format("{}\n  {} {}{}{}", first ? "" : ",", column.name, column.type,
                       first && table.key_is_first_column ? " PRIMARY KEY" : "",
                       column.not_null ? " NOT NULL" : "");
    first = false;
  }
  return sql + "\n) STRICT" + (table.without_rowid ? ", WITHOUT ROWID" : "");
}

std::string create_index_sql(const SqliteTable& table) {
  return table.key_is_first_column
             ? std::string()
             : fmt::format("CREATE UNIQUE INDEX {0}_once ON {0} ({1})", table.name, table.key);
}

std::string insert_sql(const SqliteTable& table) { return insert_head(table) + "NOTHING"; }

std::string upsert_sql(const SqliteTable& table) {
  std::string sets;
  for (const SqliteColumn& column : table.columns) {
    sets += fmt::format("{0}{1} = excluded.{1}", sets.empty() ? "" : ", ", column.name);
  }
  return insert_head(table) + "UPDATE SET " + sets;
}

std::span<const SqliteView, kSqliteViews> sqlite_views() { return kViews; }

// What makes SQLite take a path as anything else (":memory:", "file:…?mode=memory")
// is at its beginning.
std::string sqlite_plain_path(const std::string& path) {
  return path.starts_with('/') ? path : "./" + path;
}

}  // namespace tagtill
