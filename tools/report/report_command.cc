#include "tools/report/report_command.h"

#include <fmt/core.h>

#include <memory>
#include <utility>

#include "sinks/output_file.h"
#include "tools/command_line.h"
#include "tools/messages.h"
#include "tools/replay/file_conflicts.h"
#include "tools/report/html_page.h"
#include "tools/report/report_database.h"
#include "tools/report/report_tables.h"
#include "tools/report/text_table.h"

namespace tagtill {
namespace {

constexpr std::uint64_t kRowsMax = 1'000'000;
constexpr std::uint64_t kPageRowsMax = 1'000;  // of each table: browsers are slow at more

std::string notice_for(const ReportOptions& options, const ReportDatabase& database) {
  if (database.has_all_events()) {
    return {};
  }
  return fmt::format(
      "{0} was written without ?events=all: there is no offer_funnel and no discount_conversion. "
      "Replay with --sink 'sqlite:{0}?events=all' to have them",
      options.database);
}

void write_page(const std::string& path, const std::string& page) {
  OutputFile file(path, "the page");
  file.open();
  file.lines().append(page);
  file.close();
}

ReportPage read_page(const ReportOptions& options, ReportDatabase& database) {
  ReportPage page;
  page.source = options.database;
  page.period = read_report_period(database);
  page.notice = notice_for(options, database);
  page.figures = read_report_figures(database);
  for (ReportTable& table : read_report_tables(database, kPageRowsMax)) {
    std::vector<BarChart> charts = read_report_charts(database, table.view);
    page.sections.push_back({std::move(table), std::move(charts)});
  }
  return page;
}

std::string text_of(ReportDatabase& database, std::uint64_t rows) {
  std::string text;
  for (const ReportTable& table : read_report_tables(database, rows)) {
    text += text_of_table(table);
  }
  return text;
}

}  // namespace

ExitCode report(const ReportOptions& options) {
  const std::string html = options.html.empty() ? options.database + ".html" : options.html;
  if (!options.no_html) {
    refuse_file_conflicts({{"--html", html}}, {{"the database", options.database}});
  }
  ReportDatabase database(options.database);
  const bool prints = options.no_html || html != "-";
  if (prints) {
    print_out(text_of(database, options.rows));
  }
  if (!options.no_html) {
    write_page(html, html_of(read_page(options, database)));
  }
  if (const std::string notice = notice_for(options, database); !notice.empty()) {
    say(notice + ".");
  }
  if (!options.no_html && prints) {
    print_out(fmt::format("With plots: {}\n", html));
  }
  return ExitCode::kOk;
}

void add_report_command(Command& root) {
  const auto options = std::make_shared<ReportOptions>();
  root.command("report", "Sum up a database of the sqlite: sink, as tables and as a page",
               [options] { return report(*options); })
      .required_positional("PATH", options->database, "A database of --sink 'sqlite:PATH'")
      .text("--html", options->html, "FILE",
            "Where the page goes (default: PATH.html); - for standard output, without the tables")
      .flag("--no-html", options->no_html, "Only print the tables")
      .number("--rows", options->rows, 1, kRowsMax, "Rows of each table to print")
      .footer(
          "Example:\n"
          "  tagtill report purchases.db\n"
          "Exit codes: 0; 2 wrong usage; 65 the database cannot be read; 74 an output failed.");
}

}  // namespace tagtill
