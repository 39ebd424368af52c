#include "ingest/block_feed.h"

#include <algorithm>
#include <utility>

namespace tagtill {

BlockFeed::BlockFeed(std::vector<DumpSource> dumps, const Options& options) : options_(options) {
  dumps_.reserve(dumps.size());
  for (DumpSource& dump : dumps) {
    dumps_.emplace_back().source = std::move(dump);
  }
}

void BlockFeed::ring_at(std::vector<std::shared_ptr<Doorbell>> lanes,
                        std::vector<std::shared_ptr<Doorbell>> unpackers) {
  lanes_ = std::move(lanes);
  unpackers_ = std::move(unpackers);
}

void BlockFeed::ring(const std::vector<std::shared_ptr<Doorbell>>& bells) {
  for (const auto& bell : bells) {
    bell->ring();
  }
}

void BlockFeed::look_at(Dump& dump) const {
  if (!dump.looked_at) {
    dump.looked_at = true;
    if (dump.source.name != "-") {
      dump.plain = PlainFile::open(dump.source.name, options_.block_bytes, options_.line_bytes_max,
                                   dump.source.first_offset);
    }
  }
}

void BlockFeed::go_to_next_dump() {
  dumps_[current_].plain.reset();
  ++current_;
  number_ = 0;
  name_.reset();
  ring(unpackers_);  // they may look one dump further
}

Feed::Next BlockFeed::next(Turn& turn) {
  const std::lock_guard lock(mutex_);
  if (ended_ || current_ == dumps_.size()) {
    ended_ = true;
    return Next::kEnd;
  }
  Dump& dump = dumps_[current_];
  look_at(dump);
  if (dump.plain != nullptr) {
    if (name_ == nullptr) {
      name_ = std::make_shared<const std::string>(dump.source.name);
    }
    turn = {.sequence = sequence_++,
            .dump = static_cast<std::uint32_t>(current_),
            .file_number = 0,
            .ends_dump = number_ + 1 == dump.plain->block_count(),
            .source = source_,
            .source_name = name_,
            .file = dump.plain,
            .number = number_++};
    if (turn.ends_dump) {
      ++source_;
      go_to_next_dump();
    }
    return Next::kTurn;
  }
  UnpackedBlock* unpacked = dump.unpacker == nullptr ? nullptr : dump.unpacker->ready_.take();
  if (unpacked == nullptr) {
    return Next::kNotYet;
  }
  turn = {.sequence = sequence_++,
          .dump = static_cast<std::uint32_t>(current_),
          .file_number = unpacked->block.source,
          .ends_dump = unpacked->is_last,
          .source = source_ + unpacked->block.source,
          .source_name = unpacked->source_name,
          .ready = unpacked};
  if (unpacked->is_last) {
    source_ += unpacked->source_count;
    go_to_next_dump();
  }
  return Next::kTurn;
}

const Block& BlockFeed::read(const Turn& turn, Block& own, FileErrors& problems) {
  if (turn.ready != nullptr) {
    auto& unpacked = static_cast<UnpackedBlock&>(*turn.ready);
    problems = std::exchange(unpacked.problems, {});
    unpacked.block.source = turn.source;
    return unpacked.block;
  }
  problems = {};
  if (std::optional<std::string> problem =
          turn.file->read(turn.number, own, options_.on_problem == OnProblem::kStop)) {
    problems.add(std::move(*problem));
  }
  own.source = turn.source;
  stored_bytes_ += own.source_bytes;
  return own;
}

void BlockFeed::finish(Turn& turn) {
  if (turn.ready != nullptr) {
    auto* unpacked = static_cast<UnpackedBlock*>(std::exchange(turn.ready, nullptr));
    unpacked->home->give(unpacked);
  }
  turn.file.reset();
  turn.source_name.reset();
}

void BlockFeed::stop() {
  interrupt_->call();
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  ring(lanes_);
  ring(unpackers_);
}

std::optional<std::uint64_t> BlockFeed::turn_count() const {
  const std::lock_guard lock(mutex_);
  return ended_ ? std::optional(sequence_) : std::nullopt;
}

const DumpSource* BlockFeed::take_dump(Unpacker& unpacker) {
  const std::lock_guard lock(mutex_);
  next_to_take_ = std::max(next_to_take_, current_);
  const std::size_t end = std::min(dumps_.size(), current_ + kDumpsAhead);
  while (!ended_ && next_to_take_ < end) {
    Dump& dump = dumps_[next_to_take_++];
    look_at(dump);
    if (dump.plain == nullptr) {
      dump.unpacker = &unpacker;
      return &dump.source;
    }
  }
  return nullptr;
}

bool BlockFeed::all_dumps_taken() const {
  const std::lock_guard lock(mutex_);
  return std::max(next_to_take_, current_) == dumps_.size();
}

bool BlockFeed::has_ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

Unpacker::Unpacker(BlockFeed& feed, std::size_t blocks)
    : feed_(feed), blocks_max_(blocks), free_(blocks), ready_(blocks) {}

bool Unpacker::is_done() const {
  return feed_.has_ended() || (reader_ == nullptr && feed_.all_dumps_taken());
}

bool Unpacker::do_work() {
  if (reader_ == nullptr) {
    const DumpSource* dump = feed_.take_dump(*this);
    if (dump == nullptr) {
      return false;
    }
    const BlockFeed::Options& options = feed_.options_;
    reader_ =
        std::make_unique<DumpReader>(std::vector<DumpSource>{*dump}, options.block_bytes,
                                     options.line_bytes_max, options.on_problem, feed_.interrupt_);
    problems_given_ = 0;
    stored_bytes_given_ = 0;
    source_name_.reset();
  }
  UnpackedBlock* to = free_.take();
  if (to == nullptr) {
    if (blocks_.size() == blocks_max_) {
      return false;
    }
    to = blocks_.emplace_back(std::make_unique<UnpackedBlock>()).get();
    to->home = &free_;
  }
  to->is_last = !fill(*to);
  if (to->is_last) {
    reader_.reset();
  }
  ready_.give(to);
  BlockFeed::ring(feed_.lanes_);
  return true;
}

// False at the end of the dump.
bool Unpacker::fill(UnpackedBlock& to) {
  const bool more = reader_->next(to.block);
  if (!more) {
    to.block.reserve(kDeadLetterBytes, 0);
    to.block.set_lines(0, 0);
    to.block.source = 0;
    to.block.source_bytes = 0;
    to.block.end_offset = 0;
    to.block.overlong_bytes = 0;
    to.source_count = reader_->source_count();
    to.source_name.reset();
  } else {
    if (source_name_ == nullptr || named_source_ != to.block.source) {
      named_source_ = to.block.source;
      source_name_ = std::make_shared<const std::string>(reader_->source_name(named_source_));
    }
    to.source_name = source_name_;
  }
  if (reader_->problems().count() > problems_given_) {
    to.problems = reader_->problems().after(problems_given_);
    problems_given_ = reader_->problems().count();
  }
  feed_.stored_bytes_ += reader_->stored_bytes_read() - stored_bytes_given_;
  stored_bytes_given_ = reader_->stored_bytes_read();
  return more;
}

}  // namespace tagtill
