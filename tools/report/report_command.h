// `tagtill report`: what a database of the `sqlite:` sink has to say.
#pragma once

#include <cstdint>
#include <string>

#include "engine/errors.h"

namespace tagtill {

class Command;

struct ReportOptions {
  std::string database;
  std::string html;         // empty: the database's path and `.html`
  bool no_html = false;     // no page at all
  std::uint64_t rows = 20;  // of each table, on standard output
};

// Prints the views as tables on standard output and writes the page. The
// database is only read. Throws tagtill::Error: kBadInput when it cannot be
// read, kIoFailed when an output fails, kUsage when the page would be written
// over the database.
[[nodiscard]] ExitCode report(const ReportOptions& options);

// Adds the subcommand to `root`.
void add_report_command(Command& root);

}  // namespace tagtill
