#include "tools/report/report_tables.h"

#include <fmt/core.h>

#include <array>
#include <span>
#include <utility>

#include "sinks/sqlite_schema.h"
#include "tools/report/money.h"
#include "tools/shown_text.h"

namespace tagtill {
namespace {

enum class Format { kText, kCount, kShare, kMoney, kTime };

struct Column {
  std::string_view heading;
  std::string_view expression;  // of the view's columns
  Format format;
  bool may_be_left_out = false;  // when it is 0 everywhere
};

struct View {
  std::string_view title;
  std::string_view explanation;
  std::string_view order;
  std::span<const Column> columns;
};

constexpr std::array<Column, 21> kFunnel = {{
    {"offer", "offer_id", Format::kText},
    {"title", "title", Format::kText},
    {"intents", "intents", Format::kCount},
    {"unsure", "intents_unsure", Format::kCount, true},
    {"prompts", "prompts", Format::kCount},
    {"confirmed", "confirmed", Format::kCount},
    {"conversion", "conversion", Format::kShare},
    {"expired", "expired", Format::kCount},
    {"cancelled", "cancelled", Format::kCount},
    {"still open", "open", Format::kCount},
    {"not enrolled", "rejected_not_enrolled", Format::kCount, true},
    {"protected", "rejected_protected", Format::kCount, true},
    {"frozen", "rejected_frozen", Format::kCount, true},
    {"offer not live", "rejected_offer_not_live", Format::kCount, true},
    {"not eligible", "rejected_not_eligible", Format::kCount, true},
    {"too many", "rejected_too_many", Format::kCount, true},
    {"limit reached", "rejected_limit_reached", Format::kCount, true},
    {"sold out", "rejected_sold_out", Format::kCount, true},
    {"rejected: expired", "rejected_expired", Format::kCount, true},
    {"rejected: cancelled", "rejected_cancelled", Format::kCount, true},
    {"already confirmed", "rejected_already_confirmed", Format::kCount, true},
}};

constexpr std::array<Column, 5> kDiscount = {{
    {"discount",
     "CASE WHEN discount_from IS NULL THEN 'no list price' "
     "WHEN discount_from = discount_to THEN discount_from || '%' "
     "ELSE discount_from || '–' || discount_to || '%' END",
     Format::kText},
    {"offers", "offers", Format::kCount},
    {"prompts", "prompts", Format::kCount},
    {"confirmed", "confirmed", Format::kCount},
    {"conversion", "conversion", Format::kShare},
}};

// Money is followed by its currency.
constexpr std::array<Column, 6> kRevenue = {{
    {"offer", "offer_id", Format::kText},
    {"title", "title", Format::kText},
    {"purchases", "purchases", Format::kCount},
    {"revenue", "revenue_minor", Format::kMoney},
    {"commission", "commission_minor", Format::kMoney},
    {"currency", "currency", Format::kText},
}};
constexpr std::string_view kCurrency = "currency";

constexpr std::array<Column, 5> kReach = {{
    {"offer", "offer_id", Format::kText},
    {"title", "title", Format::kText},
    {"purchases", "purchases", Format::kCount},
    {"members", "members", Format::kCount},
    {"reach", "reach", Format::kCount},
}};

constexpr std::array<Column, 6> kExposure = {{
    {"author", "author_id", Format::kText},
    {"purchases", "purchases", Format::kCount},
    {"offers", "offers", Format::kCount},
    {"reach", "reach", Format::kCount},
    {"first (UTC)", "first_at", Format::kTime},
    {"last (UTC)", "last_at", Format::kTime},
}};

// In the order of sqlite_views().
constexpr std::array<View, kSqliteViews> kViews = {{
    {"What became of each offer's intents",
     "Conversion is the share of the prompts that were confirmed. Unsure: the events do not tell "
     "whether an intent or a confirmation was rejected. The last columns are rejections by "
     "reason.",
     "prompts DESC, intents DESC, offer_id", kFunnel},
    {"Conversion by discount",
     "The discount is that of the price in the prompt against the list price at that time.",
     "discount_from IS NULL, discount_from", kDiscount},
    {"Revenue and commission", "Each currency by itself.",
     "currency, revenue_minor DESC, purchases DESC, offer_id", kRevenue},
    {"Reach",
     "The followers of those who bought, summed over the purchases: who follows two buyers "
     "counts twice.",
     "reach DESC, purchases DESC, offer_id", kReach},
    {"What members have made public",
     "Each purchase is a public post that says what its author has bought.",
     "purchases DESC, reach DESC, author_id", kExposure},
}};

std::string shown_cell(const ReportValue& value, Format format, std::string_view currency) {
  if (std::holds_alternative<std::monostate>(value)) {
    return "–";
  }
  switch (format) {
    case Format::kCount:
      return grouped_integer(integer_of(value));
    case Format::kShare:
      return fmt::format("{:.1f}%", real_of(value) * 100);
    case Format::kMoney:
      return money(integer_of(value), currency);
    case Format::kTime:
      return shown_time(text_of(value));
    case Format::kText:
      break;
  }
  return shown_text(text_of(value));
}

std::vector<Column> columns_to_show(ReportDatabase& database, std::string_view view,
                                    const View& shown, std::uint64_t& total) {
  std::string sql = "SELECT count(*)";
  for (const Column& column : shown.columns) {
    if (column.may_be_left_out) {
      sql += fmt::format(", max({})", column.expression);
    }
  }
  const ReportRow most = database.rows(fmt::format("{} FROM temp.{}", sql, view)).at(0);
  total = static_cast<std::uint64_t>(integer_of(most[0]));
  std::vector<Column> columns;
  std::size_t place = 0;
  for (const Column& column : shown.columns) {
    if (!column.may_be_left_out || integer_of(most.at(++place)) != 0) {
      columns.push_back(column);
    }
  }
  return columns;
}

ReportTable read_table(ReportDatabase& database, std::string_view view, const View& shown,
                       std::uint64_t rows_most) {
  ReportTable table;
  table.view = view;
  table.title = shown.title;
  table.explanation = shown.explanation;
  const std::vector<Column> columns = columns_to_show(database, view, shown, table.total);
  std::string list;
  std::size_t currency_place = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Column& column = columns[i];
    list += fmt::format("{}{}", i == 0 ? "" : ", ", column.expression);
    currency_place = column.expression == kCurrency ? i : currency_place;
    table.columns.push_back({std::string(column.heading),
                             column.format != Format::kText && column.format != Format::kTime});
  }
  for (const ReportRow& row : database.rows(fmt::format(
           "SELECT {} FROM temp.{} ORDER BY {} LIMIT {}", list, view, shown.order, rows_most))) {
    std::vector<std::string>& cells = table.rows.emplace_back();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      cells.push_back(shown_cell(row[i], columns[i].format, text_of(row[currency_place])));
    }
  }
  return table;
}

}  // namespace

std::vector<ReportTable> read_report_tables(ReportDatabase& database, std::uint64_t rows_most) {
  std::vector<ReportTable> tables;
  for (std::size_t i = 0; i < kSqliteViews; ++i) {
    const SqliteView& view = sqlite_views()[i];
    if (database.has_all_events() || !view.needs_all_events) {
      tables.push_back(read_table(database, view.name, kViews[i], rows_most));
    }
  }
  return tables;
}

}  // namespace tagtill
