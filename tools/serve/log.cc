#include "tools/serve/log.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <map>
#include <mutex>
#include <type_traits>
#include <utility>

#include "engine/card_number.h"
#include "engine/errors.h"
#include "engine/event.h"
#include "tools/serve/author_hasher.h"
#include "tools/shown_text.h"

namespace tagtill {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warning", "error"};
constexpr int kPatienceMs = 1'000;

Millis system_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// --- The text of a line ----------------------------------------------------------------

std::string fit_to_be_said(std::string_view text) {
  // Masked before it is cut, so that no card number is cut to what is none.
  const std::string masked = without_card_numbers(text.substr(0, 2 * Log::kValueBytesMax));
  std::string fit = shown_text(std::string_view(masked).substr(0, Log::kValueBytesMax));
  if (text.size() > Log::kValueBytesMax) {
    fit += "…";
  }
  return fit;
}

bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._:/@+*%-").find(c) != std::string_view::npos;
  });
}

void append_text(std::string& out, std::string_view text, LogForm form) {
  if (form == LogForm::kText && is_plain(text)) {
    out += text;
  } else {
    append_json_string(out, text);
  }
}

void append_value(std::string& out, const LogField::Value& value, LogForm form,
                  const AuthorHasher& hasher) {
  std::visit(
      [&](const auto& typed) {
        using Type = std::decay_t<decltype(typed)>;
        if constexpr (std::is_same_v<Type, std::string_view>) {
          append_text(out, fit_to_be_said(typed), form);
        } else if constexpr (std::is_same_v<Type, HashedAuthor>) {
          const AuthorHasher::Hash hash = hasher.hash(typed.id);
          append_text(out, {hash.data(), hash.size()}, form);
        } else {
          const std::string number = fmt::format("{}", typed);
          const std::string masked = without_card_numbers(number);
          // JSON has no infinity, and no digits that are masked.
          const bool is_number =
              masked == number && number.find_first_of("in") == std::string::npos;
          const bool is_bool = std::is_same_v<Type, bool>;
          if (is_number || is_bool) {
            out += number;
          } else {
            append_text(out, masked, form);
          }
        }
      },
      value);
}

// --- The thread that writes ------------------------------------------------------------

struct WriteCounts {
  std::atomic<std::uint64_t> written{0};
  std::atomic<std::uint64_t> failed{0};
};

// Writes lines to a file that may not take them.
class LineWriter {
 public:
  explicit LineWriter(int file) : file_(file) {}

  // False: it was not taken, at least not whole.
  bool write(std::string_view line) {
    if (cut_) {  // who reads must not take its rest for the beginning of the next
      cut_ = !write_all("\n");
    }
    bool whole = !cut_;
    if (whole) {
      whole = write_all(line);
    }
    stuck_ = !whole;
    return whole;
  }

 private:
  bool write_all(std::string_view rest) {
    const std::size_t length = rest.size();
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
    while (!rest.empty()) {
      pollfd wanted{file_, POLLOUT, 0};
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                            end - std::chrono::steady_clock::now())
                            .count();
      // Who has once been waited for in vain is not waited for again.
      const int ready = ::poll(&wanted, 1, stuck_ ? 0 : static_cast<int>(std::max(left, 0L)));
      if (ready < 0 && errno == EINTR) {
        continue;
      }
      const ssize_t done = ready > 0 ? send_some(rest) : -1;
      if (done < 0 && ready > 0 && errno == EINTR) {
        continue;
      }
      if (done <= 0) {
        cut_ = cut_ || rest.size() < length;
        return false;
      }
      rest.remove_prefix(static_cast<std::size_t>(done));
    }
    return true;
  }

  // A socket (that of the journal) must not be waited for either.
  ssize_t send_some(std::string_view bytes) {
    if (is_socket_) {
      const ssize_t done = ::send(file_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (done >= 0 || errno != ENOTSOCK) {
        return done;
      }
      is_socket_ = false;
    }
    return ::write(file_, bytes.data(), bytes.size());
  }

  int file_;
  bool is_socket_ = true;  // until it is known better
  bool stuck_ = false;
  bool cut_ = false;
};

using OneThread = spdlog::details::null_mutex;

// Runs on the thread of the queue. Lines come ready.
class LineSink : public spdlog::sinks::base_sink<OneThread> {
 public:
  LineSink(int file, std::shared_ptr<WriteCounts> counts,
           std::function<std::string(std::uint64_t&)> line_about_drops)
      : writer_(file), counts_(std::move(counts)), line_about_drops_(std::move(line_about_drops)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (!writer_.write({message.payload.data(), message.payload.size()})) {
      counts_->failed.fetch_add(1);
      return;
    }
    counts_->written.fetch_add(1);
    const std::string about_drops = line_about_drops_(dropped_said_);
    if (!about_drops.empty() && writer_.write(about_drops)) {
      counts_->written.fetch_add(1);
    }
  }
  void flush_() override {}

 private:
  LineWriter writer_;
  std::shared_ptr<WriteCounts> counts_;
  std::function<std::string(std::uint64_t&)> line_about_drops_;
  std::uint64_t dropped_said_ = 0;
};

// --- Limits ----------------------------------------------------------------------------

// Lines by message: as many keys as the program has messages.
class LineLimits {
 public:
  LineLimits(double burst, double lines_a_second)
      : burst_(burst), lines_a_second_(lines_a_second) {}

  // How many lines were left out since the last one that was not; nothing: this one is, too.
  std::optional<std::uint64_t> admit(std::string_view message, Millis now) {
    if (lines_a_second_ <= 0) {
      return 0;
    }
    const std::lock_guard lock(mutex_);
    const auto [place, is_new] = keys_.try_emplace(message);
    Key& key = place->second;
    if (is_new) {
      key = {burst_, now, 0};
    }
    // The clock may have been set back meanwhile.
    const Millis elapsed = std::max<Millis>(now - key.at, 0);
    key.at = now;
    key.left = std::min(burst_, key.left + lines_a_second_ * static_cast<double>(elapsed) / 1'000);
    if (key.left < 1) {
      ++key.suppressed;
      ++suppressed_;
      return std::nullopt;
    }
    key.left -= 1;
    return std::exchange(key.suppressed, 0);
  }

  [[nodiscard]] std::uint64_t suppressed() const {
    const std::lock_guard lock(mutex_);
    return suppressed_;
  }

  // The messages of which lines were left out that no later line has said.
  template <typename Function>
  void for_each_unsaid(Function function) {
    const std::lock_guard lock(mutex_);
    for (const auto& [message, key] : keys_) {
      if (key.suppressed > 0) {
        function(message, key.suppressed);
      }
    }
  }

 private:
  struct Key {
    double left = 0;
    Millis at = 0;
    std::uint64_t suppressed = 0;
  };
  double burst_;
  double lines_a_second_;
  mutable std::mutex mutex_;
  std::map<std::string_view, Key> keys_;
  std::uint64_t suppressed_ = 0;
};

void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

std::string_view name_of(LogLevel level) { return kLevelNames[static_cast<std::size_t>(level)]; }

std::optional<LogLevel> read_log_level(std::string_view name) {
  const auto* const place = std::find(kLevelNames.begin(), kLevelNames.end(), name);
  return place == kLevelNames.end()
             ? std::nullopt
             : std::optional(static_cast<LogLevel>(place - kLevelNames.begin()));
}

LogForm log_form_for(int file) { return ::isatty(file) == 1 ? LogForm::kText : LogForm::kJson; }

class Log::Impl {
 public:
  explicit Impl(LogOptions options)
      : form_(options.form),
        level_(options.level),
        now_(options.now ? std::move(options.now) : system_now),
        hasher_(options.author_key.empty() ? std::make_unique<AuthorHasher>()
                                           : std::make_unique<AuthorHasher>(options.author_key)),
        limits_(options.burst, options.lines_a_second),
        counts_(std::make_shared<WriteCounts>()) {
    try {
      pool_ = std::make_shared<spdlog::details::thread_pool>(options.queue_lines, 1, block_signals);
      queue_ = pool_.get();
      logger_ = std::make_shared<spdlog::async_logger>(
          "tagtill",
          std::make_shared<LineSink>(options.file, counts_,
                                     [this](std::uint64_t& said) { return about_drops(said); }),
          pool_, spdlog::async_overflow_policy::overrun_oldest);
    } catch (const std::exception& error) {
      throw Error(ExitCode::kFailed, fmt::format("The log cannot be started: {}.", error.what()));
    }
    logger_->set_level(spdlog::level::trace);
  }

  ~Impl() {
    limits_.for_each_unsaid([this](std::string_view message, std::uint64_t suppressed) {
      write(line(LogLevel::kWarning, "lines were left out",
                 {{"message", message}, {"lines", suppressed}}, 0));
    });
    pool_.reset();  // joins the thread when the queue is empty
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void say(LogLevel level, std::string_view message, Fields fields) {
    if (level < level_.load(std::memory_order_relaxed)) {
      return;
    }
    const std::optional<std::uint64_t> suppressed = limits_.admit(message, now_());
    if (suppressed) {
      write(line(level, message, fields, *suppressed));
    }
  }

  void set_level(LogLevel level) { level_ = level; }

  Counts counts() const { return {counts_->written.load(), dropped(), limits_.suppressed()}; }

 private:
  [[nodiscard]] std::uint64_t dropped() const {
    return queue_->overrun_counter() + counts_->failed.load();
  }

  void write(const std::string& text) const {
    logger_->log(spdlog::level::info, spdlog::string_view_t(text.data(), text.size()));
  }

  // On the thread that writes.
  [[nodiscard]] std::string about_drops(std::uint64_t& said) const {
    const std::uint64_t now = dropped();
    if (now == said) {
      return "";
    }
    const std::uint64_t more = now - std::exchange(said, now);
    return line(LogLevel::kWarning, "log lines were dropped", {{"lines", more}}, 0);
  }

  [[nodiscard]] std::string line(LogLevel level, std::string_view message, Fields fields,
                                 std::uint64_t suppressed) const {
    std::string out = form_ == LogForm::kJson ? "{\"ts\":\"" : "";
    append_rfc3339(out, std::clamp<Millis>(now_(), 0, kLastMillisecond));
    if (form_ == LogForm::kJson) {
      out += fmt::format("\",\"level\":\"{}\",\"msg\":", name_of(level));
      append_json_string(out, message);
    } else {
      out += fmt::format("  {:<7}  {}", name_of(level), message);
    }
    append_fields(out, fields);
    if (suppressed > 0) {
      append_name(out, "suppressed");
      out += fmt::format("{}", suppressed);
    }
    out += form_ == LogForm::kJson ? "}\n" : "\n";
    return out;
  }

  void append_fields(std::string& out, Fields fields) const {
    constexpr std::size_t kReserve = 64;  // for what stands behind the fields
    for (const LogField& field : fields) {
      const std::size_t before = out.size();
      append_name(out, field.name());
      append_value(out, field.value(), form_, *hasher_);
      if (out.size() > kLineBytesMax - kReserve) {
        out.resize(before);
        append_name(out, "cut");
        out += "true";
        return;
      }
    }
  }

  void append_name(std::string& out, std::string_view name) const {
    out += form_ == LogForm::kJson ? fmt::format(",\"{}\":", name) : fmt::format("  {}=", name);
  }

  LogForm form_;
  std::atomic<LogLevel> level_;
  std::function<Millis()> now_;
  std::unique_ptr<AuthorHasher> hasher_;
  LineLimits limits_;
  std::shared_ptr<WriteCounts> counts_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  spdlog::details::thread_pool* queue_ = nullptr;  // the same, also while it ends
  std::shared_ptr<spdlog::async_logger> logger_;
};

Log::Log(LogOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Log::~Log() = default;

void Log::say(LogLevel level, LogMessage message, Fields fields) {
  impl_->say(level, message.text(), fields);
}

void Log::set_level(LogLevel level) { impl_->set_level(level); }

Log::Counts Log::counts() const { return impl_->counts(); }

}  // namespace tagtill
