// A feed of what comes in as it happens: sockets, pipes, followed files.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/agent.h"
#include "engine/clock.h"
#include "ingest/feed.h"
#include "ingest/live/control_desk.h"
#include "ingest/live/live_source.h"

namespace tagtill {

class LiveReader;
struct LiveBlock;
struct LiveWays;

struct SourceCounts {
  std::uint64_t bytes = 0;
  std::uint64_t blocks = 0;
  std::uint64_t connections_open = 0;  // of a file that is read, or standard input: 1
};

struct LiveCounts {
  std::vector<SourceCounts> sources;  // in the order of the options; and of them all:
  std::uint64_t bytes = 0;
  std::uint64_t blocks = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;  // at once: too many
  std::uint64_t ended_by_peer = 0;
  std::uint64_t ended_idle = 0;
  std::uint64_t ended_taken_over = 0;
  std::uint64_t ended_by_error = 0;   // a wrong hello, a connection that broke, ...
  std::uint64_t waits_for_block = 0;  // times that all blocks were under way
};

// One reader takes what all sources and connections bring, in turn, a block at a time, and hands a
// block on when it is full or there is nothing more to read just now; the order in which it does
// is the stream order. Each block is of one connection. docs/ingest.md says what senders see.
//
// Nothing is dropped: when all blocks are under way nothing is read, and senders feel it.
//
// Memory: blocks_bytes_max, and one line more; pieces of lines of all connections together
// pieces_bytes_max: the connection that goes beyond is ended; some 500 bytes a connection.
//
// Any thread, but for the constructor, the destructor and ring_at(). The destructor tells the
// senders that are still connected what was committed last; nothing of the feed may be in use.
class LiveFeed : public Feed {
 public:
  struct Options {
    std::vector<LiveSource> sources;
    std::vector<LiveStream> streams;  // known at the start: their numbers are those from 0 on
    std::size_t streams_max = 4096;
    std::size_t block_bytes = std::size_t{256} * 1024;
    std::size_t blocks_bytes_max = std::size_t{32} << 20;
    std::size_t pieces_bytes_max = std::size_t{64} << 20;
    // Of each source, a block is marked for a tick at most so often.
    std::chrono::milliseconds sample_every{100};
    // How long the reader's do_work() may wait for bytes. 0: not at all, for who schedules it
    // otherwise than on a thread of its own.
    std::chrono::milliseconds wait_max{100};
    Clock* clock = &Clock::real();
    std::function<void(const std::string&)> say;  // sentences for an operator: reader's thread
  };

  // Listens, and opens files. Throws tagtill::Error (kBadConfig): a source that cannot be.
  explicit LiveFeed(Options options);
  ~LiveFeed() override;

  // Before the reader starts: from now on control records are taken from sources that may bring
  // them, and new files.
  void set_desk(std::unique_ptr<ControlDesk> desk);

  // Needs a thread of its own, for it waits in do_work(); done when next() returns kEnd.
  [[nodiscard]] Agent& reader();

  [[nodiscard]] Next next(Turn& turn) override;
  [[nodiscard]] const Block& read(const Turn& turn, Block& own, FileErrors& problems) override;
  void finish(Turn& turn) override;
  // The reader needs no bell.
  void ring_at(std::vector<std::shared_ptr<Doorbell>> lanes,
               std::vector<std::shared_ptr<Doorbell>> readers) override;
  // At once: blocks that no lane has taken are dropped.
  void stop() override;
  // New files, which the reader puts between two blocks; those behind are searched with its
  // context. It is prepared here (ControlDesk::prepare), which takes as long as that does, and
  // throws as that does. The reader then calls `done`, on its thread: with nothing, or with a
  // sentence for why nothing has changed. Of those that the reader has not taken only the newest
  // waits, and one at a time is under way to the decider. There must be a desk.
  using SwapDone = std::function<void(const std::string& problem)>;
  void swap(std::shared_ptr<ConfigurationSwap> swap, SwapDone done);
  // Connections are no longer accepted and nothing more is read; then, when all that was read was
  // handed on, the end. The same comes when all sources have ended.
  void drain();
  [[nodiscard]] std::optional<std::uint64_t> turn_count() const override;
  [[nodiscard]] std::uint64_t stored_bytes_read() const override;

  // All of the stream before `position` has been committed: its sender is told.
  void committed(std::uint32_t stream, std::uint64_t position);
  [[nodiscard]] std::string stream_name(std::uint32_t stream) const;
  // What has to be kept with a position that is committed, at most 256 bytes, and be given back
  // in LiveStream; before committed() is called for a later one. Empty: nothing.
  [[nodiscard]] std::string stream_mark(std::uint32_t stream, std::uint64_t position) const;

  [[nodiscard]] LiveCounts counts() const;
  // At which a source listens.
  [[nodiscard]] std::uint16_t port(std::size_t source) const;

 private:
  std::unique_ptr<LiveWays> ways_;
  std::unique_ptr<LiveReader> reader_;
  void give_back(LiveBlock* block);

  ControlDesk* desk_ = nullptr;  // the reader's
  mutable std::mutex mutex_;     // of all below
  std::uint64_t sequence_ = 0;
  bool ended_ = false;
  std::shared_ptr<const SearchContext> context_;  // of the last change that had its turn
};

}  // namespace tagtill
