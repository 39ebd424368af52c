// `tagtill explain`: what every rule saw and decided for one post or purchase.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/block.h"
#include "engine/errors.h"
#include "tools/explain/narrator.h"
#include "tools/stream_options.h"

namespace tagtill {

class Command;

struct ExplainOptions : StreamOptions {
  std::string post;  // exactly one of these is given
  std::string purchase;
  std::string author;  // empty: whoever it is
};

// Runs the rules over blocks, as a replay does, and tells of the subject. Used by one
// thread.
class Explainer {
 public:
  // `configuration` has offers, members and secret; `out` is appended to.
  Explainer(const Configuration& configuration, const ProtocolOptions& options, Subject subject,
            std::string& out);
  ~Explainer();
  Explainer(const Explainer&) = delete;
  Explainer& operator=(const Explainer&) = delete;

  void do_block(const Block& block, std::string_view source_name);
  // After the last block.
  void end();

  [[nodiscard]] bool found() const;  // as Narrator

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Replays the dumps from an empty state, with the rules and options of a replay but
// without its outputs, and prints the explanation on standard output.
//
// Returns kOk; kFailed if the post does not occur; kBadInput if a dump could not be
// read whole; kBadConfig as replay does. Throws tagtill::Error with kUsage unless
// there is exactly one thing to explain.
[[nodiscard]] ExitCode explain(const ExplainOptions& options);

// Adds the subcommand to `root`.
void add_explain_command(Command& root);

}  // namespace tagtill
