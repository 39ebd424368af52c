// Gives the lanes the blocks of all dumps, in stream order.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/agent.h"
#include "engine/block.h"
#include "engine/file_errors.h"
#include "engine/handover.h"
#include "ingest/dump_reader.h"
#include "ingest/feed.h"
#include "ingest/interrupt.h"
#include "ingest/plain_file.h"

namespace tagtill {

class BlockFeed;

// A block that an Unpacker made, and what was met on the way to it.
struct UnpackedBlock : ReadyBlock {
  std::shared_ptr<const std::string> source_name;
  FileErrors problems;
  bool is_last = false;            // of its dump; it has no lines then
  std::uint32_t source_count = 0;  // is_last: how many files of lines the dump had
  Handover<UnpackedBlock>* home = nullptr;
};

// Reads the dumps that lanes cannot read for themselves: packed ones, pipes, standard
// input. Takes one after the other from the feed, ahead of the lanes by the blocks it
// has, which go round and are never freed before the end.
class Unpacker : public Agent {
 public:
  Unpacker(BlockFeed& feed, std::size_t blocks);

  // Before the threads start: that of the agent's thread.
  void ring_at(std::shared_ptr<Doorbell> bell) { free_.ring_at({std::move(bell)}); }

  [[nodiscard]] bool do_work() override;
  [[nodiscard]] bool is_done() const override;

 private:
  friend class BlockFeed;

  bool fill(UnpackedBlock& to);

  BlockFeed& feed_;
  std::vector<std::unique_ptr<UnpackedBlock>> blocks_;  // none before there is a dump
  std::size_t blocks_max_;
  Handover<UnpackedBlock> free_;
  Handover<UnpackedBlock> ready_;
  std::unique_ptr<DumpReader> reader_;  // of the dump that is read
  std::shared_ptr<const std::string> source_name_;
  std::uint32_t named_source_ = 0;
  std::size_t problems_given_ = 0;
  std::uint64_t stored_bytes_given_ = 0;
};

// The order of blocks is the order of the dumps and in them of the bytes (P3.2). Plain files
// are read by the lane itself, other dumps by unpackers, side by side.
//
// Cost: a lock a turn, none a line. At most kDumpsAhead files are open.
class BlockFeed : public Feed {
 public:
  struct Options {
    std::size_t block_bytes = std::size_t{256} * 1024;
    std::size_t line_bytes_max = kLineBytesMax;
    OnProblem on_problem = OnProblem::kGoOn;
  };

  BlockFeed(std::vector<DumpSource> dumps, const Options& options);

  [[nodiscard]] Next next(Turn& turn) override;
  [[nodiscard]] const Block& read(const Turn& turn, Block& own, FileErrors& problems) override;
  void finish(Turn& turn) override;
  void ring_at(std::vector<std::shared_ptr<Doorbell>> lanes,
               std::vector<std::shared_ptr<Doorbell>> unpackers) override;
  void stop() override;
  [[nodiscard]] std::optional<std::uint64_t> turn_count() const override;
  [[nodiscard]] std::uint64_t stored_bytes_read() const override { return stored_bytes_; }

 private:
  friend class Unpacker;

  static constexpr std::size_t kDumpsAhead = 64;

  struct Dump {
    DumpSource source;
    bool looked_at = false;
    std::shared_ptr<const PlainFile> plain;  // null: an unpacker has to read it
    Unpacker* unpacker = nullptr;            // that does
  };

  static void ring(const std::vector<std::shared_ptr<Doorbell>>& bells);
  void look_at(Dump& dump) const;
  void go_to_next_dump();
  // The next dump for an unpacker; null if there is none now.
  const DumpSource* take_dump(Unpacker& unpacker);
  [[nodiscard]] bool all_dumps_taken() const;
  [[nodiscard]] bool has_ended() const;

  Options options_;
  std::shared_ptr<Interrupt> interrupt_ = std::make_shared<Interrupt>();
  std::atomic<std::uint64_t> stored_bytes_{0};
  std::vector<std::shared_ptr<Doorbell>> lanes_;
  std::vector<std::shared_ptr<Doorbell>> unpackers_;

  mutable std::mutex mutex_;  // of all below
  std::vector<Dump> dumps_;
  std::size_t current_ = 0;       // dump of the next turn
  std::size_t next_to_take_ = 0;  // dump that an unpacker looks at next
  std::uint64_t number_ = 0;      // of the next block of the current, plain dump
  std::shared_ptr<const std::string> name_;
  std::uint64_t sequence_ = 0;
  std::uint32_t source_ = 0;  // the first one of the current dump
  bool ended_ = false;
};

}  // namespace tagtill
