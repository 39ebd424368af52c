#include "tools/pipeline/compaction_agent.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "engine/errors.h"
#include "sinks/output_file.h"
#include "tools/pipeline/recovery.h"

namespace tagtill {
namespace {

// Entries that are played before others may have the thread.
constexpr std::uint64_t kEntriesAtOnce = 64;
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

}  // namespace

// A file without a name: it is gone when it is closed, however the process ends.
class CompactionAgent::Spool {
 public:
  explicit Spool(const std::string& state) : state_(state) {
    std::string name = state + "-snapshot-XXXXXX";
    descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor_ < 0) {
      fail(errno);
    }
    (void)::unlink(name.c_str());
  }
  ~Spool() { ::close(descriptor_); }
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  void append(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t step = ::write(descriptor_, bytes.data(), bytes.size());
      if (step >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(step));
      } else if (errno != EINTR) {
        fail(errno);
      }
    }
  }

  // The next piece, empty at the end.
  std::string_view next() {
    piece_.resize(kPieceBytes);
    std::size_t held = 0;
    while (held < piece_.size()) {
      const ssize_t got = ::pread(descriptor_, piece_.data() + held, piece_.size() - held,
                                  static_cast<off_t>(read_ + held));
      if (got == 0) {
        break;
      }
      if (got > 0) {
        held += static_cast<std::size_t>(got);
      } else if (errno != EINTR) {
        fail(errno);
      }
    }
    read_ += held;
    piece_.resize(held);
    return piece_;
  }

 private:
  [[noreturn]] void fail(int error) const {
    throw Error(ExitCode::kIoFailed,
                fmt::format("the state: cannot write a snapshot beside {}: {} Nothing is lost: the "
                            "same command goes on.",
                            state_, explain_errno(error)));
  }

  std::string state_;
  int descriptor_ = -1;
  std::uint64_t read_ = 0;
  std::string piece_;
};

CompactionAgent::CompactionAgent(Options options) : options_(std::move(options)) {}
CompactionAgent::~CompactionAgent() = default;

void CompactionAgent::set_phase(Phase phase, const std::shared_ptr<Doorbell>& bell) {
  phase_ = phase;
  if (bell != nullptr) {
    bell->ring();
  }
}

bool CompactionAgent::attend(StateStore& store) {
  if (phase_.load() == Phase::kMade) {
    copy_some(store);
    return true;
  }
  if (phase_.load() != Phase::kIdle) {
    return false;
  }
  const StateReader& reader = store.reader();
  if (reader.journal_bytes_since_snapshot() <=
      std::max(options_.journal_bytes_min, reader.snapshot_bytes())) {
    return false;
  }
  set_phase(Phase::kAsked, bell_);
  return true;
}

void CompactionAgent::end() { set_phase(Phase::kEnded, bell_); }

bool CompactionAgent::do_work() {
  if (phase_.load() != Phase::kAsked) {
    return false;
  }
  if (reader_ == nullptr) {
    begin();
  } else if (next_ <= last_) {
    play_some();
  } else {
    save();
  }
  return true;
}

void CompactionAgent::begin() {
  reader_ = StateReader::open(options_.path, options_.vfs);
  player_ = std::make_unique<JournalPlayer>(options_.protocol, options_.shards);
  load_snapshot(*reader_, *player_);
  next_ = reader_->snapshot_sequence() + 1;
  last_ = reader_->head().sequence;
}

void CompactionAgent::play_some() {
  const std::uint64_t end = std::min(next_ + kEntriesAtOnce - 1, last_);
  next_ = play_journal(*reader_, *player_, next_, end) + 1;
}

void CompactionAgent::save() {
  reader_.reset();
  spool_ = std::make_unique<Spool>(options_.path);
  player_->save([this](std::string_view piece) { spool_->append(piece); });
  player_.reset();
  copying_ = false;
  set_phase(Phase::kMade, told_);
}

// The StateAgent's thread.
void CompactionAgent::copy_some(StateStore& store) {
  if (!copying_) {
    copying_ = true;
    store.begin_snapshot(last_);
  }
  if (const std::string_view piece = spool_->next(); !piece.empty()) {
    store.add_snapshot_piece(piece);
    return;
  }
  store.finish_snapshot(options_.keep_journal ? 0 : last_ + 1);
  spool_.reset();
  set_phase(Phase::kIdle, nullptr);
}

}  // namespace tagtill
