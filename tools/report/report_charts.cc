#include "tools/report/report_charts.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>

#include "tools/messages.h"
#include "tools/report/money.h"
#include "tools/shown_text.h"

namespace tagtill {
namespace {

constexpr int kBarsMax = 20;
constexpr int kBarsACurrencyMax = 10;
constexpr int kCurrenciesMax = 6;
constexpr int kFiguresOfMoneyMax = 3;
constexpr std::int64_t kPurchasesShownAlone = 5;  // of a member

double share_of(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

std::string percent_of(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? fmt::format("{:.1f}%", share_of(part, whole) * 100) : "–";
}

std::string top_of(std::string_view what, std::size_t shown, std::int64_t all) {
  return static_cast<std::int64_t>(shown) < all
             ? fmt::format("The first {} of {} {}.", shown, grouped_integer(all), what)
             : fmt::format("All {} {}.", grouped_integer(all), what);
}

std::int64_t read_integer(ReportDatabase& database, const std::string& sql) {
  return integer_of(database.rows(sql).at(0).at(0));
}

std::string singular_or(std::int64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped_integer(number), number == 1 ? one : many);
}

Bar plain_bar(std::string label, std::int64_t value, std::int64_t most, std::string shown) {
  Bar bar;
  bar.pieces.push_back({share_of(value, most), "plain", shown});
  bar.label = std::move(label);
  bar.value = std::move(shown);
  return bar;
}

// --- offer_funnel ---------------------------------------------------------------

BarChart funnel_of_all(ReportDatabase& database) {
  const ReportRow sums =
      database
          .rows(
              "SELECT sum(intents), sum(prompts), sum(confirmed), sum(expired), sum(cancelled), "
              "sum(open), sum(intents_unsure) FROM temp.offer_funnel")
          .at(0);
  const std::int64_t intents = integer_of(sums[0]);
  const std::int64_t prompts = integer_of(sums[1]);
  BarChart chart;
  chart.id = "funnel-all";
  chart.title = "All offers together";
  chart.description =
      "From intents to purchases. Prompts are compared with intents, what became of them with "
      "prompts.";
  const auto add = [&](std::string_view label, std::int64_t value, std::string_view tone,
                       std::int64_t whole) {
    const std::string shown =
        whole > 0 ? fmt::format("{} · {}", grouped_integer(value), percent_of(value, whole))
                  : grouped_integer(value);
    Bar bar = plain_bar(std::string(label), value, std::max(intents, prompts), shown);
    bar.pieces[0].tone = tone;
    chart.bars.push_back(bar);
  };
  add("Intents", intents, "plain", 0);
  if (integer_of(sums[6]) > 0) {
    chart.bars.back().value += fmt::format(", {} unsure", grouped_integer(integer_of(sums[6])));
  }
  add("Prompts", prompts, "plain", intents);
  add("Confirmed", integer_of(sums[2]), "confirmed", prompts);
  add("Expired", integer_of(sums[3]), "expired", prompts);
  add("Cancelled", integer_of(sums[4]), "cancelled", prompts);
  add("Still open", integer_of(sums[5]), "open", prompts);
  return chart;
}

BarChart reasons(ReportDatabase& database) {
  BarChart chart;
  chart.id = "reasons";
  chart.title = "Why posts were rejected";
  chart.description =
      "All rejections by reason, also those that belong to no offer and so stand in no row of "
      "the table below.";
  const auto rows =
      database.rows(fmt::format("SELECT replace(reason, '_', ' '), count(*) FROM main.rejections "
                                "GROUP BY reason ORDER BY 2 DESC, 1 LIMIT {}",
                                kBarsMax));
  for (const ReportRow& row : rows) {
    chart.bars.push_back(plain_bar(shown_text(text_of(row[0])), integer_of(row[1]),
                                   integer_of(rows[0][1]), grouped_integer(integer_of(row[1]))));
  }
  return chart;
}

Bar bar_of_offer(const ReportRow& row, std::int64_t most) {
  const std::int64_t prompts = integer_of(row[1]);
  Bar bar;
  bar.label = shown_text(text_of(row[0]));
  bar.value = fmt::format("{} of {} · {}", grouped_integer(integer_of(row[2])),
                          grouped_integer(prompts), percent_of(integer_of(row[2]), prompts));
  std::size_t place = 1;
  for (const std::string_view tone : {"confirmed", "expired", "cancelled", "open"}) {
    const std::int64_t part = integer_of(row[++place]);
    bar.pieces.push_back(
        {share_of(part, most), tone, fmt::format("{}: {}", tone, grouped_integer(part))});
  }
  return bar;
}

BarChart funnel_by_offer(ReportDatabase& database) {
  BarChart chart;
  chart.id = "funnel-offers";
  chart.title = "What became of the prompts of each offer";
  chart.has_legend = true;
  const auto rows = database.rows(
      fmt::format("SELECT ifnull(title, offer_id), prompts, confirmed, expired, cancelled, open "
                  "FROM temp.offer_funnel WHERE prompts > 0 "
                  "ORDER BY prompts DESC, confirmed DESC, offer_id LIMIT {}",
                  kBarsMax));
  for (const ReportRow& row : rows) {
    chart.bars.push_back(bar_of_offer(row, integer_of(rows[0][1])));
  }
  chart.description =
      top_of("offers that were prompted, by prompts", rows.size(),
             read_integer(database, "SELECT count(*) FROM temp.offer_funnel WHERE prompts > 0"));
  return chart;
}

// --- The other views ------------------------------------------------------------

BarChart conversion_by_discount(ReportDatabase& database) {
  BarChart chart;
  chart.id = "discount";
  chart.title = "Share of prompts that were confirmed, by discount";
  chart.description = "The discount against the list price. A full bar would be all prompts.";
  for (const ReportRow& row :
       database.rows("SELECT discount_from, discount_to, prompts, confirmed FROM "
                     "temp.discount_conversion ORDER BY discount_from IS NULL, discount_from "
                     "LIMIT 20")) {
    const std::int64_t from = integer_of(row[0]);
    const std::int64_t to = integer_of(row[1]);
    const std::int64_t prompts = integer_of(row[2]);
    const std::int64_t confirmed = integer_of(row[3]);
    const std::string label = std::holds_alternative<std::monostate>(row[0]) ? "no list price"
                              : from == to ? fmt::format("{}%", from)
                                           : fmt::format("{}–{}%", from, to);
    Bar bar = plain_bar(label, confirmed, prompts,
                        fmt::format("{} · {} of {}", percent_of(confirmed, prompts),
                                    grouped_integer(confirmed), grouped_integer(prompts)));
    bar.pieces[0].tone = "confirmed";
    chart.bars.push_back(bar);
  }
  return chart;
}

std::vector<ReportRow> currencies(ReportDatabase& database, int most) {
  return database.rows(
      fmt::format("SELECT currency, sum(revenue_minor), sum(purchases), count(*) "
                  "FROM temp.offer_revenue WHERE purchases > 0 GROUP BY currency "
                  "ORDER BY 3 DESC, 1 LIMIT {}",
                  most));
}

std::vector<BarChart> revenue(ReportDatabase& database) {
  std::map<std::string, std::vector<ReportRow>> by_currency;
  for (ReportRow& row : database.rows(fmt::format(
           "SELECT currency, ifnull(title, offer_id), revenue_minor FROM (SELECT *, row_number() "
           "OVER (PARTITION BY currency ORDER BY revenue_minor DESC, offer_id) AS place "
           "FROM temp.offer_revenue WHERE purchases > 0) WHERE place <= {} ORDER BY currency, "
           "place",
           kBarsACurrencyMax))) {
    by_currency[text_of(row[0])].push_back(row);
  }
  std::vector<BarChart> charts;
  for (const ReportRow& sum : currencies(database, kCurrenciesMax)) {
    const std::string& currency = text_of(sum[0]);
    const std::vector<ReportRow>& rows = by_currency[currency];
    BarChart chart;
    chart.id = fmt::format("revenue-{}", charts.size() + 1);
    chart.title = fmt::format("Revenue: {}", money_with_currency(integer_of(sum[1]), currency));
    chart.description = top_of("offers that were sold in this currency, by revenue", rows.size(),
                               integer_of(sum[3]));
    for (const ReportRow& row : rows) {
      chart.bars.push_back(plain_bar(shown_text(text_of(row[1])), integer_of(row[2]),
                                     integer_of(rows[0][2]),
                                     money_with_currency(integer_of(row[2]), currency)));
    }
    charts.push_back(chart);
  }
  return charts;
}

BarChart reach(ReportDatabase& database) {
  BarChart chart;
  chart.id = "reach";
  chart.title = "Followers of those who bought, by offer";
  const auto rows = database.rows(
      fmt::format("SELECT ifnull(title, offer_id), reach, purchases FROM temp.offer_reach "
                  "WHERE purchases > 0 ORDER BY reach DESC, purchases DESC, offer_id LIMIT {}",
                  kBarsMax));
  for (const ReportRow& row : rows) {
    chart.bars.push_back(
        plain_bar(shown_text(text_of(row[0])), integer_of(row[1]), integer_of(rows[0][1]),
                  fmt::format("{} · {}", grouped_integer(integer_of(row[1])),
                              singular_or(integer_of(row[2]), "purchase", "purchases"))));
  }
  chart.description =
      top_of("offers that were bought, by reach", rows.size(),
             read_integer(database, "SELECT count(*) FROM temp.offer_reach WHERE purchases > 0"));
  return chart;
}

BarChart exposure(ReportDatabase& database) {
  BarChart chart;
  chart.id = "exposure";
  chart.title = "Members by the number of their public purchases";
  chart.description = "Those who bought at all.";
  const auto rows = database.rows(
      fmt::format("SELECT min(purchases, {}), count(*) FROM temp.member_exposure GROUP BY 1 "
                  "ORDER BY 1",
                  kPurchasesShownAlone + 1));
  std::int64_t most = 0;
  for (const ReportRow& row : rows) {
    most = std::max(most, integer_of(row[1]));
  }
  for (const ReportRow& row : rows) {
    const std::int64_t purchases = integer_of(row[0]);
    chart.bars.push_back(plain_bar(
        purchases > kPurchasesShownAlone ? fmt::format("{} purchases or more", purchases)
                                         : singular_or(purchases, "purchase", "purchases"),
        integer_of(row[1]), most, singular_or(integer_of(row[1]), "member", "members")));
  }
  return chart;
}

}  // namespace

std::vector<ReportFigure> read_report_figures(ReportDatabase& database) {
  std::vector<ReportFigure> figures;
  const ReportRow sums =
      database
          .rows(
              "SELECT ifnull(sum(purchases), 0), count(*) FILTER (WHERE purchases > 0), "
              "CAST(total(reach) AS INTEGER) FROM temp.offer_reach")
          .at(0);
  figures.push_back({grouped_integer(integer_of(sums[0])), "purchases"});
  for (const ReportRow& row : currencies(database, kFiguresOfMoneyMax)) {
    figures.push_back({money(integer_of(row[1]), text_of(row[0])),
                       fmt::format("{} revenue", shown_text(text_of(row[0])))});
  }
  if (database.has_all_events()) {
    const ReportRow prompted =
        database.rows("SELECT sum(confirmed), sum(prompts) FROM temp.discount_conversion").at(0);
    figures.push_back(
        {percent_of(integer_of(prompted[0]), integer_of(prompted[1])), "of the prompts confirmed"});
  }
  figures.push_back({grouped_integer(read_integer(database,
                                                  "SELECT count(*) FROM "
                                                  "temp.member_exposure")),
                     "members who bought"});
  figures.push_back({grouped_integer(integer_of(sums[1])), "offers sold"});
  figures.push_back({grouped_integer(integer_of(sums[2])), "followers reached, summed"});
  return figures;
}

std::vector<BarChart> read_report_charts(ReportDatabase& database, std::string_view view) {
  std::vector<BarChart> charts;
  if (view == "offer_funnel") {
    charts = {funnel_of_all(database), reasons(database), funnel_by_offer(database)};
  } else if (view == "discount_conversion") {
    charts = {conversion_by_discount(database)};
  } else if (view == "offer_revenue") {
    charts = revenue(database);
  } else if (view == "offer_reach") {
    charts = {reach(database)};
  } else if (view == "member_exposure") {
    charts = {exposure(database)};
  }
  std::erase_if(charts, [](const BarChart& chart) { return chart.bars.empty(); });
  return charts;
}

std::string read_report_period(ReportDatabase& database) {
  const ReportRow row =
      database.rows("SELECT min(first_at), max(last_at) FROM temp.member_exposure").at(0);
  if (text_of(row[0]).empty()) {
    return {};
  }
  return fmt::format("{} to {} UTC", shown_time(text_of(row[0])), shown_time(text_of(row[1])));
}

}  // namespace tagtill
