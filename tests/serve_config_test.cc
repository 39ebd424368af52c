// The configuration of the ingest tier: what is read, what is refused and how that is said.
#include "tools/serve/serve_config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tests/run_program.h"
#include "tests/seeded.h"
#include "tests/temp_folder.h"
#include "tools/quantities.h"
#include "tools/serve/config_keys.h"
#include "tools/serve/nearest_name.h"
#include "tools/serve/toml_document.h"

namespace tagtill {
namespace {

using Settings = std::vector<std::string>;

// 12 lines, and nothing but what must be there.
constexpr std::string_view kLeast = R"([offers]
file = "o"
[members]
file = "m"
[secret]
file = "s"
[state]
path = "p"
[[source]]
kind = "stdin"
[[sink]]
url = "null:"
)";

struct Read {
  ServeConfig config;
  std::vector<std::string> errors;
};

Read read_config(const std::string& text, const Settings& settings = {}) {
  FileErrors errors;
  Read read;
  read.config = parse_serve_config(text, "t.toml", settings, errors);
  read.errors = errors.shown();
  EXPECT_EQ(errors.count(), read.errors.size());
  return read;
}

// What is behind the least of a configuration begins in line 13.
Read read_more(const std::string& more, const Settings& settings = {}) {
  return read_config(std::string(kLeast) + more, settings);
}

void expect_error(const Read& read, const std::string& begins, const std::string& holds = {}) {
  ASSERT_EQ(read.errors.size(), 1U) << ::testing::PrintToString(read.errors);
  EXPECT_TRUE(read.errors.front().starts_with(begins)) << read.errors.front();
  EXPECT_NE(read.errors.front().find(holds), std::string::npos) << read.errors.front();
}

TEST(ServeConfig, TheLeastThatIsEnough) {
  const Read read = read_config(std::string(kLeast));
  EXPECT_TRUE(read.errors.empty()) << ::testing::PrintToString(read.errors);
  EXPECT_EQ(read.config.offers_file, "o");
  EXPECT_EQ(read.config.members_file, "m");
  EXPECT_EQ(read.config.secret.file, "s");
  EXPECT_EQ(read.config.state.path, "p");
  ASSERT_EQ(read.config.sources.size(), 1U);
  EXPECT_EQ(read.config.sources[0].kind, "stdin");
  EXPECT_EQ(read.config.sinks.at(0).url, "null:");
  EXPECT_EQ(read.config.protocol.lateness_ms, 30'000);
  EXPECT_EQ(read.config.http.listen, "127.0.0.1:9077");
}

TEST(ServeConfig, EveryTypeOfValue) {
  const Read read = read_more(R"(
[protocol]
lateness = "1500ms"
max_jump = 0
strict = true
[pipeline]
lanes = 3
shards = 64
block_bytes = 65536
gather = "2s"
[http]
listen = ""
[events]
file = "e"
[[source]]
kind = "tcp"
listen = "[::1]:7077"
line_bytes_max = "64KiB"
connections_max = 7
)");
  EXPECT_TRUE(read.errors.empty()) << ::testing::PrintToString(read.errors);
  EXPECT_EQ(read.config.protocol.lateness_ms, 1500);
  EXPECT_EQ(read.config.protocol.max_jump_ms, 0);
  EXPECT_TRUE(read.config.strict);
  EXPECT_EQ(read.config.pipeline.lanes, 3U);
  EXPECT_EQ(read.config.pipeline.block_bytes, 65'536U);
  EXPECT_EQ(read.config.pipeline.gather_ms, 2000);
  EXPECT_EQ(read.config.http.listen, "");
  EXPECT_EQ(read.config.sources.at(1).line_bytes_max, 65'536U);
  EXPECT_EQ(read.config.sources.at(1).connections_max, 7U);
}

TEST(ServeConfig, MistakesAreSaidWithTheirPlace) {
  const struct {
    std::string more;
    std::string begins;
    std::string holds;
  } cases[] = {
      {"[http\n", "t.toml:13:6: ", ""},
      {std::string("[\0]\n", 4), "t.toml:13:2: ", "control character"},
      {"x = \"\xff\"\n", "t.toml:13:", ""},
      {"[log]\nlevel = \"info\"\nlevel = \"info\"\n", "t.toml:15:", "level"},
      {"[stat]\n", "t.toml:13:2: ", "Is state meant?"},
      {"[zebra]\n", "t.toml:13:2: ", "There are offers, members"},
      {"[pipeline]\nlains = 3\n", "t.toml:14:1: ", "Is lanes meant?"},
      {"[http]\n  listen = 9077\n", "t.toml:14:12: ", "http.listen: 9077 is not a text"},
      {"[protocol]\nlateness = \"30\"\n", "t.toml:14:12: ", "\"30\" is not a duration from 0"},
      {"[protocol]\nlateness = 30\n", "t.toml:14:12: ", "30 is not a duration"},
      {"[protocol]\nlateness = \"4000d\"\n", "t.toml:14:12: ", "ten years"},
      {"[protocol]\nstrict = \"yes\"\n", "t.toml:14:10: ", "\"yes\" is not true or false"},
      {"[protocol]\nconfirm_prefix = \"Con4\"\n", "t.toml:14:18: ", "\"Con4\" is not made of"},
      {"[protocol]\nconfirm_prefix = \"\"\n", "t.toml:14:18: ", "confirm_prefix is missing"},
      {"[pipeline]\nlanes = 0\n", "t.toml:14:9: ", "0 is not \"auto\" or a whole number from 1"},
      {"[pipeline]\nlanes = -1\n", "t.toml:14:9: ", "-1 is not"},
      {"[pipeline]\nlanes = 1.5\n", "t.toml:14:9: ", "a number with a fraction is not"},
      {"[pipeline]\nshards = 12\n", "t.toml:14:10: ", "12 is no power of two"},
      {"[pipeline]\npin = \"9-3\"\n", "t.toml:14:7: ", "pipeline.pin: 9-3"},
      {"[pipeline]\nblock_bytes = \"1KiB\"\n", "t.toml:14:15: ", "a size from 4KiB to 4MiB"},
      {"[log]\nformat = \"xml\"\n", "t.toml:14:10: ", "is not \"auto\", \"text\" or \"json\""},
      {"[replies]\ntemplate = \"Buy!\"\n", "t.toml:14:12: ", "{tag}"},
      {"[[sink]]\nurl = \"kafka:x\"\n", "t.toml:14:7: ", "no kind of sink called \"kafka\""},
      {"[[sink]]\nurl = \"jsonl:-\"\n", "t.toml:14:7: ", "cannot be cut back"},
      {"[[sink]]\n", "t.toml:13:1: ", "[[sink]] url is missing"},
      {"[[source]]\nkind = \"stdin\"\n", "t.toml:14:8: ", "cannot have standard input"},
      {"[[source]]\nkind = \"tcp\"\n", "t.toml:13:1: ", "[[source]] listen is missing"},
      {"[[source]]\nkind = \"file\"\n", "t.toml:13:1: ", "[[source]] path is missing"},
      {"[[source]]\nkind = \"udp\"\n", "t.toml:14:8: ", "\"stdin\", \"file\", \"tcp\" or \"unix\""},
      {"[[source]]\n", "t.toml:13:1: ", "[[source]] kind is missing"},
      {"[[source]]\nkind = \"file\"\npath = \"x\"\nlisten = \"127.0.0.1:1\"\n",
       "t.toml:16:10: ", "has no such key"},
      {"[[source]]\nkind = \"tcp\"\nlisten = \"0.0.0.0:1\"\n",
       "t.toml:15:10: ", "public_address = true"},
      {"[[source]]\nkind = \"tcp\"\nlisten = \"example.com:1\"\n",
       "t.toml:15:10: ", "no numeric address"},
      {"[[source]]\nkind = \"tcp\"\nlisten = \"127.0.0.1:70000\"\n", "t.toml:15:10: ", "no port"},
      {"[[source]]\nkind = \"tcp\"\nlisten = \"127.0.0.1:1\"\ntls_key = \"k\"\n",
       "t.toml:16:11: ", "of no use without tls_certificate"},
      {"[[source]]\nkind = \"tcp\"\nlisten = \"127.0.0.1:1\"\ntls_certificate = \"c\"\n"
       "tls_key = \"k\"\n",
       "t.toml:16:19: ", "give tls_client_ca"},
      {"[[source]]\nkind = \"tcp\"\nlisten = \"127.0.0.1:1\"\ntls_client_ca = \"k\"\n",
       "t.toml:16:17: ", "only over TLS"},
      {"[[source]]\nkind = \"tcp\"\nlisten = \"127.0.0.1:9077\"\n",
       "t.toml:15:10: ", "a source listens at 127.0.0.1:9077"},
      {"[[source]]\nkind = \"tcp\"\nlisten = \"localhost:1\"\n[[source]]\nkind = \"tcp\"\n"
       "listen = \"127.0.0.1:1\"\n",
       "t.toml:18:10: ", "cannot have 127.0.0.1:1"},
      {"[[source]]\nkind = \"unix\"\npath = \"a\"\n[[source]]\nkind = \"file\"\npath = \"a\"\n",
       "t.toml:18:8: ", "cannot have a"},
      {"[source.x]\n", "t.toml:", ""},
      {"[http]\nlisten = \"0.0.0.0:80\"\n", "t.toml:14:10: ", "public_address = true"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.more);
    expect_error(read_more(each.more), each.begins, each.holds);
  }
}

TEST(ServeConfig, AllMistakesAreSaidAtOnceInOrder) {
  const Read read = read_config("[offers]\nfile = 1\n[log]\nlevel = \"loud\"\nx = 1\n",
                                {"http.listen=x", "nonsense"});
  const std::vector<std::string> wanted = {
      "t.toml:1:1: ", "t.toml:1:1: ", "t.toml:1:1: ", "t.toml:1:1: ",          "t.toml:1:1: ",
      "t.toml:2:8: ", "t.toml:4:9: ", "t.toml:5:1: ", "--set http.listen=x: ", "--set nonsense: "};
  ASSERT_EQ(read.errors.size(), wanted.size()) << ::testing::PrintToString(read.errors);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_TRUE(read.errors[i].starts_with(wanted[i])) << read.errors[i];
  }
}

TEST(ServeConfig, TheFirstHundredAreKeptAndAllCounted) {
  std::string text(kLeast);
  text += "[log]\n";
  for (int i = 0; i < 5000; ++i) {
    text += "k" + std::to_string(i) + " = 1\n";
  }
  FileErrors errors;
  (void)parse_serve_config(text, "t.toml", {}, errors);
  EXPECT_EQ(errors.shown().size(), FileErrors::kShown);
  EXPECT_EQ(errors.count(), 5000U);
  EXPECT_TRUE(errors.shown().front().starts_with("t.toml:14:1: "));
}

TEST(ServeConfig, ASettingTakesThePlaceOfWhatStandsThere) {
  const Read read =
      read_more("[protocol]\nlateness = \"nonsense\"\n",
                {"protocol.lateness=10s", "state.path=/x/1", "offers.file=17",
                 "members.file=\"quoted\"", "pipeline.lanes=auto", "pipeline.pin=0,1",
                 "protocol.strict=true", "source.0.kind=tcp", "source.0.listen=[::1]:7077",
                 "source.1.kind=unix", "source.1.path=sock", "sink.0.url=sqlite:x.db?events=all",
                 "replies.template={tag} = \"yes\"", "pipeline.block_bytes=8KiB"});
  EXPECT_TRUE(read.errors.empty()) << ::testing::PrintToString(read.errors);
  EXPECT_EQ(read.config.protocol.lateness_ms, 10'000);
  EXPECT_EQ(read.config.state.path, "/x/1");
  EXPECT_EQ(read.config.offers_file, "17");
  EXPECT_EQ(read.config.members_file, "quoted");
  EXPECT_EQ(read.config.pipeline.pin, "0,1");
  EXPECT_TRUE(read.config.strict);
  EXPECT_EQ(read.config.sources.at(0).listen, "[::1]:7077");
  EXPECT_EQ(read.config.sources.at(1).path, "sock");
  EXPECT_EQ(read.config.sinks.at(0).url, "sqlite:x.db?events=all");
  EXPECT_EQ(read.config.reply_template, "{tag} = \"yes\"");
  EXPECT_EQ(read.config.pipeline.block_bytes, 8192U);
}

TEST(ServeConfig, WhatIsWrongWithASettingIsSaidOfIt) {
  for (const auto& [setting, holds] : std::vector<std::pair<std::string, std::string>>{
           {"protocol.lateness=5", "5 is not a duration"},
           {"protocol.latness=5s", "Is lateness meant?"},
           {"protocol=5", "write [protocol]"},
           {"protocol", "SECTION.KEY=VALUE"},
           {".x=1", "SECTION.KEY"},
           {"a.b.c.d.e.f.g.h.i.j=1", "SECTION.KEY"},
           {"source.listen=x", "source.0.listen"},
           {"source.2.kind=tcp", "the next one is 1"},
           {"source.99999999999999999999.kind=tcp", "the next one is 1"},
           {"state.0.path=x", "there can be one only"},
           {"protocol.strict=maybe", "\"maybe\" is not true or false"},
           {"state.path=\x01", "control character"},
           {"state.path=\xff", "UTF-8"},
           {"state.path=", "path is missing"},
           {"state.path=[1]", "a list is not a text"}}) {
    SCOPED_TRACE(setting);
    expect_error(read_more("", {setting}), "--set " + setting, holds);
  }
}

TEST(ServeConfig, ASinksUrlIsNotRepeatedWhereAPasswordCouldBe) {
  const Read read = read_more("", {"sink.0.url=webhook:https://me:hunter2@example.com/in"});
  expect_error(read, "--set sink.0.url=…: ");
  EXPECT_EQ(read.errors.front().find("hunter2"), std::string::npos);
  const Read file = read_more("[[sink]]\nurl = \"postgres:host=x password=hunter2\"\n");
  expect_error(file, "t.toml:14:7: ", "password");
  EXPECT_EQ(file.errors.front().find("hunter2"), std::string::npos);
}

// U+FE0F, which stands behind many emoji.
TEST(ServeConfig, EmojiAreTextLikeAnyOther) {
  const std::string heart = "\xE2\x9D\xA4\xEF\xB8\x8F";
  const Read read = read_more("[replies] # " + heart + "\ntemplate = \"" + heart + " {tag}\"\n");
  EXPECT_TRUE(read.errors.empty()) << ::testing::PrintToString(read.errors);
  EXPECT_EQ(read.config.reply_template, heart + " {tag}");
  expect_error(read_more("[http] \n\xEF\xB8\x8F = 1\n"), "t.toml:14:1: ");
}

TEST(ServeConfig, DeepAndLongTextsAreRefusedOrRead) {
  std::string deep = "[a";
  for (int i = 0; i < 9'000; ++i) {
    deep += ".a";
  }
  expect_error(read_more(deep + "]\nx = 1\n"), "t.toml:13:2: ", "no section called \"a\"");
  expect_error(read_more(deep + deep.substr(2) + "]\n"), "t.toml:13:", "dots");
  expect_error(read_config(std::string(kTomlBytesMax + 1, '\n')), "t.toml:1:1: ", "longer");
  const Read lists =
      read_more("[log]\nx = " + std::string(500, '[') + std::string(500, ']') + "\n");
  EXPECT_FALSE(lists.errors.empty());
}

// The shown text is read as the same, and shown as the same again.
void expect_comes_back(const ServeConfig& config) {
  const std::string shown = serve_config_toml(config);
  const Read again = read_config(shown);
  EXPECT_TRUE(again.errors.empty()) << ::testing::PrintToString(again.errors) << shown;
  EXPECT_EQ(serve_config_toml(again.config), shown);
}

TEST(ServeConfig, WhatIsShownIsReadAsTheSame) {
  const Read least = read_config(std::string(kLeast));
  expect_comes_back(least.config);
  const std::string shown = serve_config_toml(least.config);
  EXPECT_NE(shown.find("[protocol]\nlateness = \"30s\"\nmax_jump = \"24h\"\n"), std::string::npos);
  EXPECT_NE(shown.find("[pipeline]\nlanes = \"auto\"\n"), std::string::npos);
  EXPECT_EQ(shown.find("***"), std::string::npos);
}

TEST(ServeConfig, ThePathOfAWebhookIsMasked) {
  const Read read =
      read_more("[[sink]]\nurl = \"webhook:https://h.example/t/0k3n?secret-file=w\"\n");
  ASSERT_TRUE(read.errors.empty()) << ::testing::PrintToString(read.errors);
  const std::string shown = serve_config_toml(read.config);
  EXPECT_TRUE(shown.starts_with("# What stands as *** is masked")) << shown;
  EXPECT_NE(shown.find("url = \"webhook:https://h.example/***?secret-file=w\""), std::string::npos)
      << shown;
  EXPECT_EQ(shown.find("0k3n"), std::string::npos);
}

// A value that the key takes.
std::string random_value(seeded::Random& random, const ConfigKey& key) {
  static const std::vector<std::string> texts = {"x", "ä \\ \" '", "a/b.c", "#", "猫"};
  switch (key.type) {
    case KeyType::kFlag:
      return random.percent(50) ? "true" : "false";
    case KeyType::kDuration:
      return toml_text(duration_text(random.between(0, 100) * 100));
    case KeyType::kSize:
      return toml_text(size_text(key.least));
    case KeyType::kNumber:
      return std::to_string(key.least);
    case KeyType::kNumberOrAuto:
      return random.percent(50) ? "\"auto\"" : "2";
    case KeyType::kChoice:
      return toml_text(key.choices.substr(0, key.choices.find('|')));
    case KeyType::kText:
      break;
  }
  return toml_text(random.pick(texts));
}

TEST(ServeConfig, RandomConfigurationsComeBack) {
  for (std::uint64_t n = 0; n < seeded::seeds(); ++n) {
    const std::uint64_t seed = seeded::first_seed() + n;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    std::string text(kLeast);
    for (const ConfigSection& section : config_sections()) {
      const bool is_new = kLeast.find("[" + std::string(section.name) + "]") == std::string::npos;
      text += is_new ? "[" + std::string(section.name) + "]\n" : "";
      for (const ConfigKey& key : section.keys) {
        if (is_new && key.problem == nullptr && random.percent(60)) {
          text += std::string(key.name) + " = " + random_value(random, key) + "\n";
        }
      }
    }
    const Read read = read_config(text);
    ASSERT_TRUE(read.errors.empty()) << ::testing::PrintToString(read.errors) << text;
    expect_comes_back(read.config);
  }
}

// Every error has a place within the text (one behind the end at most).
void expect_places(const std::string& text, const std::vector<std::string>& errors) {
  const std::size_t lines = 1 + static_cast<std::size_t>(std::ranges::count(text, '\n'));
  for (const std::string& error : errors) {
    std::size_t line = 0;
    std::size_t column = 0;
    ASSERT_EQ(std::sscanf(error.c_str(), "t.toml:%zu:%zu: ", &line, &column), 2) << error;
    EXPECT_GE(line, 1U) << error;
    EXPECT_LE(line, lines + 1) << error;
    EXPECT_GE(column, 1U) << error;
    EXPECT_LE(column, text.size() + 2) << error;
  }
}

TEST(ServeConfig, RandomTextsAreReadOrRefusedWithAPlace) {
  const std::string sample = read_file("tools/serve/tagtill.sample.toml");
  ASSERT_FALSE(sample.empty());
  static const std::vector<std::string> pieces = {"[",       "]",
                                                  "[[",      "]]",
                                                  "=",       ".",
                                                  "\"",      "'''",
                                                  "\"\"\"",  "\n",
                                                  "\r\n",    "#",
                                                  "{",       "}",
                                                  ",",       "source",
                                                  "sink",    "state",
                                                  "a.b",     "1e9",
                                                  "0x_",     "-",
                                                  "inf",     "nan",
                                                  "\\",      "\t",
                                                  "\\u0000", "\xff",
                                                  "é",       "1979-05-27T07:32:00Z",
                                                  "true",    "kind = \"tcp\"\n"};
  for (std::uint64_t n = 0; n < 5 * seeded::seeds(); ++n) {
    const std::uint64_t seed = seeded::first_seed() + n;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    seeded::Random random(seed);
    std::string text = random.percent(70) ? sample : std::string(kLeast);
    for (std::size_t edits = 1 + random.below(6); edits > 0; --edits) {
      const std::size_t at = random.below(text.size() + 1);
      switch (random.below(4)) {
        case 0:
          text.insert(at, random.pick(pieces));
          break;
        case 1:
          text.erase(at, random.below(20));
          break;
        case 2:
          text.insert(at, text.substr(random.below(text.size() + 1), random.below(200)));
          break;
        default:
          // What is commented out counts.
          if (const std::size_t mark = text.find("# ", at); mark != std::string::npos) {
            text.erase(mark, 2);
          }
      }
    }
    FileErrors errors;
    const ServeConfig config = parse_serve_config(text, "t.toml", {}, errors);
    expect_places(text, errors.shown());
    if (errors.empty() && serve_config_toml(config).find("***") == std::string::npos) {
      expect_comes_back(config);
    }
  }
}

TEST(ConfigKeys, DefaultsAreWithinTheirBoundsAndNoNameTwice) {
  ServeConfig defaults;
  for (const ConfigSection& section : config_sections()) {
    if (section.resize != nullptr) {
      section.resize(defaults, 1);
    }
    for (const ConfigKey& key : section.keys) {
      SCOPED_TRACE(std::string(section.name) + "." + std::string(key.name));
      EXPECT_EQ(std::ranges::count(section.keys, key.name, &ConfigKey::name), 1);
      const KeyPlace place = key.place(defaults, 0);
      if (const auto* const* number = std::get_if<std::uint64_t*>(&place)) {
        EXPECT_TRUE(**number >= key.least || key.type == KeyType::kNumberOrAuto);
        EXPECT_LE(**number, key.most);
      }
      if (const auto* const* text = std::get_if<std::string*>(&place);
          text != nullptr && !(*text)->empty() && key.problem != nullptr) {
        EXPECT_EQ(key.problem(**text), "");
      }
    }
  }
}

TEST(ConfigKeys, TheReferenceInTheDocsIsThatOfTheTable) {
  const std::string docs = read_file("docs/ingest-configuration.md");
  EXPECT_TRUE(docs.ends_with(config_reference()))
      << "Replace what stands below `## Keys` with what `tagtill config keys` prints.";
}

// A line of the sample, `key = value` or `# key = value`, with a comment behind it or not.
struct SampleKey {
  bool is_active = false;
  std::string section{};
  std::string name{};
  std::string value{};
};

std::vector<SampleKey> keys_of_sample(const std::string& sample) {
  std::vector<SampleKey> keys;
  std::string section;
  for (std::size_t at = 0; at < sample.size();) {
    std::string line = sample.substr(at, sample.find('\n', at) - at);
    at += line.size() + 1;
    if (line.starts_with('[')) {
      section = line.substr(line.find_first_not_of('['));
      section.erase(section.find(']'));
      continue;
    }
    SampleKey key{.is_active = !line.starts_with('#'), .section = section};
    line.erase(0, key.is_active ? 0 : 2);
    const std::size_t sign = line.find(" = ");
    if (sign == std::string::npos || line.substr(0, sign).find(' ') != std::string::npos) {
      continue;
    }
    key.name = line.substr(0, sign);
    key.value = line.substr(sign + 3);
    key.value.erase(std::min(key.value.find("  #"), key.value.size()));
    key.value.erase(key.value.find_last_not_of(' ') + 1);
    keys.push_back(key);
  }
  return keys;
}

TEST(SampleConfig, IsReadAndHasEveryKeyWithItsDefault) {
  const std::string sample = read_file("tools/serve/tagtill.sample.toml");
  const Read read = read_config(sample);
  EXPECT_TRUE(read.errors.empty()) << ::testing::PrintToString(read.errors);
  const std::vector<SampleKey> in_sample = keys_of_sample(sample);
  ServeConfig defaults;
  for (const ConfigSection& section : config_sections()) {
    if (section.resize != nullptr) {
      section.resize(defaults, 1);
    }
    for (const ConfigKey& key : section.keys) {
      SCOPED_TRACE(std::string(section.name) + "." + std::string(key.name));
      bool found = sample.find("#   " + std::string(key.name) + " = ") != std::string::npos;
      for (const SampleKey& line : in_sample) {
        if (line.section == section.name && line.name == key.name) {
          found = true;
          EXPECT_TRUE(line.is_active || line.value == key_value_toml(key, key.place(defaults, 0)))
              << line.value;
        }
      }
      EXPECT_TRUE(found) << "is missing in the sample";
    }
  }
  for (const SampleKey& line : in_sample) {
    const auto section = std::ranges::find(config_sections(), line.section, &ConfigSection::name);
    ASSERT_NE(section, config_sections().end()) << line.section;
    EXPECT_NE(std::ranges::find(section->keys, line.name, &ConfigKey::name), section->keys.end())
        << line.section << "." << line.name;
  }
}

TEST(SampleConfig, WithEveryCommentedKeyPutInIsTheSame) {
  std::string sample = read_file("tools/serve/tagtill.sample.toml");
  const std::string shown = serve_config_toml(read_config(sample).config);
  for (const SampleKey& key : keys_of_sample(sample)) {
    if (!key.is_active) {
      sample.erase(sample.find("# " + key.name + " = " + key.value), 2);
    }
  }
  const Read read = read_config(sample);
  EXPECT_TRUE(read.errors.empty()) << ::testing::PrintToString(read.errors);
  EXPECT_EQ(serve_config_toml(read.config), shown);
}

TEST(NearestName, IsTheOneThatWasMeant) {
  const std::vector<std::string_view> names = {"lateness", "max_jump", "strict", "path"};
  EXPECT_EQ(nearest_name("latness", names), "lateness");
  EXPECT_EQ(nearest_name("maxjump", names), "max_jump");
  EXPECT_EQ(nearest_name("stirct", names), "strict");
  EXPECT_EQ(nearest_name("pth", names), "path");
  EXPECT_EQ(nearest_name("zebra", names), "");
  EXPECT_EQ(nearest_name("", names), "");
  EXPECT_EQ(nearest_name(std::string(100'000, 'x'), names), "");
}

TEST(Quantities, SizesAndDurationsComeBack) {
  for (const auto& [text, bytes] :
       std::vector<std::pair<std::string, std::uint64_t>>{{"0", 0},
                                                          {"1", 1},
                                                          {"1000", 1000},
                                                          {"64KiB", 65'536},
                                                          {"3MiB", 3U << 20},
                                                          {"1TiB", 1ULL << 40}}) {
    EXPECT_EQ(parse_size(text), bytes);
    EXPECT_EQ(size_text(bytes), text);
  }
  for (const std::string_view wrong :
       {"", "KiB", "1kb", "1 KiB", "-1", "1.5MiB", "99999999999999999999", "9999999TiB"}) {
    EXPECT_FALSE(parse_size(wrong)) << wrong;
  }
  for (const Millis duration : {0LL, 1LL, 1500LL, 30'000LL, 60'000LL, 3'600'000LL, 86'400'000LL}) {
    EXPECT_EQ(parse_duration(duration_text(duration)), duration);
  }
}

// --- as a person meets it --------------------------------------------------------------------

constexpr std::string_view kOffers =
    R"({"id":"a","tag":"KindleHD","title":"T","price_minor":1,"currency":"USD","fulfilment":"ship",)"
    R"("starts_at":"2014-01-01T00:00:00Z","ends_at":"2015-01-01T00:00:00Z"})"
    "\n";

class ConfigProgram : public ::testing::Test {
 protected:
  ConfigProgram() {
    folder_.write("o", kOffers);
    folder_.write("m", "{\"author_id\":\"1\",\"account\":\"acct-1\"}\n");
    folder_.write("s", "0123456789abcdef0123456789abcdef\n");
    folder_.write("t.toml", kLeast);
    std::filesystem::permissions(folder_.path("s"), std::filesystem::perms::owner_read);
  }
  [[nodiscard]] ProgramResult run(std::vector<std::string> arguments) const {
    return run_program(arguments, {.folder = folder_.path("")});
  }
  TempFolder folder_;
};

TEST_F(ConfigProgram, ValidateChecksAllThatIsNamedAndWritesNothing) {
  const ProgramResult good = run({"validate", "--config", "t.toml"});
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_NE(good.out.find("t.toml: 1 source, 1 sink\n  stdin"), std::string::npos) << good.out;
  EXPECT_NE(good.out.find("o: 1 offer"), std::string::npos) << good.out;
  EXPECT_FALSE(std::filesystem::exists(folder_.path("p")));

  folder_.write("m", "{\"author_id\":\"1\"}\n");
  const ProgramResult bad =
      run({"validate", "--config", "t.toml", "--set", "source.0.kind=file", "--set",
           "source.0.path=none", "--set", "sink.0.url=webhook:https://h/x?secret-file=gone"});
  EXPECT_EQ(bad.exit_code, 78);
  EXPECT_NE(bad.err.find("--set source.0.path=none: \"none\" cannot be read: No such file"),
            std::string::npos)
      << bad.err;
  EXPECT_NE(bad.err.find("--set sink.0.url=…: "), std::string::npos) << bad.err;
  EXPECT_NE(bad.err.find("m:1: "), std::string::npos) << bad.err;
  EXPECT_NE(bad.err.find("3 errors"), std::string::npos) << bad.err;
}

TEST_F(ConfigProgram, ValidateLooksAtRepliesAndConflictsOfFiles) {
  const ProgramResult reply = run({"validate", "--config", "t.toml", "--set",
                                   "replies.template={tag} " + std::string(300, 'x')});
  EXPECT_EQ(reply.exit_code, 78);
  EXPECT_NE(reply.err.find("offer \"a\""), std::string::npos) << reply.err;
  const ProgramResult conflict =
      run({"validate", "--config", "t.toml", "--set", "events.file=./o"});
  EXPECT_EQ(conflict.exit_code, 78);
  EXPECT_NE(conflict.err.find("[events] file"), std::string::npos) << conflict.err;
}

TEST_F(ConfigProgram, ValidateOfWrongUsage) {
  EXPECT_EQ(run({"validate", "--config", "t.toml", "--offers", "o"}).exit_code, 2);
  EXPECT_EQ(run({"validate", "--set", "a.b=c"}).exit_code, 2);
  EXPECT_EQ(run({"validate"}).exit_code, 2);
  const ProgramResult missing = run({"validate", "--config", "none.toml"});
  EXPECT_EQ(missing.exit_code, 78);
  EXPECT_NE(missing.err.find("none.toml: cannot be read: No such file"), std::string::npos);
  const ProgramResult folder = run({"validate", "--config", "."});
  EXPECT_EQ(folder.exit_code, 78) << folder.err;
}

TEST_F(ConfigProgram, ACredentialIsLookedAtWhereSystemdGivesIt) {
  const ProgramResult without = run(
      {"validate", "--config", "t.toml", "--set", "secret.file=", "--set", "secret.credential=s"});
  EXPECT_EQ(without.exit_code, 0) << without.err;
  EXPECT_NE(without.err.find("The secret was not looked at"), std::string::npos) << without.err;
  ::setenv("CREDENTIALS_DIRECTORY", folder_.path("").c_str(), 1);
  const ProgramResult with = run(
      {"validate", "--config", "t.toml", "--set", "secret.file=", "--set", "secret.credential=s"});
  ::unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_EQ(with.exit_code, 0) << with.err;
  EXPECT_NE(with.out.find("/s: long enough"), std::string::npos) << with.out;
}

TEST_F(ConfigProgram, ShowPrintsWhatIsReadAsTheSame) {
  const ProgramResult shown =
      run({"config", "show", "--config", "t.toml", "--set", "protocol.lateness=10s"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_NE(shown.out.find("lateness = \"10s\"\n"), std::string::npos) << shown.out;
  const ProgramResult again =
      run_program({"config", "show", "--config", "-"},
                  {.standard_input = shown.out, .folder = folder_.path("")});
  EXPECT_EQ(again.out, shown.out) << again.err;
  EXPECT_EQ(run({"config", "keys"}).out, config_reference());
  const ProgramResult bad = run({"config", "show", "--config", "t.toml", "--set", "x.y=1"});
  EXPECT_EQ(bad.exit_code, 78);
  EXPECT_EQ(bad.out, "");
}

}  // namespace
}  // namespace tagtill
