// What ends a run. Thrown at the edges (files, sinks, configuration), never on
// the way of a record; the program turns each into its exit code.
#pragma once

#include <stdexcept>
#include <string>

namespace tagtill {

enum class ExitCode : int {
  kOk = 0,
  kFailed = 1,      // something that should not have happened; explain: no such post
  kUsage = 2,       // wrong arguments
  kBadInput = 65,   // a dump that could not be read whole; --strict and a malformed line; a
                    // damaged state
  kIoFailed = 74,   // an output could not be written
  kGaveUp = 75,     // what somebody else should have done in time was not done: try again later
  kBadConfig = 78,  // a bad configuration, catalogue, member file or secret
};

// `message` is one or more whole sentences for a person: what, where, what to do.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

// A state, journal or snapshot whose bytes are not what they should be. Whatever was
// being made of them must not be used.
class DamagedState : public Error {
 public:
  explicit DamagedState(const std::string& message) : Error(ExitCode::kBadInput, message) {}
};

}  // namespace tagtill
