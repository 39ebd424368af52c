#include "tools/tags/tags.h"

#include <fmt/core.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/config_text.h"
#include "engine/event.h"
#include "engine/hashtag.h"
#include "sinks/output_file.h"
#include "tools/command_line.h"
#include "tools/messages.h"
#include "tools/tags/line_reader.h"

namespace tagtill {
namespace {

// A binary file given by mistake should not fill the terminal.
constexpr std::uint64_t kMessagesMax = 100;

class Tagger {
 public:
  Tagger() { out_.open(); }

  void do_file(const std::string& path) {
    LineReader reader(path);
    while (true) {
      switch (reader.next()) {
        case LineReader::Status::kLine:
          do_line(path, reader);
          break;
        case LineReader::Status::kTooLong:
          complain(path, reader.line_number(), "the line is longer than 16 MiB. Break it up");
          print_tags("");
          break;
        case LineReader::Status::kMustWait:
          out_.flush();
          break;
        case LineReader::Status::kFailed:
          ++complaints_;
          say(reader.problem());
          return;
        case LineReader::Status::kEnd:
          return;
      }
    }
  }

  // Returns whether there was nothing to complain about.
  [[nodiscard]] bool finish() {
    out_.close();
    if (complaints_ > kMessagesMax) {
      say(fmt::format("… and {} more such lines.", complaints_ - kMessagesMax));
    }
    return complaints_ == 0;
  }

 private:
  void do_line(const std::string& path, const LineReader& reader) {
    if (is_utf8(reader.line())) {
      print_tags(reader.line());
    } else {
      complain(path, reader.line_number(), "the line is not UTF-8. Convert it first (iconv)");
      print_tags("");
    }
  }

  void print_tags(std::string_view line) {
    find_hashtags(line, found_);
    std::string& out = out_.lines();
    out += '[';
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (i > 0) {
        out += ',';
      }
      append_json_string(out, found_[i].tag);
    }
    out += "]\n";
    out_.drain_if_full();
  }

  void complain(const std::string& path, std::uint64_t line_number, std::string_view what) {
    ++complaints_;
    if (complaints_ <= kMessagesMax) {
      say(fmt::format("{}:{}: {}.", path == "-" ? "standard input" : path, line_number, what));
    }
  }

  OutputFile out_{"-", "the hashtags"};
  std::vector<Hashtag> found_;
  std::uint64_t complaints_ = 0;
};

}  // namespace

ExitCode tags(const std::vector<std::string>& files) {
  Tagger tagger;
  if (files.empty()) {
    tagger.do_file("-");
  }
  for (const std::string& file : files) {
    tagger.do_file(file);
  }
  return tagger.finish() ? ExitCode::kOk : ExitCode::kBadInput;
}

void add_tags_command(Command& root) {
  const auto files = std::make_shared<std::vector<std::string>>();
  root.command("tags", "Show the hashtags of lines of text", [files] { return tags(*files); })
      .positionals("FILE", *files, false, "Text, a line each (default: standard input)")
      .footer(
          "Prints a JSON array a line: the hashtags as they stand, without the sign.\n"
          "Example:\n"
          "  echo 'I want #KindleFire and #e-ink' | tagtill tags\n"
          "Exit codes: 0; 65 if a line is not UTF-8 or a file cannot be read; 74 if standard\n"
          "output cannot be written.");
}

}  // namespace tagtill
