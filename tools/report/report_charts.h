// What the page of a report shows as figures and bars.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/report/bar_chart.h"
#include "tools/report/report_database.h"

namespace tagtill {

// A number and what it counts.
struct ReportFigure {
  std::string value;
  std::string label;
};

// The few numbers to begin with.
[[nodiscard]] std::vector<ReportFigure> read_report_figures(ReportDatabase& database);

// The charts that belong to a view; none where there is nothing to show.
[[nodiscard]] std::vector<BarChart> read_report_charts(ReportDatabase& database,
                                                       std::string_view view);

// "2017-05-15 12:00:45 to 2017-05-15 12:59:58 UTC": of the purchases; empty if
// there are none.
[[nodiscard]] std::string read_report_period(ReportDatabase& database);

}  // namespace tagtill
