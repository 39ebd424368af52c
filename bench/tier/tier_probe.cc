// The sender and the stop-watch of bench/tier.sh: sends posts to a running tier on a schedule that
// never slips (open loop), follows the file of events, and tells how long after its *scheduled*
// time the prompt of each intent stood there. Shares no code with what it measures.
//
//   tier_probe --port N --events FILE --filler FILE --start-ms T --rate N --seconds N
//              [--every N] [--author N] [--tag TAG] [--disk-probe FILE]
//              [--reloads N --process PID --http-port N --offers FILE --members FILE [--table
//              FILE]]
//
// Post i is due at start + i / rate. Every `every`th one is an intent of its own, of author
// `author` + k, whose event time is T + the time since the start; the others are lines of the
// filler, over and over. What is due is written at once, in one call; when the tier does not take
// it, the schedule goes on, and what waits has its time counted.
//
// Three threads: the sender; one that follows the events (woken by inotify, so it costs nothing
// while nothing comes); and, with --disk-probe, one that appends 4 KiB to a file every 10 ms and
// calls fdatasync. A prompt counts from when it can be read; it was committed before that.
//
// With --reloads the tier is made to read offers and members anew so many times meanwhile, half of
// them bad (bench/tier/reloads.h), and it ends when that is done; --seconds is the most then. The
// intent behind each good reload is one of the new member for the new offer. Each prompt must have
// terms that were in force between its intent was sent and it was read, and prices never go back.
// Latencies are told apart: of intents due in a rest, and of the others (`quiet_`, `reload_`), with
// the longest time between two prompts that could be read one after the other (`_gap_max`). --table
// gets a line a reload: kind, milliseconds it took, slowest prompt of the intents due meanwhile.
//
// Prints `name=value` a line: milliseconds for latencies. Ends with 1, and a sentence, when an
// intent has no prompt or two, when its terms are wrong, or when what was sent is not all
// acknowledged within 30 s.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "bench/tier/reloads.h"
#include "bench/tier/timing.h"

namespace {

using tier_probe::fail;
using tier_probe::fail_errno;
using tier_probe::in_ms;
using tier_probe::kMillisecond;
using tier_probe::kSecond;
using tier_probe::Nanos;
using tier_probe::now;
using tier_probe::Reload;
using tier_probe::Reloads;
using tier_probe::Rest;
using tier_probe::sleep_until;

constexpr std::size_t kWriteMax = std::size_t{1} << 20;  // bytes in one call
constexpr Nanos kRest = 100'000;  // the sender looks for what is due no oftener: calls cost, too
constexpr Nanos kAckPatience = 30 * kSecond;
constexpr Nanos kAcksEvery = 20 * kMillisecond;
constexpr Nanos kDiskEvery = 10 * kMillisecond;
constexpr std::int64_t kSnowflakeEpochMs = 1'288'834'974'657;
constexpr unsigned kSnowflakeShift = 22;
constexpr std::uint64_t kIntentsMax = std::uint64_t{1} << kSnowflakeShift;
constexpr std::size_t kIntentBytes = 2'700;
// Behind the last reload before a rest what it has left behind may still be cleared up.
constexpr Nanos kSettles = 500 * kMillisecond;

double cpu_seconds_of_thread() {
  rusage usage{};
  (void)::getrusage(RUSAGE_THREAD, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// --- What it was asked for ----------------------------------------------------------------

struct Options {
  std::map<std::string, std::string> given;

  Options(int count, char** words) {
    for (int i = 1; i + 1 < count; i += 2) {
      given[words[i]] = words[i + 1];
    }
  }
  [[nodiscard]] std::string text(const std::string& name, const char* otherwise) const {
    const auto found = given.find(name);
    if (found == given.end() && otherwise == nullptr) {
      fail(name + " is missing. See the first lines of bench/tier/tier_probe.cc.");
    }
    return found == given.end() ? otherwise : found->second;
  }
  [[nodiscard]] std::int64_t number(const std::string& name, const char* otherwise) const {
    const std::string digits = text(name, otherwise);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || value < 0) {
      fail(name + ": " + digits + " is no number.");
    }
    return value;
  }
};

// --- What is sent -------------------------------------------------------------------------

// Line after line, and from the beginning again. begin(i) to begin(i + n) are one piece as long
// as it does not pass the end.
class Filler {
 public:
  explicit Filler(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    begins_.push_back(0);
    for (std::size_t at = 0; (at = bytes_.find('\n', at)) != std::string::npos;) {
      begins_.push_back(++at);
    }
    if (begins_.size() < 2) {
      fail(path + " has no lines.");
    }
  }
  [[nodiscard]] std::size_t lines() const { return begins_.size() - 1; }
  // As many of `lines` from `line` on as lie in one piece and are at most `bytes` long, but one.
  [[nodiscard]] std::string_view piece(std::size_t line, std::size_t& count,
                                       std::size_t bytes) const {
    count = std::min(count, lines() - line);
    const std::size_t begin = begins_[line];
    while (count > 1 && begins_[line + count] - begin > bytes) {
      count = (count + 1) / 2;
    }
    return std::string_view(bytes_).substr(begin, begins_[line + count] - begin);
  }

 private:
  std::string bytes_;
  std::vector<std::size_t> begins_;
};

struct Schedule {
  Nanos start = 0;
  std::int64_t rate = 0;
  std::int64_t every = 0;
  std::int64_t posts = 0;

  [[nodiscard]] Nanos due(std::int64_t post) const {
    return start + post / rate * kSecond + post % rate * kSecond / rate;
  }
  // How many are due by then.
  [[nodiscard]] std::int64_t due_by(Nanos time) const {
    const Nanos since = time - start;
    return since < 0
               ? 0
               : std::min(posts, since / kSecond * rate + since % kSecond * rate / kSecond + 1);
  }
  [[nodiscard]] bool is_intent(std::int64_t post) const { return post % every == every / 2; }
  [[nodiscard]] std::int64_t intents() const { return (posts + every - 1 - every / 2) / every; }
  [[nodiscard]] Nanos intent_due(std::int64_t intent) const {
    return due(intent * every + every / 2);
  }
};

// Makes them when they are sent. After each good reload one is of what it has brought.
class Intents {
 public:
  struct Sent {
    Nanos at = 0;            // just before
    std::int64_t good = 0;   // so many good reloads were done then
    bool is_of_new = false;  // of the member and for the offer that the last of them brought
  };

  // `reloads`: null: none.
  Intents(std::int64_t start_ms, std::int64_t author, std::string tag, const Reloads* reloads)
      : start_ms_(start_ms), author_(author), tag_(std::move(tag)), reloads_(reloads) {}

  [[nodiscard]] std::string next(Nanos since_start) {
    const auto intent = static_cast<std::int64_t>(sent_.size());
    Sent sent;
    sent.good = reloads_ == nullptr ? 0 : reloads_->newest_good();
    sent.is_of_new = !sent_.empty() && sent.good > sent_.back().good;
    sent.at = now();
    sent_.push_back(sent);
    const std::int64_t at_ms = start_ms_ + since_start / kMillisecond;
    const std::string id =
        std::to_string(((at_ms - kSnowflakeEpochMs) << kSnowflakeShift) | intent);
    const std::string who =
        std::to_string(sent.is_of_new ? Reloads::kFirstMember + sent.good : author_ + intent);
    const std::string tag = sent.is_of_new ? "Reload" + std::to_string(sent.good) : tag_;
    std::string line = R"({"id":)" + id + R"(,"id_str":")" + id + R"(","text":"I will have one #)" +
                       tag + R"(","user":{"id":)" + who + R"(,"id_str":")" + who +
                       R"(","followers_count":12},"source":")";
    line.append(kIntentBytes - line.size(), 's');
    return line + "\"}\n";
  }

  [[nodiscard]] const std::vector<Sent>& sent() const { return sent_; }

 private:
  std::int64_t start_ms_;
  std::int64_t author_;
  std::string tag_;
  const Reloads* reloads_;
  std::vector<Sent> sent_;
};

// --- The events ---------------------------------------------------------------------------

struct Prompt {
  Nanos at = 0;  // could be read first; 0: never
  std::int64_t price = 0;
  std::int64_t offer = 0;  // that which the so manyth good reload brought; 0: the probe's
};

// The prompt of each intent. `seen` is written by one thread.
class Follower {
 public:
  Follower(const std::string& path, std::size_t intents) : seen_(intents) {
    file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    changes_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (file_ < 0 || changes_ < 0 || ::inotify_add_watch(changes_, path.c_str(), IN_MODIFY) < 0) {
      fail_errno(path);
    }
    (void)::lseek(file_, 0, SEEK_END);
    thread_ = std::thread([this] { follow(); });
  }
  ~Follower() {
    end();
    (void)::close(file_);
    (void)::close(changes_);
  }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  void end() {
    ended_ = true;
    if (thread_.joinable()) {
      thread_.join();
    }
  }
  [[nodiscard]] std::size_t prompts() const { return prompts_; }
  // After end():
  [[nodiscard]] const std::vector<Prompt>& seen() const { return seen_; }
  [[nodiscard]] std::size_t odd() const { return odd_; }
  [[nodiscard]] double cpu_seconds() const { return cpu_seconds_; }

 private:
  void follow() {
    std::vector<char> bytes(std::size_t{1} << 20);
    std::array<char, 4096> ignored;
    for (bool last = false; !last;) {
      last = ended_;
      for (ssize_t got = 0; (got = ::read(file_, bytes.data(), bytes.size())) > 0;) {
        take({bytes.data(), static_cast<std::size_t>(got)}, now());
      }
      if (!last) {
        pollfd change{changes_, POLLIN, 0};
        (void)::poll(&change, 1, 50);
        while (::read(changes_, ignored.data(), ignored.size()) > 0) {
        }
      }
    }
    cpu_seconds_ = cpu_seconds_of_thread();
  }

  void take(std::string_view bytes, Nanos at) {
    piece_ += bytes;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = piece_.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      take_line(std::string_view(piece_).substr(begin, end - begin), at);
    }
    piece_.erase(0, begin);
  }

  void take_line(std::string_view line, Nanos at) {
    constexpr std::string_view kPrompt = R"({"type":"prompt",)";
    constexpr std::string_view kExpired = R"({"type":"expired",)";
    const std::uint64_t id = number_behind(line, R"("purchase_id":")");
    const std::uint64_t intent = id & (kIntentsMax - 1);
    const bool is_ours = id != 0 && intent < seen_.size();
    if (is_ours && line.substr(0, kExpired.size()) == kExpired && seen_[intent].at != 0) {
      return;
    }
    if (!is_ours || line.substr(0, kPrompt.size()) != kPrompt || seen_[intent].at != 0) {
      ++odd_;
      return;
    }
    seen_[intent] = {at, static_cast<std::int64_t>(number_behind(line, R"("price_minor":)")),
                     static_cast<std::int64_t>(number_behind(line, R"("offer_id":"reload-)"))};
    ++prompts_;
  }

  // 0: there is none.
  static std::uint64_t number_behind(std::string_view line, std::string_view name) {
    const std::size_t at = line.find(name);
    std::uint64_t number = 0;
    if (at != std::string_view::npos) {
      (void)std::from_chars(line.data() + at + name.size(), line.data() + line.size(), number);
    }
    return number;
  }

  int file_ = -1;
  int changes_ = -1;
  std::string piece_;
  std::vector<Prompt> seen_;
  std::size_t odd_ = 0;  // lines that are no prompt of an intent of ours, or a second one
  std::atomic<std::size_t> prompts_{0};
  std::atomic<bool> ended_{false};
  double cpu_seconds_ = 0;
  std::thread thread_;
};

// --- The disk's own -----------------------------------------------------------------------

class DiskProbe {
 public:
  // An empty path: none.
  explicit DiskProbe(const std::string& path) {
    if (path.empty()) {
      return;
    }
    file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (file_ < 0) {
      fail_errno(path);
    }
    thread_ = std::thread([this] { run(); });
  }
  ~DiskProbe() {
    (void)end();
    if (file_ >= 0) {
      (void)::close(file_);
    }
  }
  DiskProbe(const DiskProbe&) = delete;
  DiskProbe& operator=(const DiskProbe&) = delete;

  std::vector<Nanos>& end() {
    ended_ = true;
    if (thread_.joinable()) {
      thread_.join();
    }
    return took_;
  }

 private:
  void run() {
    const std::string bytes(4096, 'x');
    for (Nanos next = now(); !ended_; next = std::max(next + kDiskEvery, now())) {
      sleep_until(next);
      const Nanos began = now();
      if (::write(file_, bytes.data(), bytes.size()) < 0 || ::fdatasync(file_) != 0) {
        return;
      }
      took_.push_back(now() - began);
    }
  }

  int file_ = -1;
  std::vector<Nanos> took_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

// --- The sender ---------------------------------------------------------------------------

class Sender {
 public:
  Sender(const Filler& filler, std::uint16_t port) : filler_(filler) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    const int yes = 1;
    if (socket_ < 0 || ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0 ||
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)) != 0) {
      fail_errno("The tier cannot be reached");
    }
    std::string hello = "{\"hello\":{\"stream\":\"tier-probe\"}}\n";
    iovec bytes{hello.data(), hello.size()};
    send(&bytes, 1);
    const Nanos until = now() + kAckPatience;
    while (!answered_ && now() < until) {
      read_acks(100);
    }
    if (!answered_ || acked_ != 0) {
      fail("The tier does not answer the hello with the position 0. Use a new state.");
    }
  }
  ~Sender() { (void)::close(socket_); }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Returns how many posts were sent: all, or fewer when `reloads` have ended. May be null.
  std::int64_t run(const Schedule& schedule, Intents& intents, const Reloads* reloads) {
    Nanos acks_at = schedule.start;
    std::int64_t next = 0;
    while (next < schedule.posts && (reloads == nullptr || !reloads->ended())) {
      const Nanos began = now();
      const std::int64_t due = schedule.due_by(began);
      if (due > next) {
        next = write(schedule, intents, next, due);
        late_ = now() - schedule.due(next - 1);
        latest_ = std::max(latest_, late_);
      }
      if (now() >= acks_at) {
        acks_at += kAcksEvery;
        read_acks(0);
      }
      if (next < schedule.posts && schedule.due_by(now()) <= next) {
        sleep_until(std::max(schedule.due(next), began + kRest));
      }
    }
    return next;
  }

  void wait_for_acks() {
    const Nanos until = now() + kAckPatience;
    while (acked_ < sent_ && now() < until) {
      read_acks(10);
    }
  }

  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t acked() const { return acked_; }
  [[nodiscard]] Nanos late() const { return late_; }
  [[nodiscard]] Nanos latest() const { return latest_; }

 private:
  // From `next` on, as much as is due and fits; returns behind what was written.
  std::int64_t write(const Schedule& schedule, Intents& intents, std::int64_t next,
                     std::int64_t due) {
    std::array<iovec, 64> pieces;
    std::array<std::string, 64> lines_of_intents;
    std::size_t count = 0;
    std::size_t bytes = 0;
    while (next < due && count < pieces.size() && bytes < kWriteMax) {
      std::string_view piece;
      if (schedule.is_intent(next)) {
        lines_of_intents[count] = intents.next(schedule.due(next) - schedule.start);
        piece = lines_of_intents[count];
        ++next;
      } else {
        const std::int64_t in_turn = next % schedule.every;
        const std::int64_t up_to_intent =
            (in_turn < schedule.every / 2 ? 0 : schedule.every) + schedule.every / 2 - in_turn;
        auto lines = static_cast<std::size_t>(std::min(due - next, up_to_intent));
        piece = filler_.piece(static_cast<std::size_t>(next) % filler_.lines(), lines,
                              kWriteMax - bytes);
        next += static_cast<std::int64_t>(lines);
      }
      pieces[count++] = {const_cast<char*>(piece.data()), piece.size()};
      bytes += piece.size();
    }
    send(pieces.data(), count);
    sent_ += bytes;
    return next;
  }

  // Waits until all of it was taken.
  void send(iovec* pieces, std::size_t count) {
    while (count > 0) {
      msghdr message{};
      message.msg_iov = pieces;
      message.msg_iovlen = count;
      const ssize_t taken = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
      if (taken < 0 && errno != EINTR) {
        fail_errno("The tier has ended the connection");
      }
      for (auto left = static_cast<std::size_t>(std::max<ssize_t>(taken, 0)); left > 0;) {
        const std::size_t step = std::min(left, pieces->iov_len);
        pieces->iov_base = static_cast<char*>(pieces->iov_base) + step;
        pieces->iov_len -= step;
        left -= step;
        if (pieces->iov_len == 0) {
          ++pieces;
          --count;
        }
      }
    }
  }

  void read_acks(int wait_ms) {
    constexpr std::string_view kAck = R"({"ack":)";
    pollfd answer{socket_, POLLIN, 0};
    if (::poll(&answer, 1, wait_ms) <= 0) {
      return;
    }
    std::array<char, 4096> bytes;
    const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got == 0) {
      fail("The tier has ended the connection.");
    }
    answer_.append(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = answer_.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      const std::string line = answer_.substr(begin, end - begin);
      if (line.compare(0, kAck.size(), kAck) != 0) {
        fail("The tier answers: " + line);
      }
      answered_ = true;
      (void)std::from_chars(line.data() + kAck.size(), line.data() + line.size(), acked_);
    }
    answer_.erase(0, begin);
  }

  const Filler& filler_;
  int socket_ = -1;
  std::string answer_;
  bool answered_ = false;
  std::uint64_t sent_ = 0;
  std::uint64_t acked_ = 0;
  Nanos late_ = 0;    // of the last post: from when it was due until the system had taken it
  Nanos latest_ = 0;  // the most of all
};

// --- What it tells ------------------------------------------------------------------------

void say(const char* name, double value) { std::printf("%s=%.3f\n", name, value); }

void say_distribution(const std::string& name, std::vector<Nanos>& values) {
  if (values.empty()) {
    return;
  }
  std::sort(values.begin(), values.end());
  const auto at = [&](std::size_t of_thousand) {  // the nearest rank
    return in_ms(values[(values.size() * of_thousand + 999) / 1'000 - 1]);
  };
  say((name + "_p50").c_str(), at(500));
  say((name + "_p99").c_str(), at(990));
  say((name + "_p999").c_str(), at(999));
  say((name + "_max").c_str(), in_ms(values.back()));
}

// What must be true of every prompt, with reloads: its terms were in force at some time from when
// its intent was sent until it could be read, and no older ones follow newer ones.
void check_terms(const std::vector<Intents::Sent>& intents, const std::vector<Prompt>& prompts,
                 const std::vector<Reload>& reloads) {
  std::vector<Nanos> good_begun;
  for (const Reload& reload : reloads) {
    if (reload.kind == "good") {
      good_begun.push_back(reload.begun);
    }
  }
  std::int64_t newest = 0;
  for (std::size_t i = 0; i < intents.size(); ++i) {
    const Prompt& prompt = prompts[i];
    const std::int64_t terms = prompt.price - Reloads::kFirstPrice;
    const std::int64_t begun =
        std::lower_bound(good_begun.begin(), good_begun.end(), prompt.at) - good_begun.begin();
    const bool of_new = intents[i].is_of_new;
    if (prompt.offer != (of_new ? intents[i].good : 0) || terms < intents[i].good ||
        terms > begun || (of_new && terms != intents[i].good) || (!of_new && terms < newest)) {
      fail("Intent " + std::to_string(i) + " has a prompt for the price " +
           std::to_string(prompt.price) + " of offer " + std::to_string(prompt.offer) + ": " +
           std::to_string(intents[i].good) + " good reloads were done when it was sent, " +
           std::to_string(begun) +
           " were begun when the prompt came, and the prompt before it had " +
           std::to_string(newest + Reloads::kFirstPrice) + ".");
    }
    newest = std::max(newest, terms);
  }
}

// How many terms were met: so many changes of the configuration showed.
std::int64_t terms_met(const std::vector<Intents::Sent>& intents) {
  return std::count_if(intents.begin(), intents.end(),
                       [](const Intents::Sent& sent) { return sent.is_of_new; });
}

struct Timed {
  Nanos due = 0;
  Nanos seen = 0;
};

// Of some intents: how long they took, and the times between two of their prompts.
struct Latencies {
  std::vector<Nanos> took;
  std::vector<Nanos> gaps;

  void add(const Timed& intent, Nanos gap) {
    took.push_back(intent.seen - intent.due);
    gaps.push_back(gap);
  }
  void say_all(const std::string& name) {
    say_distribution(name, took);
    if (!gaps.empty()) {
      say((name + "_gap_max").c_str(), in_ms(*std::max_element(gaps.begin(), gaps.end())));
    }
  }
};

void say_reloads(std::vector<Timed> intents, const Reloads& reloads, const std::string& table) {
  std::sort(intents.begin(), intents.end(),
            [](const Timed& a, const Timed& b) { return a.seen < b.seen; });
  Latencies quiet;
  Latencies reload;
  Nanos seen_before = intents.front().seen;
  for (const Timed& intent : intents) {
    const auto rest =
        std::find_if(reloads.rests().begin(), reloads.rests().end(),
                     [&](const Rest& r) { return intent.due >= r.begun && intent.due < r.ended; });
    const bool is_quiet = rest != reloads.rests().end() && intent.due >= rest->begun + kSettles;
    (is_quiet ? quiet : reload).add(intent, intent.seen - seen_before);
    seen_before = intent.seen;
  }
  std::vector<Nanos> good;
  std::vector<Nanos> bad;
  std::int64_t slow = 0;
  std::ofstream lines(table);
  for (const Reload& one : reloads.done()) {
    (one.kind == "good" ? good : bad).push_back(one.done - one.begun);
    Nanos slowest = 0;
    for (const Timed& intent : intents) {
      if (intent.due >= one.begun && intent.due < one.done + kSettles / 5) {
        slowest = std::max(slowest, intent.seen - intent.due);
      }
    }
    slow += slowest > 50 * kMillisecond ? 1 : 0;
    lines << one.kind << ',' << in_ms(one.done - one.begun) << ',' << in_ms(slowest) << '\n';
  }
  say("reloads_good", static_cast<double>(good.size()));
  say("reloads_bad", static_cast<double>(bad.size()));
  say("reloads_with_over_50ms", static_cast<double>(slow));
  say("quiet_intents", static_cast<double>(quiet.took.size()));
  say("quiet_over_50ms",
      static_cast<double>(std::count_if(quiet.took.begin(), quiet.took.end(),
                                        [](Nanos took) { return took > 50 * kMillisecond; })));
  say("reload_intents", static_cast<double>(reload.took.size()));
  say("reload_over_50ms",
      static_cast<double>(std::count_if(reload.took.begin(), reload.took.end(),
                                        [](Nanos took) { return took > 50 * kMillisecond; })));
  quiet.say_all("quiet");
  reload.say_all("reload");
  say_distribution("good", good);
  say_distribution("bad", bad);
}

std::unique_ptr<Reloads> reloads_of(const Options& options) {
  const std::int64_t count = options.number("--reloads", "0");
  if (count == 0) {
    return nullptr;
  }
  return std::make_unique<Reloads>(Reloads::Options{
      .process = static_cast<int>(options.number("--process", nullptr)),
      .http_port = static_cast<std::uint16_t>(options.number("--http-port", nullptr)),
      .offers = options.text("--offers", nullptr),
      .members = options.text("--members", nullptr),
      .count = count});
}

int run(const Options& options) {
  const Filler filler(options.text("--filler", nullptr));
  Schedule schedule;
  schedule.rate = std::max<std::int64_t>(options.number("--rate", nullptr), 1);
  schedule.every = std::max<std::int64_t>(options.number("--every", "1000"), 2);
  schedule.posts = schedule.rate * options.number("--seconds", "10");
  if (schedule.intents() < 1 || static_cast<std::uint64_t>(schedule.intents()) > kIntentsMax) {
    fail("Too few or too many intents: choose another --rate, --every or --seconds.");
  }

  Follower follower(options.text("--events", nullptr),
                    static_cast<std::size_t>(schedule.intents()));
  Sender sender(filler, static_cast<std::uint16_t>(options.number("--port", nullptr)));
  DiskProbe disk(options.text("--disk-probe", ""));
  (void)::prctl(PR_SET_TIMERSLACK, 1UL);
  const double cpu_before = cpu_seconds_of_thread();
  const std::unique_ptr<Reloads> reloads = reloads_of(options);
  Intents intents(options.number("--start-ms", nullptr), options.number("--author", "7000000000"),
                  options.text("--tag", "TierProbe"), reloads.get());
  schedule.start = now() + 10 * kMillisecond;
  schedule.posts = sender.run(schedule, intents, reloads.get());
  const double cpu_sending = cpu_seconds_of_thread() - cpu_before;
  if (reloads != nullptr) {
    if (!reloads->ended()) {
      fail("The reloads were not done in --seconds.");
    }
    reloads->end();
  }
  sender.wait_for_acks();
  const Nanos acked_at = now();
  const bool all_acked = sender.acked() == sender.sent();
  const std::vector<Intents::Sent>& sent = intents.sent();
  while (follower.prompts() < sent.size() && now() < acked_at + 5 * kSecond) {
    sleep_until(now() + kMillisecond);
  }
  std::vector<Nanos>& disk_took = disk.end();
  follower.end();

  if (!all_acked) {
    fail("Of " + std::to_string(sender.sent()) + " bytes only " + std::to_string(sender.acked()) +
         " were acknowledged.");
  }
  if (follower.prompts() != sent.size() || follower.odd() != 0) {
    fail("Of " + std::to_string(sent.size()) + " intents " + std::to_string(follower.prompts()) +
         " have a prompt, and " + std::to_string(follower.odd()) +
         " events are none of these, or second ones.");
  }
  std::vector<Timed> timed;
  std::vector<Nanos> took;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    timed.push_back({schedule.intent_due(static_cast<std::int64_t>(i)), follower.seen()[i].at});
    took.push_back(timed.back().seen - timed.back().due);
  }
  const Nanos ended = schedule.due(schedule.posts);
  say("posts", static_cast<double>(schedule.posts));
  say("bytes", static_cast<double>(sender.sent()));
  say("intents", static_cast<double>(sent.size()));
  say("seconds", in_ms(ended - schedule.start) / 1'000);
  say("pace", static_cast<double>(schedule.posts) /
                  (static_cast<double>(ended + std::max<Nanos>(sender.late(), 0) - schedule.start) /
                   static_cast<double>(kSecond)));
  say("sender_late_end", in_ms(sender.late()));
  say("sender_late_max", in_ms(sender.latest()));
  say("ack_after_end", in_ms(acked_at - ended));
  say_distribution("prompt", took);
  say_distribution("disk", disk_took);
  if (reloads != nullptr) {
    check_terms(sent, follower.seen(), reloads->done());
    say("terms_met", static_cast<double>(terms_met(sent)));
    say_reloads(std::move(timed), *reloads, options.text("--table", "/dev/null"));
  }
  say("sender_cpu_s", cpu_sending);
  say("follower_cpu_s", follower.cpu_seconds());
  return 0;
}

}  // namespace

int main(int count, char** words) {
  try {
    return run(Options(count, words));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tier_probe: %s\n", error.what());
    return 1;
  }
}
