// `tagtill send`: plays recorded dumps to a running tier.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/errors.h"
#include "engine/time.h"

namespace tagtill {

struct SendOptions {
  std::string to;      // tcp:HOST:PORT, unix:PATH
  std::string tls_ca;  // PEM files: all three, or none, then it is plain
  std::string tls_cert;
  std::string tls_key;
  std::string stream;             // empty: none
  std::string speed = "1x";       // 1x, 100/s, max
  std::uint64_t loop = 1;         // how often the dumps are sent
  std::string buffer = "64MiB";   // of what was not acknowledged
  Millis give_up_after_ms = 0;    // 0: never
  std::string summary = "text";   // text, json, none
  std::string progress = "auto";  // auto, on, off
  std::vector<std::string> dumps;
};

// Runs on the calling thread until everything was sent, and with a stream acknowledged, and says
// on standard error what there is to say.
//
// Returns kOk; kBadInput when a dump could not be read whole; kGaveUp when the tier was given up.
// Throws tagtill::Error with kUsage for wrong options, and what Sender::run() throws.
[[nodiscard]] ExitCode send(const SendOptions& options);

}  // namespace tagtill
