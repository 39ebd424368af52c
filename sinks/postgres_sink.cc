#include "sinks/postgres_sink.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/errors.h"
#include "sinks/postgres_connection.h"
#include "sinks/postgres_copy.h"
#include "sinks/postgres_schema.h"
#include "sinks/sink_batcher.h"
#include "sinks/stream_cursor.h"

namespace tagtill {
namespace {

// Of two runs that would make the tables at the same time one waits ("tgtl").
constexpr std::int64_t kSchemaLock = 0x7467746C;

std::string_view view(const std::array<char, 3>& currency) {
  return {currency.data(), currency.size()};
}

// `DE,FR`.
std::string list_of(const std::vector<RegionCode>& regions) {
  std::string list;
  for (const RegionCode& region : regions) {
    list.append(list.empty() ? "" : ",").append(region.data(), region.size());
  }
  return list;
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

class PostgresSink::Impl {
 public:
  Impl(PostgresOptions options, EventTypes types, std::shared_ptr<const OfferCatalogue> offers,
       Surroundings around)
      : options_(std::move(options)),
        types_(types),
        offers_(std::move(offers)),
        around_(std::move(around)),
        schema_(options_.schema),
        connection_(options_.where, around_) {}

  SinkPosition open(const SinkStart& start) {
    stream_ = start.stream;
    const Millis end = around_.steady_ms() + options_.open_within_ms;
    Retries retries(*this);
    for (;;) {
      try {
        connection_.connect();
        position_ = make_ready(start);
        prepare_session();
        return position_;
      } catch (const PostgresLost& lost) {
        if (around_.steady_ms() >= end) {
          connection_.refuse(fmt::format("{}. Start the server, or correct where it is", lost.why));
        }
        retries.wait_after(lost);
      }
    }
  }

  void write(const EventBatch& batch, std::uint64_t through) {
    const std::uint64_t move_to = !stream_.empty() && through > position_.events ? through : 0;
    if (encode(batch) || move_to != 0) {
      write_until_done(move_to);
    }
    position_.events = through;
  }

  void set_offers(const std::shared_ptr<const OfferCatalogue>& offers) {
    offers_ = offers;
    if (wants_more()) {
      forget_staged();
      offers_due_ = true;
      write_until_done(0);
    }
  }

  [[nodiscard]] SinkPosition position() const { return position_; }

  void close() { connection_.disconnect(); }

 private:
  // What is said and waited while the server cannot be used.
  class Retries {
   public:
    explicit Retries(Impl& sink)
        : sink_(sink), backoff_(sink.options_.retry_first_ms, sink.options_.retry_most_ms) {}
    ~Retries() = default;
    Retries(const Retries&) = delete;
    Retries& operator=(const Retries&) = delete;

    void wait_after(const PostgresLost& lost) {
      sink_.around_.retrying();
      if (!std::exchange(waited_, true)) {
        sink_.around_.say(fmt::format("The postgres sink: {}. Trying again.", lost.why));
      }
      if (!wait_for(sink_.around_, backoff_.next(sink_.around_.random()))) {
        throw GaveUp(fmt::format("the postgres sink: gave up waiting: {}.", lost.why));
      }
    }
    void note_success() {
      if (waited_) {
        sink_.around_.say("The postgres sink: connected again.");
      }
    }

   private:
    Impl& sink_;
    Backoff backoff_;
    bool waited_ = false;
  };

  [[nodiscard]] bool takes(EventType type) const {
    return types_.test(static_cast<std::size_t>(type));
  }
  // More than purchases: then the offers stand in the database as well.
  [[nodiscard]] bool wants_more() const { return (types_ & ~confirmed_only()).any(); }

  template <typename F>
  void for_each_taken(F&& f) {
    for (std::size_t type = 0; type < kEventTypes; ++type) {
      if (takes(static_cast<EventType>(type))) {
        f(static_cast<EventType>(type));
      }
    }
  }

  // --- open ------------------------------------------------------------------------------

  // In one transaction. Returns where the sink stands.
  SinkPosition make_ready(const SinkStart& start) {
    connection_.run(fmt::format("BEGIN; SELECT pg_advisory_xact_lock({})", kSchemaLock));
    check_encoding();
    make_schema_if_missing();
    make_or_check(table_of(EventType::kConfirmed));
    for_each_taken([&](EventType type) { make_or_check(table_of(type)); });
    if (wants_more()) {
      make_or_check(offers_table());
      store_offers();
    }
    const SinkPosition position = stream_.empty() ? start.at : find_in_stream(start);
    connection_.run("COMMIT");
    return position;
  }

  void check_encoding() {
    const auto rows = connection_.run("SHOW server_encoding");
    const std::string encoding = rows.at(0).at(0).value_or("");
    if (encoding != "UTF8") {
      connection_.refuse(
          fmt::format("the database's encoding is {}, in which not every text can be stored. Use "
                      "one that was made with ENCODING 'UTF8'",
                      encoding));
    }
  }

  void make_schema_if_missing() {
    const auto found = connection_.run(fmt::format("SELECT 1 FROM pg_namespace WHERE nspname = {}",
                                                   connection_.literal(options_.schema)));
    if (found.empty()) {
      connection_.run("CREATE SCHEMA " + quoted_identifier(options_.schema));
    }
  }

  void make_or_check(const SqliteTable& table) {
    const auto stored = connection_.run(schema_.describe(table));
    if (stored.empty()) {
      connection_.run(schema_.create(table));
      return;
    }
    for (const SqliteColumn& column : table.columns) {
      const auto found = std::ranges::find_if(
          stored, [&](const auto& row) { return row.at(0) == std::string(column.name); });
      if (found == stored.end() || found->at(1) != std::string(PostgresSchema::type_of(column))) {
        connection_.refuse(fmt::format(
            "in its table {} the column {} is missing or no {}. Choose another schema "
            "(?schema=), or rename that table",
            schema_.name_of_table(table), column.name, PostgresSchema::type_of(column)));
      }
    }
  }

  void store_offers() {
    PostgresCopy rows;
    for (const Offer& offer : offers_->offers()) {
      rows.begin_row(static_cast<std::int16_t>(offers_table().columns.size()));
      rows.add(offer.id);
      rows.add(offer.tag);
      rows.add(offer.title);
      rows.add(offer.price_minor);
      rows.add(view(offer.currency));
      rows.add(name_of(offer.fulfilment));
      rows.add_time(offer.starts_at);
      rows.add_time(offer.ends_at);
      rows.add(offer.list_price_minor);
      rows.add(offer.stock);
      rows.add(offer.limit_per_member);
      rows.add(std::int64_t{offer.commission_bps});
      rows.add(offer.window_ms / 1'000);
      const std::string regions = list_of(offer.regions);
      regions.empty() ? rows.add_null() : rows.add(regions);
    }
    connection_.run(PostgresSchema::create_stage(offers_table()));
    connection_.copy(PostgresSchema::copy_into_stage(offers_table()), rows.finish());
    connection_.run(schema_.upsert_staged(offers_table()) + "; " +
                    PostgresSchema::drop_stage(offers_table()));
  }

  SinkPosition find_in_stream(const SinkStart& start) {
    make_or_check(cursors_table());
    const std::optional<std::uint64_t> stored = stored_position();
    if (const std::string problem = problem_with_cursor(stored, start); !problem.empty()) {
      connection_.refuse(problem);
    }
    if (!stored) {
      connection_.run(fmt::format("INSERT INTO {} (stream, events) VALUES ({}, {})",
                                  schema_.name_of_table(cursors_table()),
                                  connection_.literal(stream_), start.at.events));
    }
    return {stored.value_or(start.at.events), kCursorMark};
  }

  // Locks the stream's row until the transaction ends.
  std::optional<std::uint64_t> stored_position() {
    const auto rows = connection_.run(
        fmt::format("SELECT events FROM {} WHERE stream = {} FOR UPDATE",
                    schema_.name_of_table(cursors_table()), connection_.literal(stream_)));
    if (rows.empty()) {
      return std::nullopt;
    }
    return number_of(rows.front().at(0).value_or("0"));
  }

  // What goes with the connection. The inserts are tried on nothing: so rights and indexes that
  // are missing are told before the first event comes.
  void prepare_session() {
    std::string sql;
    for_each_taken(
        [&](EventType type) { sql += PostgresSchema::create_stage(table_of(type)) + "; "; });
    if (counts_seen()) {
      sql += PostgresSchema::create_seen() + "; ";
    }
    for_each_taken([&](EventType type) { sql += insert_sql(type) + "; "; });
    connection_.run(sql);
  }

  [[nodiscard]] bool counts_seen() const { return takes(EventType::kRejected) && stream_.empty(); }

  [[nodiscard]] std::string insert_sql(EventType type) const {
    if (type != EventType::kRejected) {
      return schema_.insert_staged(table_of(type));
    }
    std::string sql = schema_.insert_staged_rejections(!stream_.empty());
    if (counts_seen()) {
      sql += "; " + PostgresSchema::count_seen();
    }
    return sql;
  }

  // --- write -----------------------------------------------------------------------------

  void write_until_done(std::uint64_t move_to) {
    Retries retries(*this);
    for (bool may_be_written = false;;) {
      try {
        if (!connection_.is_connected()) {
          connection_.connect();
          prepare_session();
        }
        write_transaction(move_to, may_be_written);
        retries.note_success();
        return;
      } catch (const PostgresLost& lost) {
        if (counts_seen()) {
          connection_.refuse(
              fmt::format("{}, and with the connection went what is known of this run's "
                          "rejections. Run it again, which doubles nothing, or with a state, "
                          "which can go on after a break",
                          lost.why));
        }
        retries.wait_after(lost);
      }
    }
  }

  // `may_be_written`: a COMMIT of it was sent.
  void write_transaction(std::uint64_t move_to, bool& may_be_written) {
    connection_.run("BEGIN");
    if (move_to != 0 && is_written_already(move_to, may_be_written)) {
      connection_.run("ROLLBACK");
      return;
    }
    if (offers_due_) {
      store_offers();
    }
    std::string sql;
    for_each_taken([&](EventType type) {
      Staged& staged = staged_[static_cast<std::size_t>(type)];
      if (!staged.rows.empty()) {
        connection_.copy(PostgresSchema::copy_into_stage(table_of(type)), staged.bytes);
        sql += insert_sql(type) + "; ";
      }
    });
    if (move_to != 0) {
      sql += fmt::format("UPDATE {} SET events = {} WHERE stream = {}; ",
                         schema_.name_of_table(cursors_table()), move_to,
                         connection_.literal(stream_));
    }
    may_be_written = true;
    connection_.run(sql + "COMMIT");
    offers_due_ = false;
  }

  // True: by a transaction whose COMMIT got no answer.
  bool is_written_already(std::uint64_t move_to, bool may_be_written) {
    const std::optional<std::uint64_t> stored = stored_position();
    if (stored == move_to && may_be_written) {
      return true;
    }
    if (stored != position_.events) {
      connection_.refuse(
          fmt::format("it held the first {} events of the state, and now says {}: it was restored "
                      "or replaced, or another run writes for the same state. Put the right one "
                      "back, or end the other run",
                      position_.events, stored ? std::to_string(*stored) : "nothing of it"));
    }
    return false;
  }

  void forget_staged() {
    for (Staged& staged : staged_) {
      staged.rows.clear();
    }
  }

  // True: there is anything to write.
  bool encode(const EventBatch& batch) {
    forget_staged();
    bool any = false;
    for (const Event& event : batch.events) {
      if (takes(event.type)) {
        encode(event, staged_[static_cast<std::size_t>(event.type)].rows);
        any = true;
      }
    }
    for (Staged& staged : staged_) {
      if (!staged.rows.empty()) {
        staged.bytes = staged.rows.finish();
      }
    }
    return any;
  }

  void encode(const Event& event, PostgresCopy& row) {
    row.begin_row(static_cast<std::int16_t>(PostgresSchema::staged_columns(table_of(event.type))));
    if (event.type == EventType::kRejected) {
      row.add(name_of(event.reject_reason));
      row.add(event.post_id);
      row.add(event.author_id);
      event.offer_id.empty() ? row.add_null() : row.add(event.offer_id);
      row.add_time(event.at);
      return;
    }
    scratch_.clear();
    append_purchase_id(scratch_, event);
    row.add(scratch_);
    row.add(event.offer_id);
    if (event.type != EventType::kPrompt) {
      row.add(event.account);
    }
    row.add(event.author_id);
    row.add(event.intent_id);
    if (event.type == EventType::kConfirmed) {
      row.add(event.post_id);
    }
    row.add_time(event.intent_at);
    if (event.type == EventType::kCancelled) {
      row.add(name_of(event.cancel_reason));
    } else {
      row.add_time(event.type == EventType::kConfirmed ? event.at : event.deadline);
    }
    encode_rest(event, row);
  }

  // Expired and cancelled ones end before.
  void encode_rest(const Event& event, PostgresCopy& row) {
    const auto code = code_characters(event.code);
    if (event.type == EventType::kPrompt) {
      scratch_.assign("#").append(event.tag_prefix).append(code.data(), code.size());
      row.add(scratch_);
      row.add(event.title);
      row.add(event.price_minor);
      row.add(view(event.currency));
    } else if (event.type == EventType::kConfirmed) {
      row.add(event.price_minor);
      row.add(view(event.currency));
      row.add(event.commission_minor);
      row.add(name_of(event.fulfilment));
      event.code == kNoCode ? row.add_null() : row.add(std::string_view(code.data(), code.size()));
      row.add(event.reach);
    }
  }

  // Of one event type: the batch's rows, and the same as they are sent.
  struct Staged {
    PostgresCopy rows;
    std::string_view bytes;
  };

  PostgresOptions options_;
  EventTypes types_;
  std::shared_ptr<const OfferCatalogue> offers_;
  Surroundings around_;
  PostgresSchema schema_;
  PostgresConnection connection_;
  std::string stream_;  // empty: none
  SinkPosition position_;
  std::array<Staged, kEventTypes> staged_;
  bool offers_due_ = false;  // they are not in the database yet
  std::string scratch_;
};

PostgresSink::PostgresSink(PostgresOptions options, EventTypes types,
                           std::shared_ptr<const OfferCatalogue> offers, Surroundings around)
    : impl_(std::make_unique<Impl>(std::move(options), types, std::move(offers),
                                   std::move(around))) {}
PostgresSink::~PostgresSink() = default;

SinkPosition PostgresSink::open(const SinkStart& start) { return impl_->open(start); }
void PostgresSink::write(const EventBatch& batch, std::uint64_t through) {
  impl_->write(batch, through);
}
// Every write() is committed when it returns.
SinkPosition PostgresSink::flush() { return impl_->position(); }
void PostgresSink::close() { impl_->close(); }
void PostgresSink::set_offers(const std::shared_ptr<const OfferCatalogue>& offers) {
  impl_->set_offers(offers);
}

}  // namespace tagtill
