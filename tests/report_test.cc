// `tagtill report`: tables, the page, and the page in a browser.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/file_errors.h"
#include "engine/offer_catalogue.h"
#include "sinks/sink_batcher.h"
#include "sinks/sqlite_sink.h"
#include "tests/post_lines.h"
#include "tests/run_program.h"
#include "tests/sink_events.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

constexpr std::string_view kHostileTitle = "<script>alert(1)</script>\x1B[31m\xE2\x80\xAE&amp; \"'";

std::string offer_line(const std::string& id, std::string_view title, std::string_view currency) {
  return R"({"id":")" + id + R"(","tag":")" + id + R"(","title":)" +
         post_lines::json_string(title) + R"(,"price_minor":1250,"list_price_minor":2500,)" +
         R"("currency":")" + std::string(currency) +
         R"(","fulfilment":"ship","starts_at":"2013-01-01T00:00:00Z",)" +
         R"("ends_at":"2014-01-01T00:00:00Z"})" + "\n";
}

std::shared_ptr<const OfferCatalogue> catalogue(const std::string& lines) {
  FileErrors errors;
  auto offers = OfferCatalogue::parse(lines, "offers", "Confirm", errors);
  EXPECT_TRUE(errors.empty());
  return offers;
}

// A prompt, and the purchase that it leads to.
void sell(EventBatch& batch, const std::string& intent, std::string_view offer,
          std::string_view currency, bool confirmed = true) {
  Event event = purchase(batch, intent);
  event.offer_id = batch.bytes.keep(offer);
  event.title = event.offer_id;
  event.tag_prefix = "Confirm";
  event.price_minor = 1'250;
  event.currency = {currency[0], currency[1], currency[2]};
  event.deadline = event.intent_at + 900'000;
  event.type = EventType::kPrompt;
  event.code = 1;
  batch.events.push_back(event);
  if (confirmed) {
    event.type = EventType::kConfirmed;
    event.code = kNoCode;
    batch.events.push_back(event);
  }
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// A folder with all.db: three offers, one of them with a hostile title.
class Report : public ::testing::Test {
 protected:
  Report() {
    EventBatch batch;
    sell(batch, "1", "mug", "USD");
    sell(batch, "2", "mug", "USD");
    sell(batch, "3", "mug", "USD", false);
    sell(batch, "4", "tea", "JPY");
    Event rejected = purchase(batch, "5");
    rejected.type = EventType::kRejected;
    rejected.reject_reason = RejectReason::kNotEnrolled;
    batch.events.push_back(rejected);
    write("all.db", batch, all_event_types());
  }

  void write(std::string_view name, const EventBatch& batch, EventTypes types) const {
    SqliteSink sink(folder_.path(name), types,
                    catalogue(offer_line("mug", kHostileTitle, "USD") +
                              offer_line("tea", "茶 だ", "JPY") + offer_line("cup", "Cup", "EUR")));
    sink.open({});
    sink.write(batch, batch.events.size());
    sink.close();
  }

  [[nodiscard]] ProgramResult report(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "report");
    return run_program(arguments, {.folder = folder_.path(".")});
  }

  [[nodiscard]] std::string page() const { return read_file(folder_.path("all.db.html")); }

  TempFolder folder_;
};

TEST_F(Report, PrintsEachViewInAlignedColumns) {
  const ProgramResult result = report({"all.db"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  // The wide characters take two columns each.
  constexpr std::string_view kRevenue =
      R"(Revenue and commission (offer_revenue)
Each currency by itself.

  offer  title                                    purchases  revenue  commission  currency
  ─────  ───────────────────────────────────────  ─────────  ───────  ──────────  ────────
  cup    Cup                                              0     0.00        0.00  EUR
  tea    茶 だ                                            1    1,250          64  JPY
  mug    <script>alert(1)</script>�[31m�&amp; "'          2    25.00        1.28  USD

)";
  EXPECT_TRUE(contains(result.out, kRevenue)) << result.out;
  for (const std::string_view part :
       {"What became of each offer's intents (offer_funnel)\n",
        "&amp; \"'        4        3          2       66.7%        0          0      1         1\n",
        "  50–59%         2        4          3       75.0%\n",
        "  author-1          1       1     42  2013-02-11 12:01:00  2013-02-11 12:01:00\n",
        "With plots: all.db.html\n"}) {
    EXPECT_TRUE(contains(result.out, part)) << part << "\n" << result.out;
  }
  EXPECT_FALSE(contains(result.out, "\x1B"));
  EXPECT_FALSE(contains(result.out, "\xE2\x80\xAE"));
}

TEST_F(Report, TheDatabaseIsOnlyRead) {
  const std::string before = read_file(folder_.path("all.db"));
  EXPECT_EQ(report({"all.db"}).exit_code, 0);
  EXPECT_EQ(read_file(folder_.path("all.db")), before);
  EXPECT_FALSE(std::filesystem::exists(folder_.path("all.db-wal")));
  EXPECT_FALSE(std::filesystem::exists(folder_.path("all.db-journal")));
}

TEST_F(Report, TheSameDatabaseMakesTheSamePage) {
  ASSERT_EQ(report({"all.db"}).exit_code, 0);
  const std::string first = page();
  const ProgramResult again = report({"all.db", "--html", "-"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.out, first);
}

TEST_F(Report, ThePageNeedsNothingElse) {
  ASSERT_EQ(report({"all.db"}).exit_code, 0);
  const std::string html = page();
  EXPECT_TRUE(contains(html, "default-src 'none'"));
  EXPECT_TRUE(contains(html,
                       "&lt;script&gt;alert(1)&lt;/script&gt;\uFFFD[31m\uFFFD&amp;amp; "
                       "&quot;&#39;"));
  for (const std::string_view never :
       {"<script", "<link", "<img", "<iframe", "src=", "href", "url(", "@import",
        "http:", "https:", "javascript:", " onload", "\x1B", "\xE2\x80\xAE"}) {
    EXPECT_FALSE(contains(html, never)) << never;
  }
}

TEST_F(Report, WithoutAPageAndElsewhere) {
  EXPECT_EQ(report({"all.db", "--no-html"}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_.path("all.db.html")));
  EXPECT_EQ(report({"all.db", "--html", "page.html"}).exit_code, 0);
  EXPECT_TRUE(read_file(folder_.path("page.html")).starts_with("<!DOCTYPE html>"));
  EXPECT_EQ(report({"all.db", "--html", "missing/page.html"}).exit_code, 74);
  const ProgramResult over = report({"all.db", "--html", "./all.db"});
  EXPECT_EQ(over.exit_code, 2);
  EXPECT_TRUE(contains(over.err, "would write over the database all.db")) << over.err;
}

TEST_F(Report, ADatabaseOfPurchasesShowsWhatItCanAndSaysWhatIsMissing) {
  EventBatch batch;
  sell(batch, "1", "mug", "USD");
  write("p.db", batch, confirmed_only());
  const ProgramResult result = report({"p.db"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(contains(result.err,
                       "p.db was written without ?events=all: there is no offer_funnel "
                       "and no discount_conversion"))
      << result.err;
  EXPECT_TRUE(contains(result.out, "  mug    –              1    12.50        0.64  USD\n"))
      << result.out;
  EXPECT_FALSE(contains(result.out, "(offer_funnel)"));
  EXPECT_TRUE(contains(read_file(folder_.path("p.db.html")), "class=\"notice\">p.db was written"));
}

TEST_F(Report, ADatabaseWithoutAnEventIsNoError) {
  write("empty.db", {}, all_event_types());
  const ProgramResult result = report({"empty.db"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_TRUE(contains(result.out, "0          0           –")) << result.out;
}

TEST_F(Report, WhatIsNoDatabaseOfOursIsSaid) {
  folder_.write("text", std::string(5'000, 'x'));
  folder_.write("empty", "");
  execute(folder_.path("other.db"), "CREATE TABLE t (a)");
  execute(folder_.path("shape.db"), "CREATE TABLE purchases (a)");
  execute(folder_.path("view.db"), "CREATE VIEW purchases AS SELECT 1");
  execute(folder_.path("huge.db"),
          "CREATE TABLE purchases (purchase_id, offer_id, author_id, price_minor, currency, "
          "commission_minor, reach, confirmed_at); INSERT INTO purchases VALUES "
          "(1, 'a', hex(zeroblob(1000000)), 1, 'USD', 1, 1, '')");
  for (const auto& [path, because] :
       std::vector<std::pair<std::string, std::string>>{{"missing.db", "No such file"},
                                                        {".", "not a file"},
                                                        {"text", "not an SQLite database"},
                                                        {"empty", "no table of purchases"},
                                                        {"other.db", "no table of purchases"},
                                                        {"shape.db", "no such column"},
                                                        {"view.db", "no table of purchases"},
                                                        {"huge.db", "more than 1 MiB"}}) {
    const ProgramResult result = report({path});
    EXPECT_EQ(result.exit_code, 65) << path;
    EXPECT_TRUE(contains(result.err, "cannot read " + path + ": ")) << result.err;
    EXPECT_TRUE(contains(result.err, because)) << result.err;
    EXPECT_EQ(result.out, "");
  }
  EXPECT_EQ(report({}).exit_code, 2);
}

// What a foreign file calls by the names of our views is never run.
TEST_F(Report, ViewsOfTheDatabaseAreNotUsed) {
  ASSERT_EQ(report({"all.db"}).exit_code, 0);
  const std::string before = page();
  execute(folder_.path("all.db"),
          "DROP VIEW offer_reach; CREATE VIEW offer_reach AS SELECT 'x' AS offer_id, 1 AS reach;"
          "DROP VIEW offer_funnel");
  ASSERT_EQ(report({"all.db"}).exit_code, 0);
  EXPECT_EQ(page(), before);
}

TEST_F(Report, MoneyHasTheDecimalsOfItsCurrency) {
  EventBatch batch;
  for (const std::string_view currency : {"USD", "JPY", "KWD", "CLF", "XQQ"}) {
    sell(batch, std::string(currency), currency, currency);
    batch.events.back().price_minor = 1'234'567;
  }
  write("money.db", batch, confirmed_only());
  const std::string out = report({"money.db", "--no-html"}).out;
  for (const std::string_view amount : {"   12,345.67  ", "   1,234,567  ", "   1,234.567  ",
                                        "    123.4567  ", "  1,234,567 minor units  "}) {
    EXPECT_TRUE(contains(out, amount)) << amount << "\n" << out;
  }
}

TEST_F(Report, ManyOffersAreCutAndCounted) {
  EventBatch batch;
  for (int i = 0; i < 5'000; ++i) {
    sell(batch, std::to_string(i), "offer-" + std::to_string(i), "USD");
  }
  write("many.db", batch, all_event_types());
  const ProgramResult result = report({"many.db", "--rows", "7"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(contains(result.out, "  … and 4,996 more\n")) << result.out;  // and three offers
  const std::string html = read_file(folder_.path("many.db.html"));
  EXPECT_TRUE(contains(html, "… and 4,003 more; the view has them all."));
  EXPECT_TRUE(contains(html, "The first 20 of 5,000 offers that were prompted"));
  EXPECT_LT(html.size(), 2'000'000U);
}

// --- In a browser ------------------------------------------------------------------

ProgramResult browse(const std::string& path, const TempFolder& folder) {
  return run_program(
      {"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-extensions", "--no-first-run",
       "--user-data-dir=" + folder.path("profile"), "--host-resolver-rules=MAP * ~NOTFOUND",
       "--enable-logging=stderr", "--virtual-time-budget=1000", "--dump-dom", "file://" + path},
      {.program = "chromium"});
}

// The text of the cells of a table, row by row.
Rows cells_of(const std::string& dom, const std::string& table) {
  Rows rows;
  const std::size_t begin = dom.find("<tbody>", dom.find("<table id=\"" + table + "\">"));
  EXPECT_NE(begin, std::string::npos) << table;
  const std::string body = dom.substr(begin, dom.find("</tbody>", begin) - begin);
  for (std::size_t at = 0; (at = body.find('<', at)) != std::string::npos;) {
    const std::size_t end = body.find('>', at) + 1;
    const std::string tag = body.substr(at, end - at);
    if (tag == "<tr>") {
      rows.emplace_back();
    } else if (tag.starts_with("<td")) {
      rows.back().emplace_back();
    }
    at = end;
    const std::size_t text_end = body.find('<', at);
    if (!rows.empty() && !rows.back().empty() && tag != "</td>") {
      rows.back().back() += body.substr(at, text_end - at);
    }
  }
  for (std::vector<std::string>& row : rows) {
    for (std::string& cell : row) {
      cell.erase(cell.find_last_not_of('\n') + 1);
    }
  }
  return rows;
}

TEST_F(Report, InABrowserThePageShowsWhatTheViewsSay) {
  if (run_program({"--version"}, {.program = "chromium"}).exit_code != 0) {
    GTEST_SKIP() << "skipped: no chromium";
  }
  // The control: what a page must not do is noticed.
  const std::string bad =
      folder_.write("bad.html",
                    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\">"
                    "<script>document.title='ran'</script>");
  EXPECT_TRUE(contains(browse(bad, folder_).err, "CONSOLE"));

  ASSERT_EQ(report({"all.db"}).exit_code, 0);
  const ProgramResult shown = browse(folder_.path("all.db.html"), folder_);
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_FALSE(contains(shown.err, "CONSOLE")) << shown.err;
  EXPECT_FALSE(contains(shown.out, "<script"));
  const std::string path = folder_.path("all.db");
  EXPECT_EQ(cells_of(shown.out, "offer_revenue"),
            query(path,
                  "SELECT offer_id, CASE offer_id WHEN 'mug' THEN "
                  "'&lt;script&gt;alert(1)&lt;/script&gt;' || char(65533) || '[31m' || char(65533) "
                  "|| '&amp;amp; \"''' ELSE title END, purchases, CASE currency WHEN 'JPY' THEN "
                  "printf('%,d', revenue_minor) ELSE printf('%.2f', revenue_minor / 100.0) END, "
                  "CASE currency WHEN 'JPY' THEN commission_minor ELSE printf('%.2f', "
                  "commission_minor / 100.0) END, currency FROM offer_revenue "
                  "ORDER BY currency, revenue_minor DESC"));
  EXPECT_EQ(cells_of(shown.out, "discount_conversion"),
            query(path,
                  "SELECT discount_from || '–' || discount_to || '%', offers, prompts, confirmed, "
                  "printf('%.1f%%', 100 * conversion) FROM discount_conversion"));
  EXPECT_EQ(cells_of(shown.out, "member_exposure"),
            query(path,
                  "SELECT author_id, purchases, offers, reach, replace(substr(first_at, 1, 19), "
                  "'T', ' '), replace(substr(last_at, 1, 19), 'T', ' ') FROM member_exposure "
                  "ORDER BY purchases DESC, reach DESC, author_id"));
  const Rows funnel = cells_of(shown.out, "offer_funnel");
  const Rows wanted = query(path,
                            "SELECT intents, prompts, confirmed, expired, cancelled, open, "
                            "rejected_not_enrolled FROM offer_funnel ORDER BY prompts DESC, "
                            "offer_id");
  ASSERT_EQ(funnel.size(), wanted.size());
  for (std::size_t i = 0; i < funnel.size(); ++i) {
    const std::vector<std::string>& row = funnel[i];
    EXPECT_EQ((std::vector<std::string>{row.at(2), row.at(3), row.at(4), row.at(6), row.at(7),
                                        row.at(8), row.at(9)}),
              wanted[i]);
  }
  // And the plots: three of four prompts were confirmed.
  EXPECT_TRUE(contains(shown.out, R"(<rect class="confirmed" x="0.00%" y="20" width="75.00%")"));
}

}  // namespace
}  // namespace tagtill
