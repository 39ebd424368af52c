// Fuzzes the scanner; its twin reads every line.
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/fuzz.h"
#include "tests/scanner_twins.h"

// The first byte says what the rest is: the text of a post that is long enough to be
// passed over, and where in it, or a block as it stands.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static tagtill::ScannerTwins twins(
      {"mug", "x", "Kindle_Fire7", "straße", "日本語", "\U00010400z", "ǰa", "e\u0301e\u0301"});
  if (size == 0) {
    return 0;
  }
  const std::string_view rest = fuzz::text_of(bytes + 1, size - 1);
  std::string block;
  if (bytes[0] < 0xC0) {
    block = tagtill::long_line(rest, bytes[0]);
    block += tagtill::long_line("#mug");  // the neighbour that must not get lost
  } else {
    block = rest;
  }
  const std::string difference = twins.difference_in(block);
  fuzz::expect(difference.empty(), difference);
  return 0;
}
