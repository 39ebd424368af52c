// The views of a database as tables of text, for a terminal or a page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/report/report_database.h"

namespace tagtill {

struct ReportTable {
  struct Column {
    std::string heading;
    bool number;  // to be set right-aligned
  };

  std::string_view view;         // as it is called in the database
  std::string_view title;        // what it answers
  std::string_view explanation;  // a sentence or two
  std::vector<Column> columns;
  // Made fit to be shown (shown_text.h), not escaped.
  std::vector<std::vector<std::string>> rows;
  std::uint64_t total = 0;  // rows of the view; `rows` may hold fewer
};

// One table a view, in the order of sqlite_schema.h, each with its first
// `rows_most` rows: the largest first. Views that the database cannot have are
// left out; so are columns of rejections that did not occur.
[[nodiscard]] std::vector<ReportTable> read_report_tables(ReportDatabase& database,
                                                          std::uint64_t rows_most);

}  // namespace tagtill
