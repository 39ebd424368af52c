#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/codes.h"
#include "corpus/generate.h"
#include "corpus/wire_text.h"
#include "tests/temp_folder.h"

namespace tagtill::corpus {
namespace {

/// Everything one run has written.
struct Corpus {
  GenerateReport report;
  std::string posts, offers, members, secret, purchases;
};

Corpus make_corpus(const GenerateOptions& options) {
  const TempFolder folder;
  const std::filesystem::path where = folder.path("corpus");
  Corpus corpus;
  corpus.report = generate(options, where);
  const CorpusPaths paths = corpus_paths(where);
  corpus.posts = read_file(paths.posts);
  corpus.offers = read_file(paths.offers);
  corpus.members = read_file(paths.members);
  corpus.secret = read_file(paths.secret);
  corpus.purchases = read_file(paths.purchases);
  return corpus;
}

std::vector<std::string_view> split(std::string_view text, std::string_view line_end) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find(line_end);
    EXPECT_NE(end, std::string_view::npos) << "the last line lacks its end";
    if (end == std::string_view::npos) {
      break;
    }
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + line_end.size());
  }
  return lines;
}

/// The inside of the first string that follows `name` (which ends with the quote).
std::string_view string_after(std::string_view line, std::string_view name) {
  const std::size_t begin = line.find(name);
  if (begin == std::string_view::npos) {
    return {};
  }
  std::size_t end = begin + name.size();
  while (line[end] != '"') {
    end += line[end] == '\\' ? 2 : 1;
  }
  return line.substr(begin + name.size(), end - begin - name.size());
}

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos;
       at = text.find(what, at + what.size())) {
    ++count;
  }
  return count;
}

bool is_status(std::string_view line) { return line.starts_with(R"({"created_at":")"); }

/// A JSON document as far as strings, escapes and brackets go.
bool is_well_formed(std::string_view line) {
  std::string open;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char character = line[at];
    if (character == '{' || character == '[') {
      open += character;
    } else if (character == '}' || character == ']') {
      if (open.empty() || open.back() != (character == '}' ? '{' : '[')) {
        return false;
      }
      open.pop_back();
      if (line[at - 1] == ',') {
        return false;
      }
    } else if (character == '"') {
      for (++at; at < line.size() && line[at] != '"'; ++at) {
        if (line[at] != '\\') {
          continue;
        }
        ++at;
        if (line[at] == 'u') {
          if (line.substr(at + 1, 4).find_first_not_of("0123456789abcdef") !=
              std::string_view::npos) {
            return false;
          }
          at += 4;
        } else if (std::string_view("\"\\/bfnrt").find(line[at]) == std::string_view::npos) {
          return false;
        }
      }
      if (at >= line.size()) {
        return false;
      }
    }
  }
  return open.empty();
}

/// The tags of all `entities` of a status, as they are spelled.
template <typename Use>
void for_each_tag(std::string_view line, const Use& use) {
  constexpr std::string_view kList = R"("hashtags":[)";
  for (std::size_t at = line.find(kList); at != std::string_view::npos;
       at = line.find(kList, at + 1)) {
    std::string_view rest = line.substr(at + kList.size());
    while (rest.starts_with(R"({"text":")") || rest.starts_with(R"(,{"text":")")) {
      use(string_after(rest, R"("text":")"));
      rest.remove_prefix(rest.find('}') + 1);
    }
  }
}

/// What README.md has a table of.
struct Shares {
  double line_min = 0, line_median = 0, line_p99 = 0, line_max = 0;
  double status_median = 0, retweet_median = 0, delete_median = 0;
  double text_bytes = 0, deletes = 0, retweets = 0, tagged = 0, signs = 0, escapes = 0;
  double surrogates = 0, foreign_tags = 0, capital_tags = 0;
};

double quantile(std::vector<std::size_t>& sizes, double share) {
  if (sizes.empty()) {
    return 0;
  }
  std::sort(sizes.begin(), sizes.end());
  const auto place = static_cast<std::size_t>(static_cast<double>(sizes.size()) * share);
  return static_cast<double>(sizes[std::min(place, sizes.size() - 1)]);
}

Shares measure(std::string_view posts) {
  std::vector<std::size_t> all, statuses, retweets, deletes;
  std::size_t bytes = 0, text = 0, tagged = 0, signs = 0, escapes = 0, pairs = 0;
  std::size_t tags = 0, foreign = 0, capital = 0;
  for (const std::string_view line : split(posts, "\r\n")) {
    bytes += line.size();
    all.push_back(line.size());
    escapes += 6 * count_of(line, "\\u");
    if (!is_status(line)) {
      deletes.push_back(line.size());
      continue;
    }
    statuses.push_back(line.size());
    if (line.find(R"("retweeted_status":{)") != std::string_view::npos) {
      retweets.push_back(line.size());
    }
    text += string_after(line, R"("text":")").size();
    signs += line.find('#') != std::string_view::npos ? 1 : 0;
    pairs += line.find("\\ud8") != std::string_view::npos ? 1 : 0;
    tagged += line.find(R"("hashtags":[{)") != std::string_view::npos ? 1 : 0;
    for_each_tag(line, [&](std::string_view tag) {
      ++tags;
      foreign += tag.find('\\') != std::string_view::npos ? 1 : 0;
      capital += std::any_of(tag.begin(), tag.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    });
  }
  const auto share = [](std::size_t part, std::size_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  };
  return Shares{.line_min = quantile(all, 0),
                .line_median = quantile(all, 0.5),
                .line_p99 = quantile(all, 0.99),
                .line_max = quantile(all, 1),
                .status_median = quantile(statuses, 0.5),
                .retweet_median = quantile(retweets, 0.5),
                .delete_median = quantile(deletes, 0.5),
                .text_bytes = share(text, bytes),
                .deletes = share(deletes.size(), all.size()),
                .retweets = share(retweets.size(), statuses.size()),
                .tagged = share(tagged, statuses.size()),
                .signs = share(signs, statuses.size()),
                .escapes = share(escapes, bytes),
                .surrogates = share(pairs, statuses.size()),
                .foreign_tags = share(foreign, tags),
                .capital_tags = share(capital, tags)};
}

void expect_near(std::string_view name, double measured, double recorded, double tolerance) {
  EXPECT_NEAR(measured / recorded, 1.0, tolerance)
      << name << " is " << measured << ", in recordings " << recorded;
}

void expect_shares(WireForm form, const Shares& recorded) {
  GenerateOptions options;
  options.form = form;
  options.posts = 50'000;
  options.members = 5'000;
  const Shares measured = measure(make_corpus(options).posts);
  constexpr double kTolerance = 0.15;
  constexpr double kExtremeTolerance = 0.25;  // one line decides
  expect_near("shortest line", measured.line_min, recorded.line_min, kTolerance);
  expect_near("median line", measured.line_median, recorded.line_median, kTolerance);
  expect_near("99th percentile", measured.line_p99, recorded.line_p99, kTolerance);
  expect_near("longest line", measured.line_max, recorded.line_max, kExtremeTolerance);
  expect_near("median status", measured.status_median, recorded.status_median, kTolerance);
  expect_near("median retweet", measured.retweet_median, recorded.retweet_median, kTolerance);
  expect_near("median delete notice", measured.delete_median, recorded.delete_median, kTolerance);
  expect_near("bytes in text", measured.text_bytes, recorded.text_bytes, kTolerance);
  expect_near("delete notices", measured.deletes, recorded.deletes, kTolerance);
  expect_near("retweets", measured.retweets, recorded.retweets, kTolerance);
  expect_near("statuses with a tag", measured.tagged, recorded.tagged, kTolerance);
  expect_near("statuses with a sign", measured.signs, recorded.signs, kTolerance);
  expect_near("bytes in escapes", measured.escapes, recorded.escapes, kTolerance);
  expect_near("statuses with surrogates", measured.surrogates, recorded.surrogates, kTolerance);
  expect_near("tags beyond ASCII", measured.foreign_tags, recorded.foreign_tags, kTolerance);
  expect_near("tags in upper case", measured.capital_tags, recorded.capital_tags, kTolerance);
}

TEST(CorpusShares, AreThoseOf2013) {
  expect_shares(WireForm::k2013, {.line_min = 105,
                                  .line_median = 2'377,
                                  .line_p99 = 6'430,
                                  .line_max = 7'681,
                                  .status_median = 2'432,
                                  .retweet_median = 4'805,
                                  .delete_median = 123,
                                  .text_bytes = 0.046,
                                  .deletes = 0.103,
                                  .retweets = 0.201,
                                  .tagged = 0.137,
                                  .signs = 0.259,
                                  .escapes = 0.106,
                                  .surrogates = 0.023,
                                  .foreign_tags = 0.19,
                                  .capital_tags = 0.48});
}

TEST(CorpusShares, AreThoseOf2017) {
  expect_shares(WireForm::k2017, {.line_min = 136,
                                  .line_median = 2'905,
                                  .line_p99 = 12'220,
                                  .line_max = 20'172,
                                  .status_median = 3'670,
                                  .retweet_median = 7'018,
                                  .delete_median = 156,
                                  .text_bytes = 0.037,
                                  .deletes = 0.136,
                                  .retweets = 0.413,
                                  .tagged = 0.274,
                                  .signs = 0.402,
                                  .escapes = 0.086,
                                  .surrogates = 0.298,
                                  .foreign_tags = 0.23,
                                  .capital_tags = 0.59});
}

/// A stream in which much happens on few lines.
GenerateOptions lively(WireForm form) {
  GenerateOptions options;
  options.form = form;
  options.posts = 12'000;
  options.posts_per_second = 2;
  options.offers = 40;
  options.members = 800;
  options.candidates = 0.1;
  return options;
}

class CorpusForms : public testing::TestWithParam<WireForm> {};
INSTANTIATE_TEST_SUITE_P(BothForms, CorpusForms, testing::Values(WireForm::k2013, WireForm::k2017));

TEST_P(CorpusForms, LinesAreWhatRecordedLinesAre) {
  const Corpus corpus = make_corpus(lively(GetParam()));
  std::size_t bad = 0;
  const auto lines = split(corpus.posts, "\r\n");
  EXPECT_EQ(lines.size(), 12'000U);
  for (const std::string_view line : lines) {
    const bool ascii =
        std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
    if (!ascii || !line.starts_with('{') || !line.ends_with('}') || line.size() > 32'768 ||
        !is_well_formed(line)) {
      ++bad;
      ADD_FAILURE() << line.substr(0, 300);
    }
    ASSERT_LT(bad, 5U);
  }
  EXPECT_EQ(corpus.report.bytes, corpus.posts.size());
  EXPECT_EQ(corpus.report.statuses + corpus.report.delete_notices, lines.size());
  EXPECT_EQ(static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), is_status)),
            corpus.report.statuses);
  const double candidates = static_cast<double>(corpus.report.candidates) / 12'000;
  expect_near("candidates", candidates, 0.1, 0.15);
}

TEST_P(CorpusForms, TimesAgree) {
  const Corpus corpus = make_corpus(lively(GetParam()));
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  for (const std::string_view line : split(corpus.posts, "\r\n")) {
    if (!is_status(line)) {
      continue;
    }
    const std::uint64_t id = std::stoull(std::string(string_after(line, R"("id_str":")")));
    const auto ms = static_cast<std::int64_t>(id >> 22U) + 1'288'834'974'657;
    if (GetParam() == WireForm::k2017) {
      ASSERT_EQ(string_after(line, R"("timestamp_ms":")"), std::to_string(ms));
    }
    using namespace std::chrono;
    const sys_time<milliseconds> time{milliseconds(ms)};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{floor<seconds>(time) - day};
    std::array<char, 40> expected{};
    std::snprintf(expected.data(), expected.size(), "%s %s %02u %02d:%02d:%02d +0000 %d",
                  kDays[weekday(day).c_encoding()], kMonths[unsigned{date.month()} - 1],
                  unsigned{date.day()}, static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()), int{date.year()});
    ASSERT_EQ(string_after(line, R"("created_at":")"), expected.data());
  }
}

/// A posted confirmation tag as P5.2 reads it: the code, or nothing.
std::string posted_code(std::string_view tag) {
  std::string code;
  for (char letter : tag) {
    letter = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    code += letter;
  }
  if (!code.starts_with("CONFIRM") || code.size() != 15) {
    return {};
  }
  code.erase(0, 7);
  for (char& letter : code) {
    letter = letter == 'O' ? '0' : letter == 'I' || letter == 'L' ? '1' : letter;
  }
  return code;
}

// The purchases are compared with what the product and the reference find elsewhere; here
// each is looked up in the stream.
TEST_P(CorpusForms, PurchasesStandInTheStream) {
  const Corpus corpus = make_corpus(lively(GetParam()));
  const std::string secret = corpus.secret.substr(0, corpus.secret.size() - 1);
  std::map<std::string, std::size_t, std::less<>> first_line;  // by post id
  const auto lines = split(corpus.posts, "\r\n");
  for (std::size_t number = 0; number < lines.size(); ++number) {
    if (is_status(lines[number])) {
      first_line.emplace(string_after(lines[number], R"("id_str":")"), number);
    }
  }
  const auto purchases = split(corpus.purchases, "\n");
  EXPECT_EQ(purchases.size(), corpus.report.purchases);
  EXPECT_GT(purchases.size(), 200U);
  std::set<std::string_view> ids;
  std::size_t before = 0;
  std::size_t overtaken = 0;
  for (const std::string_view purchase : purchases) {
    ASSERT_TRUE(purchase.starts_with(R"({"type":"confirmed","purchase_id":")")) << purchase;
    const std::string_view id = string_after(purchase, R"("purchase_id":")");
    EXPECT_TRUE(ids.insert(id).second) << id;
    const auto intent = first_line.find(string_after(purchase, R"("intent_id":")"));
    const auto confirmation = first_line.find(string_after(purchase, R"("confirm_id":")"));
    ASSERT_NE(intent, first_line.end()) << purchase;
    ASSERT_NE(confirmation, first_line.end()) << purchase;
    overtaken += confirmation->second < intent->second ? 1 : 0;
    const std::size_t now = std::max(intent->second, confirmation->second);
    EXPECT_GE(now, before) << "the purchases are not in the order of the stream";
    before = now;
    const std::string code = purchase_code(secret, string_after(purchase, R"("author_id":")"), id);
    bool posted = false;
    for_each_tag(lines[confirmation->second],
                 [&](std::string_view tag) { posted = posted || posted_code(tag) == code; });
    EXPECT_TRUE(posted) << purchase;
  }
  EXPECT_GT(overtaken, 0U);
}

TEST_P(CorpusForms, AreTheSameForTheSameSeed) {
  GenerateOptions options = lively(GetParam());
  options.posts = 3'000;
  const Corpus first = make_corpus(options);
  const Corpus again = make_corpus(options);
  EXPECT_EQ(first.posts, again.posts);
  EXPECT_EQ(first.offers, again.offers);
  EXPECT_EQ(first.members, again.members);
  EXPECT_EQ(first.secret, again.secret);
  EXPECT_EQ(first.purchases, again.purchases);
  options.seed = 2;
  const Corpus other = make_corpus(options);
  EXPECT_NE(first.posts, other.posts);
  EXPECT_NE(first.members, other.members);
  EXPECT_NE(first.secret, other.secret);
}

std::uint64_t fnv1a(std::string_view bytes, std::uint64_t hash = 0xcbf29ce484222325U) {
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  }
  return hash;
}

// Bytes that differ between compilers or machines would show here. Whoever changes the
// generator on purpose puts in the new values.
TEST(Corpus, HasTheSameBytesEverywhere) {
  const auto hash = [](WireForm form) {
    GenerateOptions options = lively(form);
    options.posts = 3'000;
    const Corpus corpus = make_corpus(options);
    return fnv1a(corpus.purchases,
                 fnv1a(corpus.members, fnv1a(corpus.offers, fnv1a(corpus.posts))));
  };
  EXPECT_EQ(hash(WireForm::k2013), 15'796'251'459'944'525'732U);
  EXPECT_EQ(hash(WireForm::k2017), 10'910'097'101'705'186'784U);
}

// P7: what would refuse the files whole.
TEST(Corpus, HasValidOffersAndMembers) {
  GenerateOptions options = lively(WireForm::k2017);
  options.posts = 100;
  options.offers = 3'000;
  options.members = 20'000;
  const Corpus corpus = make_corpus(options);
  std::set<std::string_view> ids;
  std::map<std::string_view, std::vector<std::string_view>> starts_by_tag;
  for (const std::string_view line : split(corpus.offers, "\n")) {
    ASSERT_TRUE(is_well_formed(line)) << line;
    const std::string_view id = string_after(line, R"("id":")");
    EXPECT_TRUE(ids.insert(id).second) << id;
    EXPECT_LE(id.size(), 64U);
    EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string_view::npos)
        << id;
    EXPECT_LT(string_after(line, R"("starts_at":")"), string_after(line, R"("ends_at":")"));
    const std::string_view tag = string_after(line, R"("tag":")");
    EXPECT_EQ(posted_code(tag), "") << tag;
    starts_by_tag[tag].push_back(line);
  }
  EXPECT_EQ(ids.size(), 3'000U);
  std::size_t shared_tags = 0;
  for (const auto& [tag, lines] : starts_by_tag) {
    if (lines.size() == 1) {
      continue;
    }
    // The season before is over before this one begins. Times compare as text.
    ++shared_tags;
    ASSERT_EQ(lines.size(), 2U) << tag;
    EXPECT_LE(string_after(lines[1], R"("ends_at":")"), string_after(lines[0], R"("starts_at":")"))
        << tag;
  }
  EXPECT_EQ(shared_tags, 150U);

  std::set<std::string_view> authors, accounts;
  for (const std::string_view line : split(corpus.members, "\n")) {
    ASSERT_TRUE(is_well_formed(line)) << line;
    EXPECT_TRUE(authors.insert(string_after(line, R"("author_id":")")).second) << line;
    const std::string_view account = string_after(line, R"("account":")");
    EXPECT_TRUE(accounts.insert(account).second) << line;
    // A card number has 13 digits at least.
    EXPECT_LT(
        std::count_if(account.begin(), account.end(), [](char c) { return c >= '0' && c <= '9'; }),
        13)
        << account;
  }
  EXPECT_EQ(authors.size(), 20'000U);
}

TEST(Corpus, KeepsItsSecretPrivate) {
  const TempFolder folder;
  GenerateOptions options = lively(WireForm::k2017);
  options.posts = 10;
  // An older file with that name may have been open to all.
  const CorpusPaths paths = corpus_paths(folder.path(""));
  folder.write("secret", "old");
  ::chmod(paths.secret.c_str(), 0644);
  generate(options, folder.path(""));
  struct stat status {};
  ASSERT_EQ(::stat(paths.secret.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_GE(read_file(paths.secret).size(), 33U);
}

TEST(Corpus, MayHoldNoCandidates) {
  GenerateOptions options;
  options.posts = 2'000;
  options.candidates = 0;
  const Corpus corpus = make_corpus(options);
  EXPECT_EQ(corpus.report.candidates, 0U);
  EXPECT_EQ(corpus.purchases, "");
}

TEST(Corpus, SaysWhatIsWrong) {
  const TempFolder folder;
  GenerateOptions options;
  options.posts = 10;
  const std::string file = folder.write("file", "");
  try {
    generate(options, file);
    ADD_FAILURE() << "a file is no folder";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find(file), std::string::npos) << error.what();
  }
  std::filesystem::create_directories(folder.path("out/posts.json"));
  EXPECT_THROW(generate(options, folder.path("out")), std::runtime_error);

  options.offers = 0;
  EXPECT_THROW(generate(options, folder.path("x")), std::invalid_argument);
  options = GenerateOptions{};
  options.candidates = 1e-7;
  EXPECT_THROW(generate(options, folder.path("x")), std::invalid_argument);
  options = GenerateOptions{};
  options.posts_per_second = 0;
  EXPECT_THROW(generate(options, folder.path("x")), std::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(folder.path("x")));
}

TEST(CorpusFullDisk, IsNoticed) {
  if (!std::filesystem::exists("/dev/full")) {
    GTEST_SKIP() << "skipped: no /dev/full";
  }
  const TempFolder folder;
  std::filesystem::create_symlink("/dev/full", folder.path("posts.json"));
  GenerateOptions options;
  options.posts = 1'000;
  EXPECT_THROW(generate(options, folder.path("")), std::runtime_error);
}

// P5.1
TEST(CorpusCodes, AreThoseOfTheProtocol) {
  constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";
  const std::string kindle = make_purchase_id("505874924095815681", "kindle-hd");
  EXPECT_EQ(kindle, "505874924095815681:kindle-hd");
  EXPECT_EQ(purchase_code(kSecret, "1186275104", kindle), "TN8QDQZF");
  EXPECT_EQ(claim_code(kSecret, "1186275104", kindle), "8HDHADTX");
  EXPECT_EQ(purchase_code(kSecret, "1", make_purchase_id("2", "a")), "TBPDPBG0");
  EXPECT_EQ(claim_code(kSecret, "1", make_purchase_id("2", "a")), "FYQK0TYT");
}

TEST(CorpusWireText, EscapesAsRecordingsDo) {
  EXPECT_EQ(to_wire("a/b <i>{\"it's\" & \\}"), R"(a\/b \u003ci\u003e\u007b\"it's\" & \\\u007d)");
  EXPECT_EQ(to_wire("line\nbell\a\t\x7f"), R"(line\nbell\u0007\t\u007f)");
  EXPECT_EQ(to_wire("é 日 😀"), R"(\u00e9 \u65e5 \ud83d\ude00)");
  EXPECT_EQ(count_code_points("é日😀a"), 4U);
}

TEST(CorpusWireText, WritesTimes) {
  std::string text;
  append_created_at(text, 1'485'446'400'661);
  EXPECT_EQ(text, "Thu Jan 26 16:00:00 +0000 2017");
  text.clear();
  append_rfc3339(text, 1'360'584'000'007);
  EXPECT_EQ(text, "2013-02-11T12:00:00.007Z");
  text.clear();
  append_rfc3339(text, 951'827'696'789);
  EXPECT_EQ(text, "2000-02-29T12:34:56.789Z");
  EXPECT_EQ(snowflake(1'288'834'974'658, 5), (std::uint64_t{1} << 22U) + 5);
}

}  // namespace
}  // namespace tagtill::corpus
