// A database of the `sqlite:` sink, to be read and never written. sqlite3.h
// stays in report_database.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace tagtill {

// What stands in a column: null, an integer, a real number, or text (blobs as
// well). The database is input from outside: text may be anything.
using ReportValue = std::variant<std::monostate, std::int64_t, double, std::string>;
using ReportRow = std::vector<ReportValue>;

// The number, or 0 for what is none.
[[nodiscard]] std::int64_t integer_of(const ReportValue& value);
[[nodiscard]] double real_of(const ReportValue& value);
// The text, or empty for what is none.
[[nodiscard]] const std::string& text_of(const ReportValue& value);

// Used by one thread. All that is read is of one moment, also while a replay
// writes.
//
// The views are computed once, by this program's own definitions (sqlite_schema.h)
// and not by those that stand in the database, into temporary tables of the
// views' names: `SELECT … FROM temp.offer_funnel`. What a foreign file defines
// is never run.
//
// Every function throws tagtill::Error (ExitCode::kBadInput) with a sentence
// that names the path.
//
// Bounds: a value of more than 1 MiB is refused; temporary tables lie on disk.
class ReportDatabase {
 public:
  explicit ReportDatabase(std::string path);
  ~ReportDatabase();
  ReportDatabase(const ReportDatabase&) = delete;
  ReportDatabase& operator=(const ReportDatabase&) = delete;

  // False: it was written without `?events=all`. Then the views that need more
  // than purchases are missing, and titles of offers as well.
  [[nodiscard]] bool has_all_events() const;

  // `sql` is ours, never input.
  [[nodiscard]] std::vector<ReportRow> rows(const std::string& sql);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tagtill
