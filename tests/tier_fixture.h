// `tagtill serve` as an operator meets it, in a folder of its own: what its tests share.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/exposition.h"
#include "tests/plain_http.h"
#include "tests/run_program.h"
#include "tests/temp_folder.h"

namespace tagtill {

// One purchase: the example of P5.1, in 2014.
inline constexpr const char* kIntent =
    R"({"id_str":"505874924095815681","text":"#kindlehd","user":{"id_str":"1186275104"}})"
    "\n";
inline constexpr const char* kConfirmation =
    R"({"id_str":"505875175783415809","text":"#ConfirmTN8QDQZF","user":{"id_str":"1186275104"}})"
    "\n";

// What a sender of the stream `test` begins with, and a line end: it counts as read.
inline constexpr std::size_t kHello = sizeof R"({"hello":{"stream":"test"}})";

class TierTest : public ::testing::Test {
 protected:
  TierTest() {
    folder_.write("offers.jsonl",
                  R"({"id":"kindle-hd","tag":"KindleHD","title":"Kindle HD","price_minor":19900,)"
                  R"("currency":"USD","fulfilment":"pickup","starts_at":"2014-01-01T00:00:00Z",)"
                  R"("ends_at":"2015-01-01T00:00:00Z"})");
    folder_.write("members.jsonl", R"({"author_id":"1186275104","account":"acct-0001"})");
    folder_.write("secret", "0123456789abcdef0123456789abcdef");
    configure("");
  }

  void configure(const std::string& more,
                 const std::string& source = "kind = \"unix\"\npath = \"socket\"") {
    folder_.write("tagtill.toml", R"([offers]
file = "offers.jsonl"
[members]
file = "members.jsonl"
[secret]
file = "secret"
[state]
path = "state"
journal = "all"
[events]
file = "events.jsonl"
[http]
listen = ""
[[source]]
)" + source + "\n" + more);
  }

  [[nodiscard]] ProgramResult run(const std::vector<std::string>& arguments) const {
    return run_program(arguments, {.folder = folder_.path(".")});
  }
  [[nodiscard]] ProgramResult send(const std::string& posts) {
    folder_.write("posts.json", posts);
    return run({"send", "--to", "unix:socket", "--stream", "test", "--speed", "max",
                "--give-up-after", "60s", "--summary", "none", "--progress", "off", "posts.json"});
  }
  [[nodiscard]] std::string events() const {
    const std::string path = folder_.path("events.jsonl");
    return std::filesystem::exists(path) ? read_file(path) : "";
  }
  // Asks so many times, every 10 ms.
  static bool comes_true(const std::function<bool()>& condition, int times = 6'000) {
    for (int i = 1; i < times; ++i) {
      if (condition()) {
        return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
  }
  [[nodiscard]] bool have_come(const std::string& part) const {
    return comes_true([&] { return events().find(part) != std::string::npos; });
  }

  // To be started with a page at the port.
  [[nodiscard]] std::vector<std::string> watched_at(std::uint16_t port) const {
    std::vector<std::string> arguments = serve_;
    arguments.insert(arguments.end(), {"--set", "http.listen=127.0.0.1:" + std::to_string(port)});
    return arguments;
  }
  // Empty while nobody answers there.
  static std::string metrics_at(std::uint16_t port) {
    return PlainConnection(port).connected() ? get(port, "/metrics").body : "";
  }
  static bool shows(std::uint16_t port, const std::string& line) {
    return comes_true(
        [&] { return metrics_at(port).find("\n" + line + "\n") != std::string::npos; });
  }
  static double retries_of(std::uint16_t port, const std::string& sink) {
    const std::string text = metrics_at(port);
    const std::string sample = "tagtill_sink_retries_total{sink=\"" + sink + "\"}";
    return text.empty()
               ? 0
               : exposition::read(text).at("tagtill_sink_retries_total").samples.at(sample);
  }

  TempFolder folder_;
  const std::vector<std::string> serve_ = {"serve", "--config", "tagtill.toml"};
};

}  // namespace tagtill
