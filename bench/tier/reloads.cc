#include "bench/tier/reloads.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

namespace tier_probe {
namespace {

constexpr Nanos kAskEvery = 10 * kMillisecond;
constexpr Nanos kPatience = 60 * kSecond;
constexpr std::int64_t kBadPrice = 1'000'000;

// As the probe's own, from 2026 on.
std::string offer_line(const std::string& id, const std::string& tag, std::int64_t price,
                       const std::string& more) {
  return R"({"id":")" + id + R"(","tag":")" + tag + R"(","title":"Probe","price_minor":)" +
         std::to_string(price) +
         R"(,"currency":"EUR","fulfilment":"pickup","starts_at":"2026-11-01T00:00:00Z",)"
         R"("ends_at":"2026-12-31T00:00:00Z")" +
         more + "}\n";
}

std::string member_line(std::int64_t author, const std::string& account) {
  return R"({"author_id":")" + std::to_string(author) + R"(","account":")" + account + "\"}\n";
}

// As an operator should: whoever reads has the old one or the new one.
void write_file(const std::string& path, const std::string& text) {
  const std::string beside = path + ".new";
  std::ofstream file(beside, std::ios::binary);
  file << text;
  file.close();
  if (!file || std::rename(beside.c_str(), path.c_str()) != 0) {
    fail_errno(path + " cannot be written");
  }
}

void append_to(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::app);
  file << text;
  file.close();
  if (!file) {
    fail_errno(path + " cannot be written");
  }
}

std::string get_metrics(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                              "\r\nConnection: close\r\n\r\n";
  std::string reply;
  if (socket >= 0 && ::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0 &&
      ::send(socket, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size())) {
    std::array<char, 16'384> bytes;
    for (ssize_t got = 0; (got = ::recv(socket, bytes.data(), bytes.size(), 0)) > 0;) {
      reply.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }
  (void)::close(socket);
  return reply;
}

std::int64_t sample_of(const std::string& metrics, std::string_view row) {
  const std::size_t at = metrics.find(row);
  std::int64_t value = 0;
  if (at == std::string::npos ||
      std::from_chars(metrics.data() + at + row.size(), metrics.data() + metrics.size(), value)
              .ec != std::errc()) {
    fail("The tier's /metrics has no " + std::string(row) + ".");
  }
  return value;
}

}  // namespace

Reloads::Reloads(Options options) : options_(std::move(options)) {
  constexpr std::string_view kProbe = R"("id":"probe")";
  constexpr std::string_view kPrice = R"("price_minor":)";
  std::ifstream file(options_.offers, std::ios::binary);
  for (std::string line; std::getline(file, line);) {
    if (line.find(kProbe) == std::string::npos) {
      other_offers_ += line + "\n";
      continue;
    }
    const std::size_t price = line.find(kPrice) + kPrice.size();
    probe_before_price_ = line.substr(0, price);
    probe_after_price_ = line.substr(line.find(',', price)) + "\n";
  }
  if (probe_before_price_.empty()) {
    fail(options_.offers + " has no offer with the id probe.");
  }
  members_bytes_ = std::filesystem::file_size(options_.members);
  thread_ = std::thread([this] {
    try {
      run();
    } catch (...) {
      error_ = std::current_exception();
    }
    ended_ = true;
  });
}

Reloads::~Reloads() {
  stopped_ = true;
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Reloads::end() {
  if (thread_.joinable()) {
    thread_.join();
  }
  if (error_) {
    std::rethrow_exception(error_);
  }
}

void Reloads::run() {
  rest(kFirstRestSeconds * kSecond);
  Nanos begun = now();
  for (std::int64_t number = 1; number <= options_.count && !stopped_; ++number) {
    reload(number);
    if (number % kInARow == 0 || number == options_.count) {
      rest(now() - begun);
      begun = now();
    }
  }
}

// The tier is asked meanwhile as it is during a reload.
void Reloads::rest(Nanos how_long) {
  Rest rest{now(), 0};
  while (now() < rest.begun + how_long && !stopped_) {
    (void)counts();
    sleep_until(now() + kAskEvery);
  }
  rest.ended = now();
  rests_.push_back(rest);
}

void Reloads::reload(std::int64_t number) {
  const bool good = number % 2 == 1;
  const std::int64_t last_good = number / 2;  // before this one
  Reload reload{"good", now(), 0};
  if (good) {
    write_good(last_good + 1);
    members_bytes_ = std::filesystem::file_size(options_.members);
  } else {
    reload.kind = write_bad(number, last_good);
  }
  if (::kill(options_.process, SIGHUP) != 0) {
    fail_errno("The tier cannot be asked for a reload");
  }
  wait_for_counts({good ? last_good + 1 : last_good, number - (good ? last_good + 1 : last_good)});
  reload.done = now();
  done_.push_back(reload);
  if (good) {
    newest_good_ = last_good + 1;
  } else {
    put_back(last_good);
  }
}

std::string Reloads::offers_text(std::int64_t good, std::int64_t price) const {
  std::string text = other_offers_;
  for (std::int64_t g = 1; g <= good; ++g) {
    text += offer_line("reload-" + std::to_string(g), "Reload" + std::to_string(g), kFirstPrice + g,
                       "");
  }
  return text + probe_before_price_ + std::to_string(price) + probe_after_price_;
}

void Reloads::write_good(std::int64_t good) const {
  write_file(options_.offers, offers_text(good, kFirstPrice + good));
  append_to(options_.members, member_line(kFirstMember + good, "reloaded-" + std::to_string(good)));
}

std::string Reloads::write_bad(std::int64_t number, std::int64_t good) const {
  const std::int64_t price = kBadPrice + number;
  const std::string offers = offers_text(good, price);
  const std::string author = std::to_string(number);
  switch (number / 2 % 8) {
    case 0:
      write_file(options_.offers, offers + "{\"id\":\n");
      return "syntax error";
    case 1:
      write_file(options_.offers, offers + offer_line("more", "More", price, R"(,"colour":"red")"));
      return "unknown field";
    case 2:
      write_file(options_.offers, offers + offer_line("probe", "ProbeAgain", price, ""));
      return "duplicate id";
    case 3:
      write_file(options_.offers, offers + offer_line("a", "OneTag", price, "") +
                                      offer_line("b", "OneTag", price, ""));
      return "overlapping offers";
    case 4:
      if (::unlink(options_.offers.c_str()) != 0) {
        fail_errno(options_.offers);
      }
      return "missing file";
    case 5:
      write_file(options_.offers, offers);
      append_to(options_.members, member_line(kFirstMember - 1, "4111111111111111"));
      return "card number";
    case 6:
      write_file(options_.offers, offers);
      append_to(options_.members, member_line(kFirstMember + good, "another"));
      return "duplicate member";
    default:
      write_file(options_.offers, offers);
      append_to(options_.members, "{\"author_id\"\n");
      return "syntax error in members";
  }
}

void Reloads::put_back(std::int64_t good) const {
  write_file(options_.offers, offers_text(good, kFirstPrice + good));
  std::filesystem::resize_file(options_.members, members_bytes_);
}

void Reloads::wait_for_counts(Counts wanted) const {
  const Nanos until = now() + kPatience;
  for (Counts seen = counts(); seen.done != wanted.done || seen.refused != wanted.refused;
       seen = counts()) {
    if (seen.done > wanted.done || seen.refused > wanted.refused || now() > until || stopped_) {
      fail("Reloads done and refused: " + std::to_string(seen.done) + " and " +
           std::to_string(seen.refused) + ", and not " + std::to_string(wanted.done) + " and " +
           std::to_string(wanted.refused) + ".");
    }
    sleep_until(now() + kAskEvery);
  }
}

Reloads::Counts Reloads::counts() const {
  const std::string metrics = get_metrics(options_.http_port);
  return {sample_of(metrics, "tagtill_reloads_total{result=\"done\"} "),
          sample_of(metrics, "tagtill_reloads_total{result=\"refused\"} ")};
}

}  // namespace tier_probe
