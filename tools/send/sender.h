// Brings a recording to a tier: on time, through connections that break, each byte once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sinks/surroundings.h"
#include "tools/send/connection.h"
#include "tools/send/pace.h"
#include "tools/send/recording.h"
#include "tools/send/resend_buffer.h"

namespace tagtill {

struct SenderOptions {
  std::string stream;                                // empty: none
  std::size_t buffer_bytes = std::size_t{64} << 20;  // at least kBufferMin
  Millis give_up_after_ms = 0;                       // 0: never
  std::shared_ptr<const TlsClient> tls = nullptr;    // null: plain
};

struct SendCounts {
  std::uint64_t lines = 0;       // sent whole, each counted once
  std::uint64_t bytes = 0;       // of them
  std::uint64_t sent_again = 0;  // bytes
  std::uint64_t had_before =
      0;  // bytes that the tier had when this run began, or learned meanwhile
  std::uint64_t acknowledged = 0;  // where the stream is, all runs together
  std::uint64_t reconnections = 0;
  double seconds = 0;    // from the first connection to the last line
  double latest_ms = 0;  // how late the latest line was, when the system had taken it
  bool gave_up = false;
};

// With a stream the first line is `{"hello":{"stream":NAME}}`. The tier answers
// `{"ack":POSITION}`, how many bytes behind that line it has, and again whenever it has more.
// Sending begins there, on every connection. So a byte is sent again until the tier has it, and
// what it has is never taken twice; also over several runs, since a position means the same in
// each.
//
// Without a stream nothing is answered. A line that was not handed to the system whole when a
// connection broke is sent again whole; what the system had and did not deliver is lost.
//
// Everything is done on the calling thread. Memory: the buffer, which holds what is not
// acknowledged; when it is full sending waits.
class Sender {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  static constexpr std::size_t kBufferMin = std::size_t{4} << 20;

  // References must outlive the sender. `say` is told when the tier cannot be reached, and when it
  // can be again.
  Sender(SenderOptions options, SendTarget target, Recording& recording, Pace& pace,
         std::function<void(const std::string&)> say);

  // Until everything is sent, and with a stream acknowledged, or the tier was given up. Calls
  // `watch` now and then. Throws tagtill::Error: kIoFailed when the tier has less than it said it
  // had, or more than it was sent; kBadInput when the recording does not have the position that the
  // tier is at.
  [[nodiscard]] SendCounts run(const std::function<void()>& watch);

 private:
  // How much waits to be written at most: it is written in one piece.
  static constexpr std::size_t kUnsentMax = std::size_t{1} << 20;
  // Who sends at a pace looks no more often at the time.
  static constexpr std::chrono::microseconds kTick{100};
  static constexpr std::chrono::milliseconds kLookEvery{100};
  static constexpr std::chrono::seconds kConnectPatience{10};
  static constexpr std::chrono::seconds kEndPatience{10};
  static constexpr std::chrono::seconds kLastingConnection{1};

  // A line that was not handed over whole so far.
  struct Unsent {
    std::uint64_t end;  // in the stream
    TimePoint due;
  };

  [[nodiscard]] bool has_stream() const { return !options_.stream.empty(); }
  // The tier has said where to go on, or says nothing.
  [[nodiscard]] bool may_send() const {
    return connection_.is_open() && (answered_ || !has_stream());
  }
  [[nodiscard]] bool is_done();

  void try_to_connect();
  void greet();
  void lost();
  void fill(TimePoint now);
  void write();
  void settle_sent_lines();
  void read_answers();
  void take_answer(std::string_view line);
  void go_on_at(std::uint64_t position);
  void skip_recording_to(std::uint64_t position);
  void begin_schedule();
  void note_progress();
  [[nodiscard]] bool is_time_to_give_up();
  // True: answers have come.
  [[nodiscard]] bool wait();
  // 0: it is due, or was not looked at yet.
  [[nodiscard]] std::chrono::nanoseconds time_to_next_line();
  void wait_for_the_end();

  SenderOptions options_;
  Connection connection_;
  Recording& recording_;
  Pace& pace_;
  std::function<void(const std::string&)> say_;
  ResendBuffer buffer_;
  std::uint64_t sent_ = 0;      // written to this connection up to there, or acknowledged
  std::uint64_t furthest_ = 0;  // the furthest that sent_ ever was
  std::uint64_t whole_ = 0;     // up to there whole lines were written
  std::deque<Unsent> unsent_;
  std::optional<TimePoint> due_;  // of the recording's next line
  bool answered_ = false;
  bool has_begun_ = false;
  bool was_connected_ = false;
  bool has_complained_ = false;
  TimePoint begun_{};
  TimePoint last_sent_{};
  TimePoint connected_at_{};
  TimePoint last_progress_{};
  TimePoint next_try_{};
  Surroundings around_ = real_surroundings();
  Backoff backoff_{50, 2'000};
  SendCounts counts_;
};

}  // namespace tagtill
