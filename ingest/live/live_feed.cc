#include "ingest/live/live_feed.h"

#include <algorithm>
#include <utility>

#include "ingest/live/live_reader.h"
#include "ingest/live/live_ways.h"

namespace tagtill {

LiveFeed::LiveFeed(Options options)
    : ways_(std::make_unique<LiveWays>(
          options.blocks_bytes_max / std::max<std::size_t>(options.block_bytes, 1) + 1,
          options.sources.size(), options.streams, options.streams_max)),
      reader_(std::make_unique<LiveReader>(std::move(options), *ways_)) {}

LiveFeed::~LiveFeed() = default;

Agent& LiveFeed::reader() { return *reader_; }

void LiveFeed::ring_at(std::vector<std::shared_ptr<Doorbell>> lanes,
                       std::vector<std::shared_ptr<Doorbell>> /*readers*/) {
  ways_->ready.ring_at(std::move(lanes));
}

Feed::Next LiveFeed::next(Turn& turn) {
  const std::lock_guard lock(mutex_);
  if (ended_) {
    return Next::kEnd;
  }
  // Asked first: what comes between the two questions comes before the end.
  const bool read_all = ways_->read_all;
  LiveBlock* block = ways_->ready.take();
  if (block == nullptr) {
    ended_ = read_all;
    return ended_ ? Next::kEnd : Next::kNotYet;
  }
  turn = {.sequence = sequence_++,
          .source = block->source,
          .source_name = block->source_name,
          .stream = block->stream,
          .stream_end = block->stream_end,
          .sample = block->sample,
          .swap = std::move(block->swap),
          .controls = std::move(block->controls),
          .context = context_,
          .ready = block};
  if (turn.swap == nullptr && turn.controls == nullptr) {
    return Next::kTurn;
  }
  if (turn.swap != nullptr) {
    context_ = turn.swap->context;
  } else if (turn.controls->context != nullptr) {
    context_ = turn.controls->context;
  }
  give_back(block);
  turn.ready = nullptr;
  return Next::kTurn;
}

const Block& LiveFeed::read(const Turn& turn, Block& /*own*/, FileErrors& problems) {
  problems = {};
  return turn.ready->block;
}

void LiveFeed::finish(Turn& turn) {
  give_back(static_cast<LiveBlock*>(std::exchange(turn.ready, nullptr)));
  turn.source_name.reset();
}

void LiveFeed::give_back(LiveBlock* block) {
  ways_->free.give(block);
  if (ways_->wants_block.exchange(false)) {
    ways_->wakeup.ring();
  }
}

void LiveFeed::stop() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  ways_->stopped = true;
  ways_->wakeup.ring();
  ways_->ready.ring();
}

void LiveFeed::set_desk(std::unique_ptr<ControlDesk> desk) {
  desk_ = desk.get();
  reader_->set_desk(std::move(desk));
}

void LiveFeed::swap(std::shared_ptr<ConfigurationSwap> swap, SwapDone done) {
  desk_->prepare(*swap);
  refuse_swap(*ways_, "newer ones have come before these could be taken");
  {
    const std::lock_guard lock(ways_->swap_mutex);
    ways_->swap = {std::move(swap), std::move(done)};
  }
  if (ways_->read_all) {
    refuse_swap(*ways_, kNothingMoreIsRead);  // the reader may have looked for the last time
  }
  ways_->wakeup.ring();
}

void LiveFeed::drain() {
  ways_->draining = true;
  ways_->wakeup.ring();
}

std::optional<std::uint64_t> LiveFeed::turn_count() const {
  const std::lock_guard lock(mutex_);
  return ended_ ? std::optional(sequence_) : std::nullopt;
}

std::uint64_t LiveFeed::stored_bytes_read() const { return counts().bytes; }

void LiveFeed::committed(std::uint32_t stream, std::uint64_t position) {
  ways_->streams.commit(stream, position);
  ways_->wakeup.ring();
}

std::string LiveFeed::stream_name(std::uint32_t stream) const {
  return ways_->streams.name(stream);
}

std::string LiveFeed::stream_mark(std::uint32_t stream, std::uint64_t position) const {
  return ways_->streams.mark(stream, position);
}

LiveCounts LiveFeed::counts() const {
  const LiveCounters& now = ways_->counters;
  const auto ended = [&](LiveEnd end) { return now.ended[static_cast<std::size_t>(end)].load(); };
  LiveCounts counts;
  counts.connections_accepted = now.accepted;
  counts.connections_refused = now.refused;
  counts.ended_by_peer = ended(LiveEnd::kPeer);
  counts.ended_idle = ended(LiveEnd::kIdle);
  counts.ended_taken_over = ended(LiveEnd::kTakenOver);
  counts.ended_by_error = ended(LiveEnd::kError);
  counts.waits_for_block = now.waits;
  for (const SourceCounters& source : now.sources) {
    const SourceCounts& one = counts.sources.emplace_back(SourceCounts{
        .bytes = source.bytes, .blocks = source.blocks, .connections_open = source.open});
    counts.bytes += one.bytes;
    counts.blocks += one.blocks;
    counts.connections_open += one.connections_open;
  }
  return counts;
}

std::uint16_t LiveFeed::port(std::size_t source) const { return reader_->port(source); }

}  // namespace tagtill
