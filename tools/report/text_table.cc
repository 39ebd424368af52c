#include "tools/report/text_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "tools/messages.h"
#include "tools/shown_text.h"

namespace tagtill {
namespace {

constexpr std::size_t kCellColumnsMax = 40;

using Line = std::vector<std::string>;

Line words_of(const std::string& text) {
  Line words(1);
  for (const char c : text) {
    if (c == ' ') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

// The headings, a word a line, the last words at the bottom.
std::vector<Line> heading_lines(const ReportTable& table) {
  std::size_t height = 0;
  std::vector<Line> words;
  for (const ReportTable::Column& column : table.columns) {
    words.push_back(words_of(column.heading));
    height = std::max(height, words.back().size());
  }
  std::vector<Line> lines(height, Line(words.size()));
  for (std::size_t column = 0; column < words.size(); ++column) {
    const std::size_t above = height - words[column].size();
    for (std::size_t i = 0; i < words[column].size(); ++i) {
      lines[above + i][column] = words[column][i];
    }
  }
  return lines;
}

void append_line(std::string& out, const ReportTable& table, const Line& cells,
                 const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string padding(widths[i] - columns_of(cells[i]), ' ');
    line += "  ";
    line += table.columns[i].number ? padding + cells[i] : cells[i] + padding;
  }
  out += line.substr(0, line.find_last_not_of(' ') + 1);
  out += '\n';
}

}  // namespace

std::string text_of_table(const ReportTable& table) {
  std::vector<Line> lines = heading_lines(table);
  const std::size_t headings = lines.size();
  for (const std::vector<std::string>& row : table.rows) {
    Line& line = lines.emplace_back();
    for (const std::string& cell : row) {
      line.push_back(shortened(cell, kCellColumnsMax));
    }
  }
  std::vector<std::size_t> widths(table.columns.size());
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], columns_of(line[i]));
    }
  }

  std::string out = fmt::format("{} ({})\n{}\n\n", table.title, table.view, table.explanation);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    append_line(out, table, lines[i], widths);
    if (i + 1 == headings) {
      Line rule;
      for (const std::size_t width : widths) {
        std::string& dashes = rule.emplace_back();
        for (std::size_t k = 0; k < width; ++k) {
          dashes += "─";
        }
      }
      append_line(out, table, rule, widths);
    }
  }
  if (table.total > table.rows.size()) {
    out += fmt::format("  … and {} more\n", grouped(table.total - table.rows.size()));
  }
  return out + '\n';
}

}  // namespace tagtill
