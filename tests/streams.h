// Small streams for tests: random ones from a seed, and every one over a tiny
// alphabet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace streams {

// P6.4: what takes the place of catalogue, members and secret before a file.
struct Replacement {
  size_t before_file = 0;
  std::string offers;
  std::string members;
  std::string secret;
};

struct Stream {
  std::string offers;   // JSON Lines without errors
  std::string members;  // JSON Lines without errors
  std::string secret;
  int64_t lateness_ms = 30000;
  int64_t max_jump_ms = 86400000;
  std::string prefix = "Confirm";
  std::vector<std::string> files;
  std::vector<Replacement> replacements;  // by file; only where asked for
};

// The same seed gives the same stream. Some thousands of seeds meet every rule
// of the protocol, most of them several of its boundaries at once.
Stream make(uint64_t seed);

// The same with catalogue, members and secret replaced between some files.
Stream make_with_replacements(uint64_t seed);

// The setting of the tiny streams; its `files` are empty.
Stream tiny_setting();

// Symbols of the alphabet; a stream of length n is one of kTinySymbols^n.
inline constexpr size_t kTinySymbols = 12;
inline constexpr int kTinyLengthMax = 6;

// Calls `fn` with every stream of exactly `length` lines (1 to kTinyLengthMax).
// The lines are without an end and live as long as the program.
//
// Two members, a and b; one offer with one unit of stock, limit 1, a window of
// 4 s; L is 2 s, J is 10 s. The symbols of each member:
//
//   intent     a post with the offer's tag, at the time of its place
//   confirm    a post with the code of the target, 2 s ahead of its place
//   delete     a delete notice for the target
//   duplicate  the target once more, byte by byte
//   late       an intent 4 s behind its place
//   ahead      an intent 20 s ahead of its place
//
// The place in the stream gives the time, one second a place, and makes posts
// of one symbol different posts. The target is the member's latest intent so
// far, else the first one to come (so that deletes, duplicates and
// confirmations come before what they are about as well), else a post that
// never comes. These offsets bring about, over six places: a confirmation at
// exactly the deadline and a second after it, windows that fall due, late posts
// at exactly clock - L and before it, parked confirmations that are applied,
// dropped and deleted, two posts far ahead that agree, and one contradicted.
void for_each_tiny_stream(int length,
                          const std::function<void(const std::vector<std::string_view>&)>& fn);

// The lines joined, each with its end.
std::string join(const std::vector<std::string_view>& lines);

}  // namespace streams
