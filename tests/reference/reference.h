// The naive reference: the protocol from bytes to events, one line after the
// other, on one thread. It shares no code with the product that it checks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue.h"
#include "post.h"
#include "protocol.h"

namespace reference {

// Reads every line whole, as `--strict` does (P1.2).
class Reference {
 public:
  // `offers` and `members` are JSON Lines without errors (P7).
  Reference(std::string_view offers, std::string_view members, std::string_view secret,
            Options options);

  // One whole file: a line never spans two of them (P3.2).
  void feed(std::string_view file);

  // P3.8, behind the last line: with the time of the last post in the file, if there is one.
  void tick(std::string_view file);

  // P6.4, between two lines.
  void replace(std::string_view offers, std::string_view members, std::string_view secret);

  // P9, between two lines: good control records, each with its line end.
  void control(std::string_view lines);

  // The events since the last call, as JSON Lines.
  std::string take_events();

  // As of now.
  const Counts& counts();

  // As newly constructed, but cheaper.
  void reset();

 private:
  struct ReadLine {
    Line line;
    std::vector<std::string> tags;  // of a post that is no repost
  };

  void take_line(std::string_view line);
  const ReadLine& read(std::string_view line);

  Options options_;
  Catalogue first_catalogue_;
  Protocol protocol_;
  // What a line holds depends on its bytes alone, and short streams over few
  // lines come back to the same ones a million times. Bounded.
  std::map<std::string, ReadLine, std::less<>> read_;
};

}  // namespace reference
