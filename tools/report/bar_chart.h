// Horizontal bars as inline SVG.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tagtill {

// A piece of a bar. Its colour is a class of the page's style sheet.
struct BarPiece {
  double share = 0;       // of the whole width, 0 to 1
  std::string_view tone;  // CSS class: plain, confirmed, expired, cancelled, open
  std::string tip;        // what it stands for
};

struct Bar {
  std::string label;  // above the bar, on the left; cut when it is long
  std::string value;  // above the bar, on the right
  std::vector<BarPiece> pieces;
};

struct BarChart {
  std::string id;           // unique in its page; letters, digits and '-'
  std::string title;        // heading, and the accessible name
  std::string description;  // a sentence below the heading, and the accessible description
  std::vector<Bar> bars;
  bool has_legend = false;  // of the tones of what became of prompts
};

// Appends a <figure>. Places are percentages of the width, and the text keeps
// its size: it can be read on a telephone and on a wall. All text of the chart
// is escaped here, and must have been made fit to be shown (shown_text.h).
void append_bar_chart(std::string& html, const BarChart& chart);

}  // namespace tagtill
