#include "tools/send/sender.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <thread>
#include <utility>

#include "engine/config_text.h"
#include "engine/errors.h"
#include "tools/messages.h"

namespace tagtill {
namespace {

// `{"ack":123}`; nothing if it is none.
std::optional<std::uint64_t> read_ack(std::string_view line) {
  constexpr std::string_view kBegin = "{\"ack\":";
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  if (!line.starts_with(kBegin) || !line.ends_with('}')) {
    return std::nullopt;
  }
  const std::string_view digits = line.substr(kBegin.size(), line.size() - kBegin.size() - 1);
  std::uint64_t position = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, position);
  return error == std::errc{} && end == last ? std::optional(position) : std::nullopt;
}

Sender::TimePoint now() { return std::chrono::steady_clock::now(); }

}  // namespace

Sender::Sender(SenderOptions options, SendTarget target, Recording& recording, Pace& pace,
               std::function<void(const std::string&)> say)
    : options_(std::move(options)),
      connection_(std::move(target), options_.tls),
      recording_(recording),
      pace_(pace),
      say_(std::move(say)),
      buffer_(std::max(options_.buffer_bytes, kBufferMin)) {}

SendCounts Sender::run(const std::function<void()>& watch) {
  note_progress();
  while (!is_done()) {
    if (is_time_to_give_up()) {
      counts_.gave_up = true;
      break;
    }
    if (!connection_.is_open()) {
      try_to_connect();
    }
    fill(now());
    write();
    watch();
    if (wait()) {
      read_answers();
    }
  }
  wait_for_the_end();
  counts_.seconds = std::chrono::duration<double>(std::max(last_sent_, begun_) - begun_).count();
  return counts_;
}

bool Sender::is_done() {
  const bool all_sent = has_begun_ && sent_ == buffer_.end() && !recording_.line();
  return all_sent && (!has_stream() || (answered_ && counts_.acknowledged == buffer_.end()));
}

// --- connections -------------------------------------------------------------------------------

void Sender::try_to_connect() {
  if (now() < next_try_) {
    return;
  }
  if (!connection_.open(kConnectPatience)) {
    lost();
    return;
  }
  connected_at_ = now();
  counts_.reconnections += was_connected_ ? 1 : 0;
  was_connected_ = true;
  greet();
}

void Sender::greet() {
  answered_ = false;
  if (!has_stream()) {
    sent_ = whole_;
    begin_schedule();
    note_progress();
    return;
  }
  // A new socket takes so little at once.
  const std::string hello = fmt::format("{{\"hello\":{{\"stream\":\"{}\"}}}}\n", options_.stream);
  if (connection_.write(hello) != hello.size()) {
    connection_.read([](std::string_view) {});  // which tells why
    if (connection_.is_open()) {
      connection_.lose("it takes no bytes");
    }
    lost();
  }
}

void Sender::lost() {
  if (now() - connected_at_ >= kLastingConnection && was_connected_) {
    backoff_.reset();
  }
  next_try_ = now() + std::chrono::milliseconds(backoff_.next(around_.random()));
  if (!has_complained_) {
    say_(fmt::format("{}: {}: {}. It is tried again{}.", connection_.target().name,
                     was_connected_ ? "the connection is lost" : "cannot be reached",
                     connection_.problem(),
                     options_.give_up_after_ms > 0 ? "" : " until it works"));
    has_complained_ = true;
  }
}

void Sender::note_progress() { last_progress_ = now(); }

bool Sender::is_time_to_give_up() {
  // Whoever waits for the next line to be due does not wait for the tier.
  const bool nothing_to_wait_for = may_send() && sent_ == buffer_.end() &&
                                   (!has_stream() || counts_.acknowledged == buffer_.end()) &&
                                   buffer_.room() > 0;
  if (nothing_to_wait_for) {
    note_progress();
  }
  return options_.give_up_after_ms > 0 &&
         now() - last_progress_ >= std::chrono::milliseconds(options_.give_up_after_ms);
}

void Sender::begin_schedule() {
  if (!has_begun_) {
    has_begun_ = true;
    begun_ = now();
    pace_.start(begun_);
  }
  if (has_complained_) {
    say_(fmt::format("{}: is connected now.", connection_.target().name));
    has_complained_ = false;
  }
}

// --- lines into the buffer, and on to the socket -----------------------------------------------

void Sender::fill(TimePoint time) {
  while (has_begun_ && buffer_.end() - sent_ < kUnsentMax) {
    const std::optional<std::string_view> line = recording_.line();
    if (!line) {
      return;
    }
    if (!due_) {
      due_ = pace_.due_of(*line);
    }
    if (*due_ > time || line->size() + 1 > buffer_.room()) {
      return;
    }
    buffer_.append(*line);
    buffer_.append("\n");
    unsent_.push_back({buffer_.end(), *due_});
    recording_.take();
    due_.reset();
  }
}

void Sender::write() {
  if (!may_send()) {
    return;
  }
  const std::uint64_t before = sent_;
  while (sent_ < buffer_.end()) {
    const std::size_t written = connection_.write(buffer_.piece_at(sent_));
    if (written == 0) {
      break;
    }
    sent_ += written;
  }
  if (sent_ > before) {
    counts_.sent_again += std::min(sent_, furthest_) - std::min(before, furthest_);
    furthest_ = std::max(furthest_, sent_);
    settle_sent_lines();
    if (!has_stream()) {
      buffer_.forget_before(whole_);
      note_progress();
    }
  }
}

void Sender::settle_sent_lines() {
  const TimePoint time = now();
  while (!unsent_.empty() && unsent_.front().end <= sent_) {
    const double late =
        std::chrono::duration<double, std::milli>(time - unsent_.front().due).count();
    counts_.latest_ms = std::max(counts_.latest_ms, pace_.is_max() ? 0 : late);
    counts_.bytes += unsent_.front().end - whole_;
    ++counts_.lines;
    whole_ = unsent_.front().end;
    unsent_.pop_front();
    last_sent_ = time;
  }
}

// --- answers -----------------------------------------------------------------------------------

void Sender::read_answers() {
  connection_.read([this](std::string_view line) { take_answer(line); });
  if (!connection_.is_open()) {
    lost();
  }
}

void Sender::take_answer(std::string_view line) {
  const std::optional<std::uint64_t> position = has_stream() ? read_ack(line) : std::nullopt;
  if (!position) {
    say_(fmt::format("{} says: {}", connection_.target().name, quoted(line)));
    return;
  }
  if (!answered_) {
    go_on_at(*position);
    answered_ = true;
    begin_schedule();
  } else if (*position > sent_) {
    throw Error(ExitCode::kIoFailed,
                fmt::format("{} acknowledges {} bytes of the stream {}, and was sent {}. Does "
                            "another sender use that name?",
                            connection_.target().name, *position, options_.stream, sent_));
  }
  if (*position > counts_.acknowledged) {
    counts_.acknowledged = *position;
    buffer_.forget_before(*position);
    backoff_.reset();
  }
  note_progress();
}

void Sender::go_on_at(std::uint64_t position) {
  if (position < buffer_.begin()) {
    throw Error(
        ExitCode::kIoFailed,
        fmt::format("{} has {} bytes of the stream {}, and had acknowledged {} before: its state "
                    "was replaced by an older one. Start again, to send from there.",
                    connection_.target().name, position, options_.stream, buffer_.begin()));
  }
  if (position > buffer_.end()) {
    skip_recording_to(position);
    return;
  }
  const bool is_line_start =
      position == buffer_.begin() || buffer_.piece_at(position - 1).front() == '\n';
  if (!is_line_start) {
    throw Error(
        ExitCode::kIoFailed,
        fmt::format("{} wants to go on at byte {} of the stream {}, which is within a line. "
                    "Does another sender use that name?",
                    connection_.target().name, position, options_.stream));
  }
  sent_ = position;
  furthest_ = std::max(furthest_, sent_);
  settle_sent_lines();
}

void Sender::skip_recording_to(std::uint64_t position) {
  if (!recording_.skip_to(position)) {
    throw Error(ExitCode::kBadInput,
                fmt::format("{} has {} bytes of the stream {}, and {}: other dumps were sent under "
                            "this name, or they were changed. Send the same ones with the same "
                            "--loop, or give these another --stream name.",
                            connection_.target().name, position, options_.stream,
                            recording_.line() ? "no line of these dumps ends there"
                                              : "these dumps end before"));
  }
  counts_.had_before += position - buffer_.end();
  buffer_.restart_at(position);
  sent_ = furthest_ = whole_ = position;
  unsent_.clear();
  due_.reset();
}

// --- waiting -----------------------------------------------------------------------------------

bool Sender::wait() {
  if (!connection_.is_open()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_try_ - now());
    std::this_thread::sleep_for(
        std::clamp<std::chrono::milliseconds>(left, std::chrono::milliseconds(0), kLookEvery));
    return false;
  }
  const bool has_unsent = sent_ < buffer_.end();
  return connection_.wait(may_send() && has_unsent,
                          may_send() && !has_unsent ? time_to_next_line() : kLookEvery);
}

std::chrono::nanoseconds Sender::time_to_next_line() {
  const std::optional<std::string_view> line = recording_.line();
  if (!line || line->size() + 1 > buffer_.room()) {
    return kLookEvery;  // an answer comes before
  }
  const std::chrono::nanoseconds left = due_ ? *due_ - now() : std::chrono::nanoseconds(0);
  return left > std::chrono::nanoseconds(0)
             ? std::clamp<std::chrono::nanoseconds>(left, kTick, kLookEvery)
             : std::chrono::nanoseconds(0);
}

// What was written to a socket that is closed with something unread may never arrive.
void Sender::wait_for_the_end() {
  if (has_stream() || !connection_.is_open()) {
    return;
  }
  connection_.end_writing();
  const TimePoint end = now() + kEndPatience;
  while (connection_.is_open() && now() < end) {
    if (connection_.wait(false, kLookEvery)) {
      connection_.read([](std::string_view) {});
    }
  }
}

}  // namespace tagtill
