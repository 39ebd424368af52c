// Where sinks write in a test, each kind in its own way, and what stands there afterwards.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "sinks/sink.h"
#include "sinks/surroundings.h"
#include "tests/postgres_server.h"

namespace tagtill {

class SinkPlace {
 public:
  SinkPlace() = default;
  virtual ~SinkPlace() = default;
  SinkPlace(const SinkPlace&) = delete;
  SinkPlace& operator=(const SinkPlace&) = delete;

  // A sink that writes there; one after the other.
  [[nodiscard]] virtual std::unique_ptr<Sink> sink() = 0;
  // What stands there: a text for each purchase, those that are the same alike; what stands
  // there twice comes twice.
  [[nodiscard]] virtual std::vector<std::string> purchases() = 0;
  // All that stands there.
  [[nodiscard]] virtual std::string content() = 0;
};

struct SinkKind {
  std::string name;
  // Null: this machine lacks what it takes.
  std::function<std::unique_ptr<SinkPlace>()> place;
  bool keeps = true;             // false: nothing is kept
  bool knows_purchases = false;  // what is written twice stands there once
  bool exactly_once = true;      // with a stream; false: at least once
  // Of files: a sink that writes to a path. The path is said when that cannot be done.
  std::function<std::unique_ptr<Sink>(const std::string& path)> at_path = nullptr;
};

// gtest prints a parameter by it.
std::ostream& operator<<(std::ostream& out, const SinkKind& kind);

[[nodiscard]] std::vector<SinkKind> all_sink_kinds();

// One for all tests of the process, started by the first; null: there is no PostgreSQL here.
[[nodiscard]] PostgresServer* shared_postgres();
// A name that no other test of the process has.
[[nodiscard]] std::string new_schema();

// As real_surroundings(), but with a random number generator of the test's.
[[nodiscard]] Surroundings test_surroundings();

// A secret of 32 bytes, as its file says it.
inline constexpr const char* kWebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";

}  // namespace tagtill
