// The reader of a live feed: all sources and connections on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/agent.h"
#include "engine/clock.h"
#include "ingest/live/channel.h"
#include "ingest/live/control_desk.h"
#include "ingest/live/descriptor.h"
#include "ingest/live/line_cutter.h"
#include "ingest/live/listener.h"
#include "ingest/live/live_feed.h"
#include "ingest/live/live_ways.h"
#include "ingest/live/teller.h"

namespace tagtill {

// Descriptors are edge-triggered in epoll: a connection that may have bytes stands in a line of
// those that are served, a step each in turn, until it has none. A step is one read, into one
// block. So a connection that brings much takes no more than its turn from the others.
class LiveReader : public Agent {
 public:
  LiveReader(LiveFeed::Options options, LiveWays& ways);
  ~LiveReader() override;

  // Waits for up to wait_max, if there is nothing to do; then it says that it worked, so that
  // its thread comes back to it at once.
  [[nodiscard]] bool do_work() override;
  [[nodiscard]] bool is_done() const override { return done_; }

  // Before the first do_work().
  void set_desk(std::unique_ptr<ControlDesk> desk) { desk_ = std::move(desk); }

  [[nodiscard]] std::uint16_t port(std::size_t source) const;

 private:
  struct Source;
  struct Connection;
  struct Stream;

  void open(Source& source);
  [[nodiscard]] bool watch(int descriptor, std::uint64_t key, std::uint32_t events);
  void follow(Source& source);
  Connection& add_connection(Source& source, std::unique_ptr<Channel> channel);
  void accept_all(Source& source, std::size_t socket);
  bool wait_for_events(std::chrono::milliseconds longest);
  void queue(Connection& connection);

  bool serve_queue();
  // False: there is nothing more to read from it now. Has a block.
  [[nodiscard]] bool serve(Connection& connection);
  void take_bytes(Connection& connection, std::size_t got);
  [[nodiscard]] bool is_data(Connection& connection, std::size_t got);
  void join_stream(Connection& connection, const std::string& name);
  void leave_stream(Connection& connection);
  [[nodiscard]] Connection* connection_of(std::uint32_t stream);
  void admit(Connection& connection);
  void turn_away(Connection& connection, std::string_view sentence);
  void end_by_itself(Connection& connection, LiveEnd why);
  void end(Connection& connection, LiveEnd why);
  void forget_piece(Connection& connection);
  void go_to_next_file(Connection& connection);
  void look_at_followed();
  void count_piece(Connection& connection);

  [[nodiscard]] bool take_block();
  [[nodiscard]] bool find_block();
  void take_free_blocks();
  void hand_on(Connection& connection);
  void take_controls(Connection& connection);
  [[nodiscard]] bool has_swap();
  [[nodiscard]] bool take_swap();

  bool pass_commits_on();
  void acknowledge(Connection& connection, std::uint64_t position);
  static void send(Connection& connection);
  void end_idle();
  [[nodiscard]] bool all_ended() const;
  bool drain();
  void finish();

  LiveFeed::Options options_;
  LiveWays& ways_;
  Clock& clock_;
  Teller teller_;
  std::unique_ptr<ControlDesk> desk_;  // null: there are no control records, and no new files
  // New files that were handed on, until the decider has taken them: the next ones wait.
  std::weak_ptr<const ConfigurationSwap> under_way_;
  Descriptor epoll_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> ended_;  // by this piece of work
  std::uint64_t next_key_;
  std::deque<std::uint64_t> queue_;  // keys of those that may have bytes
  std::vector<Stream> streams_;      // by number
  std::size_t pieces_bytes_ = 0;     // of all connections

  std::vector<std::unique_ptr<LiveBlock>> blocks_;
  std::vector<LiveBlock*> idle_blocks_;  // the last one given back is used first: it is cached
  LiveBlock* block_ = nullptr;           // that is read into
  std::size_t charged_ = 0;              // bytes of blocks under way
  bool starved_ = false;
  Clock::TimePoint idle_looked_at_;
  Clock::TimePoint followed_looked_at_;
  bool drains_ = false;
  bool done_ = false;
};

}  // namespace tagtill
