// Senders that reconnect, cut and repeat, a feed that crashes, commits at any time: each line of
// each stream comes out exactly once, in order.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/live_driver.h"
#include "tests/seeded.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

// Sends the bytes of one stream, by the protocol of docs/ingest.md and nothing else.
class StreamSender {
 public:
  StreamSender(std::string name, std::string bytes)
      : name_(std::move(name)), bytes_(std::move(bytes)) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] bool is_done() const { return acked_ == bytes_.size(); }

  void disconnect() { connection_.reset(); }

  // One small step.
  void step(seeded::Random& random, const std::function<LiveSender()>& connect) {
    if (connection_ && connection_->has_ended()) {
      disconnect();
    }
    if (!connection_) {
      connection_ = connect();
      hello_ = R"({"hello":{"stream":")" + name_ + "\"}}\n";
      read_ = 0;
      begun_ = false;
    }
    if (!hello_.empty()) {
      hello_.erase(0, connection_->send(hello_.substr(0, random.below(hello_.size()) + 1)));
      return;
    }
    read_acks();
    if (begun_ && sent_ < bytes_.size()) {
      const std::size_t most = random.percent(50) ? 40 : 5'000;
      sent_ += connection_->send(std::string_view(bytes_).substr(sent_, random.below(most) + 1));
    }
  }

 private:
  void read_acks() {
    const std::string& received = connection_->received();
    for (std::size_t end = received.find('\n', read_); end != std::string::npos;
         end = received.find('\n', read_)) {
      const std::string line = received.substr(read_, end - read_);
      read_ = end + 1;
      ASSERT_TRUE(line.starts_with("{\"ack\":")) << line;
      const std::uint64_t position = std::stoull(line.substr(7));
      ASSERT_LE(position, bytes_.size());
      ASSERT_GE(position, acked_) << "what was acknowledged may be forgotten";
      acked_ = position;
      if (!std::exchange(begun_, true)) {
        sent_ = position;
      }
    }
  }

  std::string name_;
  std::string bytes_;
  std::optional<LiveSender> connection_;
  std::string hello_;     // that is still to be sent
  std::size_t read_ = 0;  // of what was received
  bool begun_ = false;    // the first ack of the connection has come
  std::uint64_t sent_ = 0;
  std::uint64_t acked_ = 0;
};

// What survives a crash.
struct Durable {
  std::uint64_t position = 0;
  std::vector<std::string> lines;
};

class StreamsRun {
 public:
  explicit StreamsRun(std::uint64_t seed) : random_(seed), limit_(1'024 + random_.below(1'500)) {
    const std::size_t senders = 1 + random_.below(4);
    block_bytes_ = 512 + random_.below(3'000);
    for (std::size_t i = 0; i < senders; ++i) {
      senders_.emplace_back("stream-" + std::to_string(i),
                            random_live_bytes(random_, random_.below(60), block_bytes_, limit_));
    }
    tcp_ = random_.percent(30);
  }

  void run() {
    start();
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!all_done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit);
      if (::testing::Test::HasFailure()) {
        return;
      }
      step();
    }
    for (const StreamSender& sender : senders_) {
      std::vector<std::string> expected;
      add_live_lines(std::string_view(sender.bytes()), limit_, expected);
      EXPECT_EQ(durable_[sender.name()].lines, expected) << sender.name();
    }
  }

 private:
  void start() {
    LiveFeed::Options options;
    LiveSource source = tcp_ ? live_tcp() : live_unix(folder_.path("socket"));
    source.line_bytes_max = limit_;
    options.sources = {source};
    options.block_bytes = block_bytes_;
    options.blocks_bytes_max = block_bytes_ * (1 + random_.below(4));
    for (const auto& [name, durable] : durable_) {
      options.streams.push_back({name, durable.position});
    }
    driver_.reset();
    driver_ = std::make_unique<LiveDriver>(std::move(options));
  }

  [[nodiscard]] bool all_done() const {
    return std::all_of(senders_.begin(), senders_.end(),
                       [](const StreamSender& sender) { return sender.is_done(); });
  }

  void step() {
    const std::size_t what = random_.below(1'000);
    if (what < 400) {
      senders_[random_.below(senders_.size())].step(random_, [&] {
        return tcp_ ? LiveSender::to_tcp(driver_->feed().port(0))
                    : LiveSender::to_unix(folder_.path("socket"));
      });
    } else if (what < 700) {
      (void)driver_->read_some();
    } else if (what < 900) {
      (void)driver_->take_turn();
    } else if (what < 985) {
      commit(random_.below(driver_->turns().size() + 1));
    } else if (what < 998) {
      senders_[random_.below(senders_.size())].disconnect();
    } else {
      start();  // a crash: what was not committed is gone
    }
  }

  // The first turns stand in the state now, as one.
  void commit(std::size_t turns) {
    std::map<std::uint32_t, std::uint64_t> moved;
    for (; turns > 0; --turns) {
      LiveTurn& turn = driver_->turns().front();
      Durable& durable = durable_[driver_->feed().stream_name(turn.stream)];
      EXPECT_GT(turn.stream_end, durable.position);
      durable.position = turn.stream_end;
      durable.lines.insert(durable.lines.end(), turn.lines.begin(), turn.lines.end());
      moved[turn.stream] = turn.stream_end;
      driver_->turns().pop_front();
    }
    for (const auto& [stream, position] : moved) {
      driver_->feed().committed(stream, position);
    }
  }

  seeded::Random random_;
  std::size_t limit_;
  std::size_t block_bytes_ = 0;
  bool tcp_ = false;
  TempFolder folder_;
  std::vector<StreamSender> senders_;
  std::map<std::string, Durable> durable_;
  std::unique_ptr<LiveDriver> driver_;
};

TEST(LiveStreams, EachLineOfEachStreamComesExactlyOnceWhateverBreaks) {
  for (std::uint64_t i = 0; i < seeded::seeds(); ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    StreamsRun(seed).run();
    if (HasFailure()) {
      return;
    }
  }
}

}  // namespace
}  // namespace tagtill
