#include "tools/send/send.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "tools/messages.h"
#include "tools/quantities.h"
#include "tools/replay/progress.h"
#include "tools/send/sender.h"

namespace tagtill {
namespace {

constexpr std::uint64_t kBufferMost = std::uint64_t{64} << 30;
constexpr std::size_t kStreamNameMax = 64;

void check_stream(const std::string& name) {
  const bool good = name.size() <= kStreamNameMax && std::ranges::all_of(name, [](char c) {
                      return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                             (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
                    });
  if (!good) {
    throw Error(ExitCode::kUsage,
                fmt::format("--stream {} is no name of 1 to {} of A-Z a-z 0-9 . _ -", name,
                            kStreamNameMax));
  }
}

// Null: plain.
std::shared_ptr<const TlsClient> tls_of(const SendOptions& options, const SendTarget& target) {
  const int given = !options.tls_ca.empty() + !options.tls_cert.empty() + !options.tls_key.empty();
  if (given == 0) {
    return nullptr;
  }
  if (given < 3) {
    throw Error(ExitCode::kUsage,
                "TLS needs --tls-ca, --tls-cert and --tls-key. Give all three, or none.");
  }
  if (target.is_unix) {
    throw Error(ExitCode::kUsage,
                fmt::format("--to {}: TLS is for tcp:HOST:PORT. Leave out --tls-ca, --tls-cert and "
                            "--tls-key.",
                            options.to));
  }
  return std::make_shared<TlsClient>(TlsFiles{{"--tls-cert", options.tls_cert},
                                              {"--tls-key", options.tls_key},
                                              {"--tls-ca", options.tls_ca}});
}

std::size_t buffer_bytes_of(const std::string& text) {
  const std::optional<std::uint64_t> bytes = parse_size(text);
  if (!bytes || *bytes < Sender::kBufferMin || *bytes > kBufferMost) {
    throw Error(ExitCode::kUsage,
                fmt::format("--buffer {} is not a size from {} to {}, as 64MiB.", text,
                            size_text(Sender::kBufferMin), size_text(kBufferMost)));
  }
  return static_cast<std::size_t>(*bytes);
}

// What is sent again must be there again.
void check_repeatable(const std::vector<DumpSource>& dumps, std::uint64_t times) {
  for (const DumpSource& dump : dumps) {
    std::error_code ignored;
    if (times > 1 && !std::filesystem::is_regular_file(dump.name, ignored)) {
      throw Error(ExitCode::kUsage,
                  fmt::format("{} can be read once only, and --loop {} would read it {} times.",
                              dump.name == "-" ? "Standard input" : dump.name, times, times));
    }
  }
}

// 0 if the size of any is not known.
std::uint64_t total_bytes(const std::vector<DumpSource>& dumps, std::uint64_t times) {
  std::uint64_t total = 0;
  for (const DumpSource& dump : dumps) {
    if (dump.bytes == 0) {
      return 0;
    }
    total += dump.bytes;
  }
  return total > UINT64_MAX / times ? 0 : total * times;
}

std::string in_json(double number) { return fmt::format("{:.3f}", number); }

std::string summary_json(const SendOptions& options, const SendCounts& counts, const Pace& pace,
                         const Recording& recording) {
  std::string json = fmt::format(
      R"({{"lines":{},"bytes":{},"seconds":{},"asked":{},"held":{},"unit":"{}","latest_ms":{},)"
      R"("reconnections":{},"sent_again_bytes":{},"too_long":{})",
      counts.lines, counts.bytes, in_json(counts.seconds),
      pace.is_max() ? "null" : in_json(pace.asked()),
      in_json(pace.held(counts.lines, counts.seconds)), pace.unit() == "x" ? "x" : "lines/s",
      pace.is_max() ? "null" : in_json(counts.latest_ms), counts.reconnections, counts.sent_again,
      recording.too_long());
  if (!options.stream.empty()) {
    json += fmt::format(R"(,"stream":"{}","had_before_bytes":{},"acknowledged":{})", options.stream,
                        counts.had_before, counts.acknowledged);
  }
  return json + fmt::format(R"(,"complete":{}}})", counts.gave_up ? "false" : "true") + "\n";
}

std::string summary_text(const SendOptions& options, const SendCounts& counts, const Pace& pace,
                         const Recording& recording) {
  const auto row = [](std::string_view name, const std::string& value) {
    return fmt::format("  {:<16}{}\n", name, value);
  };
  std::string text =
      fmt::format("Sent {}, {}, in {:.2f} s to {}.\n\n", counted(counts.lines, "line", "lines"),
                  as_bytes(static_cast<double>(counts.bytes)), counts.seconds, options.to);
  const double held = pace.held(counts.lines, counts.seconds);
  const double bytes_per_s =
      counts.seconds > 0 ? static_cast<double>(counts.bytes) / counts.seconds : 0;
  text += row("pace", pace.is_max()
                          ? fmt::format("max: {:.0f} lines/s, {}/s", held, as_bytes(bytes_per_s))
                          : fmt::format("asked {:.6g}{}, held {:.6g}{}", pace.asked(), pace.unit(),
                                        held, pace.unit()));
  if (!pace.is_max()) {
    text += row("latest line", fmt::format("{:.2f} ms behind its time", counts.latest_ms));
  }
  text += row("reconnections", grouped(counts.reconnections));
  if (recording.too_long() > 0) {
    text += row("left out", counted(recording.too_long(), "line that is", "lines that are") +
                                " longer than 1 MiB");
  }
  if (options.stream.empty()) {
    return text + row("acknowledged", "nothing: without --stream nobody says what has arrived");
  }
  if (counts.had_before > 0) {
    text += row("had before", grouped(counts.had_before) + " bytes, which were not sent again");
  }
  if (counts.sent_again > 0) {
    text += row("sent again", grouped(counts.sent_again) + " bytes, after reconnections");
  }
  return text + row("acknowledged",
                    fmt::format("{} bytes of the stream {}{}", grouped(counts.acknowledged),
                                options.stream, counts.gave_up ? "" : ": all"));
}

ExitCode judge(const SendOptions& options, const SendCounts& counts, const Recording& recording) {
  if (counts.gave_up) {
    say(fmt::format("{}: nothing went on for {}, and it was given up. {}", options.to,
                    duration_text(options.give_up_after_ms),
                    options.stream.empty() ? "What had arrived by then nobody knows."
                                           : "The same command goes on where it stands."));
    return ExitCode::kGaveUp;
  }
  return recording.problems().empty() ? ExitCode::kOk : ExitCode::kBadInput;
}

}  // namespace

ExitCode send(const SendOptions& options) {
  check_stream(options.stream);
  const SendTarget target = SendTarget::parse(options.to);
  Pace pace(options.speed);
  const SenderOptions sender_options = {.stream = options.stream,
                                        .buffer_bytes = buffer_bytes_of(options.buffer),
                                        .give_up_after_ms = options.give_up_after_ms,
                                        .tls = tls_of(options, target)};
  FileErrors missing;
  std::vector<DumpSource> dumps = expand_dumps(options.dumps, missing);
  check_repeatable(dumps, options.loop);
  if (!missing.empty()) {
    // With one of them the stream would be another.
    say_problems(missing);
    say("Nothing was sent.");
    return ExitCode::kBadInput;
  }

  const std::uint64_t total = total_bytes(dumps, options.loop);
  Recording recording(std::move(dumps), options.loop);
  Progress progress(
      options.progress == "on" || (options.progress == "auto" && ::isatty(STDERR_FILENO) == 1),
      total, std::chrono::steady_clock::now());
  const auto say_between = [&](const std::string& sentence) {
    progress.clear();
    say(sentence);
  };
  Sender sender(sender_options, target, recording, pace, say_between);
  const SendCounts counts = sender.run(
      [&] { progress.update(recording.stored_bytes_read(), std::chrono::steady_clock::now()); });
  progress.clear();
  say_problems(recording.problems());
  if (options.summary == "json") {
    say_raw(summary_json(options, counts, pace, recording));
  } else if (options.summary == "text") {
    say_raw(summary_text(options, counts, pace, recording));
  }
  return judge(options, counts, recording);
}

}  // namespace tagtill
