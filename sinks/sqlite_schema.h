// The tables and views of the `sqlite:` sink, as SQL text. docs/formats.md says
// what their columns mean. Knows nothing of SQLite's interface: the sink makes
// databases from it, `tagtill report` reads them by it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "engine/event.h"

namespace tagtill {

struct SqliteColumn {
  std::string_view name;
  std::string_view type;
  bool not_null;
};

struct SqliteTable {
  std::string_view name;
  std::span<const SqliteColumn> columns;
  // What makes a row the same as one that stands there: a column or a list of
  // terms, as ON CONFLICT takes it.
  std::string_view key;
  bool key_is_first_column;  // and the primary key; else the key has an index of its own
  std::string_view values;   // of an INSERT; empty: a parameter a column
  bool without_rowid = false;
};

// In which the events of a type stand.
[[nodiscard]] const SqliteTable& table_of(EventType type);

// The catalogue.
[[nodiscard]] const SqliteTable& offers_table();

// How many events of each stream the database holds, of the sink's own types and others.
[[nodiscard]] const SqliteTable& cursors_table();

[[nodiscard]] std::string create_table_sql(const SqliteTable& table);

// The index that makes the key of the table unique; empty where it is the
// primary key.
[[nodiscard]] std::string create_index_sql(const SqliteTable& table);

// A row that stands there already is left as it is.
[[nodiscard]] std::string insert_sql(const SqliteTable& table);
// A row that stands there already takes the new values.
[[nodiscard]] std::string upsert_sql(const SqliteTable& table);

struct SqliteView {
  std::string_view name;
  std::string_view select;
  bool needs_all_events;  // false: `purchases` and `offers` are enough
};

inline constexpr std::size_t kSqliteViews = 5;
[[nodiscard]] std::span<const SqliteView, kSqliteViews> sqlite_views();

// The path as SQLite takes it for a plain file name, whatever it is.
[[nodiscard]] std::string sqlite_plain_path(const std::string& path);

}  // namespace tagtill
