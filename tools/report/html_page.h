// The report as one HTML page that needs nothing else.
#pragma once

#include <string>
#include <vector>

#include "tools/report/bar_chart.h"
#include "tools/report/report_charts.h"
#include "tools/report/report_tables.h"

namespace tagtill {

struct ReportSection {
  ReportTable table;
  std::vector<BarChart> charts;
};

struct ReportPage {
  std::string source;  // the database's path
  std::string period;  // may be empty
  std::string notice;  // what is missing and why; may be empty
  std::vector<ReportFigure> figures;
  std::vector<ReportSection> sections;
};

// Style and plots stand in the page; there is no script, and its own policy
// forbids the browser to load anything. All text is escaped. The same database
// makes the same bytes.
[[nodiscard]] std::string html_of(const ReportPage& page);

}  // namespace tagtill
