#include "sinks/postgres_schema.h"

#include <fmt/core.h>

#include <algorithm>

#include "sinks/postgres_connection.h"

namespace tagtill {
namespace {

// As a unique index takes it, and ON CONFLICT finds that index by. In an index every null
// differs from every other; no offer's id is empty.
constexpr std::string_view kRejectionKey =
    "post_id, author_id, reason, (coalesce(offer_id, '')), at, nth";

const SqliteTable& rejections() { return table_of(EventType::kRejected); }
const SqliteTable& prompts() { return table_of(EventType::kPrompt); }

bool is(const SqliteTable& a, const SqliteTable& b) { return a.name == b.name; }

std::string_view key_of(const SqliteTable& table) {
  return table.key_is_first_column ? table.key : kRejectionKey;
}

// `a, b, c`, each with `before` before it.
std::string list_columns(std::span<const SqliteColumn> columns, std::string_view before = "") {
  std::string list;
  for (const SqliteColumn& column : columns) {
    list += fmt::format("{}{}{}", list.empty() ? "" : ", ", before, column.name);
  }
  return list;
}

std::span<const SqliteColumn> staged(const SqliteTable& table) {
  return table.columns.first(PostgresSchema::staged_columns(table));
}

std::string stage_name(const SqliteTable& table) {
  return fmt::format("tagtill_new_{}", table.name);
}

// What insert_staged() and upsert_staged() have in common, up to DO.
std::string insert_head(const SqliteTable& table, std::string_view into, std::string_view schema) {
  // What is not staged is looked up.
  const std::string looked_up =
      is(table, prompts())
          ? fmt::format(", (SELECT o.list_price_minor FROM {}.offers o WHERE o.id = s.offer_id)",
                        schema)
          : "";
  // The conflict is named: any other constraint that somebody added to the table must fail
  // aloud, not swallow rows.
  return fmt::format("INSERT INTO {} ({}) SELECT {}{} FROM {} s ON CONFLICT ({}) DO ", into,
                     list_columns(table.columns), list_columns(staged(table), "s."), looked_up,
                     stage_name(table), key_of(table));
}

}  // namespace

PostgresSchema::PostgresSchema(std::string_view name) : schema_(quoted_identifier(name)) {}

std::string PostgresSchema::name_of_table(const SqliteTable& table) const {
  return fmt::format("{}.{}", schema_, table.name);
}

std::string_view PostgresSchema::type_of(const SqliteColumn& column) {
  if (column.name == "at" || column.name == "deadline" || column.name.ends_with("_at")) {
    return "timestamp with time zone";
  }
  return column.type == "INTEGER" ? "bigint" : "text";
}

std::string PostgresSchema::create(const SqliteTable& table) const {
  std::string columns;
  for (const SqliteColumn& column : table.columns) {
    const bool is_key = columns.empty() && table.key_is_first_column;
    columns += fmt::format("{}{} {}{}", columns.empty() ? "" : ", ", column.name, type_of(column),
                           is_key            ? " PRIMARY KEY"
                           : column.not_null ? " NOT NULL"
                                             : "");
  }
  std::string sql = fmt::format("CREATE TABLE {} ({})", name_of_table(table), columns);
  if (!table.key_is_first_column) {
    sql += fmt::format("; CREATE UNIQUE INDEX {}_once ON {} ({})", table.name, name_of_table(table),
                       key_of(table));
  }
  return sql;
}

std::string PostgresSchema::describe(const SqliteTable& table) const {
  return fmt::format(
      "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute "
      "WHERE attrelid = to_regclass('{}') AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
      [&] {
        std::string name = name_of_table(table);  // within quotes
        for (std::size_t at = 0; (at = name.find('\'', at)) != std::string::npos; at += 2) {
          name.insert(at, 1, '\'');
        }
        return name;
      }());
}

std::size_t PostgresSchema::staged_columns(const SqliteTable& table) {
  const bool looks_up_last = is(table, prompts()) || is(table, rejections());
  return table.columns.size() - (looks_up_last ? 1 : 0);
}

std::string PostgresSchema::create_stage(const SqliteTable& table) {
  std::string columns;
  for (const SqliteColumn& column : staged(table)) {
    columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", column.name, type_of(column));
  }
  if (is(table, rejections())) {
    columns += ", place bigint GENERATED ALWAYS AS IDENTITY";
  }
  return fmt::format("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DELETE ROWS", stage_name(table),
                     columns);
}

std::string PostgresSchema::drop_stage(const SqliteTable& table) {
  return "DROP TABLE pg_temp." + stage_name(table);
}

std::string PostgresSchema::copy_into_stage(const SqliteTable& table) {
  return fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", stage_name(table),
                     list_columns(staged(table)));
}

std::string PostgresSchema::insert_staged(const SqliteTable& table) const {
  return insert_head(table, name_of_table(table), schema_) + "NOTHING";
}

std::string PostgresSchema::upsert_staged(const SqliteTable& table) const {
  std::string sets;
  for (const SqliteColumn& column : table.columns) {
    sets += fmt::format("{0}{1} = excluded.{1}", sets.empty() ? "" : ", ", column.name);
  }
  return insert_head(table, name_of_table(table), schema_) + "UPDATE SET " + sets;
}

std::string PostgresSchema::insert_staged_rejections(bool has_stream) const {
  const std::string before =
      has_stream
          ? fmt::format(
                "(SELECT max(r.nth) FROM {} r WHERE r.post_id = s.post_id AND r.author_id "
                "= s.author_id AND r.reason = s.reason AND coalesce(r.offer_id, '') = "
                "coalesce(s.offer_id, '') AND r.at = s.at)",
                name_of_table(rejections()))
          : std::string(
                "(SELECT t.times FROM tagtill_seen t WHERE t.post_id = s.post_id AND t.author_id "
                "= s.author_id AND t.reason = s.reason AND t.offer_id = coalesce(s.offer_id, '') "
                "AND t.at = s.at)");
  return fmt::format(
      "INSERT INTO {} ({}) SELECT {}, coalesce({}, 0) + row_number() OVER (PARTITION BY s.post_id, "
      "s.author_id, s.reason, coalesce(s.offer_id, ''), s.at ORDER BY s.place) FROM {} s "
      "ORDER BY s.place ON CONFLICT ({}) DO NOTHING",
      name_of_table(rejections()), list_columns(rejections().columns),
      list_columns(staged(rejections()), "s."), before, stage_name(rejections()), kRejectionKey);
}

std::string PostgresSchema::create_seen() {
  return "CREATE TEMPORARY TABLE tagtill_seen (post_id text, author_id text, reason text, offer_id "
         "text, at timestamp with time zone, times bigint, PRIMARY KEY (post_id, author_id, "
         "reason, offer_id, at))";
}

std::string PostgresSchema::count_seen() {
  return fmt::format(
      "INSERT INTO tagtill_seen AS t SELECT post_id, author_id, reason, coalesce(offer_id, ''), "
      "at, "
      "count(*) FROM {} GROUP BY 1, 2, 3, 4, 5 ON CONFLICT (post_id, author_id, reason, offer_id, "
      "at) DO UPDATE SET times = t.times + excluded.times",
      stage_name(rejections()));
}

}  // namespace tagtill
