// Dead letters (P1.2): their form, and their file with a state.
#include "tools/replay/dead_letters.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/sink_events.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

TEST(DeadLetters, ALetterIsOneLineOfJsonWhateverTheBytes) {
  std::string out = "before\n";
  append_dead_letter(out,
                     {.offset = 7,
                      .length = 300,
                      .cause = MalformedCause::kBadField,
                      .field = "user.id",
                      .head = "a\"\xFF\n"},
                     "dump\t.json");
  EXPECT_EQ(out,
            "before\n"
            R"({"source":"dump\t.json","offset":7,"length":300,"cause":"bad_field",)"
            R"("field":"user.id","head":"a\")"
            "\xEF\xBF\xBD"
            R"(\n","head_base64":"YSL/Cg=="})"
            "\n");
  out.clear();
  append_dead_letter(out, MalformedLine(), "");
  EXPECT_NE(out.find(R"("field":null)"), std::string::npos) << out;
}

TEST(DeadLetters, TheFileGoesOnWhereTheStateKnowsItToBe) {
  const TempFolder folder;
  const std::string path = folder.path("dead");
  SinkPosition known;
  {
    DeadLetterFile file(path);
    EXPECT_EQ(file.open({"stream", {}, 0, true}), SinkPosition());
    file.write("one\n", 1);
    file.write("two\n", 2);
    known = file.flush();
    EXPECT_EQ(known, (SinkPosition{2, 8}));
    file.write("never written down\n", 3);
    file.flush();
  }
  DeadLetterFile file(path);
  EXPECT_EQ(file.open({"stream", known, 3, true}), known);
  file.write("three\n", 3);
  EXPECT_EQ(file.flush(), (SinkPosition{3, 14}));
  file.close();
  EXPECT_EQ(read_file(path), "one\ntwo\nthree\n");
}

TEST(DeadLetters, WithoutAStreamTheFileIsEmptied) {
  const TempFolder folder;
  const std::string path = folder.write("dead", "old\n");
  DeadLetterFile file(path);
  file.open({});
  file.write("new\n", 1);
  file.close();
  EXPECT_EQ(read_file(path), "new\n");
}

}  // namespace
}  // namespace tagtill
