// Events as JSON Lines (P8), in files that are whole when they appear.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/disk.h"
#include "sinks/output_file.h"
#include "sinks/segment_names.h"
#include "sinks/sink.h"
#include "sinks/surroundings.h"

namespace tagtill {

// When a segment is ended: with the batch that makes it as long, or as old.
struct SegmentOptions {
  static constexpr std::uint64_t kBytesMost = std::uint64_t{1} << 39;
  static constexpr Millis kAgeMost = Millis{366} * 24 * 3'600'000;

  std::uint64_t bytes = std::uint64_t{256} << 20;
  // From its first event on, looked at when events come, and at flush(); none: never.
  std::optional<Millis> age_ms = {};
};

// Writes every event it is given, in order, into a folder:
//
//   00000007-00000000000000123456.jsonl            the seventh segment, whole; its number, and
//                                                  that of the first event that could be in it
//   00000008-00000000000000130001-STREAM.part      the eighth, which grows
//
// A segment is written as a .part, synced, and renamed once the .part of the next one is there
// (and each name is synced in its turn). So what ends in .jsonl is whole, survives a crash of
// the machine, and is never touched again: whoever reads it may move it away or remove it.
// close() ends the last segment, unless nothing stands in it.
//
// With a stream, after a crash the sink goes on with the .part that is there, which says how
// far the segments before it came: no event is in two of them or in none. The mark is the
// number of the segment times 2^40, and how long it is. open() refuses a folder of another
// stream, and one that does not fit what the state knows. Without a stream the segments begin
// at 1, and open() refuses a folder that has any.
//
// Cost: as JsonlSink, and three syncs a segment.
class SegmentSink final : public Sink {
 public:
  // `folder` has a `/` at its end, and must be there.
  SegmentSink(std::string folder, SegmentOptions options, Surroundings around,
              Disk& disk = Disk::real());

  SinkPosition open(const SinkStart& start) override;
  void write(const EventBatch& batch, std::uint64_t through) override;
  SinkPosition flush() override;
  void close() override;

 private:
  // A .part that is in the folder.
  struct Part {
    std::uint64_t number = 0;
    std::uint64_t first_event = 0;
  };
  struct Found {
    std::optional<Part> part;        // the last one
    std::optional<Part> unfinished;  // the one before it, whole, but not renamed yet
    bool anything = false;           // of the form of a segment or a part
    bool foreign = false;            // a part of another stream
  };

  [[nodiscard]] Found look() const;
  [[nodiscard]] SinkPosition go_on(const SinkStart& start, const Found& found);
  void begin_segment(const Part& part, std::uint64_t bytes);
  void end_if_due();
  void end_segment(bool begins_another);
  void publish(const Part& part);
  [[nodiscard]] SinkPosition position() const;
  [[nodiscard]] std::uint64_t bytes() const;
  [[nodiscard]] std::string part_path(const Part& part) const;
  void check(const char* action, int error) const;
  [[noreturn]] void refuse(const std::string& reason) const;

  std::string folder_;
  SegmentOptions options_;
  Surroundings around_;
  Disk& disk_;
  std::string stream_;  // empty: none
  bool sync_ = false;
  Part part_;  // that is written
  std::unique_ptr<OutputFile> file_;
  std::optional<Millis> begun_ms_;  // when its first event was written
  std::uint64_t events_ = 0;        // all before this number were written
};

}  // namespace tagtill
