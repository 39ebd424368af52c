// What a pipeline writes to: a sink of events, or the file of dead letters.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "sinks/sink.h"
#include "sinks/sink_batcher.h"
#include "tools/pipeline/batches.h"
#include "tools/replay/dead_letters.h"

namespace tagtill {

// How an output gets on with what is behind it. Written on the output's thread, read by any.
struct OutputHealth {
  std::atomic<bool> answered{false};  // once at least
  // The last thing that was tried worked. False while it is tried again, and when that was given
  // up.
  std::atomic<bool> up{false};
  std::atomic<std::uint64_t> retries{0};
};

// One of the two streams that come out of a decider, and where an output stands in it. Used by
// one thread. Fails as Sink does; after that nothing of it may be called but the destructor.
class Output {
 public:
  Output() = default;
  virtual ~Output() = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Which of the two it takes.
  [[nodiscard]] virtual bool takes_letters() const = 0;

  // As Sink::open(), flush() and close(), with positions in its stream.
  virtual SinkPosition open(const SinkStart& start) = 0;
  // As Sink::set_offers(), when it is open and was given nothing yet.
  virtual void set_offers(const std::shared_ptr<const OfferCatalogue>& /*offers*/) {}
  // A parcel that has offers may have no events.
  virtual void add(const Parcel& parcel) = 0;
  virtual SinkPosition flush(BatchEnd why) = 0;
  virtual void close() = 0;
  // As Sink::answers().
  [[nodiscard]] virtual bool answers() { return true; }

  // Of what it writes in batches: how many there were. Any thread.
  [[nodiscard]] virtual BatchCounts batches() const { return {}; }

  // How old what it was given may get before flush() is due.
  [[nodiscard]] virtual std::chrono::milliseconds flush_every() const {
    return std::chrono::seconds(1);
  }
};

class EventOutput : public Output {
 public:
  EventOutput(std::unique_ptr<Sink> sink, EventTypes types, SinkLimits limits = {})
      : batcher_(std::move(sink), types, limits) {}

  [[nodiscard]] bool takes_letters() const override { return false; }
  SinkPosition open(const SinkStart& start) override { return batcher_.open(start); }
  void set_offers(const std::shared_ptr<const OfferCatalogue>& offers) override {
    batcher_.set_offers(offers);
  }
  void add(const Parcel& parcel) override {
    if (parcel.offers != nullptr) {
      batcher_.set_offers(parcel.offers);
    }
    batcher_.add(parcel.events, parcel.first_event);
  }
  SinkPosition flush(BatchEnd why) override { return batcher_.flush(why); }
  void close() override { batcher_.close(); }
  [[nodiscard]] bool answers() override { return batcher_.answers(); }
  [[nodiscard]] BatchCounts batches() const override { return batcher_.batches(); }
  [[nodiscard]] std::chrono::milliseconds flush_every() const override {
    return std::chrono::milliseconds(batcher_.limits().age_ms);
  }

 private:
  SinkBatcher batcher_;
};

class LetterOutput : public Output {
 public:
  explicit LetterOutput(std::string path, Disk& disk = Disk::real())
      : file_(std::move(path), disk) {}

  [[nodiscard]] bool takes_letters() const override { return true; }
  SinkPosition open(const SinkStart& start) override {
    const SinkPosition at = file_.open(start);
    through_ = at.events;
    return at;
  }
  // The letters of a parcel are written together, and so skipped together.
  void add(const Parcel& parcel) override {
    if (parcel.end_letter() > through_) {
      through_ = parcel.end_letter();
      file_.write(parcel.letters, through_);
    }
  }
  SinkPosition flush(BatchEnd /*why*/) override { return file_.flush(); }
  void close() override { file_.close(); }

 private:
  DeadLetterFile file_;
  std::uint64_t through_ = 0;
};

}  // namespace tagtill
