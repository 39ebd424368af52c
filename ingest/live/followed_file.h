// A file that grows, and its successors under the same name.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "ingest/live/channel.h"
#include "ingest/live/descriptor.h"
#include "ingest/live/live_source.h"

namespace tagtill {

// As `tail -F`, but from the beginning: when another file has the name, the old one is read to its
// end, and then the new one; one that was made shorter is begun anew. Together they are one stream,
// whose positions go on from file to file.
//
// A mark says of which file a position is, and where in the stream that file begins: device,
// inode, and a digest of what stands before the position, of 4 KiB at most. With it the reading
// goes on in that file, whatever its name is meanwhile, if it is still in the folder.
//
// read() says kEnd at the end of each file; then begin_next(). There is more to read when
// descriptor() says so, or, where the system cannot watch files, after a while.
class FollowedFile : public Channel {
 public:
  // `position`, `mark`: as they were committed; 0 and empty: of a new stream. Throws tagtill::Error
  // (kBadConfig): no such folder, or no plain file. A file may come later. `tell`: what an operator
  // should hear.
  FollowedFile(const LiveSource& source, std::uint64_t position, const std::string& mark,
               std::function<void(const std::string&)> tell);

  [[nodiscard]] Got read(std::span<char> to) override;
  [[nodiscard]] std::size_t write(std::string_view /*bytes*/) override { return 0; }
  void end_writing() override {}
  [[nodiscard]] int descriptor() const override { return events_.get(); }

  // The stream stands at `position`, where the next file begins.
  void begin_next(std::uint64_t position);

  // Goes with `position`, which is in this file.
  [[nodiscard]] const std::string& mark(std::uint64_t position);

  // Nothing of the file was passed over: it may begin with a byte order mark.
  [[nodiscard]] bool is_at_begin() const { return offset_ == 0; }

 private:
  void look_for(const std::string& mark, std::uint64_t position);
  [[nodiscard]] bool open_if_there();
  void take(Descriptor file, std::uint64_t offset);
  [[nodiscard]] bool has_successor() const;
  void take_events() const;

  std::string name_;
  std::string path_;
  std::string folder_;
  std::function<void(const std::string&)> tell_;
  Descriptor events_;  // of inotify
  int watch_ = -1;     // of the file
  Descriptor file_;
  struct stat identity_ {};
  std::uint64_t base_ = 0;    // where in the stream the file begins
  std::uint64_t offset_ = 0;  // in the file, of the next byte
  std::string head_;          // of the file: its first bytes that were read
  std::string mark_;
  std::size_t marked_bytes_ = 0;  // that the mark's digest is of
};

}  // namespace tagtill
