// What erasing an author makes of the files of outputs.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event.h"
#include "tests/seeded.h"
#include "tests/sink_events.h"
#include "tests/temp_folder.h"
#include "tools/replay/dead_letters.h"
#include "tools/state/erase_lines.h"

namespace tagtill {
namespace {

namespace fs = std::filesystem;

// What becomes of the line; `-` if it is dropped.
template <typename Eraser>
std::string erased(Eraser& eraser, const std::string& line) {
  std::string replacement;
  switch (eraser.fate(line, replacement)) {
    case LineFate::kStays:
      EXPECT_EQ(replacement, "");
      return line;
    case LineFate::kDropped:
      EXPECT_EQ(replacement, "");
      return "-";
    case LineFate::kReplaced:
      break;
  }
  return replacement;
}

TEST(EraseEvents, TheirsGoAndOthersStay) {
  const std::vector<std::string> authors = {"1186275104", "11862751045", "118627510",
                                            "o\"scar\\",  "o",           "ö\U0001F600"};
  seeded::Random random(seeded::first_seed());
  for (const std::string& author : authors) {
    EventLineEraser eraser(author);
    for (int i = 0; i < 500; ++i) {
      EventBatch batch;
      Event event = purchase(batch, std::to_string(random.below(3)));
      event.type = static_cast<EventType>(random.below(kEventTypes));
      event.author_id = random.pick(authors);
      event.account = random.pick(authors);  // is no author
      event.title = random.pick(authors);
      event.code =
          event.type == EventType::kPrompt || random.percent(50) ? random.below(1000) : kNoCode;
      if (event.type == EventType::kRejected && random.percent(50)) {
        event.offer_id = {};
      }
      std::string line;
      append_json_line(line, event);
      line.pop_back();
      std::string wanted = line;
      if (event.author_id == author) {
        wanted = "-";
        if (event.type == EventType::kConfirmed) {
          event.author_id = "forgotten";
          event.post_id = "forgotten";
          event.reach = 0;
          wanted.clear();
          append_json_line(wanted, event);
          wanted.pop_back();
        }
      }
      ASSERT_EQ(erased(eraser, line), wanted) << author;
    }
  }
}

// Files are input from outside.
TEST(EraseEvents, LinesThatWeDidNotWrite) {
  EventLineEraser eraser("77");
  EXPECT_EQ(erased(eraser, ""), "");
  EXPECT_EQ(erased(eraser, "no JSON"), "no JSON");
  EXPECT_EQ(erased(eraser, R"({"author_id":"77")"), "-");
  EXPECT_EQ(erased(eraser, "[77]"), "[77]");
  EXPECT_EQ(erased(eraser, R"({"author_id":77})"), "-");
  EXPECT_EQ(erased(eraser, R"({"author_id":"77"})"), "-");
  EXPECT_EQ(erased(eraser, R"({"author_id":"\u0037\u0037","type":"x"})"), "-");
  EXPECT_EQ(erased(eraser, R"({"author_id":null,"n":{"author_id":"77"}})"),
            R"({"author_id":null,"n":{"author_id":"77"}})");
  // In whatever order the members stand, and with some of them missing.
  EXPECT_EQ(erased(eraser, R"({ "reach" : 5 , "author_id":"77","type":"confirmed" })"),
            R"({ "reach" : 0 , "author_id":"forgotten","type":"confirmed" })");
  EXPECT_EQ(erased(eraser, R"({"confirm_id":"9","x":"77","type":"confirmed","author_id":"77"})"),
            R"({"confirm_id":"forgotten","x":"77","type":"confirmed","author_id":"forgotten"})");
  EXPECT_EQ(erased(eraser, R"({"type":"confirmed","author_id":"77","author_id":"5"})"),
            R"({"type":"confirmed","author_id":"forgotten","author_id":"5"})");
  EXPECT_EQ(erased(eraser, R"({"type":"confirmed","confirm_id":"","author_id":"77"})"),
            R"({"type":"confirmed","confirm_id":"forgotten","author_id":"forgotten"})");
}

TEST(EraseLetters, ThoseWithTheIdGo) {
  const auto letter = [](std::string_view head, std::string_view source = "day.json") {
    std::string line;
    MalformedLine malformed;
    malformed.head = head;
    append_dead_letter(line, malformed, source);
    line.pop_back();
    return line;
  };
  LetterLineEraser eraser("11862751");
  for (const std::string_view head : {R"({"user":{"id_str":"11862751"},)", "11862751", "x11862751",
                                      R"(\n11862751 \" )", "\xFF\xFE 11862751 \xFF"}) {
    EXPECT_EQ(erased(eraser, letter(head)), "-") << head;
  }
  for (const std::string_view head : {R"({"user":{"id_str":"1186275"},)", "", "1186275 1"}) {
    EXPECT_EQ(erased(eraser, letter(head)), letter(head));
  }
  // The name of a file is nobody's post.
  EXPECT_EQ(erased(eraser, letter("broken", "11862751.json")), letter("broken", "11862751.json"));
  // Only one of the two tells it: the other one cannot hold these bytes.
  EXPECT_EQ(erased(eraser, R"({"head":"","head_base64":"MTE4NjI3NTE="})"), "-");
  EXPECT_EQ(erased(eraser, R"({"head":"\u00311862751","head_base64":"!"})"), "-");
  EXPECT_EQ(erased(eraser, "broken 11862751"), "-");
  EXPECT_EQ(erased(eraser, "broken"), "broken");
}

// --- files -------------------------------------------------------------------------------

LineFate drop_x(std::string_view line, std::string& replacement) {
  if (line == "replace") {
    replacement += "replaced";
    return LineFate::kReplaced;
  }
  return line.starts_with("x") ? LineFate::kDropped : LineFate::kStays;
}

TEST(EraseLines, ANewFileTakesThePlace) {
  const TempFolder folder;
  const std::string path = folder.write("lines", "a\nxb\nreplace\n\nlast");
  fs::permissions(path, fs::perms{0640});
  struct stat before {};
  ASSERT_EQ(::stat(path.c_str(), &before), 0);
  const Erased done = erase_lines(path, drop_x, Disk::real());
  EXPECT_EQ(read_file(path), "a\nreplaced\n\nlast\n");
  EXPECT_EQ(done, (Erased{.dropped = 1, .purchases = 1, .mark = 17}));
  struct stat after {};
  ASSERT_EQ(::stat(path.c_str(), &after), 0);
  EXPECT_EQ(after.st_mode, before.st_mode);
  EXPECT_EQ(after.st_uid, before.st_uid);
  EXPECT_NE(after.st_ino, before.st_ino);
  EXPECT_FALSE(fs::exists(path + ".forgetting"));
}

TEST(EraseLines, MoreThanABuffer) {
  const TempFolder folder;
  std::string text;
  std::string wanted;
  for (int i = 0; i < 300'000; ++i) {
    const std::string line = (i % 3 == 0 ? "x" : "y") + std::to_string(i) + "\n";
    text += line;
    wanted += i % 3 == 0 ? "" : line;
  }
  const std::string path = folder.write("lines", text);
  EXPECT_EQ(erase_lines(path, drop_x, Disk::real()).mark, wanted.size());
  EXPECT_EQ(read_file(path), wanted);
}

TEST(EraseLines, AMissingFileIsLeftAlone) {
  const TempFolder folder;
  EXPECT_EQ(erase_lines(folder.path("none"), drop_x, Disk::real()), Erased{});
  EXPECT_FALSE(fs::exists(folder.path("none")));
}

TEST(EraseLines, RefusesWhatIsNoFileOfOurs) {
  const TempFolder folder;
  (void)message_of([&] { (void)erase_lines(folder.path("."), drop_x, Disk::real()); },
                   ExitCode::kIoFailed);
  const std::string path = folder.write("long", std::string((16U << 20) + 1, 'y') + "\n");
  const std::string message =
      message_of([&] { (void)erase_lines(path, drop_x, Disk::real()); }, ExitCode::kBadInput);
  EXPECT_TRUE(message.starts_with("the output: line 1 of " + path)) << message;
  EXPECT_FALSE(fs::exists(path + ".forgetting"));
}

// The real disk, on which renaming fails.
class NoRenaming final : public Disk {
 public:
  int list(const std::string& folder, std::vector<std::string>& names) override {
    return real().list(folder, names);
  }
  std::unique_ptr<DiskFile> open(const std::string& path, Open how, int& error) override {
    return real().open(path, how, error);
  }
  int sync_folder_of(const std::string& path) override { return real().sync_folder_of(path); }
  int rename(const std::string& /*from*/, const std::string& /*to*/) override { return EACCES; }
  int remove(const std::string& path) override { return real().remove(path); }
};

TEST(EraseLines, AFailureLeavesTheOldFile) {
  const TempFolder folder;
  const std::string path = folder.write("lines", "a\nx\n");
  NoRenaming disk;
  const std::string message =
      message_of([&] { (void)erase_lines(path, drop_x, disk); }, ExitCode::kIoFailed);
  EXPECT_TRUE(message.starts_with("the output: cannot put a new file in the place of " + path))
      << message;
  EXPECT_EQ(read_file(path), "a\nx\n");
  EXPECT_FALSE(fs::exists(path + ".forgetting"));
}

TEST(MakeReady, CutsWhatIsLongerAndRefusesWhatIsShorter) {
  const TempFolder folder;
  const std::string path = folder.write("lines", "one\ntwo\nthree\n");
  make_ready(path, 14, Disk::real());
  EXPECT_EQ(read_file(path), "one\ntwo\nthree\n");
  make_ready(path, 8, Disk::real());
  EXPECT_EQ(read_file(path), "one\ntwo\n");
  const std::string shorter =
      message_of([&] { make_ready(path, 9, Disk::real()); }, ExitCode::kIoFailed);
  EXPECT_TRUE(shorter.find("has 8 bytes, and the state has committed 9") != std::string::npos)
      << shorter;
  const std::string missing =
      message_of([&] { make_ready(folder.path("none"), 9, Disk::real()); }, ExitCode::kIoFailed);
  EXPECT_TRUE(missing.find("is not there") != std::string::npos) << missing;
  make_ready(folder.path("none"), 0, Disk::real());
  EXPECT_FALSE(fs::exists(folder.path("none")));
}

// Whether make_ready() refuses the file to somebody who has no rights but everybody's.
bool refused_to_others(const std::string& path) {
  constexpr unsigned kNobody = 65534;
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) {
      ::_exit(2);
    }
    try {
      make_ready(path, 4, Disk::real());
    } catch (const Error& error) {
      ::_exit(error.code() == ExitCode::kIoFailed ? 1 : 2);
    }
    ::_exit(0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
  return WEXITSTATUS(status) == 1;
}

// Found before anything is begun.
TEST(MakeReady, RefusesWhatCouldNotBeWrittenAnew) {
  const TempFolder folder;
  const auto file = [&](const std::string& name, fs::perms of_folder, fs::perms of_file) {
    fs::create_directory(folder.path(name));
    std::string path = folder.write(name + "/lines", "one\n");
    fs::permissions(path, of_file);
    fs::permissions(folder.path(name), of_folder);
    return path;
  };
  fs::permissions(folder.path("."), fs::perms{0755});
  EXPECT_FALSE(refused_to_others(file("good", fs::perms{0777}, fs::perms{0666})));
  EXPECT_TRUE(refused_to_others(file("unread", fs::perms{0777}, fs::perms{0222})));
  EXPECT_TRUE(refused_to_others(file("unwritten", fs::perms{0777}, fs::perms{0444})));
  EXPECT_TRUE(refused_to_others(file("closed", fs::perms{0555}, fs::perms{0666})));
}

}  // namespace
}  // namespace tagtill
