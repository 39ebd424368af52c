// A table of the report for a terminal.
#pragma once

#include <string>

#include "tools/report/report_tables.h"

namespace tagtill {

// The title, the rows in aligned columns, and how many more there are. Headings
// stand a word a line, so that columns of numbers stay narrow; long titles of
// offers are cut.
[[nodiscard]] std::string text_of_table(const ReportTable& table);

}  // namespace tagtill
