// Erases a person from a state and its outputs, step by step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/disk.h"
#include "engine/state/state_store.h"
#include "tools/state/erase_lines.h"

namespace tagtill {

// The kinds of outputs by the names that a state knows them by (output_name, tools/outputs.h).
enum class OutputKind : std::uint8_t {
  kEvents,    // files of events, a line each
  kSegments,  // folders of them
  kLetters,   // dead letters
  kDatabase,  // of the sqlite: sink
  kNothing,   // null:
  kBeyond,    // what tagtill cannot reach: databases elsewhere, webhooks, pipes
};
struct OutputPlace {
  OutputKind kind = OutputKind::kBeyond;
  std::string path;  // of what can be reached
};
// Looks whether the path of a jsonl: output is a folder.
[[nodiscard]] OutputPlace place_of_output(std::string_view name);

// In this order, each durable before the next:
//
//   1. a mark that an author is being forgotten (forget_marks.h)
//   2. a snapshot without the author takes the place of the old one and of the whole journal,
//      which holds the posts of everybody
//   3. each output is rewritten, and the state told how long it is now
//   4. the mark's place is taken by one without the author's id; the state's file is written anew
//   5. the mark goes
//
// Whatever dies when: the same again does what is left. Nothing that it does twice does harm.
//
// Used by one thread. Throws tagtill::Error; after that only the destructor may be called.
class AuthorEraser {
 public:
  // What was done, output by output.
  struct Output {
    std::string name;
    OutputKind kind = OutputKind::kBeyond;
    Erased erased;
  };

  // Both must outlive it. `author` as P1.3 wants an id.
  AuthorEraser(StateStore& store, std::string author, Disk& disk);

  // Refuses (kUsage) when an output has not had everything, or another author is being forgotten;
  // kIoFailed when an output is not as the state knows it. Files that are longer are cut back.
  // Changes nothing else. To be called before the first step.
  void check();

  // The next step. False: there was none left.
  bool step();

  [[nodiscard]] const std::vector<Output>& outputs() const { return outputs_; }
  // How much of the author the state remembered: windows, posts and so on.
  [[nodiscard]] std::uint64_t things() const { return things_; }

 private:
  void check_had_everything(const SinkCursor& cursor) const;
  void mark();
  void erase_from_state();
  void erase_from_output(Output& output);
  void scrub();

  StateStore& store_;
  std::string author_;
  Disk& disk_;
  std::size_t steps_ = 0;  // that were done
  bool marked_before_ = false;
  std::uint64_t things_ = 0;
  std::vector<Output> outputs_;
};

}  // namespace tagtill
