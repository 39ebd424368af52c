// After an author was forgotten, the next dumps give exactly what they would have given had the
// author never come again and held nothing any more: on random streams, by the naive reference.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/post_lines.h"
#include "tests/reference/post.h"
#include "tests/reference/reference.h"
#include "tests/run_folder.h"
#include "tests/seeded.h"
#include "tests/shop.h"
#include "tests/streams.h"

namespace tagtill {
namespace {

constexpr std::size_t kLineLimit = std::size_t{1} << 20;

struct Author {
  std::string id;
  std::string post;  // of the line
};

// Whose post or delete notice the line is.
std::optional<Author> author_of(std::string_view line) {
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  if (line.starts_with("\xEF\xBB\xBF")) {
    line.remove_prefix(3);
  }
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
    return std::nullopt;
  }
  const reference::Line read = reference::read_line(line, kLineLimit);
  switch (read.kind) {
    case reference::Line::Kind::kPost:
      return Author{read.post.author, read.post.id};
    case reference::Line::Kind::kDeleteNotice:
      return Author{read.delete_notice.author, read.delete_notice.id};
    case reference::Line::Kind::kOther:
    case reference::Line::Kind::kMalformed:
      break;
  }
  return std::nullopt;
}

// The file without the author's lines.
std::string without(std::string_view file, std::string_view author) {
  std::string left;
  while (!file.empty()) {
    const std::string_view line = file.substr(0, file.find('\n'));
    const std::size_t whole = std::min(line.size() + 1, file.size());
    const std::optional<Author> whose = author_of(line);
    if (!whose || whose->id != author) {
      left += file.substr(0, whole);
    }
    file.remove_prefix(whole);
  }
  return left;
}

std::string without_events_of(const std::string& author, const std::string& events) {
  const std::string member = ",\"author_id\":" + post_lines::json_string(author) + ",";
  std::string left;
  for (const std::string& line : lines_of(std::string_view(events))) {
    if (!contains(line, member)) {
      left += line + "\n";
    } else if (shop::value_of(line, "type") == "confirmed") {
      std::string kept = line;
      kept.replace(kept.find(member), member.size(), ",\"author_id\":\"forgotten\",");
      const std::string confirm = ",\"confirm_id\":";
      const std::size_t id = kept.find(confirm) + confirm.size();
      kept.replace(id, kept.find(",\"intent_at\":") - id, "\"forgotten\"");
      const std::string reach = ",\"reach\":";
      kept = kept.substr(0, kept.find(reach) + reach.size()) + "0}";
      left += kept + "\n";
    }
  }
  return left;
}

class ForgottenInAStream {
 public:
  explicit ForgottenInAStream(std::uint64_t seed) : random_(seed), stream_(streams::make(seed)) {
    cut();
  }

  // False: there is nobody to forget.
  [[nodiscard]] bool choose() {
    std::set<std::string> members;
    for (const std::string& line : lines_of(std::string_view(stream_.members))) {
      members.insert(shop::value_of(line, "author_id"));
    }
    std::vector<std::string> seen;
    for (std::size_t i = 0; i < cut_; ++i) {
      for (const std::string& line : lines_of(std::string_view(stream_.files[i]))) {
        if (const auto author = author_of(line); author && members.contains(author->id)) {
          seen.push_back(author->id);
        }
      }
    }
    if (seen.empty()) {
      return false;
    }
    // Of those who came last there is most.
    author_ = seen[seen.size() - 1 - random_.below((seen.size() + 3) / 4)];
    return true;
  }

  // What the reference makes of it.
  [[nodiscard]] std::string wanted() const {
    reference::Options options;
    options.lateness_ms = stream_.lateness_ms;
    options.max_jump_ms = stream_.max_jump_ms;
    options.prefix = stream_.prefix;
    reference::Reference reference(stream_.offers, stream_.members, stream_.secret, options);
    for (std::size_t i = 0; i < cut_; ++i) {
      reference.feed(stream_.files[i]);
    }
    std::string events = without_events_of(author_, reference.take_events());
    // Nothing of the author is left: every post is deleted, also one that is set aside, and then
    // the author is no member any more.
    for (std::size_t i = 0; i < cut_; ++i) {
      for (const std::string& line : lines_of(std::string_view(stream_.files[i]))) {
        if (const auto author = author_of(line); author && author->id == author_) {
          reference.feed(post_lines::delete_line(author->post, author_) + "\n");
        }
      }
    }
    reference.replace(stream_.offers, members_left(), stream_.secret);
    (void)reference.take_events();
    for (std::size_t i = cut_; i < stream_.files.size(); ++i) {
      reference.feed(without(stream_.files[i], author_));
    }
    return events + reference.take_events();
  }

  // What the program does.
  [[nodiscard]] std::string got() const {
    const RunFolder run(stream_.offers, stream_.members, stream_.secret);
    std::filesystem::create_directory(run.path("before"));
    std::filesystem::create_directory(run.path("after"));
    for (std::size_t i = 0; i < stream_.files.size(); ++i) {
      const std::string name = std::to_string(1000 + i) + ".json";
      i < cut_ ? run.write("before/" + name, stream_.files[i])
               : run.write("after/" + name, without(stream_.files[i], author_));
    }
    const Arguments options = {"--lateness", std::to_string(stream_.lateness_ms) + "ms",
                               "--max-jump", std::to_string(stream_.max_jump_ms) + "ms",
                               "--prefix",   stream_.prefix,
                               "--again"};
    const auto replay = [&](const char* folder) {
      Arguments arguments = options;
      arguments.emplace_back(folder);
      const ProgramResult result = run.replay(arguments);
      EXPECT_EQ(result.exit_code, 0) << result.err;
    };
    replay("before");
    const ProgramResult forget = run.state("forget", {"--author", author_});
    EXPECT_EQ(forget.exit_code, 0) << forget.err;
    EXPECT_EQ(run.state("check").exit_code, 0);
    run.write_members(members_left());
    if (cut_ < stream_.files.size()) {
      replay("after");
    }
    EXPECT_EQ(run.state("check").exit_code, 0);
    return run.file("events.jsonl");
  }

 private:
  // Between two lines, anywhere: the file is then two.
  void cut() {
    const std::size_t file = random_.below(stream_.files.size());
    const std::string whole = stream_.files[file];
    std::vector<std::size_t> ends;
    for (std::size_t at = 0; (at = whole.find('\n', at)) != std::string::npos;) {
      ends.push_back(++at);
    }
    cut_ = file + 1;
    if (!ends.empty()) {
      const std::size_t end = random_.pick(ends);
      stream_.files[file].resize(end);
      stream_.files.insert(stream_.files.begin() + static_cast<std::ptrdiff_t>(cut_),
                           whole.substr(end));
    }
  }

  [[nodiscard]] std::string members_left() const {
    std::string left;
    for (const std::string& line : lines_of(std::string_view(stream_.members))) {
      left += shop::value_of(line, "author_id") == author_ ? "" : line + "\n";
    }
    return left;
  }

  seeded::Random random_;
  streams::Stream stream_;
  std::size_t cut_ = 0;  // files before it
  std::string author_;
};

TEST(ForgottenAuthor, TheOthersNoticeNothing) {
  std::uint64_t tried = 0;
  const std::uint64_t wanted = seeded::seeds() / 40;
  for (std::uint64_t i = 0; tried < wanted && !HasFailure(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    ForgottenInAStream forgotten(seed);
    if (forgotten.choose()) {
      ++tried;
      EXPECT_EQ(forgotten.got(), forgotten.wanted());
    }
  }
}

}  // namespace
}  // namespace tagtill
