// Which dumps a run with a state reads, and which it refuses.
#include "tools/replay/dump_plan.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/errors.h"
#include "engine/state/state_store.h"
#include "ingest/dump_identity.h"
#include "tests/packed.h"
#include "tests/sink_events.h"
#include "tests/state_model.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

using Strings = std::vector<std::string>;

class DumpPlanTest : public ::testing::Test {
 protected:
  [[nodiscard]] DumpPlan plan(const Strings& names, const DumpPlanOptions& options = {}) const {
    std::vector<DumpSource> dumps;
    for (const std::string& name : names) {
      dumps.push_back({path(name), 0});
    }
    return plan_dumps(store_->reader(), std::move(dumps), options);
  }

  // What is to be read, as `name` or `name from FILE:OFFSET`.
  [[nodiscard]] Strings read(const Strings& names, const DumpPlanOptions& options = {}) const {
    Strings shown;
    const DumpPlan planned = plan(names, options);
    EXPECT_EQ(planned.dumps.size(), planned.records.size());
    for (const DumpSource& dump : planned.dumps) {
      std::string name = std::filesystem::path(dump.name).filename();
      if (dump.first_file + dump.first_offset > 0) {
        name +=
            " from " + std::to_string(dump.first_file) + ":" + std::to_string(dump.first_offset);
      }
      shown.push_back(std::move(name));
    }
    return shown;
  }

  [[nodiscard]] std::string refusal(const Strings& names,
                                    const DumpPlanOptions& options = {}) const {
    std::string message = message_of([&] { (void)plan(names, options); }, ExitCode::kUsage);
    return without_folder(std::move(message));
  }

  [[nodiscard]] Strings notes(const Strings& names, const DumpPlanOptions& options = {}) const {
    Strings shown;
    for (std::string& note : plan(names, options).notes) {
      shown.push_back(without_folder(std::move(note)));
    }
    return shown;
  }

  // All of them were read, the last one to `left` bytes before its end.
  void have_read(const Strings& names, std::uint64_t left = 0,
                 const DumpPlanOptions& options = {}) {
    DumpPlan planned = plan(names, options);
    for (DumpRecord& record : planned.records) {
      ASSERT_GT(record.number, 0U);
      const bool is_last = &record == &planned.records.back();
      record.offset = record.bytes - (is_last ? left : 0);
      record.done = !is_last || left == 0;
      store_->commit({{}, {record}, {}});
    }
  }

  void append(const std::string& name, std::string_view bytes) const {
    std::ofstream(path(name), std::ios::binary | std::ios::app) << bytes;
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return name == "-" ? name : folder_.path(name);
  }
  void write(const std::string& name, std::string_view content) const {
    folder_.write(name, content);
  }
  void rename(const std::string& from, const std::string& to) const {
    std::filesystem::rename(path(from), path(to));
  }

  TempFolder folder_;
  std::unique_ptr<StateStore> store_ = StateStore::open(folder_.path("state"), quick_options());

 private:
  [[nodiscard]] std::string without_folder(std::string text) const {
    for (const std::string& folder :
         {std::filesystem::canonical(folder_.path(".")).string() + "/", folder_.path("")}) {
      for (std::size_t at = 0; (at = text.find(folder, at)) != std::string::npos;) {
        text.erase(at, folder.size());
      }
    }
    return text;
  }
};

TEST_F(DumpPlanTest, WhatIsNewIsReadAndEntered) {
  write("a", "1\n");
  write("b", "22\n");
  EXPECT_EQ(read({"a", "b"}), (Strings{"a", "b"}));
  EXPECT_EQ(notes({"a", "b"}), Strings{});
  const DumpPlan planned = plan({"a", "b"});
  EXPECT_EQ(planned.records[0].number, 1U);
  EXPECT_EQ(planned.records[1].number, 2U);
  EXPECT_EQ(planned.records[1].name, std::filesystem::canonical(path("b")));
  EXPECT_EQ(planned.records[1].bytes, 3U);
  EXPECT_EQ(planned.records[1].content, identify_dump(path("b"))->content);
  EXPECT_FALSE(planned.records[1].done);
}

TEST_F(DumpPlanTest, WhatWasReadIsLeftOut) {
  write("a", "1\n");
  write("b", "22\n");
  write("c", "333\n");
  have_read({"a", "b"});
  EXPECT_EQ(read({"a", "b"}), Strings{});
  EXPECT_EQ(notes({"a", "b"}), Strings{"2 dumps were read before, and left out."});
  EXPECT_EQ(read({"a", "c", "b"}), Strings{"c"});
  EXPECT_EQ(plan({"a", "c", "b"}).records[0].number, 3U);
  EXPECT_EQ(read({"a", "b"}, {.again = true}), (Strings{"a", "b"}));
  EXPECT_EQ(plan({"b"}, {.again = true}).records[0].number, 3U);
}

TEST_F(DumpPlanTest, UnderAnotherNameItIsRefused) {
  write("a", "1\n");
  have_read({"a"});
  write("b", "1\n");
  EXPECT_EQ(refusal({"b"}),
            "The dump b is the recording that was read as a before: the state would take one for "
            "two. Leave it out, or give --again.");
  EXPECT_EQ(read({"b"}, {.again = true}), Strings{"b"});
  std::filesystem::create_symlink(path("a"), path("link"));
  EXPECT_EQ(read({"link"}), Strings{});
}

TEST_F(DumpPlanTest, TheSameTwiceInOneCommandIsRefused) {
  write("a", "1\n");
  write("b", "1\n");
  EXPECT_EQ(refusal({"a", "a"}),
            "The dump a is the same recording as a, which stands before it: the state would take "
            "one for two. Leave one of them out, or give --again.");
  EXPECT_EQ(refusal({"a", "b"}).substr(0, 59),
            "The dump b is the same recording as a, which stands before ");
  EXPECT_EQ(read({"a", "b"}, {.again = true}), (Strings{"a", "b"}));
  have_read({"a"});
  EXPECT_NE(refusal({"a", "a"}).find("the same recording"), std::string::npos);
}

TEST_F(DumpPlanTest, AnEmptyFileIsNoRecording) {
  write("empty", "");
  write("none", "");
  write("a", "1\n");
  EXPECT_EQ(read({"empty", "none", "a"}), Strings{"a"});
  have_read({"empty", "a", "none"});
  EXPECT_EQ(read({"empty", "a", "none"}), Strings{});
  append("empty", "something\n");
  EXPECT_EQ(read({"empty", "a", "none"}), Strings{"empty"});
}

// --- The unfinished dump --------------------------------------------------------------------

TEST_F(DumpPlanTest, TheUnfinishedOneIsGoneOnWithFirst) {
  write("a", "1\n");
  write("b", "222\n222\n");
  write("c", "3\n");
  have_read({"a", "b"}, 4);
  EXPECT_EQ(read({"a", "b", "c"}), (Strings{"b from 0:4", "c"}));
  EXPECT_EQ(notes({"a", "b"}),
            (Strings{"Going on with b at byte 4.", "1 dump was read before, and left out."}));
  const DumpRecord record = plan({"b"}).records[0];
  EXPECT_EQ(record.number, 2U);
  EXPECT_EQ(record.offset, 4U);
  const std::string before = refusal({"c", "b"});
  EXPECT_EQ(before,
            "The last run ended in the middle of b (byte 4), which must be read to its end before "
            "c is. Give it first, as the last command did, or give --abandon to leave the rest of "
            "it unread.");
  EXPECT_NE(refusal({"a"}).find("before anything else is"), std::string::npos);
  EXPECT_NE(refusal({"-"}).find("before - is"), std::string::npos);
  EXPECT_NE(refusal({"b", "b"}).find("the same recording"), std::string::npos);
}

TEST_F(DumpPlanTest, ItMayHaveAnotherNameAndMayHaveGrown) {
  write("b", "222\n222\n");
  have_read({"b"}, 4);
  rename("b", "b2");
  EXPECT_EQ(read({"b2"}), Strings{"b2 from 0:4"});
  EXPECT_EQ(plan({"b2"}).records[0].name, std::filesystem::canonical(path("b2")));
  append("b2", "more\n");
  EXPECT_EQ(read({"b2"}), Strings{"b2 from 0:4"});
  const DumpRecord record = plan({"b2"}).records[0];
  EXPECT_EQ(record.bytes, 13U);
  EXPECT_EQ(record.content, identify_dump(path("b2"))->content);
}

TEST_F(DumpPlanTest, AFileOfAnArchiveIsGoneOnWith) {
  write("day.tar", archived({{"1", "1\n"}, {"2", "22\n"}}, "ustar"));
  DumpRecord record = plan({"day.tar"}).records[0];
  record.files = 1;
  record.offset = 2;
  store_->commit({{}, {record}, {}});
  EXPECT_EQ(read({"day.tar"}), Strings{"day.tar from 1:2"});
  EXPECT_EQ(notes({"day.tar"}), Strings{"Going on with day.tar at byte 2 of file 2 in it."});
}

TEST_F(DumpPlanTest, AbandonedItsRestIsLeftUnread) {
  write("b", "222\n222\n");
  write("c", "3\n");
  have_read({"b"}, 4);
  EXPECT_EQ(read({"c"}, {.abandon = true}), Strings{"c"});
  EXPECT_EQ(notes({"c"}, {.abandon = true}),
            Strings{"--abandon: what stands behind byte 4 of b is left unread."});
  EXPECT_EQ(read({"b", "c"}, {.abandon = true}), Strings{"c"});
  have_read({"c"}, 0, {.abandon = true});
  EXPECT_EQ(read({"b", "c"}), Strings{});
  EXPECT_EQ(read({"c"}, {.abandon = true}), Strings{});  // there is none any more
  append("b", "more\n");
  EXPECT_NE(refusal({"b"}).find("has grown since it was read"), std::string::npos);
}

// What stands before it in the command was read in the run that was broken off.
TEST_F(DumpPlanTest, TheSameCommandGoesOnAlsoWithAgain) {
  write("a", "1\n");
  write("b", "222\n222\n");
  write("c", "3\n");
  have_read({"a", "b", "c"});
  have_read({"a", "b"}, 4, {.again = true});
  EXPECT_EQ(read({"a", "b", "c"}, {.again = true}), (Strings{"b from 0:4", "c"}));
  EXPECT_EQ(read({"a", "b", "c"}), Strings{"b from 0:4"});
  EXPECT_EQ(read({"b", "a"}, {.again = true}), (Strings{"b from 0:4", "a"}));
}

TEST_F(DumpPlanTest, RepairedItIsGoneOnWithInAnotherFile) {
  write("a", "1\n");
  write("b", "222\n2??\n");
  write("c", "3\n");
  have_read({"a", "b"}, 4);
  write("b", "222\n222\n");
  EXPECT_EQ(refusal({"b"}),
            "The last run ended in the middle of b (byte 4), and its content is another one now. "
            "If it is the same recording, repaired, --repaired goes on in it at that place. If it "
            "is a new one, --abandon leaves the rest of the old one unread.");
  EXPECT_EQ(read({"a", "b", "c"}, {.repaired = true}), (Strings{"b from 0:4", "c"}));
  EXPECT_EQ(plan({"a", "b"}, {.repaired = true}).records[0].number, 2U);
  rename("b", "b.repaired");
  EXPECT_EQ(read({"a", "b.repaired"}, {.repaired = true}), Strings{"b.repaired from 0:4"});
  // The same command goes on, and then has nothing to do.
  have_read({"b.repaired"}, 2, {.repaired = true});
  EXPECT_EQ(read({"b.repaired"}, {.repaired = true}), Strings{"b.repaired from 0:6"});
  have_read({"b.repaired"}, 0, {.repaired = true});
  EXPECT_EQ(read({"b.repaired"}, {.repaired = true}), Strings{});
}

// --- Dumps that were read and are others now ------------------------------------------------

TEST_F(DumpPlanTest, OneThatHasGrownIsRefused) {
  write("a", "1\n");
  write("b", "22\n");
  have_read({"a", "b"});
  append("a", "more\n");
  EXPECT_EQ(refusal({"a"}),
            "The dump a has grown since it was read, from 2 bytes to 7: what was decided would be "
            "decided again. Give what was added as a dump of its own (tail -c +3 a), or give "
            "--again to read all of it.");
  EXPECT_EQ(read({"a"}, {.again = true}), Strings{"a"});
  write("rest", "more\n");
  EXPECT_EQ(read({"rest"}), Strings{"rest"});
  have_read({"a"}, 0, {.again = true});
  EXPECT_EQ(read({"a"}), Strings{});
  append("a", "still more\n");
  EXPECT_NE(refusal({"a"}).find("from 7 bytes to 18"), std::string::npos);
}

TEST_F(DumpPlanTest, APackedOneThatHasGrownIsRefused) {
  write("a.gz", compressed("1\n", "gzip"));
  have_read({"a.gz"});
  append("a.gz", compressed("2\n", "gzip"));
  EXPECT_NE(refusal({"a.gz"}).find("as a dump of its own, or give --again"), std::string::npos);
}

// A file is read as far as it goes when its turn comes, which may be further than it was when
// the run began.
TEST_F(DumpPlanTest, OneThatGrewWhileItWasReadIsLeftOut) {
  write("a", "1\n");
  write("b", "22\n");
  DumpRecord record = plan({"a"}).records[0];
  append("a", "more\n");
  record.offset = 7;
  record.done = true;
  store_->commit({{}, {record}, {}});
  EXPECT_EQ(read({"a", "b"}), Strings{"b"});
  EXPECT_EQ(plan({"a", "b"}).records[0].number, 2U);
  EXPECT_EQ(notes({"a"}), Strings{"1 dump was read before, and left out."});
  append("a", "still more\n");
  EXPECT_NE(refusal({"a"}).find("(tail -c +8 a)"), std::string::npos);
}

TEST_F(DumpPlanTest, OtherContentUnderAKnownNameIsANewRecording) {
  write("today", "1\n");
  write("b", "22\n");
  have_read({"today", "b"});
  write("today", "2\n2\n");
  EXPECT_EQ(read({"today"}), Strings{"today"});
  EXPECT_EQ(notes({"today"}),
            Strings{"1 dump was read before with other content, and is taken for new: today."});
  write("b", "3\n");
  EXPECT_EQ(notes({"b", "today"}),
            Strings{"2 dumps were read before with other content, and are taken for new: b and "
                    "others."});
}

// --- What has no content to be known by -----------------------------------------------------

TEST_F(DumpPlanTest, StandardInputCannotBeResumed) {
  write("a", "1\n");
  EXPECT_EQ(read({"-", "a"}), (Strings{"-", "a"}));
  EXPECT_EQ(notes({"-"}),
            Strings{"Standard input cannot be resumed: if this run is broken off, what the state "
                    "has of it stands, and only what comes behind that must be given to the next "
                    "run."});
  DumpRecord record = plan({"-"}).records[0];
  EXPECT_EQ(record.number, 1U);
  EXPECT_EQ(record.name, "-");
  EXPECT_EQ(record.content, "");
  record.offset = 100;
  store_->commit({{}, {record}, {}});
  EXPECT_EQ(read({"-"}), Strings{"-"});
  EXPECT_EQ(read({"a"}), Strings{"a"});
}

TEST_F(DumpPlanTest, WhatCannotBeOpenedIsLeftToTheReaderToSay) {
  const DumpPlan planned = plan({"none"});
  ASSERT_EQ(planned.dumps.size(), 1U);
  EXPECT_EQ(planned.records[0].number, 0U);
}

}  // namespace
}  // namespace tagtill
