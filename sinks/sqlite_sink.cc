#include "sinks/sqlite_sink.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/errors.h"
#include "engine/time.h"
#include "sinks/sink_batcher.h"
#include "sinks/sqlite_database.h"
#include "sinks/sqlite_schema.h"
#include "sinks/stream_cursor.h"

namespace tagtill {
namespace {

// "tgtl": `file` and other programs tell by it whose database this is.
constexpr std::int64_t kApplicationId = 0x7467746C;
constexpr std::int64_t kSchemaVersion = 1;

// How often each rejection came in this run; it is gone with the connection. A
// table and not a map, so that memory stays bounded.
constexpr const char* kCreateSeenSql =
    "CREATE TEMP TABLE rejections_seen (post_id, author_id, reason, offer_id, at, times, "
    "PRIMARY KEY (post_id, author_id, reason, offer_id, at)) WITHOUT ROWID";
constexpr const char* kCountSeenSql =
    "INSERT INTO temp.rejections_seen VALUES (?, ?, ?, ?, ?, 1) "
    "ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times";

// The same of a run with a state: each rejection is written once, so those that stand
// there are all that came before. `rejections_once` finds the last of them.
constexpr const char* kCountStoredSql =
    "SELECT ifnull(max(nth), 0) + 1 FROM rejections WHERE post_id = ?1 AND author_id = ?2 "
    "AND reason = ?3 AND ifnull(offer_id, '') = ?4 AND at = ?5";

// No post is older than 1970 (P1.5), so an offer may as well begin there.
Millis since_1970(Millis time) { return std::max<Millis>(time, 0); }

// `DE,FR`.
std::string list_of(const std::vector<RegionCode>& regions) {
  std::string list;
  for (const RegionCode& region : regions) {
    list.append(list.empty() ? "" : ",").append(region.data(), region.size());
  }
  return list;
}

}  // namespace

class SqliteSink::Impl {
 public:
  Impl(std::string path, EventTypes types, std::shared_ptr<const OfferCatalogue> offers,
       std::string vfs)
      : types_(types), offers_(std::move(offers)), database_(std::move(path), std::move(vfs)) {}

  SinkPosition open(const SinkStart& start) {
    has_stream_ = !start.stream.empty();
    database_.open(start.sync);
    database_.run("BEGIN IMMEDIATE");
    make_or_check_schema();
    if (wants_more()) {
      store_offers();
    }
    position_ = has_stream_ ? find_in_stream(start) : start.at;
    database_.run("COMMIT");
    database_.enter_wal();
    prepare_inserts();
    begin_ = database_.prepare("BEGIN IMMEDIATE");
    commit_ = database_.prepare("COMMIT");
    if (has_stream_) {
      move_ = database_.prepare(upsert_sql(cursors_table()));
      stream_ = start.stream;
    }
    return position_;
  }

  void write(const EventBatch& batch, std::uint64_t through) {
    const bool moves = has_stream_ && through > position_.events;
    if (moves ||
        std::ranges::any_of(batch.events, [&](const Event& event) { return takes(event.type); })) {
      write_transaction(batch, moves ? through : 0);
    }
    position_.events = through;
  }

  void set_offers(const std::shared_ptr<const OfferCatalogue>& offers) {
    offers_ = offers;
    if (wants_more()) {
      begin_.run();
      store_offers();
      commit_.run();
    }
  }

  [[nodiscard]] SinkPosition position() const { return position_; }

  void close() {
    for (SqliteStatement& insert : inserts_) {
      insert = {};
    }
    count_seen_ = {};
    begin_ = {};
    commit_ = {};
    move_ = {};
    database_.close();
  }

 private:
  // `move_to`: 0 if the cursor stays where it is.
  void write_transaction(const EventBatch& batch, std::uint64_t move_to) {
    begin_.run();
    for (const Event& event : batch.events) {
      if (takes(event.type)) {
        insert(event);
      }
    }
    if (move_to != 0) {
      move_.add(stream_).add(static_cast<std::int64_t>(move_to)).run();
    }
    commit_.run();
  }

  // Purchases are what the sink exists for, whatever else it takes.
  [[nodiscard]] bool has_table(EventType type) const {
    return type == EventType::kConfirmed || takes(type);
  }
  [[nodiscard]] bool takes(EventType type) const {
    return types_.test(static_cast<std::size_t>(type));
  }
  // More than purchases: then the offers stand in the database as well.
  [[nodiscard]] bool wants_more() const { return (types_ & ~confirmed_only()).any(); }

  void make_or_check_schema() {
    const std::int64_t application = database_.number("PRAGMA application_id");
    const std::int64_t version = database_.number("PRAGMA user_version");
    const bool empty = database_.number("SELECT count(*) FROM sqlite_schema") == 0;
    if (application != 0 && application != kApplicationId) {
      database_.refuse("it is the database of another program. Choose another path");
    }
    if (application == kApplicationId && version > kSchemaVersion) {
      database_.refuse(
          fmt::format("a newer tagtill wrote it (version {}, this one knows {}). Use that one, "
                      "or choose another path",
                      version, kSchemaVersion));
    }
    for (std::size_t type = 0; type < kEventTypes; ++type) {
      if (has_table(static_cast<EventType>(type))) {
        make_or_check(table_of(static_cast<EventType>(type)));
      }
    }
    if (wants_more()) {
      make_or_check(offers_table());
    }
    if (has_stream_) {
      make_or_check(cursors_table());
    }
    if (types_.all()) {
      make_views(empty || application == kApplicationId);
    }
    if (empty) {
      database_.run(fmt::format("PRAGMA application_id = {}", kApplicationId));
      database_.run(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
    }
  }

  SinkPosition find_in_stream(const SinkStart& start) {
    SqliteStatement find = database_.prepare("SELECT events FROM tagtill_cursors WHERE stream = ?");
    std::optional<std::uint64_t> stored;
    if (find.add(start.stream).step()) {
      stored = static_cast<std::uint64_t>(std::max<std::int64_t>(find.number(0), 0));
    }
    if (const std::string problem = problem_with_cursor(stored, start); !problem.empty()) {
      database_.refuse(problem);
    }
    if (!stored) {
      database_.prepare(insert_sql(cursors_table()))
          .add(start.stream)
          .add(static_cast<std::int64_t>(start.at.events))
          .run();
    }
    return {stored.value_or(start.at.events), kCursorMark};
  }

  // The SQL of a table, view or index; none if there is nothing of that name.
  std::optional<std::string> stored_sql(std::string_view name) {
    SqliteStatement find =
        database_.prepare("SELECT sql FROM sqlite_schema WHERE name = ? COLLATE NOCASE");
    return find.add(name).step() ? std::optional<std::string>(find.text(0)) : std::nullopt;
  }

  void make_or_check(const SqliteTable& table) {
    const std::string index = create_index_sql(table);
    if (!stored_sql(table.name)) {
      database_.run(create_table_sql(table));
      if (!index.empty()) {
        database_.run(index);
      }
      return;
    }
    if (!has_form(table) ||
        (!index.empty() && stored_sql(fmt::format("{}_once", table.name)) != index)) {
      refuse_form(table.name);
    }
  }

  [[noreturn]] void refuse_form(std::string_view name) {
    database_.refuse(
        fmt::format("it has a table \"{}\" of another form. Choose another path, or rename "
                    "that table",
                    name));
  }

  // Views hold no data: one that an earlier version made is made anew. In a
  // database of somebody else's it may be theirs.
  void make_views(bool ours) {
    for (const SqliteView& view : sqlite_views()) {
      const std::string sql = fmt::format("CREATE VIEW {} AS{}", view.name, view.select);
      const std::optional<std::string> stored = stored_sql(view.name);
      if (stored == sql) {
        continue;
      }
      if (stored && (!ours || !stored->starts_with("CREATE VIEW"))) {
        refuse_form(view.name);
      }
      database_.run(fmt::format("DROP VIEW IF EXISTS {}", view.name));
      database_.run(sql);
    }
  }

  bool has_form(const SqliteTable& table) {
    bool same =
        database_.number(fmt::format("SELECT count(*) FROM pragma_table_list('{}') WHERE schema = "
                                     "'main' AND type = 'table' AND strict = 1 AND wr = {}",
                                     table.name, table.without_rowid ? 1 : 0)) == 1;
    SqliteStatement columns =
        database_.prepare(fmt::format("SELECT name, type, \"notnull\", pk FROM "
                                      "pragma_table_xinfo('{}') ORDER BY cid",
                                      table.name));
    std::size_t place = 0;
    while (columns.step()) {
      same = same && place < table.columns.size() && columns.text(0) == table.columns[place].name &&
             columns.text(1) == table.columns[place].type &&
             (columns.number(2) != 0) == table.columns[place].not_null &&
             columns.number(3) == (table.key_is_first_column && place == 0 ? 1 : 0);
      ++place;
    }
    return same && place == table.columns.size();
  }

  void store_offers() {
    SqliteStatement upsert = database_.prepare(upsert_sql(offers_table()));
    for (const Offer& offer : offers_->offers()) {
      scratch_.clear();
      const std::size_t begin_end = append_time(since_1970(offer.starts_at));
      append_time(since_1970(offer.ends_at));
      const std::string_view scratch = scratch_;
      const std::string regions = list_of(offer.regions);
      upsert.add(offer.id)
          .add(offer.tag)
          .add(offer.title)
          .add(offer.price_minor)
          .add(std::string_view(offer.currency.data(), offer.currency.size()))
          .add(name_of(offer.fulfilment))
          .add(scratch.substr(0, begin_end))
          .add(scratch.substr(begin_end))
          .add(offer.list_price_minor)
          .add(offer.stock)
          .add(offer.limit_per_member)
          .add(offer.commission_bps)
          .add(offer.window_ms / 1'000);
      regions.empty() ? upsert.add_null() : upsert.add(regions);
      upsert.run();
    }
  }

  void prepare_inserts() {
    for (std::size_t type = 0; type < kEventTypes; ++type) {
      if (takes(static_cast<EventType>(type))) {
        inserts_[type] = database_.prepare(insert_sql(table_of(static_cast<EventType>(type))));
      }
    }
    if (!takes(EventType::kRejected)) {
      return;
    }
    if (!has_stream_) {
      database_.run(kCreateSeenSql);
    }
    count_seen_ = database_.prepare(has_stream_ ? kCountStoredSql : kCountSeenSql);
  }

  // Appends the time to scratch_; returns where it ends there.
  std::size_t append_time(Millis time) {
    append_rfc3339(scratch_, time);
    return scratch_.size();
  }

  void insert(const Event& event) {
    SqliteStatement& row = inserts_[static_cast<std::size_t>(event.type)];
    if (event.type == EventType::kRejected) {
      insert_rejection(row, event);
      return;
    }
    scratch_.clear();
    append_purchase_id(scratch_, event);
    const std::size_t id_end = scratch_.size();
    const std::size_t intent_end = append_time(event.intent_at);
    if (event.type != EventType::kCancelled) {
      append_time(event.type == EventType::kConfirmed ? event.at : event.deadline);
    }
    const std::string_view scratch = scratch_;
    const std::string_view intent_at = scratch.substr(id_end, intent_end - id_end);
    const std::string_view last_time = scratch.substr(intent_end);

    row.add(scratch.substr(0, id_end)).add(event.offer_id);
    if (event.type != EventType::kPrompt) {
      row.add(event.account);
    }
    row.add(event.author_id).add(event.intent_id);
    if (event.type == EventType::kConfirmed) {
      row.add(event.post_id);
    }
    row.add(intent_at).add(event.type == EventType::kCancelled ? name_of(event.cancel_reason)
                                                               : last_time);
    switch (event.type) {
      case EventType::kPrompt:
        finish_prompt(row, event);
        break;
      case EventType::kConfirmed:
        finish_purchase(row, event);
        break;
      case EventType::kExpired:
      case EventType::kCancelled:
      case EventType::kRejected:
        row.run();
        break;
    }
  }

  void finish_prompt(SqliteStatement& row, const Event& event) {
    const auto code = code_characters(event.code);
    tag_.assign("#").append(event.tag_prefix).append(code.data(), code.size());
    row.add(tag_)
        .add(event.title)
        .add(event.price_minor)
        .add(std::string_view(event.currency.data(), event.currency.size()))
        .run();
  }

  void finish_purchase(SqliteStatement& row, const Event& event) {
    row.add(event.price_minor)
        .add(std::string_view(event.currency.data(), event.currency.size()))
        .add(event.commission_minor)
        .add(name_of(event.fulfilment));
    const auto claim = code_characters(event.code);
    if (event.code == kNoCode) {
      row.add_null();
    } else {
      row.add(std::string_view(claim.data(), claim.size()));
    }
    row.add(event.reach).run();
  }

  void insert_rejection(SqliteStatement& row, const Event& event) {
    scratch_.clear();
    append_time(event.at);
    const std::string_view reason = name_of(event.reject_reason);
    count_seen_.add(event.post_id)
        .add(event.author_id)
        .add(reason)
        .add(event.offer_id)
        .add(scratch_);
    const std::int64_t nth = count_seen_.step() ? count_seen_.number(0) : 0;
    count_seen_.run();

    row.add(reason).add(event.post_id).add(event.author_id);
    event.offer_id.empty() ? row.add_null() : row.add(event.offer_id);
    row.add(scratch_).add(nth).run();
  }

  EventTypes types_;
  std::shared_ptr<const OfferCatalogue> offers_;
  std::string scratch_;
  std::string tag_;
  std::string stream_;
  bool has_stream_ = false;
  SinkPosition position_;
  SqliteDatabase database_;
  std::array<SqliteStatement, kEventTypes> inserts_;  // none: the type is not taken
  SqliteStatement count_seen_;
  SqliteStatement begin_;
  SqliteStatement commit_;
  SqliteStatement move_;
};

SqliteSink::SqliteSink(std::string path) : SqliteSink(std::move(path), confirmed_only(), nullptr) {}
SqliteSink::SqliteSink(std::string path, EventTypes types,
                       std::shared_ptr<const OfferCatalogue> offers, std::string vfs)
    : impl_(std::make_unique<Impl>(std::move(path), types, std::move(offers), std::move(vfs))) {}
SqliteSink::~SqliteSink() = default;

SinkPosition SqliteSink::open(const SinkStart& start) { return impl_->open(start); }
void SqliteSink::write(const EventBatch& batch, std::uint64_t through) {
  impl_->write(batch, through);
}
// Every write() is committed when it returns.
SinkPosition SqliteSink::flush() { return impl_->position(); }
void SqliteSink::close() { impl_->close(); }
void SqliteSink::set_offers(const std::shared_ptr<const OfferCatalogue>& offers) {
  impl_->set_offers(offers);
}

}  // namespace tagtill
