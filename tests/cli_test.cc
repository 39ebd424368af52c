// The program as a person meets it: options, messages, exit codes, files.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/packed.h"
#include "tests/run_program.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

using Arguments = std::vector<std::string>;

// The example of P5.1: this secret, author and purchase have the code TN8QDQZF
// and the claim code 8HDHADTX. Post ids carry their times (P1.5).
constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef\n";
constexpr std::string_view kOffers =
    R"({"id":"kindle-hd","tag":"KindleHD","title":"Kindle \"HD\"","price_minor":19900,)"
    R"("currency":"USD","fulfilment":"pickup","starts_at":"2014-01-01T00:00:00Z",)"
    R"("ends_at":"2015-01-01T00:00:00Z","commission_bps":500})"
    "\n";
constexpr std::string_view kMembers = R"({"author_id":"1186275104","account":"acct-0001"})"
                                      "\n";
constexpr std::string_view kIntent =
    R"({"id_str":"505874924095815681","text":"I want #kindlehd","user":{"id_str":"1186275104"}})"
    "\n";
constexpr std::string_view kConfirmation =
    R"({"id_str":"505875175783415809","text":"#ConfirmTN8QDQZF",)"
    R"("user":{"id_str":"1186275104","followers_count":1234}})"
    "\r\n";
constexpr std::string_view kPromptEvent =
    R"({"type":"prompt","purchase_id":"505874924095815681:kindle-hd","offer_id":"kindle-hd",)"
    R"("author_id":"1186275104","intent_id":"505874924095815681",)"
    R"("intent_at":"2014-08-31T00:29:15.263Z","deadline":"2014-08-31T00:44:15.263Z",)"
    R"("tag":"#ConfirmTN8QDQZF","title":"Kindle \"HD\"","price_minor":19900,"currency":"USD"})"
    "\n";
constexpr std::string_view kConfirmedEvent =
    R"({"type":"confirmed","purchase_id":"505874924095815681:kindle-hd","offer_id":"kindle-hd",)"
    R"("account":"acct-0001","author_id":"1186275104","intent_id":"505874924095815681",)"
    R"("confirm_id":"505875175783415809","intent_at":"2014-08-31T00:29:15.263Z",)"
    R"("confirmed_at":"2014-08-31T00:30:15.270Z","price_minor":19900,"currency":"USD",)"
    R"("commission_minor":995,"fulfilment":"pickup","claim_code":"8HDHADTX","reach":1234})"
    "\n";

std::string both(std::string_view a, std::string_view b) { return std::string(a) + std::string(b); }

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string select(const std::string& database_path, const std::string& sql) {
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  std::string answer;
  EXPECT_EQ(sqlite3_open_v2(database_path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr),
            SQLITE_OK);
  EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr), SQLITE_OK);
  while (sqlite3_step(statement) == SQLITE_ROW) {
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
      answer += (i == 0 ? "" : "|") + std::string(text == nullptr ? "NULL" : text);
    }
    answer += '\n';
  }
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return answer;
}

// A folder with offers, members, secret and a dump of one purchase, in which the
// program runs.
class Cli : public ::testing::Test {
 protected:
  Cli() {
    folder_.write("offers.jsonl", kOffers);
    folder_.write("members.jsonl", kMembers);
    const std::string secret = folder_.write("secret", kSecret);
    std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
    folder_.write("dump.json", both(kIntent, kConfirmation));
  }

  [[nodiscard]] ProgramResult run(const Arguments& arguments,
                                  std::string_view standard_input = {}) const {
    return run_program(arguments, {standard_input, folder_.path("."), {}});
  }

  // With the files of the folder, and `more`.
  [[nodiscard]] ProgramResult replay(const Arguments& more,
                                     std::string_view standard_input = {}) const {
    Arguments arguments = {"replay",        "--offers",      "offers.jsonl", "--members",
                           "members.jsonl", "--secret-file", "secret"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments, standard_input);
  }

  [[nodiscard]] std::string file(std::string_view name) const {
    return read_file(folder_.path(name));
  }

  TempFolder folder_;
};

TEST_F(Cli, HelpIsOnStandardOutput) {
  for (const Arguments& arguments : {Arguments{"--help"},
                                     {"replay", "--help"},
                                     {"explain", "--help"},
                                     {"validate", "--help"},
                                     {"tags", "--help"},
                                     {"corpus", "--help"},
                                     {"corpus", "generate", "--help"},
                                     {"corpus", "weave", "--help"},
                                     {"version", "--help"}}) {
    const ProgramResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err, "");
    EXPECT_TRUE(contains(result.out, "Usage: ")) << result.out;
  }
}

TEST_F(Cli, HelpOfReplayNamesEveryOptionAndItsDefault) {
  const std::string help = run({"replay", "--help"}).out;
  for (const char* const part :
       {"DUMP", "--offers FILE", "--members FILE", "--secret-file FILE", "--events PATH",
        "--sink URL=sqlite:purchases.db", "--lateness DURATION=30s", "--max-jump DURATION=24h",
        "--prefix LETTERS=Confirm", "--strict", "--fail-fast", "--dead-letter PATH",
        "--summary text|json|none=text", "--progress auto|on|off=auto", "--block-bytes N=262144"}) {
    EXPECT_TRUE(contains(help, part)) << part << "\n" << help;
  }
}

TEST_F(Cli, VersionNamesTheLibraries) {
  const ProgramResult result = run({"version"});
  EXPECT_EQ(result.exit_code, 0);
  for (const char* const part : {"tagtill ", "compiler", "hyperscan", "simdjson", "unicode",
                                 "highway", "openssl", "icu", "sqlite", "jemalloc", "processor"}) {
    EXPECT_TRUE(contains(result.out, part)) << part << "\n" << result.out;
  }
  EXPECT_TRUE(result.out.starts_with(run({"--version"}).out));
}

TEST_F(Cli, WrongUsageEndsWith2AndSaysWhereHelpIs) {
  for (const Arguments& arguments : {Arguments{},
                                     {"nonsense"},
                                     {"--nonsense"},
                                     {"replay"},
                                     {"replay", "--nonsense"},
                                     {"corpus"},
                                     {"corpus", "weave", "--out", "woven"},
                                     {"tags", "--nonsense"},
                                     {"replay", "--offers"}}) {
    const ProgramResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(result.err.starts_with("tagtill: ")) << result.err;
    EXPECT_TRUE(contains(result.err, "--help")) << result.err;
  }
}

TEST_F(Cli, WrongValuesEndWith2AndNameTheOption) {
  for (const Arguments& wrong : {Arguments{"--lateness", "30"},
                                 {"--lateness", "-1s"},
                                 {"--max-jump", "x"},
                                 {"--max-jump", "99999999h"},
                                 {"--prefix", ""},
                                 {"--prefix", "Bestätigt"},
                                 {"--prefix", std::string(33, 'a')},
                                 {"--prefix", "a b"},
                                 {"--sink", "mysql:x"},
                                 {"--sink", "sqlite:"},
                                 {"--summary", "xml"},
                                 {"--progress", "maybe"},
                                 {"--block-bytes", "1"},
                                 {"--block-bytes", "9999999999"},
                                 {"--block-bytes", "64k"}}) {
    Arguments arguments = wrong;
    arguments.push_back("dump.json");
    const ProgramResult result = replay(arguments);
    EXPECT_EQ(result.exit_code, 2) << wrong[0] << " " << wrong[1];
    EXPECT_TRUE(contains(result.err, wrong[0])) << result.err;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_.path("purchases.db")));
}

TEST_F(Cli, OnePurchaseComesOut) {
  const ProgramResult result = replay({"--events", "events.jsonl", "--sink", "sqlite:p.db",
                                       "--sink", "jsonl:p.jsonl", "--sink", "null:", "dump.json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(file("events.jsonl"), both(kPromptEvent, kConfirmedEvent));
  EXPECT_EQ(file("p.jsonl"), kConfirmedEvent);
  EXPECT_EQ(select(folder_.path("p.db"), "SELECT * FROM purchases"),
            "505874924095815681:kindle-hd|kindle-hd|acct-0001|1186275104|505874924095815681|"
            "505875175783415809|2014-08-31T00:29:15.263Z|2014-08-31T00:30:15.270Z|19900|USD|995|"
            "pickup|8HDHADTX|1234\n");
  EXPECT_FALSE(std::filesystem::exists(folder_.path("purchases.db")));
}

TEST_F(Cli, TheSameDumpAgainChangesNothing) {
  const std::string sql = "SELECT rowid, * FROM purchases";
  ASSERT_EQ(replay({"dump.json"}).exit_code, 0);
  const std::string first = select(folder_.path("purchases.db"), sql);
  ASSERT_EQ(replay({"dump.json"}).exit_code, 0);
  EXPECT_EQ(select(folder_.path("purchases.db"), sql), first);
  EXPECT_TRUE(first.starts_with("1|505874924095815681:kindle-hd|")) << first;
}

TEST_F(Cli, StandardInputAndStandardOutput) {
  const ProgramResult result =
      replay({"--events", "-", "--sink", "null:", "-"}, both(kIntent, kConfirmation));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, both(kPromptEvent, kConfirmedEvent));
}

TEST_F(Cli, FoldersAndOddNames) {
  folder_.write("1-[intent]", kIntent);
  folder_.write("[2]", kConfirmation);
  EXPECT_EQ(replay({"--events", "-", "--sink", "null:", "1-[intent]", "[2]"}).out,
            both(kPromptEvent, kConfirmedEvent));
  std::filesystem::create_directories(folder_.path("tags/b"));
  folder_.write("tags/a", kIntent);
  folder_.write("tags/b/c", kConfirmation);
  EXPECT_EQ(replay({"--events", "-", "--sink", "null:", "tags"}).out,
            both(kPromptEvent, kConfirmedEvent));
  folder_.write("-dash", both(kIntent, kConfirmation));
  EXPECT_EQ(replay({"--events", "-", "--sink", "null:", "--", "-dash"}).out,
            both(kPromptEvent, kConfirmedEvent));
}

TEST_F(Cli, ThePrefixIsConfigurable) {
  std::string confirmation(kConfirmation);
  const std::string_view standard = "Confirm";
  confirmation.replace(confirmation.find(standard), standard.size(), "BUY");
  folder_.write("buy.json", both(kIntent, confirmation));
  const ProgramResult result =
      replay({"--prefix", "Buy", "--events", "-", "--sink", "null:", "buy.json"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(contains(result.out, R"("tag":"#BuyTN8QDQZF")")) << result.out;
  EXPECT_TRUE(contains(result.out, R"("type":"confirmed")")) << result.out;
}

TEST_F(Cli, BlocksOfAnySizeGiveTheSameEvents) {
  std::string dump;
  for (int i = 0; i < 300; ++i) {
    dump += std::string(static_cast<std::size_t>(i), ' ') + "{\"text\":\"x\",\"user\":{}}\n";
  }
  folder_.write("big.json", dump + both(kIntent, kConfirmation));
  for (const char* const size : {"4096", "4097", "4194304"}) {
    EXPECT_EQ(replay({"--block-bytes", size, "--events", "-", "--sink", "null:", "big.json"}).out,
              both(kPromptEvent, kConfirmedEvent));
  }
}

// The summary with N for the values that differ from run to run.
std::string without_measurements(std::string summary) {
  for (const char* const key :
       {"\"load_seconds\":", "\"replay_seconds\":", "\"bytes_per_second\":"}) {
    const std::size_t begin = summary.find(key) + std::string_view(key).size();
    const std::size_t end = summary.find_first_not_of("0123456789.", begin);
    EXPECT_GT(end, begin) << key;
    summary.replace(begin, end - begin, "N");
  }
  return summary;
}

TEST_F(Cli, SummaryAsJson) {
  const std::string dump = both(kIntent, kConfirmation) + "\n{\"limit\":{}}\n" +
                           std::string(kIntent) + "{broken #kindlehd\n";
  const ProgramResult result = replay({"--summary", "json", "--sink", "null:", "-"}, dump);
  EXPECT_EQ(result.exit_code, 0);
  // Whether the line without a sign is parsed is the scanner's business.
  std::string summary = without_measurements(result.err);
  const std::size_t parsed = summary.find("\"parsed\":");
  ASSERT_NE(parsed, std::string::npos) << summary;
  const std::size_t digit = parsed + std::string_view("\"parsed\":").size();
  EXPECT_GE(summary[digit], '4');
  EXPECT_LE(summary[digit], '5');
  summary[digit] = 'N';
  EXPECT_EQ(
      summary,
      R"({"bytes":)" + std::to_string(dump.size()) +
          R"(,"lines":5,"parsed":N,"posts":3,"delete_notices":0,"candidates":3,"duplicates":1,)"
          R"("late":0,"malformed":1,"repeated":0,"deleted_before":0,"set_aside":0,"prompts":1,)"
          R"("confirmed":1,"expired":0,"cancelled":0,"rejected":{},"open_windows":0,)"
          R"("load_seconds":N,"replay_seconds":N,"bytes_per_second":N,"intents":2,)"
          R"("keep_alives":1,"others":1,"future_of_others":0,"ignored_confirmations":0,)"
          R"("parked_deleted":0,"deletes_forgotten":0})"
          "\n");
}

TEST_F(Cli, SummaryNamesOnlyTheReasonsThatOccurred) {
  folder_.write("members.jsonl", "{\"author_id\":\"2\",\"account\":\"a\"}\n");
  const ProgramResult result = replay({"--summary", "json", "--sink", "null:", "dump.json"});
  EXPECT_TRUE(contains(result.err, R"("rejected":{"not_enrolled":1},"open_windows":0)"))
      << result.err;
  EXPECT_TRUE(contains(result.err, R"("ignored_confirmations":1)")) << result.err;
}

TEST_F(Cli, SummaryAsTextAndNone) {
  const ProgramResult text = replay({"dump.json"});
  EXPECT_TRUE(contains(text.err, "Replayed ")) << text.err;
  EXPECT_TRUE(contains(text.err, "purchases.db")) << text.err;
  EXPECT_EQ(replay({"--summary", "none", "dump.json"}).err, "");
}

TEST_F(Cli, ProgressIsOnlyShownWhenAskedForOrOnATerminal) {
  EXPECT_FALSE(contains(replay({"--summary", "none", "dump.json"}).err, "\r"));
  EXPECT_EQ(replay({"--summary", "none", "--progress", "on", "dump.json"}).exit_code, 0);
}

TEST_F(Cli, ADumpThatCannotBeReadEndsWith65AndTheOthersAreReplayed) {
  const ProgramResult result =
      replay({"--events", "-", "--sink", "null:", "missing.json", "dump.json"});
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_EQ(result.out, both(kPromptEvent, kConfirmedEvent));
  EXPECT_TRUE(contains(result.err, "missing.json")) << result.err;
  EXPECT_TRUE(contains(result.err, "Replayed ")) << result.err;
}

TEST_F(Cli, PackedDumpsAreReplayedAndOfCutOnesWhatCanBeRead) {
  const std::string dump = both(kIntent, kConfirmation);
  folder_.write("day.tar", archived({{"00.json.bz2", compressed(kIntent, "bzip2")},
                                     {"01.json.gz", compressed(kConfirmation, "gzip")}},
                                    "ustar"));
  ProgramResult result = replay({"--events", "-", "--sink", "null:", "day.tar"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, both(kPromptEvent, kConfirmedEvent));

  const std::string packed = compressed(dump, "xz");
  folder_.write("a.xz", packed.substr(0, packed.size() - 1));
  result = replay({"--events", "-", "--sink", "null:", "a.xz"});
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_EQ(result.out, both(kPromptEvent, kConfirmedEvent));
  EXPECT_TRUE(contains(
      result.err, "tagtill: The dump a.xz cannot be read from byte " + std::to_string(dump.size()) +
                      " on: its xz data is cut (behind packed byte " +
                      std::to_string(packed.size() - 1) + "). What stands before was used.\n"))
      << result.err;
}

TEST_F(Cli, FailFastEndsAtTheFirstDumpThatCannotBeReadWhole) {
  folder_.write("a.gz", compressed(kIntent, "gzip").substr(0, 60));
  folder_.write("b.json", both(kIntent, kConfirmation));
  ProgramResult result =
      replay({"--fail-fast", "--events", "-", "--sink", "null:", "a.gz", "b.json"});
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(contains(result.err, "The dump a.gz cannot be read from byte ")) << result.err;
  EXPECT_TRUE(contains(result.err, "--fail-fast: the run ended there")) << result.err;

  result = replay({"--fail-fast", "--events", "-", "--sink", "null:", "b.json", "a.gz"});
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_EQ(result.out, both(kPromptEvent, kConfirmedEvent));

  // What is known before anything is read stops the run before it touches outputs.
  folder_.write("events", "of the last run");
  result = replay({"--fail-fast", "--events", "events", "b.json", "missing"});
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_EQ(file("events"), "of the last run");
}

TEST_F(Cli, ExplainKnowsWhichOffersThereAre) {
  const ProgramResult result =
      run({"explain", "--offers", "offers.jsonl", "--members", "members.jsonl", "--secret-file",
           "secret", "--purchase", "505874924095815681:nooffer", "dump.json"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.err, "there is no offer nooffer in the offers file")) << result.err;
}

TEST_F(Cli, WeaveRefusesTagsThatAreNoFileAndSaysHowManyAreBad) {
  const Arguments weave = {"corpus", "weave", "--background", "dump.json",
                           "--out",  "woven", "--tags"};
  Arguments arguments = weave;
  arguments.emplace_back(".");
  ProgramResult result = run(arguments);
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_TRUE(contains(result.err, "the file cannot be read. Check --tags.")) << result.err;

  std::string bad;
  for (int i = 0; i < 150; ++i) {
    bad += "no tag\n";
  }
  folder_.write("tags", bad);
  arguments.back() = "tags";
  result = run(arguments);
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_TRUE(contains(result.err, "tags:100: ")) << result.err;
  EXPECT_TRUE(contains(result.err, "and 50 more")) << result.err;

  // A byte order mark is no part of a tag.
  folder_.write("tags", "\xEF\xBB\xBFmug\n");
  result = run(arguments);
  EXPECT_FALSE(contains(result.err, "tags:")) << result.err;
}

TEST_F(Cli, WhatATerminalWouldObeyIsNotSaidAsItIs) {
  folder_.write("a.tar",
                archived({{"a\x1b[31m\r\nb", compressed(kIntent, "gzip").substr(0, 60)}}, "pax"));
  const ProgramResult result = replay({"--sink", "null:", "a.tar"});
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_TRUE(contains(result.err, "The dump a.tar:a\uFFFD[31m\uFFFD\uFFFDb cannot be read"))
      << result.err;
  EXPECT_FALSE(contains(result.err, "\x1b"));
}

TEST_F(Cli, MalformedLinesAreDeadLettersAndEndStrictRunsWith65) {
  const std::string bad = "{\"text\":\"#kindlehd\xFF \\\"\",\"user\":1}\n";
  folder_.write("bad.json", both(kIntent, bad) + std::string(kConfirmation));
  const Arguments arguments = {
      "--events", "-", "--sink", "null:", "--dead-letter", "dead.jsonl", "bad.json"};
  ProgramResult result = replay(arguments);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, both(kPromptEvent, kConfirmedEvent));
  const std::string dead =
      R"({"source":"bad.json","offset":)" + std::to_string(kIntent.size()) +
      R"(,"length":33,"cause":"not_utf8","field":null,"head":"{\"text\":\"#kindlehd)"
      "\xEF\xBF\xBD"
      R"( \\\"\",\"user\":1}","head_base64":"eyJ0ZXh0IjoiI2tpbmRsZWhk/yBcIiIsInVzZXIiOjF9"})"
      "\n";
  EXPECT_EQ(file("dead.jsonl"), dead);

  Arguments strict = arguments;
  strict.insert(strict.begin(), "--strict");
  result = replay(strict);
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_EQ(result.out, both(kPromptEvent, kConfirmedEvent));
  EXPECT_TRUE(contains(result.err, "--strict: 1 line is malformed. See dead.jsonl.")) << result.err;
}

TEST_F(Cli, ADeadLetterNamesTheField) {
  const ProgramResult result = replay(
      {"--sink", "null:", "--dead-letter", "-", "-"},
      "{\"id_str\":\"505874924095815681\",\"text\":\"#kindlehd\",\"user\":{\"id_str\":true}}\n");
  EXPECT_TRUE(contains(result.out, R"("source":"-","offset":0,)")) << result.out;
  EXPECT_TRUE(contains(result.out, R"("cause":"bad_field","field":"user.id_str",)")) << result.out;
}

TEST_F(Cli, ABadConfigurationEndsWith78WithAllErrorsOfAllFiles) {
  folder_.write("offers.jsonl", "{\"id\":1}\n\nnonsense\n");
  folder_.write("members.jsonl", "{\"author_id\":\"1\",\"account\":\"4111 1111 1111 1111\"}\n");
  folder_.write("short", "too short");
  const ProgramResult result =
      run({"replay", "--offers", "offers.jsonl", "--members", "members.jsonl", "--secret-file",
           "short", "--events", "events.jsonl", "dump.json"});
  EXPECT_EQ(result.exit_code, 78);
  for (const char* const part :
       {"offers.jsonl:1: ", "offers.jsonl:3: ", "members.jsonl:1: ", "short", "Nothing was"}) {
    EXPECT_TRUE(contains(result.err, part)) << part << "\n" << result.err;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_.path("events.jsonl")));
  EXPECT_FALSE(std::filesystem::exists(folder_.path("purchases.db")));
}

// The files are read side by side, and take longer or shorter: what is said does not tell.
TEST_F(Cli, P7_3_ErrorsOfAllFilesComeInAFixedOrder) {
  constexpr int kLines = 20'000;
  for (const bool offers_are_long : {true, false}) {
    std::string offers = "{\"id\":1}\n";
    std::string members = "{\"account\":\"a\"}\n";
    (offers_are_long ? offers : members).append(std::string(kLines, '\n')).append("{}\n");
    folder_.write("offers.jsonl", offers);
    folder_.write("members.jsonl", members);
    folder_.write("short", "too short");
    const ProgramResult result = run({"replay", "--offers", "offers.jsonl", "--members",
                                      "members.jsonl", "--secret-file", "short", "dump.json"});
    EXPECT_EQ(result.exit_code, 78);
    std::size_t before = 0;
    for (const std::string& part :
         {std::string("offers.jsonl:1: "),
          "offers.jsonl:" + std::to_string(offers_are_long ? kLines + 2 : 1) + ": ",
          std::string("members.jsonl:1: "),
          "members.jsonl:" + std::to_string(offers_are_long ? 1 : kLines + 2) + ": ",
          std::string("short")}) {
      const std::size_t at = result.err.find(part, before);
      ASSERT_NE(at, std::string::npos) << part << "\n" << result.err;
      before = at;
    }
    EXPECT_LT(result.err.rfind("offers.jsonl:"), result.err.find("members.jsonl:"));
  }
}

TEST_F(Cli, AMissingConfigurationFileEndsWith78) {
  for (const char* const name : {"offers.jsonl", "members.jsonl", "secret"}) {
    std::filesystem::rename(folder_.path(name), folder_.path("away"));
    const ProgramResult result = replay({"dump.json"});
    EXPECT_EQ(result.exit_code, 78) << name;
    EXPECT_TRUE(contains(result.err, name)) << result.err;
    std::filesystem::rename(folder_.path("away"), folder_.path(name));
  }
}

TEST_F(Cli, ASecretThatOthersCanReadGetsAWarning) {
  std::filesystem::permissions(folder_.path("secret"), std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  const ProgramResult result = replay({"--summary", "none", "dump.json"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(contains(result.err, "secret")) << result.err;
}

TEST_F(Cli, AnOutputThatFailsEndsWith74) {
  folder_.write("text", "this is no database, though it is long enough to look like a file");
  for (const Arguments& output : {Arguments{"--events", "/dev/full"},
                                  {"--sink", "jsonl:/dev/full"},
                                  {"--sink", "sqlite:text"},
                                  {"--sink", "sqlite:missing/p.db"},
                                  {"--events", "missing/events"},
                                  {"--dead-letter", "missing/dead"},
                                  {"--events", "."}}) {
    Arguments arguments = output;
    arguments.push_back("dump.json");
    const ProgramResult result = replay(arguments);
    EXPECT_EQ(result.exit_code, 74) << output[1];
    EXPECT_TRUE(result.err.starts_with("tagtill: ")) << result.err;
  }
}

TEST_F(Cli, WhenOneOutputFailsTheOthersHoldWhatCameBefore) {
  const ProgramResult result = replay({"--events", "/dev/full", "dump.json"});
  EXPECT_EQ(result.exit_code, 74);
  EXPECT_EQ(select(folder_.path("purchases.db"), "SELECT count(*) FROM purchases"), "1\n");
}

TEST_F(Cli, StandardOutputThatIsFullEndsWith74) {
  for (const Arguments& arguments : {Arguments{"version"}, {"tags", "dump.json"}, {"--help"}}) {
    const ProgramResult result = run_program(arguments, {"", folder_.path("."), "/dev/full"});
    EXPECT_EQ(result.exit_code, 74);
    EXPECT_TRUE(contains(result.err, "standard output")) << result.err;
  }
}

TEST_F(Cli, OutputsThatWouldOverwriteSomethingEndWith2) {
  std::filesystem::create_hard_link(folder_.path("dump.json"), folder_.path("link.json"));
  std::filesystem::create_symlink("offers.jsonl", folder_.path("soft.jsonl"));
  for (const Arguments& clash : {Arguments{"--events", "dump.json"},
                                 {"--events", "link.json"},
                                 {"--events", "./dump.json"},
                                 {"--events", "soft.jsonl"},
                                 {"--dead-letter", "secret"},
                                 {"--sink", "jsonl:members.jsonl"},
                                 {"--events", "x", "--dead-letter", "./x"},
                                 {"--events", "x", "--sink", "jsonl:x"},
                                 {"--events", "-", "--dead-letter", "-"},
                                 {"--events", "-", "--sink", "jsonl:-"},
                                 {"--sink", "jsonl:x", "--sink", "sqlite:x"}}) {
    Arguments arguments = clash;
    arguments.push_back("dump.json");
    const ProgramResult result = replay(arguments);
    EXPECT_EQ(result.exit_code, 2) << clash[1];
    EXPECT_TRUE(contains(result.err, clash[0])) << result.err;
  }
  EXPECT_EQ(file("dump.json"), both(kIntent, kConfirmation));
  EXPECT_EQ(file("offers.jsonl"), kOffers);
  EXPECT_EQ(file("secret"), kSecret);
}

TEST_F(Cli, DevicesMayBeShared) {
  EXPECT_EQ(replay({"--events", "/dev/null", "--dead-letter", "/dev/null", "--sink",
                    "jsonl:/dev/null", "dump.json"})
                .exit_code,
            0);
}

TEST_F(Cli, TagsOfEachLine) {
  const ProgramResult result = run({"tags"},
                                   "I want #KindleFire and ＃日本 #kindlefire\r\n"
                                   "\n"
                                   "nothing here, a#b either\n"
                                   "#a_b: #é");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out,
            "[\"KindleFire\",\"日本\",\"kindlefire\"]\n"
            "[]\n"
            "[]\n"
            "[\"a_b\",\"é\"]\n");
}

TEST_F(Cli, TagsOfFiles) {
  folder_.write("a", "#one\n");
  folder_.write("b", "#two");
  EXPECT_EQ(run({"tags", "a", "b", "-"}, "#three\n").out, "[\"one\"]\n[\"two\"]\n[\"three\"]\n");
  const ProgramResult missing = run({"tags", "nowhere", "a"});
  EXPECT_EQ(missing.exit_code, 65);
  EXPECT_EQ(missing.out, "[\"one\"]\n");
  EXPECT_TRUE(contains(missing.err, "nowhere")) << missing.err;
  EXPECT_EQ(run({"tags", "."}).exit_code, 65);
}

TEST_F(Cli, TagsOfALineThatIsNotUtf8) {
  const ProgramResult result = run({"tags"}, "#one\n#two\xFF\n#three\n");
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_EQ(result.out, "[\"one\"]\n[]\n[\"three\"]\n");
  EXPECT_TRUE(contains(result.err, "standard input:2: ")) << result.err;
}

TEST_F(Cli, TagsOfALineThatIsTooLong) {
  const std::string longest = "#one" + std::string((std::size_t{16} << 20) - 4, ' ');
  const ProgramResult result =
      run({"tags"}, longest + "\r\n" + longest + " \n" + longest + longest + "\n#two\n");
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_EQ(result.out, "[\"one\"]\n[]\n[]\n[\"two\"]\n");
  EXPECT_TRUE(contains(result.err, "standard input:2: ")) << result.err;
  EXPECT_TRUE(contains(result.err, "standard input:3: ")) << result.err;
}

TEST_F(Cli, AGeneratedCorpusGivesExactlyItsPurchases) {
  const ProgramResult made = run({"corpus", "generate", "--out", "corpus", "--posts", "5000",
                                  "--offers", "20", "--members", "100", "--seed", "7"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_TRUE(contains(made.out, "tagtill replay")) << made.out;
  const ProgramResult result =
      run({"replay", "--offers", "corpus/offers.jsonl", "--members", "corpus/members.jsonl",
           "--secret-file", "corpus/secret", "--sink", "jsonl:out.jsonl", "corpus/posts.json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_GT(file("out.jsonl").size(), 0U);
  EXPECT_EQ(file("out.jsonl"), file("corpus/purchases.jsonl"));
}

TEST_F(Cli, HelpOfWeaveNamesEveryOptionAndItsDefault) {
  const std::string help = run({"corpus", "weave", "--help"}).out;
  for (const char* const part :
       {"--background DUMP ...", "--out DIR", "--copies N=1", "--seed N=1", "--offers N=100",
        "--members N=10000", "--candidates X=0.01", "--tags FILE"}) {
    EXPECT_TRUE(contains(help, part)) << part << "\n" << help;
  }
}

TEST_F(Cli, AWovenCorpusGivesExactlyItsPurchases) {
  for (const char* const part : {"one", "two"}) {
    ASSERT_EQ(run({"corpus", "generate", "--out", part, "--posts", "1000"}).exit_code, 0);
  }
  folder_.write("tags", "Lamp\n#kettle\r\n\n\u0447\u0430\u0439\u043d\u0438\u043a");
  const std::string two = file("two/posts.json");
  folder_.write("marked", "\xEF\xBB\xBF" + two.substr(0, two.size() - 2));
  for (const Arguments& backgrounds : {Arguments{"one/posts.json", "two/posts.json"},
                                       {"one/posts.json", "--background", "two/posts.json"},
                                       {"one/posts.json", "-"},
                                       {"one/posts.json", "marked"},
                                       {"one/posts.json", "two/posts.json", "--tags", "tags"}}) {
    Arguments arguments{"corpus", "weave", "--copies", "3",           "--candidates",
                        "0.1",    "--out", "woven",    "--background"};
    arguments.insert(arguments.end(), backgrounds.begin(), backgrounds.end());
    const ProgramResult made = run(arguments, two);
    ASSERT_EQ(made.exit_code, 0) << made.err;
    EXPECT_TRUE(contains(made.out, "6,000 lines recorded")) << made.out;
    const ProgramResult result =
        run({"replay", "--offers", "woven/offers.jsonl", "--members", "woven/members.jsonl",
             "--secret-file", "woven/secret", "--sink", "jsonl:out.jsonl", "woven/posts.json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_GT(file("out.jsonl").size(), 0U);
    EXPECT_EQ(file("out.jsonl"), file("woven/purchases.jsonl"));
  }
  EXPECT_TRUE(contains(file("woven/offers.jsonl"), R"("tag":"kettle")"));
}

TEST_F(Cli, WhatCannotBeWovenIntoIsRefused) {
  struct Case {
    int exit_code;
    Arguments arguments;
    const char* said;
  };
  ASSERT_EQ(run({"corpus", "generate", "--out", "made", "--posts", "100"}).exit_code, 0);
  const std::string recording = file("made/posts.json");
  folder_.write("file", "");
  folder_.write("timeless", "{}\n[]\nno json\n");
  folder_.write("tags", "good\nnot one\nGOOD\nConfirm0A1B2C3D\n");
  const std::string good = "made/posts.json";
  for (const Case& refused :
       {Case{65, {"--background", "missing", "--out", "woven"}, "missing"},
        Case{65, {"--background", good, "missing", "--out", "woven"}, "missing"},
        Case{65, {"--background", "file", "--out", "woven"}, "is empty"},
        Case{65, {"--background", "timeless", "--out", "woven"}, "time"},
        Case{74, {"--background", good, "--out", "file/below"}, "file/below"},
        Case{2, {"--background", good, "--out", "made"}, "made/posts.json"},
        Case{2, {"--background", good, "--out", "woven", "--copies", "0"}, "--copies"},
        Case{2, {"--background", good, "--out", "woven", "--candidates", "0.7"}, "candidates"},
        Case{78, {"--background", good, "--out", "woven", "--tags", "tags"}, "tags:2: "},
        Case{78, {"--background", good, "--out", "woven", "--tags", "file"}, "no tag"},
        Case{78, {"--background", good, "--out", "woven", "--tags", "missing"}, "missing"}}) {
    Arguments arguments{"corpus", "weave"};
    arguments.insert(arguments.end(), refused.arguments.begin(), refused.arguments.end());
    const ProgramResult result = run(arguments);
    EXPECT_EQ(result.exit_code, refused.exit_code) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(contains(result.err, refused.said)) << result.err;
  }
  EXPECT_EQ(file("made/posts.json"), recording);
  EXPECT_FALSE(std::filesystem::exists(folder_.path("woven")));
}

TEST_F(Cli, ACorpusThatCannotBeWrittenEndsWith74) {
  folder_.write("file", "");
  const ProgramResult result = run({"corpus", "generate", "--out", "file/below", "--posts", "10"});
  EXPECT_EQ(result.exit_code, 74);
  EXPECT_TRUE(contains(result.err, "file/below")) << result.err;
}

}  // namespace
}  // namespace tagtill
