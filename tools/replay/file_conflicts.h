// Keeps a run from writing over its own inputs.
#pragma once

#include <string>
#include <vector>

namespace tagtill {

// A file of the run, and what it is, as `--events` or `the dump`.
struct FileRole {
  std::string role;
  std::string path;  // or `-`: standard output among outputs, standard input among inputs
};

// Throws tagtill::Error (ExitCode::kUsage) when two outputs are the same file,
// or an output is also an input: under whatever name, through links as well,
// and also when standard output was redirected to one of them. Devices and
// pipes may be shared.
void refuse_file_conflicts(const std::vector<FileRole>& outputs,
                           const std::vector<FileRole>& inputs);

}  // namespace tagtill
