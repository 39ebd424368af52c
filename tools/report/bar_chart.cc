#include "tools/report/bar_chart.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "tools/shown_text.h"

namespace tagtill {
namespace {

// In pixels.
constexpr std::size_t kBarPitch = 40;
constexpr std::size_t kTextBase = 14;
constexpr std::size_t kBarTop = 20;
constexpr std::size_t kBarHeight = 10;

constexpr std::size_t kLabelColumnsMax = 30;

void append_rectangle(std::string& html, std::string_view tone, std::size_t top, double left,
                      double width, const std::string& tip) {
  html += fmt::format(
      R"(<rect class="{}" x="{:.2f}%" y="{}" width="{:.2f}%" height="{}"><title>{}</title></rect>)",
      tone, left, top, width, kBarHeight, escaped_html(tip));
}

void append_bar(std::string& html, const Bar& bar, std::size_t place) {
  const std::size_t top = place * kBarPitch;
  html +=
      fmt::format(R"(<text class="label" x="0" y="{}">{}<title>{}</title></text>)", top + kTextBase,
                  escaped_html(shortened(bar.label, kLabelColumnsMax)), escaped_html(bar.label));
  html += fmt::format(R"(<text class="value" x="100%" y="{}">{}</text>)", top + kTextBase,
                      escaped_html(bar.value));
  html += fmt::format(R"(<rect class="track" x="0" y="{}" width="100%" height="{}"/>)",
                      top + kBarTop, kBarHeight);
  double left = 0;
  for (const BarPiece& piece : bar.pieces) {
    const double width = std::clamp(piece.share * 100, 0.0, 100 - left);
    if (width > 0) {
      append_rectangle(html, piece.tone, top + kBarTop, left, width, piece.tip);
    }
    left += width;
  }
  html += '\n';
}

void append_legend(std::string& html) {
  constexpr std::array<std::string_view, 4> kTones = {"confirmed", "expired", "cancelled", "open"};
  html += "<p class=\"legend\">";
  for (const std::string_view tone : kTones) {
    html += fmt::format(
        R"(<span><svg width="10" height="10" aria-hidden="true"><rect class="{0}" width="10" )"
        R"(height="10"/></svg> {0}</span> )",
        tone);
  }
  html += "</p>\n";
}

}  // namespace

void append_bar_chart(std::string& html, const BarChart& chart) {
  const std::string title = escaped_html(chart.title);
  const std::string description = escaped_html(chart.description);
  html +=
      fmt::format("<figure>\n<figcaption><h3>{}</h3><p>{}</p></figcaption>\n", title, description);
  if (chart.has_legend) {
    append_legend(html);
  }
  html += fmt::format(
      "<svg role=\"img\" aria-labelledby=\"{0}-title {0}-text\" width=\"100%\" height=\"{1}\">"
      "<title id=\"{0}-title\">{2}</title><desc id=\"{0}-text\">{3}",
      chart.id, chart.bars.size() * kBarPitch, title, description);
  for (const Bar& bar : chart.bars) {
    html += fmt::format(" {}: {}.", escaped_html(bar.label), escaped_html(bar.value));
  }
  html += "</desc>\n";
  for (std::size_t i = 0; i < chart.bars.size(); ++i) {
    append_bar(html, chart.bars[i], i);
  }
  html += "</svg>\n</figure>\n";
}

}  // namespace tagtill
