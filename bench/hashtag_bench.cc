// The exact reading of a text: the hashtag grammar, and the fold of a tag.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bench/generated.h"
#include "engine/block.h"
#include "engine/fold.h"
#include "engine/hashtag.h"
#include "tests/hashtag_texts.h"
#include "tests/reference/post.h"
#include "tests/reference/text.h"

namespace tagtill::bench {
namespace {

using Texts = std::vector<std::string>;

// The texts of posts.
const Texts& plain_texts() {
  static const Texts texts = [] {
    Texts made;
    for (const std::string_view line : Sample::instance().lines_once()) {
      reference::Line read = reference::read_line(line, kLineBytesMax);
      if (read.kind == reference::Line::Kind::kPost) {
        made.push_back(std::move(read.post.text));
      }
    }
    return made;
  }();
  return texts;
}

// Nothing but signs, URLs, pieces of both, and characters of every kind.
const Texts& hard_texts() {
  static const Texts texts = [] {
    const hashtag_texts::Generator generate;
    Texts made;
    for (std::uint64_t seed = 1; made.size() < 3'000; ++seed) {
      made.push_back(generate(seed));
    }
    return made;
  }();
  return texts;
}

std::size_t bytes_of(const Texts& texts) {
  std::size_t bytes = 0;
  for (const std::string& text : texts) {
    bytes += text.size();
  }
  return bytes;
}

std::string check_grammar(const Texts& texts) {
  std::vector<Hashtag> found;
  for (const std::string& text : texts) {
    find_hashtags(text, found);
    std::vector<std::u16string> names;
    for (const Hashtag& hashtag : found) {
      names.push_back(reference::to_utf16(hashtag.tag));
    }
    std::vector<std::u16string> by_reference;
    for (const reference::Hashtag& hashtag :
         reference::extract_hashtags(reference::to_utf16(text))) {
      by_reference.push_back(hashtag.name);
    }
    if (names != by_reference) {
      return "other hashtags than the reference finds in: " + text;
    }
  }
  return "";
}

void grammar(benchmark::State& state, const Texts& texts, const std::string& error) {
  if (!is_right(state, error)) {
    return;
  }
  std::vector<Hashtag> found;
  for (auto _ : state) {
    for (const std::string& text : texts) {
      find_hashtags(text, found);
      benchmark::DoNotOptimize(found.data());
    }
  }
  count(state, bytes_of(texts), "posts", texts.size());
}

void grammar_plain(benchmark::State& state) {
  static const std::string error = check_grammar(plain_texts());
  grammar(state, plain_texts(), error);
}
BENCHMARK(grammar_plain);

void grammar_hard(benchmark::State& state) {
  // The two know different letters (DECISIONS.md 12), but not in these texts.
  static const std::string error = check_grammar(hard_texts());
  grammar(state, hard_texts(), error);
}
BENCHMARK(grammar_hard);

void fold(benchmark::State& state, const Texts& tags) {
  std::string out;
  for (const std::string& tag : tags) {
    if (!is_right(state, fold_tag(tag, out) && out == reference::fold(tag)
                             ? ""
                             : "folded in another way than by the reference: " + tag)) {
      return;
    }
  }
  for (auto _ : state) {
    for (const std::string& tag : tags) {
      benchmark::DoNotOptimize(fold_tag(tag, out));
      benchmark::DoNotOptimize(out.data());
    }
  }
  count(state, bytes_of(tags), "tags", tags.size());
}

void fold_ascii(benchmark::State& state) {
  fold(state, {"KindleFire", "NowPlaying", "quillby", "OkarinTablet2017", "a_b_C"});
}
BENCHMARK(fold_ascii);

void fold_letters(benchmark::State& state) {
  fold(state, {"キンドル", "日本語", "Élysée", "ПРИВЕТ", "مرحبا", "한국어"});
}
BENCHMARK(fold_letters);

// Full case folding, and marks that compose or change places.
void fold_marks(benchmark::State& state) {
  fold(state, {"STRAẞE", "e\u0301le\u0300ve", "a\u0323\u0302", "ไทยแลนด์", "ﬁﬂ", "ᾈ"});
}
BENCHMARK(fold_marks);

}  // namespace
}  // namespace tagtill::bench
