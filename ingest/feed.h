// Where lanes get their blocks from, and the decider learns how many there are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/block.h"
#include "engine/configuration_swap.h"
#include "engine/doorbell.h"
#include "engine/file_errors.h"

namespace tagtill {

class PlainFile;

// The number of a stream: a named sequence of bytes that is gone on with where it was committed.
inline constexpr std::uint32_t kNoStream = 0xFFFF'FFFF;

// A block that is there before its turn. It is the feed's, which has more to know of it.
struct ReadyBlock {
  Block block;
};

// Blocks of whole lines, turn by turn; the order of the turns is the stream order (P3.2). Lanes
// take turns; each turn has the next number.
//
// All functions, but for ring_at(): any thread. Cost: a virtual call of each kind a turn, none a
// line.
class Feed {
 public:
  // A block to be read and searched. Must come to finish() before the next turn.
  struct Turn {
    std::uint64_t sequence = 0;     // from 0, without gaps
    std::uint32_t dump = 0;         // which of the dumps
    std::uint32_t file_number = 0;  // of the file of lines in the dump
    bool ends_dump = false;         // no turn of this dump comes behind it
    std::uint32_t source = 0;       // files of lines, counted through all dumps
    std::shared_ptr<const std::string> source_name{};

    // Of live sources alone.
    std::uint32_t stream = kNoStream;  // which one the block belongs to, if it has a position
    std::uint64_t stream_end = 0;      // the stream's position behind the block's last line
    bool sample = false;               // a tick (P3.8) should be looked for in this block
    // One of these is not null: the turn is no block, but this, in its place. It needs no read()
    // and finish().
    std::shared_ptr<const ConfigurationSwap> swap{};
    std::shared_ptr<const ControlRun> controls{};
    // What blocks are searched with from the last of them on; null: as at first.
    std::shared_ptr<const SearchContext> context{};

    // What the feed has the block by.
    std::shared_ptr<const PlainFile> file{};  // its block `number`, which read() reads; or
    std::uint64_t number = 0;
    ReadyBlock* ready = nullptr;
  };

  enum class Next : std::uint8_t {
    kTurn,
    kNotYet,  // who fills the blocks is not so far
    kEnd,
  };

  Feed() = default;
  virtual ~Feed() = default;
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  [[nodiscard]] virtual Next next(Turn& turn) = 0;

  // The block of the turn: read into `own`, or already there. What could not be read
  // comes to `problems`; of a plain file nothing that stands behind counts.
  [[nodiscard]] virtual const Block& read(const Turn& turn, Block& own, FileErrors& problems) = 0;
  // The block will not be looked at again.
  virtual void finish(Turn& turn) = 0;

  // The bells of the threads of those who take turns, and of those who fill blocks. Before any
  // of them starts; the bells must outlive the feed's last use.
  virtual void ring_at(std::vector<std::shared_ptr<Doorbell>> lanes,
                       std::vector<std::shared_ptr<Doorbell>> readers) = 0;

  // No more turns: next() returns kEnd, and nobody waits for bytes.
  virtual void stop() = 0;

  // How many turns there were, once next() has returned kEnd.
  [[nodiscard]] virtual std::optional<std::uint64_t> turn_count() const = 0;

  // Of all sources so far, as they lie or come there.
  [[nodiscard]] virtual std::uint64_t stored_bytes_read() const = 0;
};

}  // namespace tagtill
