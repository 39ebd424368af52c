// The first pass over raw bytes: marks, and the lines that must be parsed, against
// counting line feeds in the same memory.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bench/generated.h"
#include "engine/block.h"
#include "engine/confirmation_code.h"
#include "engine/line_scanner.h"
#include "engine/mark_finder.h"
#include "engine/tag_beginnings.h"
#include "engine/tag_matcher.h"
#include "tests/reference/code.h"
#include "tests/reference/post.h"
#include "tests/reference/text.h"

namespace tagtill::bench {
namespace {

std::uint64_t line_feeds_in(std::string_view bytes) {
  std::uint64_t lines = 0;
  for (std::size_t at = 0; (at = bytes.find('\n', at)) != std::string_view::npos; ++at) {
    ++lines;
  }
  return lines;
}

void line_feeds(benchmark::State& state) {
  const std::string_view bytes = Sample::instance().all();
  const std::uint64_t lines = Sample::kRepeats * Sample::instance().lines_once().size();
  for (auto _ : state) {
    if (!is_right(state, line_feeds_in(bytes) == lines ? "" : "the lines were not counted right")) {
      return;
    }
  }
  count(state, bytes.size(), "posts", lines);
}
BENCHMARK(line_feeds)->Unit(benchmark::kMillisecond);

// --- Marks -------------------------------------------------------------------------

// The scanner takes so much at a time.
constexpr std::size_t kStepBytes = std::size_t{32} * 1024;

bool is_sign(std::string_view rest, std::string_view before) {
  if (rest.starts_with('#') || rest.starts_with("\xEF\xBC\x83")) {
    return true;
  }
  std::string escape(rest.substr(0, 5));
  std::transform(escape.begin(), escape.end(), escape.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return rest.starts_with('u') && before.ends_with('\\') &&
         (escape == "u0023" || escape == "uff03");
}

// All line feeds, all signs, and maybe some more; byte by byte.
std::string check_marks(std::string_view bytes) {
  std::vector<MarkedWord> words(bytes.size() / 64 + 2);
  words.resize(find_marks(bytes.data(), bytes.size(), words.data()));
  std::vector<bool> marks(bytes.size());
  for (const MarkedWord& word : words) {
    for (std::size_t bit = 0; bit < 64 && word.at + bit < bytes.size(); ++bit) {
      marks[word.at + bit] = (word.marks >> bit & 1) != 0;
    }
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (!marks[at] && (bytes[at] == '\n' || is_sign(bytes.substr(at), bytes.substr(0, at)))) {
      return "a line feed or a sign was missed at byte " + std::to_string(at);
    }
  }
  return "";
}

void marks(benchmark::State& state) {
  static const std::string error = check_marks(Sample::instance().once());
  if (!is_right(state, error)) {
    return;
  }
  const std::string_view bytes = Sample::instance().all();
  std::vector<MarkedWord> words(kStepBytes / 64 + 1);
  for (auto _ : state) {
    for (std::size_t step = 0; step < bytes.size(); step += kStepBytes) {
      benchmark::DoNotOptimize(
          find_marks(bytes.data() + step, std::min(kStepBytes, bytes.size() - step), words.data()));
      benchmark::ClobberMemory();
    }
  }
  count(state, bytes.size(), "posts", Sample::kRepeats * Sample::instance().lines_once().size());
}
BENCHMARK(marks)->Unit(benchmark::kMillisecond);

// --- Lines that must be parsed -----------------------------------------------------

using Catalogue = std::shared_ptr<const OfferCatalogue>;

class Scan {
 public:
  explicit Scan(const OfferCatalogue& offers)
      : database_(std::make_shared<const TagDatabase>(offers)),
        beginnings_(beginnings_of(offers)),
        scanner_(beginnings_, "confirm", database_->longest_fold(), false),
        matcher_(database_) {}

  // The lines of a piece; those with a tag of an offer are to be parsed.
  const std::vector<ScannedLine>& of(std::string_view piece) {
    scanner_.scan(piece, scanned_);
    matcher_.match(scanned_.windows, found_);
    for (const std::uint32_t window : found_) {
      scanned_.lines[scanned_.window_lines[window]].kind = ScannedLine::Kind::kParse;
    }
    return scanned_.lines;
  }

 private:
  static TagBeginnings beginnings_of(const OfferCatalogue& offers) {
    TagBeginnings beginnings;
    for (std::size_t tag = 0; tag < offers.tag_count(); ++tag) {
      beginnings.add(offers.folded_tag(static_cast<TagIndex>(tag)));
    }
    beginnings.add_confirmations("confirm");
    return beginnings;
  }

  std::shared_ptr<const TagDatabase> database_;
  TagBeginnings beginnings_;
  LineScanner scanner_;
  TagMatcher matcher_;
  ScannedBlock scanned_;
  std::vector<std::uint32_t> found_;
};

std::set<std::string> tags_of(const OfferCatalogue& offers) {
  std::set<std::string> tags;
  for (std::size_t tag = 0; tag < offers.tag_count(); ++tag) {
    tags.emplace(offers.folded_tag(static_cast<TagIndex>(tag)));
  }
  return tags;
}

// P3.1, by reading the line.
bool is_candidate(const reference::Line& line, const std::set<std::string>& tags) {
  for (const std::string& tag : reference::post_tags(line.post.text)) {
    if (tags.contains(tag) || reference::code_in_tag(tag, "confirm")) {
      return true;
    }
  }
  return false;
}

// Every line is there, none with a candidate is passed over, none is called what it is not.
std::string check_scan(Scan& scan, const OfferCatalogue& offers) {
  const std::set<std::string> tags = tags_of(offers);
  const std::vector<std::string_view>& lines = Sample::instance().lines_once();
  std::size_t number = 0;
  for (const std::string_view piece : cut_at_lines(Sample::instance().once())) {
    for (const ScannedLine& scanned : scan.of(piece)) {
      const std::string_view text = piece.substr(scanned.begin, scanned.end - scanned.begin);
      const std::string place = "line " + std::to_string(number + 1);
      if (number == lines.size() || text != lines[number]) {
        return place + " was cut wrongly";
      }
      using Kind = reference::Line::Kind;
      const reference::Line line = reference::read_line(text, kLineBytesMax);
      if (scanned.kind == ScannedLine::Kind::kPost &&
          (line.kind != Kind::kPost || is_candidate(line, tags))) {
        return place + " was passed over";
      }
      if (scanned.kind == ScannedLine::Kind::kDeleteNotice && line.kind != Kind::kDeleteNotice) {
        return place + " was taken for a delete notice";
      }
      ++number;
    }
  }
  return number == lines.size() ? "" : "lines are missing";
}

void scan(benchmark::State& state, const Catalogue& offers) {
  Scan scanner(*offers);
  static std::map<const OfferCatalogue*, std::string> errors;
  if (!errors.contains(offers.get())) {
    errors[offers.get()] = check_scan(scanner, *offers);
  }
  if (!is_right(state, errors[offers.get()])) {
    return;
  }
  const std::vector<std::string_view> pieces = cut_at_lines(Sample::instance().all());
  std::size_t lines = 0;
  std::size_t parsed = 0;
  for (auto _ : state) {
    lines = 0;
    parsed = 0;
    for (const std::string_view piece : pieces) {
      for (const ScannedLine& line : scanner.of(piece)) {
        ++lines;
        parsed += line.kind == ScannedLine::Kind::kParse ? 1 : 0;
      }
    }
  }
  count(state, Sample::instance().all().size(), "posts", lines);
  state.counters["parsed"] = static_cast<double>(parsed) / static_cast<double>(lines);
}

// The commonest words of the JSON itself, so that nearly every window is one of them.
Catalogue hostile_offers() {
  std::map<std::string, std::size_t> counts;
  std::string word;
  for (const char c : Sample::instance().once()) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '_') {
      word += static_cast<char>(std::tolower(byte));
      continue;
    }
    if (word.size() <= 30 && std::any_of(word.begin(), word.end(), [](unsigned char letter) {
          return std::isalpha(letter) != 0;
        })) {
      ++counts[word];
    }
    word.clear();
  }
  std::vector<std::pair<std::size_t, std::string>> by_count;
  for (const auto& [spelling, times] : counts) {
    by_count.emplace_back(times, spelling);
  }
  constexpr std::size_t kTags = 5'000;
  const std::size_t kept = std::min(kTags, by_count.size());
  std::partial_sort(by_count.begin(), by_count.begin() + static_cast<std::ptrdiff_t>(kept),
                    by_count.end(), std::greater<>());
  std::vector<std::string> tags;
  for (std::size_t i = 0; i < kept; ++i) {
    tags.push_back(by_count[i].second);
  }
  return catalogue_of(tags);
}

void scan_ordinary(benchmark::State& state) { scan(state, Sample::instance().generated().offers); }
BENCHMARK(scan_ordinary)->Unit(benchmark::kMillisecond);

void scan_hostile(benchmark::State& state) {
  static const Catalogue offers = hostile_offers();
  scan(state, offers);
}
BENCHMARK(scan_hostile)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tagtill::bench
