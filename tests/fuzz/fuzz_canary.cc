// A target with a fault in it: a fuzzer that does not find this one finds nothing.
// The fault is of the kind that is looked for: a read behind the end of a line, once
// three members of an object stand in a certain order.
#include <cstdint>
#include <string_view>
#include <vector>

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text = fuzz::text_of(bytes, size);
  const std::size_t user = text.find("\"user\"");
  if (user == std::string_view::npos || text.find("\"id\"", user) == std::string_view::npos) {
    return 0;
  }
  if (text.find("\\u0023", user) == std::string_view::npos) {
    return 0;
  }
  const std::vector<char> copy(text.begin(), text.end());
  volatile char behind = copy.data()[copy.size()];
  return behind == 0 ? 0 : 0;
}
