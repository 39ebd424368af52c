// The kinds of stories, as a table: who takes part, what is wanted, what gets posted.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "corpus/random.h"

namespace tagtill::corpus {

// One post or delete notice of a story.
enum class Step : std::uint8_t {
  kNone,
  kIntent,            // the offer's tag (once more, in a story that has had it: P4.3)
  kIntentForTwo,      // the tags of two offers in one post
  kIntentAgain,       // once more while the window is open (P4.2)
  kDelayedIntent,     // comes minutes late (P3.5)
  kConfirm,           // the code of the last window, in time
  kConfirmBoth,       // the codes of all windows in one post
  kConfirmTooLate,    // after the deadline
  kConfirmWrong,      // a code with one wrong character
  kOtherConfirms,     // somebody else posts the code (P5.3)
  kStrangerConfirms,  // a code that nobody was given
  kCopy,              // the last post once more, byte for byte (P3.4)
  kDeleteIntent,      // P6.1
  kDeleteStray,       // a notice for a post that nobody has seen
  kDeleteEarly,       // a notice that comes before its post (P6.2) ...
  kDeletedIntent,     // ... and the post
  kEarlyConfirm,      // a confirmation that comes before its intent (P5.6) ...
  kOvertakenIntent,   // ... and the intent
};

constexpr bool needs_window(Step step) {
  switch (step) {
    case Step::kConfirm:
    case Step::kConfirmBoth:
    case Step::kConfirmTooLate:
    case Step::kConfirmWrong:
    case Step::kOtherConfirms:
    case Step::kDeleteIntent:
    case Step::kIntentAgain:
      return true;
    default:
      return false;
  }
}

enum class Cast : std::uint8_t { kMember, kStranger };

enum class Choice : std::uint8_t {
  kAny,        // an offer that is open to the member, and mostly live
  kStock,      // one with few units
  kElsewhere,  // one that is not for the member's region
  kNotYet,     // one that has not started
};

struct Script {
  std::uint32_t weight;
  Cast cast;
  Choice choice;
  bool is_protected;
  std::array<Step, 4> steps;

  constexpr std::size_t length() const {
    return static_cast<std::size_t>(std::find(steps.begin(), steps.end(), Step::kNone) -
                                    steps.begin());
  }
  constexpr bool wants_two() const { return steps[0] == Step::kIntentForTwo; }
};

inline constexpr Script kStrangerScript{130, Cast::kStranger, Choice::kAny, false, {Step::kIntent}};

inline constexpr std::array<Script, 27> kScripts{{
    // What is hoped for, and what happens most.
    {380, Cast::kMember, Choice::kAny, false, {Step::kIntent, Step::kConfirm}},
    {170, Cast::kMember, Choice::kAny, false, {Step::kIntent}},
    kStrangerScript,
    {50, Cast::kMember, Choice::kStock, false, {Step::kIntent, Step::kConfirm}},
    {12, Cast::kMember, Choice::kStock, false, {Step::kIntent}},
    {8, Cast::kMember, Choice::kStock, false, {Step::kIntent, Step::kDeleteIntent}},
    // People.
    {25, Cast::kMember, Choice::kAny, false, {Step::kIntent, Step::kIntentAgain, Step::kConfirm}},
    {25,
     Cast::kMember,
     Choice::kAny,
     false,
     {Step::kIntent, Step::kConfirm, Step::kIntent, Step::kConfirm}},
    {15, Cast::kMember, Choice::kAny, false, {Step::kIntentForTwo, Step::kConfirmBoth}},
    {20, Cast::kMember, Choice::kAny, false, {Step::kIntent, Step::kConfirmWrong, Step::kConfirm}},
    {12, Cast::kMember, Choice::kAny, false, {Step::kIntent, Step::kConfirmWrong}},
    {40, Cast::kMember, Choice::kAny, false, {Step::kIntent, Step::kConfirmTooLate}},
    {22, Cast::kMember, Choice::kAny, false, {Step::kIntent, Step::kDeleteIntent}},
    {10, Cast::kMember, Choice::kAny, false, {Step::kIntent, Step::kDeleteIntent, Step::kConfirm}},
    {15, Cast::kMember, Choice::kAny, false, {Step::kIntent, Step::kConfirm, Step::kDeleteIntent}},
    {8, Cast::kMember, Choice::kAny, false, {Step::kIntent, Step::kOtherConfirms, Step::kConfirm}},
    {5, Cast::kMember, Choice::kAny, false, {Step::kIntent, Step::kOtherConfirms}},
    {10, Cast::kStranger, Choice::kAny, false, {Step::kStrangerConfirms}},
    {8, Cast::kMember, Choice::kAny, true, {Step::kIntent}},
    {12, Cast::kMember, Choice::kElsewhere, false, {Step::kIntent}},
    {12, Cast::kMember, Choice::kNotYet, false, {Step::kIntent}},
    {10, Cast::kMember, Choice::kAny, false, {Step::kDeleteStray}},
    // The network.
    {25,
     Cast::kMember,
     Choice::kAny,
     false,
     {Step::kIntent, Step::kCopy, Step::kConfirm, Step::kCopy}},
    {5, Cast::kMember, Choice::kAny, false, {Step::kIntent, Step::kConfirm, Step::kCopy}},
    {20, Cast::kMember, Choice::kAny, false, {Step::kEarlyConfirm, Step::kOvertakenIntent}},
    {10, Cast::kMember, Choice::kAny, false, {Step::kDelayedIntent}},
    {6, Cast::kMember, Choice::kAny, false, {Step::kDeleteEarly, Step::kDeletedIntent}},
}};

static_assert(kScripts.back().weight != 0, "the array is longer than the table");

// A script, as often as its weight says.
inline const Script& pick_script(Random& random) {
  constexpr std::uint32_t kTotal = [] {
    std::uint32_t total = 0;
    for (const Script& script : kScripts) {
      total += script.weight;
    }
    return total;
  }();
  std::uint32_t place = random.below(kTotal);
  for (const Script& script : kScripts) {
    if (place < script.weight) {
      return script;
    }
    place -= script.weight;
  }
  return kScripts.front();
}

}  // namespace tagtill::corpus
