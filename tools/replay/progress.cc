#include "tools/replay/progress.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>

#include "tools/messages.h"

namespace tagtill {
namespace {

// "0:07", "12:34", "3:00:00".
std::string as_duration(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::max(seconds, 0.0) + 0.5);
  const std::uint64_t hours = whole / 3600;
  const std::uint64_t minutes = whole / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60)
                   : fmt::format("{}:{:02}", minutes, whole % 60);
}

}  // namespace

Progress::Progress(bool shown, std::uint64_t total_bytes, Clock::time_point start)
    : shown_(shown), total_bytes_(total_bytes), start_(start), next_(start + kEvery) {}

void Progress::update(std::uint64_t bytes_done, Clock::time_point now) {
  if (!shown_ || now < next_) {
    return;
  }
  next_ = now + kEvery;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double done = static_cast<double>(bytes_done);
  const double rate = done / seconds;
  std::string line = "\r";
  // A file that grows while it is read makes the total a lie: then no percent.
  if (total_bytes_ > 0 && bytes_done <= total_bytes_) {
    const double total = static_cast<double>(total_bytes_);
    line += fmt::format("{:5.1f}%  {} of {}  {}/s", 100 * done / total, as_bytes(done),
                        as_bytes(total), as_bytes(rate));
    if (rate > 0) {
      line += fmt::format("  {} left", as_duration((total - done) / rate));
    }
  } else {
    line += fmt::format("{}  {}/s  {}", as_bytes(done), as_bytes(rate), as_duration(seconds));
  }
  say_raw(line + "\x1b[K");
  visible_ = true;
}

void Progress::clear() {
  if (visible_) {
    say_raw("\r\x1b[K");
    visible_ = false;
  }
}

}  // namespace tagtill
