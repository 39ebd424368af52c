#include "tools/report/html_page.h"

#include <fmt/core.h>

#include <string_view>

#include "tools/messages.h"
#include "tools/shown_text.h"

namespace tagtill {
namespace {

// No script, no image, no font, no form: what is not named is forbidden.
constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
)";

constexpr std::string_view kStyle = R"(<style>
:root {
  --paper: #fbfaf8; --card: #ffffff; --ink: #1f2328; --quiet: #5c6570; --line: #e3e1dc;
  --track: #efede8; --plain: #4a6fa5; --confirmed: #2c7f67; --expired: #d0a03c;
  --cancelled: #b4553d; --open: #93a0b0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181c; --card: #1c2026; --ink: #e6e8eb; --quiet: #9aa4b0; --line: #2d333b;
    --track: #272c34; --plain: #7fa3d8; --confirmed: #4fb394; --expired: #d9b256;
    --cancelled: #d47c63; --open: #77869a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 62rem; padding: 2rem 1rem 4rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
}
h1 { font-size: 1.6rem; font-weight: 600; margin: 0; }
h2 { font-size: 1.25rem; font-weight: 600; margin: 3.5rem 0 0; }
h3 { font-size: 1rem; font-weight: 600; margin: 0; }
p { margin: 0.25rem 0 0; color: var(--quiet); }
code { font: 0.875em ui-monospace, monospace; }
.notice { margin-top: 1rem; padding: 0.75rem 1rem; border-left: 3px solid var(--expired); background: var(--card); }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 0.75rem; margin: 1.5rem 0 0; padding: 0; list-style: none; }
.figures li { padding: 0.75rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--card); color: var(--quiet); font-size: 0.875rem; }
.figures strong { display: block; color: var(--ink); font-size: 1.25rem; font-weight: 600; }
figure { margin: 1rem 0 0; padding: 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--card); }
figcaption { margin-bottom: 0.75rem; }
figcaption p, .legend { font-size: 0.875rem; }
.legend { margin: 0 0 0.75rem; }
.legend span { margin-right: 1rem; white-space: nowrap; }
svg { display: block; overflow: visible; }
.legend svg { display: inline-block; }
svg text { font-size: 13px; fill: var(--ink); unicode-bidi: isolate; }
svg .value { text-anchor: end; fill: var(--quiet); }
.track { fill: var(--track); } .plain { fill: var(--plain); }
.confirmed { fill: var(--confirmed); } .expired { fill: var(--expired); }
.cancelled { fill: var(--cancelled); } .open { fill: var(--open); }
details { margin-top: 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--card); }
summary { padding: 0.75rem 1rem; cursor: pointer; }
summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--plain); }
.scroll { max-height: 32rem; overflow: auto; border-top: 1px solid var(--line); }
table { width: 100%; border-collapse: collapse; font-size: 0.875rem; overflow-wrap: normal; }
th, td { padding: 0.375rem 0.75rem; text-align: left; vertical-align: bottom; white-space: nowrap; }
th { position: sticky; top: 0; background: var(--card); box-shadow: inset 0 -1px var(--line); font-weight: 600; white-space: normal; }
td { border-bottom: 1px solid var(--line); max-width: 22rem; overflow: hidden; text-overflow: ellipsis; }
tr:last-child td { border-bottom: 0; }
.n { text-align: right; }
.more { padding: 0.5rem 0.75rem; font-size: 0.875rem; }
@media print { .scroll { max-height: none; } }
</style>
)";

void append_figures(std::string& html, const std::vector<ReportFigure>& figures) {
  html += "<ul class=\"figures\">\n";
  for (const ReportFigure& figure : figures) {
    html += fmt::format("<li><strong>{}</strong>{}</li>\n", escaped_html(figure.value),
                        escaped_html(figure.label));
  }
  html += "</ul>\n";
}

std::string_view class_of(const ReportTable::Column& column) {
  return column.number ? " class=\"n\"" : "";
}

void append_table(std::string& html, const ReportTable& table) {
  html += fmt::format(
      "<details>\n<summary>The table <code>{0}</code>: {1}</summary>\n"
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\">\n"
      "<table id=\"{0}\">\n<thead><tr>",
      table.view, counted(table.total, "row", "rows"));
  for (const ReportTable::Column& column : table.columns) {
    html += fmt::format("<th scope=\"col\"{}>{}</th>", class_of(column), column.heading);
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const std::vector<std::string>& row : table.rows) {
    html += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      // Text is kept from turning the direction of its neighbours.
      html += table.columns[i].number ? fmt::format("<td class=\"n\">{}</td>", escaped_html(row[i]))
                                      : fmt::format("<td><bdi>{}</bdi></td>", escaped_html(row[i]));
    }
    html += "</tr>\n";
  }
  html += "</tbody>\n</table>\n";
  if (table.total > table.rows.size()) {
    html += fmt::format("<p class=\"more\">… and {} more; the view has them all.</p>\n",
                        grouped(table.total - table.rows.size()));
  }
  html += "</div>\n</details>\n";
}

void append_section(std::string& html, const ReportSection& section) {
  const ReportTable& table = section.table;
  html += fmt::format("<section>\n<h2>{}</h2>\n<p>{}</p>\n", table.title, table.explanation);
  if (section.charts.empty()) {
    html += "<p>Nothing yet.</p>\n";
  }
  for (const BarChart& chart : section.charts) {
    append_bar_chart(html, chart);
  }
  append_table(html, table);
  html += "</section>\n";
}

}  // namespace

std::string html_of(const ReportPage& page) {
  const std::string source = escaped_html(shown_text(page.source));
  std::string html(kHead);
  html += fmt::format("<title>Purchases in {}</title>\n", source);
  html += kStyle;
  html += fmt::format("</head>\n<body>\n<header>\n<h1>Purchases by hashtag</h1>\n<p><bdi>{}</bdi>",
                      source);
  if (!page.period.empty()) {
    html += fmt::format(", confirmed {}", escaped_html(page.period));
  }
  html += "</p>\n</header>\n<main>\n";
  if (!page.notice.empty()) {
    html += fmt::format("<p class=\"notice\">{}</p>\n", escaped_html(shown_text(page.notice)));
  }
  append_figures(html, page.figures);
  for (const ReportSection& section : page.sections) {
    append_section(html, section);
  }
  return html + "</main>\n</body>\n</html>\n";
}

}  // namespace tagtill
