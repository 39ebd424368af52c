// `tagtill state show` and `export`: of a finished run, of one that runs, of one that was killed,
// and where nothing can be written.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/errors.h"
#include "engine/state/state_reader.h"
#include "tests/run_folder.h"
#include "tests/run_program.h"
#include "tests/shop.h"

namespace tagtill {
namespace {

using shop::kDay;
using shop::kSecond;
using shop::tag;

std::vector<std::string> offers() {
  return {shop::offer("mug", R"(,"stock":2)"), shop::offer("cup")};
}

// Leads to everything that a state can remember: an open and a denied window, closed ones, a
// parked confirmation, a delete notice, a post that is set aside. And a dead letter.
std::string everything() {
  return post("1", "a", 0, "#mug") + post("2", "b", kSecond, "#mug #cup") +
         post("3", "a", 2 * kSecond, tag("a", "1"), 7) + post("4", "c", 3 * kSecond, "#mug") +
         post_lines::delete_line("2", "b") + "\n" + post_lines::delete_line("99", "c") + "\n" +
         post("5", "c", 4 * kSecond, "#Confirm00000000", 5) + post("6", "b", 5 * kSecond, "#mug") +
         post("7", "b", 2 * kDay, "#mug #other", 3) + "{broken\n";
}

constexpr std::string_view kExport =
    R"({"type":"state","stream":"STREAM","format":1,"lateness_ms":30000,"max_jump_ms":86400000,"prefix":"Confirm","entries":2,"events":8,"dead_letters":1}
{"type":"dump","number":1,"name":"RUN/day.json","bytes":789,"content":"CONTENT","files":0,"offset":789,"lines":10,"done":true}
{"type":"output","name":"dead-letter:RUN/letters.jsonl","dead_letters":true,"had":1,"mark":MARK}
{"type":"output","name":"events:RUN/events.jsonl","dead_letters":false,"had":8,"mark":1765}
{"type":"output","name":"jsonl:RUN/p.jsonl","dead_letters":false,"had":8,"mark":314}
{"type":"output","name":"null:","dead_letters":false,"had":8,"mark":0}
{"type":"output","name":"sqlite:RUN/all.db","dead_letters":false,"had":8,"mark":1}
{"type":"clock","at":"2013-02-11T12:00:05.000Z"}
{"type":"confirmed_count","author_id":"a","offer_id":"mug","windows":1}
{"type":"delete_notice","author_id":"c","post_id":"99","at":"2013-02-11T12:00:03.000Z"}
{"type":"offer","in_force":true,"windows":1,"id":"cup","tag":"cup","title":"A thing","price_minor":1999,"currency":"USD","fulfilment":"ship","starts_at":"2013-02-01T00:00:00Z","ends_at":"2013-03-01T00:00:00Z"}
{"type":"offer","in_force":true,"windows":4,"id":"mug","tag":"mug","title":"A thing","price_minor":1999,"currency":"USD","fulfilment":"ship","starts_at":"2013-02-01T00:00:00Z","ends_at":"2013-03-01T00:00:00Z","stock":2}
{"type":"parked","author_id":"c","post_id":"5","at":"2013-02-11T12:00:04.000Z","code":"00000000","followers":5,"place":0}
{"type":"post","author_id":"a","post_id":"1","at":"2013-02-11T12:00:00.000Z"}
{"type":"post","author_id":"a","post_id":"3","at":"2013-02-11T12:00:02.000Z"}
{"type":"post","author_id":"b","post_id":"2","at":"2013-02-11T12:00:01.000Z"}
{"type":"post","author_id":"b","post_id":"6","at":"2013-02-11T12:00:05.000Z"}
{"type":"post","author_id":"c","post_id":"4","at":"2013-02-11T12:00:03.000Z"}
{"type":"post","author_id":"c","post_id":"5","at":"2013-02-11T12:00:04.000Z"}
{"type":"set_aside","author_id":"b","post_id":"7","at":"2013-02-13T12:00:00.000Z","protected":false,"followers":3,"tags":["mug","other"]}
{"type":"stock","offer_id":"cup","held":0,"sold":0,"most":null}
{"type":"stock","offer_id":"mug","held":1,"sold":1,"most":2}
{"type":"window","state":"cancelled","denied":false,"purchase_id":"2:cup","author_id":"b","offer_id":"cup","intent_id":"2","intent_at":"2013-02-11T12:00:01.000Z","deadline":"2013-02-11T12:15:01.000Z","code":"7KSYNSJ1","account":null}
{"type":"window","state":"cancelled","denied":false,"purchase_id":"2:mug","author_id":"b","offer_id":"mug","intent_id":"2","intent_at":"2013-02-11T12:00:01.000Z","deadline":"2013-02-11T12:15:01.000Z","code":"J28J7SEY","account":null}
{"type":"window","state":"confirmed","denied":false,"purchase_id":"1:mug","author_id":"a","offer_id":"mug","intent_id":"1","intent_at":"2013-02-11T12:00:00.000Z","deadline":"2013-02-11T12:15:00.000Z","code":"75HFPSJT","account":null}
{"type":"window","state":"open","denied":false,"purchase_id":"6:mug","author_id":"b","offer_id":"mug","intent_id":"6","intent_at":"2013-02-11T12:00:05.000Z","deadline":"2013-02-11T12:15:05.000Z","code":"EB9T5S8X","account":"acct-b"}
{"type":"window","state":"open","denied":true,"purchase_id":"4:mug","author_id":"c","offer_id":"mug","intent_id":"4","intent_at":"2013-02-11T12:00:03.000Z","deadline":"2013-02-11T12:15:03.000Z","code":"SEJ5AWKA","account":"acct-c"}
)";

class StateCommand : public ::testing::Test {
 protected:
  StateCommand() : run_(offers(), shop::members({"a", "b", "c"})) {}

  // What differs from run to run by its name.
  [[nodiscard]] std::string named(std::string text) const {
    replace(text, run_.folder(), "RUN");
    replace(text, StateReader::open(run_.path("state"))->stream(), "STREAM");
    replace(text, "\"mark\":" + std::to_string(run_.file("letters.jsonl").size()), "\"mark\":MARK");
    constexpr std::string_view kContent = R"("content":")";
    if (const std::size_t at = text.find(kContent); at != std::string::npos) {
      const std::size_t begin = at + kContent.size();
      text.replace(begin, text.find('"', begin) - begin, "CONTENT");
    }
    return text;
  }

  static void replace(std::string& text, const std::string& what, std::string_view by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
      text.replace(at, what.size(), by);
    }
  }

  // What is remembered comes in any order but that of its kinds.
  static std::string sorted_after(const std::string& text, std::size_t lines_before) {
    std::vector<std::string> lines = lines_of(text);
    std::sort(lines.begin() + static_cast<std::ptrdiff_t>(std::min(lines_before, lines.size())),
              lines.end());
    return shop::lines(lines);
  }

  RunFolder run_;
};

TEST_F(StateCommand, ExportTellsEverything) {
  run_.write("day.json", everything());
  ASSERT_EQ(run_.replay({"day.json"}).exit_code, 0);
  const ProgramResult result = run_.state("export");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(sorted_after(named(result.out), 7), kExport);
  // Into a file as well; and never over the state.
  EXPECT_EQ(run_.state("export", {"--out", "export.jsonl"}).exit_code, 0);
  EXPECT_EQ(run_.file("export.jsonl"), result.out);
  for (const char* name : {"state", "./state-wal", "state-lock"}) {
    EXPECT_EQ(run_.state("export", {"--out", name}).exit_code, 2);
  }
}

TEST_F(StateCommand, ShowTellsHowFarEverythingHasCome) {
  run_.write("day.json", everything());
  run_.write("more.json", post("8", "a", 6 * kSecond, "#cup"));
  ASSERT_EQ(run_.replay({"day.json", "more.json"}).exit_code, 0);
  const ProgramResult text = run_.state("show");
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_EQ(text.err, "");
  const std::string shown = named(text.out);
  for (const std::string_view line :
       {"  stream     STREAM\n", "  format     1\n",
        "  rules      lateness 30000 ms, longest jump 86400000 ms, prefix Confirm\n",
        ": 10 events, 1 dead letter\n", "  snapshot   none\n",
        "  clock      2013-02-11T12:00:06.000Z\n",
        "  windows    2 open, 1 denied, 3 closed and remembered\n", "  units      2 held, 1 sold\n",
        "  remembered 7 posts, 1 parked confirmation, 1 delete notice, 1 count of ", "\n2 dumps\n",
        "  whole                     RUN/more.json\n", "\n5 outputs\n",
        "               0  events                     0  null:\n"}) {
    EXPECT_TRUE(contains(shown, line)) << line << shown;
  }
  const ProgramResult json = run_.state("show", {"--json"});
  EXPECT_EQ(json.exit_code, 0);
  const std::string object = named(json.out);
  EXPECT_EQ(lines_of(object).size(), 1U);
  for (const std::string_view part :
       {R"({"state":"state","stream":"STREAM","format":1,"lateness_ms":30000,)",
        R"("events":10,"dead_letters":1,"snapshot_entry":0,"snapshot_bytes":0,"journal_first":1,)",
        R"("clock":"2013-02-11T12:00:06.000Z","windows_open":2,"windows_denied":1,)",
        R"("windows_closed":3,"units_held":2,"units_sold":1,"posts":7,"parked":1,)",
        R"("delete_notices":1,"confirmed_counts":1,"set_aside":0,"dumps":2,"last_dumps":[{)",
        R"({"name":"null:","dead_letters":false,"had":10,"lacks":0,"mark":0})",
        R"(],"forgetting":false})"}) {
    EXPECT_TRUE(contains(object, part)) << part << object;
  }
}

TEST_F(StateCommand, ShowOfMoreDumpsThanItShows) {
  Arguments dumps;
  for (int i = 0; i < 7; ++i) {
    dumps.push_back("d" + std::to_string(i) + ".json");
    run_.write(dumps.back(), post(std::to_string(i), "a", i * kSecond, "#mug"));
  }
  ASSERT_EQ(run_.replay(dumps).exit_code, 0);
  const std::string shown = named(run_.state("show").out);
  EXPECT_TRUE(contains(shown, "\n7 dumps\n"));
  EXPECT_TRUE(contains(shown, "…\n       3 ")) << shown;
  EXPECT_FALSE(contains(shown, "RUN/d1.json"));
  EXPECT_TRUE(contains(shown, "RUN/d6.json"));
}

// A replay of standard input that waits for more, having committed something.
class MidRun : public StateCommand {
 protected:
  MidRun() {
    Arguments arguments = run_.replay_arguments({"--block-bytes", "4096", "-"});
    program_ = std::make_unique<RunningProgram>(arguments, run_.folder());
    std::string lines;
    for (int i = 0; i < 400; ++i) {
      lines += post(std::to_string(i), i % 2 == 0 ? "a" : "b", i * kSecond, "#mug #cup");
    }
    program_->write(lines);
    for (int tries = 0; tries < 3'000 && committed_events() == 0; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  [[nodiscard]] std::uint64_t committed_events() const {
    try {
      return StateReader::open(run_.path("state"))->head().events;
    } catch (const Error&) {  // it is not there yet, or has nothing in it
      return 0;
    }
  }

  void expect_all_commands_work() const {
    const ProgramResult show = run_.state("show");
    EXPECT_EQ(show.exit_code, 0) << show.err;
    EXPECT_TRUE(contains(show.out, "to byte ")) << show.out;
    const ProgramResult check = run_.state("check");
    EXPECT_EQ(check.exit_code, 0) << check.err;
    const ProgramResult exported = run_.state("export");
    EXPECT_EQ(exported.exit_code, 0) << exported.err;
    EXPECT_TRUE(contains(exported.out, R"({"type":"window",)"));
  }

  std::unique_ptr<RunningProgram> program_;
};

TEST_F(MidRun, LookedAtBesideTheReplay) {
  ASSERT_GT(committed_events(), 0U);
  expect_all_commands_work();
  // But nothing can be changed.
  const ProgramResult forget = run_.state("forget", {"--author", "a"});
  EXPECT_EQ(forget.exit_code, 74);
  EXPECT_EQ(program_->end(), 0);
}

TEST_F(MidRun, LookedAtAfterAKill) {
  ASSERT_GT(committed_events(), 0U);
  program_->kill();
  expect_all_commands_work();
}

TEST_F(StateCommand, OnACopyThatCannotBeWritten) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can become nobody";
  }
  run_.write("day.json", everything());
  ASSERT_EQ(run_.replay({"day.json"}).exit_code, 0);
  const TempFolder folder;
  namespace fs = std::filesystem;
  const std::string copy = folder.path("copy");
  fs::copy_file(run_.path("state"), copy);
  fs::permissions(copy, fs::perms{0444});
  fs::permissions(folder.path("."), fs::perms{0555});
  for (const char* command : {"show", "check", "export"}) {
    const ProgramResult result =
        run_program({"state", command, "--state", copy}, {.as_nobody = true});
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
  fs::permissions(folder.path("."), fs::perms{0755});
}

TEST_F(StateCommand, RefusesWhatIsNoState) {
  run_.write("text", "a text that is long enough to be anything but a state\n");
  run_.write("empty", "");
  for (const char* name : {"missing", "text", "empty", "."}) {
    for (const char* command : {"show", "check", "export"}) {
      const ProgramResult result = run_.run({"state", command, "--state", name});
      EXPECT_TRUE(result.exit_code == 65 ||
                  (name == std::string_view(".") && result.exit_code == 74))
          << name << ": " << result.err;
      EXPECT_EQ(result.out, "");
      EXPECT_TRUE(result.err.starts_with("tagtill: ")) << result.err;
    }
  }
  EXPECT_FALSE(std::filesystem::exists(run_.path("missing")));
  EXPECT_EQ(run_.run({"state"}).exit_code, 2);
  EXPECT_EQ(run_.run({"state", "show"}).exit_code, 2);
  for (const char* command : {"show", "check", "export", "forget"}) {
    const ProgramResult help = run_.run({"state", command, "--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_TRUE(contains(help.out, "Example:\n  tagtill state ")) << help.out;
  }
}

TEST_F(StateCommand, AStateInWhichNothingWasDecided) {
  run_.write("empty.json", "");
  ASSERT_EQ(run_.replay({"empty.json"}).exit_code, 0);
  EXPECT_TRUE(contains(run_.state("show").out, "  clock      none yet\n"));
  EXPECT_EQ(run_.state("check").exit_code, 0);
  EXPECT_TRUE(contains(run_.state("export").out, R"({"type":"clock","at":null})"));
  EXPECT_EQ(run_.state("forget", {"--author", "a"}).exit_code, 0);
}

}  // namespace
}  // namespace tagtill
