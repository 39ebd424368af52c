// Fuzzes the reader of the ingest tier's configuration. What is refused must be said with a place;
// what is taken and shown must be read as the same. The first line is a --set option, if it has no
// brackets.
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "engine/file_errors.h"
#include "tests/fuzz/fuzz.h"
#include "tools/serve/serve_config.h"

namespace {

void check_places(const tagtill::FileErrors& errors) {
  for (const std::string& error : errors.shown()) {
    unsigned line = 0;
    unsigned column = 0;
    const bool has_place =
        std::sscanf(error.c_str(), "f:%u:%u: ", &line, &column) == 2 && line > 0 && column > 0;
    fuzz::expect(has_place || error.starts_with("--set "), "an error without a place: " + error);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view text = fuzz::text_of(bytes, size);
  std::vector<std::string> settings;
  const std::string_view first = text.substr(0, text.find('\n'));
  if (first.size() < text.size() && first.find('[') == std::string_view::npos) {
    settings.emplace_back(first);
    text.remove_prefix(first.size() + 1);
  }
  tagtill::FileErrors errors;
  const tagtill::ServeConfig config = tagtill::parse_serve_config(text, "f", settings, errors);
  check_places(errors);
  if (!errors.empty()) {
    return 0;
  }
  const std::string shown = tagtill::serve_config_toml(config);
  const tagtill::ServeConfig again = tagtill::parse_serve_config(shown, "f", {}, errors);
  // What is masked need not be a URL any more.
  const bool is_masked = shown.starts_with("#");
  fuzz::expect(is_masked || errors.empty(), "what is shown is refused");
  fuzz::expect(is_masked || tagtill::serve_config_toml(again) == shown,
               "what is shown is read otherwise");
  return 0;
}
