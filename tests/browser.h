// A headless Chromium that a test tells what to do, by the DevTools protocol.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/temp_folder.h"

namespace tagtill {

// One page. Reaches this machine alone. Every function is a failure of the test when the browser
// does not answer within a minute.
class Browser {
 public:
  [[nodiscard]] static bool is_there();

  Browser();
  ~Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  void open(const std::string& url);
  void set_size(int width, int height);
  void prefer_dark();

  // The value of an expression of JavaScript: a string as it is, else as JSON.
  [[nodiscard]] std::string evaluate(const std::string& expression);
  // Waits until it is true, a minute at most.
  [[nodiscard]] bool comes_true(const std::string& expression);

  // What stands in the console as an error or a warning.
  [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  // Sends a command and waits for its answer: what stands in its "result", as JSON.
  std::string call(const std::string& method, const std::string& parameters);
  bool read_message(std::string& message);
  void take_notice(std::string_view message);

  TempFolder folder_;
  int child_ = -1;
  int to_ = -1;
  int from_ = -1;
  std::string read_;
  std::string session_;
  std::uint64_t calls_ = 0;
  std::vector<std::string> complaints_;
};

}  // namespace tagtill
