// The tables of the `postgres:` sink, as SQL text. They are those of the `sqlite:` sink
// (sqlite_schema.h), with PostgreSQL's types: times are timestamptz. Knows nothing of libpq.
#pragma once

#include <string>
#include <string_view>

#include "engine/event.h"
#include "sinks/sqlite_schema.h"

namespace tagtill {

// SQL on the tables of one schema.
class PostgresSchema {
 public:
  // `name`: any, it is quoted.
  explicit PostgresSchema(std::string_view name);

  // The table's name with the schema's, quoted.
  [[nodiscard]] std::string name_of_table(const SqliteTable& table) const;

  // Makes the table, with what makes its rows unique.
  [[nodiscard]] std::string create(const SqliteTable& table) const;

  // A row a column: its name, its type, `t` if it must not be null. None: there is no table of
  // the name.
  [[nodiscard]] std::string describe(const SqliteTable& table) const;
  // What describe() says of a column that create() made.
  [[nodiscard]] static std::string_view type_of(const SqliteColumn& column);

  // A temporary table for rows on their way, emptied by every COMMIT; its name has no schema.
  [[nodiscard]] static std::string create_stage(const SqliteTable& table);
  [[nodiscard]] static std::string drop_stage(const SqliteTable& table);
  // COPY into it takes the first of the table's columns: those that come with an event.
  [[nodiscard]] static std::string copy_into_stage(const SqliteTable& table);
  [[nodiscard]] static std::size_t staged_columns(const SqliteTable& table);

  // From the stage into the table. A row that stands there is left as it is.
  [[nodiscard]] std::string insert_staged(const SqliteTable& table) const;
  // The same; a row that stands there takes the new values.
  [[nodiscard]] std::string upsert_staged(const SqliteTable& table) const;

  // Rejections are numbered among their like: in the whole table, or, in a run without a
  // state, among those of the run, for which create_seen() makes a temporary table, and
  // count_seen() adds what is staged to it once that was inserted.
  [[nodiscard]] std::string insert_staged_rejections(bool has_stream) const;
  [[nodiscard]] static std::string create_seen();
  [[nodiscard]] static std::string count_seen();

 private:
  std::string schema_;  // quoted
};

}  // namespace tagtill
