#include "ingest/live/live_reader.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/errors.h"
#include "ingest/live/followed_file.h"
#include "ingest/live/hello.h"
#include "ingest/live/tls.h"

namespace tagtill {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kWakeupKey = 0;
constexpr std::uint64_t kFirstConnectionKey = 1;
// Keys of listening sockets: source and number of the socket.
constexpr std::uint64_t kListenerKey = std::uint64_t{1} << 63;
constexpr unsigned kListenerShift = 16;

constexpr std::uint32_t kReadable = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;

constexpr milliseconds kLookAtIdleEvery{100};
constexpr milliseconds kLookAtFollowedEvery{1'000};
// How long what is still sent by one that was turned away is read and thrown away: were it left
// there, closing would take back the sentence that was sent.
constexpr milliseconds kTurnedAwayFor{1'000};

// A block that has grown by more than a step's room goes round no more.
constexpr std::size_t kCapacityAbove = std::size_t{128} * 1024;

// Pieces up to this length never end a connection.
constexpr std::size_t kPieceSmall = std::size_t{16} * 1024;

constexpr std::string_view kWaitForAck =
    "Wait for the ack behind a hello: it says with which byte to begin.";

std::string error_text(int error) { return std::generic_category().message(error); }

std::string shown_duration(milliseconds duration) {
  return duration.count() % 1'000 == 0 ? fmt::format("{} s", duration.count() / 1'000)
                                       : fmt::format("{} ms", duration.count());
}

}  // namespace

struct LiveReader::Source {
  LiveSource options;
  std::uint32_t number = 0;
  std::shared_ptr<const std::string> name;
  std::unique_ptr<TlsServer> tls;      // null: plain
  std::unique_ptr<Listener> listener;  // null: none
  std::size_t connections = 0;
  bool ended = false;
  bool sampled = false;
  Clock::TimePoint sampled_at;
  std::uint16_t port = 0;
};

struct LiveReader::Connection {
  enum class State : std::uint8_t {
    kFirstLine,  // which may be a hello
    kWaiting,    // for the commit of what was handed on of its stream
    kData,
    kLastAck,     // it has ended, and may wait to hear that all of it was committed
    kTurnedAway,  // what it sends is thrown away until it ends
  };

  Connection(Source& from, std::uint64_t number, std::unique_ptr<Channel> bytes,
             const LiveFeed::Options& options)
      : source(from),
        key(number),
        channel(std::move(bytes)),
        cutter(options.block_bytes, from.options.line_bytes_max),
        name(from.name) {}

  Source& source;
  std::uint64_t key;
  std::unique_ptr<Channel> channel;
  FollowedFile* followed = nullptr;  // the channel, if it is one
  LineCutter cutter;
  std::shared_ptr<const std::string> name;
  State state = State::kFirstLine;
  std::uint32_t stream = kNoStream;
  bool ended = false;
  bool queued = false;
  bool hung_up = false;            // its end is to be read
  std::size_t counted_piece = 0;   // in pieces_bytes_
  Clock::TimePoint line_ended_at;  // or it began; turned away: then
  bool ack_due = false;
  std::uint64_t ack = 0;
  std::string unsent;  // the rest of a line that did not fit into the socket
};

struct LiveReader::Stream {
  std::uint64_t handed_on = 0;   // up to where
  std::uint64_t connection = 0;  // key; 0: none
};

LiveReader::LiveReader(LiveFeed::Options options, LiveWays& ways)
    : options_(std::move(options)),
      ways_(ways),
      clock_(*options_.clock),
      teller_(options_.say, clock_),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      next_key_(kFirstConnectionKey),
      idle_looked_at_(clock_.now()),
      followed_looked_at_(clock_.now()) {
  if (!epoll_.is_open()) {
    throw Error(ExitCode::kFailed,
                fmt::format("No sockets can be waited for: {}.", error_text(errno)));
  }
  for (const LiveStream& stream : options_.streams) {
    streams_.push_back({stream.position, 0});
  }
  (void)watch(ways_.wakeup.descriptor(), kWakeupKey, EPOLLIN | EPOLLET);
  for (LiveSource& source : options_.sources) {
    auto made = std::make_unique<Source>();
    made->options = source;
    made->number = static_cast<std::uint32_t>(sources_.size());
    made->name = std::make_shared<const std::string>(source.name);
    sources_.push_back(std::move(made));
    open(*sources_.back());
  }
}

LiveReader::~LiveReader() { (void)pass_commits_on(); }

std::uint16_t LiveReader::port(std::size_t source) const { return sources_.at(source)->port; }

void LiveReader::open(Source& source) {
  const LiveSource& options = source.options;
  if (options.line_bytes_max < kHelloBytesMax || options.line_bytes_max > kLineBytesMax) {
    throw Error(ExitCode::kBadConfig,
                fmt::format("The source {}: line_bytes_max is {} to {}, and not {}.", options.name,
                            kHelloBytesMax, kLineBytesMax, options.line_bytes_max));
  }
  switch (options.kind) {
    case LiveSource::Kind::kStdin:
      add_connection(source, make_file_channel(options.descriptor, false)).state =
          Connection::State::kData;
      break;
    case LiveSource::Kind::kFile: {
      if (options.follow) {
        follow(source);
        break;
      }
      const int file = ::open(options.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
      if (file < 0) {
        throw Error(
            ExitCode::kBadConfig,
            fmt::format("The source {}: {} cannot be read: {}. Give the path of a file that "
                        "is there.",
                        options.name, options.path, error_text(errno)));
      }
      add_connection(source, make_file_channel(file, true)).state = Connection::State::kData;
      break;
    }
    case LiveSource::Kind::kTcp:
      if (const int missing = options.tls_certificate.empty() + options.tls_key.empty() +
                              options.tls_client_ca.empty();
          missing == 0) {
        source.tls =
            std::make_unique<TlsServer>(TlsFiles{{"tls_certificate", options.tls_certificate},
                                                 {"tls_key", options.tls_key},
                                                 {"tls_client_ca", options.tls_client_ca}},
                                        fmt::format("The source {}: ", options.name));
      } else if (missing < 3) {
        throw Error(ExitCode::kBadConfig,
                    fmt::format("The source {}: TLS needs tls_certificate, tls_key and "
                                "tls_client_ca. Give all three, or none.",
                                options.name));
      }
      [[fallthrough]];
    case LiveSource::Kind::kUnix:
      source.listener = std::make_unique<Listener>(options);
      source.port = source.listener->port();
      for (std::size_t i = 0; i < source.listener->sockets().size(); ++i) {
        (void)watch(source.listener->sockets()[i].get(),
                    kListenerKey | std::uint64_t{source.number} << kListenerShift | i,
                    EPOLLIN | EPOLLET);
      }
      break;
  }
}

void LiveReader::follow(Source& source) {
  const std::uint32_t number = ways_.streams.number_of("file:" + source.options.name);
  if (number == kNoStream) {
    throw Error(ExitCode::kBadConfig,
                fmt::format("The source {}: there are {} streams already, and a file that is "
                            "followed is one, too. Ask for a higher limit.",
                            source.options.name, options_.streams_max));
  }
  if (number >= streams_.size()) {
    streams_.resize(number + 1);
  }
  const std::uint64_t position = ways_.streams.committed(number);
  auto file = std::make_unique<FollowedFile>(
      source.options, position, ways_.streams.mark(number, position),
      [this](const std::string& sentence) { teller_.tell(Teller::Cause::kFile, sentence); });
  FollowedFile& followed = *file;
  Connection& connection = add_connection(source, std::move(file));
  connection.followed = &followed;
  connection.state = Connection::State::kData;
  connection.stream = number;
  connection.cutter.begin_at(position, followed.is_at_begin());
  queue(connection);
}

bool LiveReader::watch(int descriptor, std::uint64_t key, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = key;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

LiveReader::Connection& LiveReader::add_connection(Source& source,
                                                   std::unique_ptr<Channel> channel) {
  const std::uint64_t key = next_key_++;
  auto made = std::make_unique<Connection>(source, key, std::move(channel), options_);
  Connection& connection = *made;
  connection.line_ended_at = clock_.now();
  ++source.connections;
  ++ways_.counters.sources[source.number].open;
  ++ways_.counters.accepted;
  connections_.emplace(key, std::move(made));
  const int descriptor = connection.channel->descriptor();
  if (descriptor < 0 || !watch(descriptor, key, EPOLLIN | EPOLLRDHUP | EPOLLOUT | EPOLLET)) {
    queue(connection);  // a file, which is never waited for
  }
  return connection;
}

void LiveReader::accept_all(Source& source, std::size_t socket) {
  for (;;) {
    Listener::Accepted accepted = source.listener->accept(socket);
    if (accepted.no_more_files) {
      ++ways_.counters.refused;
      teller_.tell(Teller::Cause::kRefused,
                   fmt::format("A connection to {} was turned away: the system gives no more file "
                               "descriptors. Raise the limit (LimitNOFILE, `ulimit -n`).",
                               *source.name));
      continue;
    }
    if (!accepted.socket.is_open()) {
      return;
    }
    if (source.connections >= source.options.connections_max) {
      ++ways_.counters.refused;
      const std::string line =
          source.tls != nullptr
              ? ""
              : error_line(fmt::format(
                    "There are {} connections already, and no more are taken. Try again later.",
                    source.options.connections_max));
      (void)::send(accepted.socket.get(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      teller_.tell(Teller::Cause::kRefused,
                   fmt::format("A connection to {} was turned away: there are {} already. Raise "
                               "connections_max if they are meant.",
                               *source.name, source.options.connections_max));
      continue;
    }
    (void)add_connection(source, source.tls != nullptr
                                     ? source.tls->channel(std::move(accepted.socket))
                                     : make_socket_channel(std::move(accepted.socket)));
  }
}

bool LiveReader::do_work() {
  ended_.clear();
  if (done_) {
    return false;
  }
  if (ways_.stopped) {
    finish();
    return true;
  }
  bool worked = pass_commits_on();
  worked = take_swap() || worked;
  if (ways_.draining || all_ended()) {
    worked = drain() || worked;
  } else {
    worked = serve_queue() || worked;
    end_idle();
    look_at_followed();
  }
  if (done_) {
    return true;
  }
  const bool busy = worked || (!queue_.empty() && !starved_);
  worked = wait_for_events(busy ? milliseconds(0) : options_.wait_max) || worked;
  return worked || options_.wait_max.count() > 0;
}

bool LiveReader::all_ended() const {
  return std::all_of(sources_.begin(), sources_.end(),
                     [](const auto& source) { return source->ended; });
}

bool LiveReader::wait_for_events(milliseconds longest) {
  if (longest.count() > 0) {
    ways_.wakeup.announce();
    const bool block_came = starved_ && !ways_.wants_block;
    if (block_came || ways_.stopped || (ways_.draining && !drains_) ||
        ways_.streams.has_changed() || has_swap()) {
      longest = milliseconds(0);
    }
  }
  std::array<epoll_event, 256> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(longest.count()));
  ways_.wakeup.withdraw();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const std::uint64_t key = event.data.u64;
    if ((key & kListenerKey) != 0) {
      Source& source = *sources_[(key ^ kListenerKey) >> kListenerShift];
      if (source.listener != nullptr) {
        accept_all(source, key & ((1U << kListenerShift) - 1));
      }
      continue;
    }
    const auto found = connections_.find(key);
    if (found == connections_.end()) {
      continue;
    }
    Connection& connection = *found->second;
    connection.hung_up =
        connection.hung_up || (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if ((event.events & kReadable) != 0) {
      queue(connection);
    }
    if ((event.events & EPOLLOUT) != 0) {
      send(connection);
      if (connection.channel->reads_when_writable()) {
        queue(connection);
      }
    }
  }
  return count > 0;
}

void LiveReader::queue(Connection& connection) {
  if (!std::exchange(connection.queued, true)) {
    queue_.push_back(connection.key);
  }
}

bool LiveReader::serve_queue() {
  if (starved_) {
    (void)take_block();
  }
  bool worked = false;
  for (std::size_t left = queue_.size(); left > 0 && take_block(); --left) {
    const auto found = connections_.find(queue_.front());
    queue_.pop_front();
    worked = true;
    if (found == connections_.end()) {
      continue;
    }
    Connection& connection = *found->second;
    connection.queued = false;
    const bool more = serve(connection);
    if (connection.ended) {
      continue;
    }
    count_piece(connection);
    if (more) {
      queue(connection);
    }
  }
  return worked;
}

bool LiveReader::serve(Connection& connection) {
  LineCutter& cutter = connection.cutter;
  if (cutter.holds_lines()) {
    cutter.take_held(block_->block);
    hand_on(connection);
    return true;
  }
  const Channel::Got got = connection.channel->read(cutter.room(block_->block));
  switch (got.kind) {
    case Channel::Got::Kind::kNothing:
      return false;
    case Channel::Got::Kind::kBytes:
      ways_.counters.sources[connection.source.number].bytes += got.bytes;
      take_bytes(connection, got.bytes);
      return got.more || connection.hung_up || cutter.holds_lines();
    case Channel::Got::Kind::kEnd:
      if (connection.followed != nullptr) {
        go_to_next_file(connection);
        return true;
      }
      end_by_itself(connection, LiveEnd::kPeer);
      return false;
    case Channel::Got::Kind::kFailed:
      teller_.tell(Teller::Cause::kBroken, fmt::format("{} broke off: {}.", *connection.name,
                                                       connection.channel->failure()));
      end_by_itself(connection, LiveEnd::kError);
      return false;
  }
  return false;
}

// They stand where the cutter had room for them.
void LiveReader::take_bytes(Connection& connection, std::size_t got) {
  using State = Connection::State;
  if (connection.state == State::kTurnedAway) {
    return;
  }
  if (connection.state == State::kWaiting) {
    turn_away(connection, kWaitForAck);
    return;
  }
  if (connection.state == State::kFirstLine && !is_data(connection, got)) {
    return;
  }
  if (connection.cutter.take(block_->block, got)) {
    hand_on(connection);
  }
}

// Looks at a first line of which more has come. A beginning of a hello is kept as if it were data.
bool LiveReader::is_data(Connection& connection, std::size_t got) {
  const std::string_view piece = connection.cutter.piece();
  std::string text(piece);
  text.append(block_->block.mutable_data() + piece.size(), std::min(got, kHelloBytesMax));
  const Hello hello = read_hello(text);
  switch (hello.kind) {
    case Hello::Kind::kNone:
      connection.state = Connection::State::kData;
      return true;
    case Hello::Kind::kNotYet:
      return true;
    case Hello::Kind::kRefused:
      turn_away(connection, hello.name);
      return false;
    case Hello::Kind::kStream:
      if (text.find('\n') + 1 < piece.size() + got) {
        turn_away(connection, kWaitForAck);
      } else {
        join_stream(connection, hello.name);
      }
      return false;
  }
  return false;
}

void LiveReader::join_stream(Connection& connection, const std::string& name) {
  const std::uint32_t number = ways_.streams.number_of(name);
  if (number == kNoStream) {
    turn_away(connection,
              fmt::format("There are {} streams already, and no more are taken. Use the "
                          "name of one of them, or ask for a higher limit.",
                          options_.streams_max));
    return;
  }
  if (number >= streams_.size()) {
    streams_.resize(number + 1);
  }
  if (Connection* older = connection_of(number); older != nullptr) {
    const std::string line =
        error_line(fmt::format("Another connection has taken over the stream {}.", name));
    (void)older->channel->write(line);
    teller_.tell(Teller::Cause::kTakenOver,
                 fmt::format("Another connection has taken over {}. If that is not meant, two "
                             "senders use one name: give them different ones.",
                             *older->name));
    end(*older, LiveEnd::kTakenOver);
  }
  streams_[number].connection = connection.key;
  connection.stream = number;
  connection.name =
      std::make_shared<const std::string>(fmt::format("{}:{}", *connection.source.name, name));
  connection.cutter.begin_at(0, false);
  connection.state = Connection::State::kWaiting;
  if (ways_.streams.committed(number) >= streams_[number].handed_on) {
    admit(connection);
  }
}

LiveReader::Connection* LiveReader::connection_of(std::uint32_t stream) {
  const auto found = connections_.find(streams_[stream].connection);
  return found == connections_.end() ? nullptr : found->second.get();
}

// All of its stream that was handed on has been committed: it is told where to begin.
void LiveReader::admit(Connection& connection) {
  char early = 0;
  const Channel::Got got = connection.channel->read({&early, 1});
  switch (got.kind) {
    case Channel::Got::Kind::kBytes:
      turn_away(connection, kWaitForAck);
      return;
    case Channel::Got::Kind::kEnd:
      end(connection, LiveEnd::kPeer);
      return;
    case Channel::Got::Kind::kFailed:
      end(connection, LiveEnd::kError);
      return;
    case Channel::Got::Kind::kNothing:
      break;
  }
  const std::uint64_t position = streams_[connection.stream].handed_on;
  connection.cutter.begin_at(position, position == 0);
  connection.state = Connection::State::kData;
  connection.line_ended_at = clock_.now();
  acknowledge(connection, position);
}

void LiveReader::turn_away(Connection& connection, std::string_view sentence) {
  leave_stream(connection);
  connection.state = Connection::State::kTurnedAway;
  connection.line_ended_at = clock_.now();
  forget_piece(connection);
  // Should it not fit, the connection ends all the same.
  (void)connection.channel->write(error_line(sentence));
  connection.channel->end_writing();
  teller_.tell(Teller::Cause::kRefused,
               fmt::format("A connection of {} was turned away: {}", *connection.name, sentence));
}

void LiveReader::leave_stream(Connection& connection) {
  if (connection.stream != kNoStream) {
    streams_[connection.stream].connection = 0;
    connection.stream = kNoStream;
  }
}

// The piece of a line at its end is a line (P1.1), unless it is the beginning of a hello, or of a
// stream, and will be sent again. Has a block.
void LiveReader::end_by_itself(Connection& connection, LiveEnd why) {
  using State = Connection::State;
  if (connection.state == State::kTurnedAway) {
    end(connection, LiveEnd::kError);
    return;
  }
  const std::uint32_t stream = connection.stream;
  if (stream == kNoStream) {
    if (connection.state == State::kData && connection.cutter.take_end(block_->block)) {
      hand_on(connection);
    }
  } else if (why == LiveEnd::kPeer && connection.state != State::kWaiting &&
             ways_.streams.committed(stream) < streams_[stream].handed_on) {
    connection.state = State::kLastAck;
    forget_piece(connection);
    return;
  }
  end(connection, why);
}

void LiveReader::end(Connection& connection, LiveEnd why) {
  ++ways_.counters.ended[static_cast<std::size_t>(why)];
  --ways_.counters.sources[connection.source.number].open;
  leave_stream(connection);
  forget_piece(connection);
  --connection.source.connections;
  connection.source.ended = connection.source.listener == nullptr;
  connection.ended = true;
  // Whoever works on it may look at it until the next piece of work.
  const auto found = connections_.find(connection.key);
  ended_.push_back(std::move(found->second));
  connections_.erase(found);
}

// What stands at the end of the old one is a line (P1.1). Has a block.
void LiveReader::go_to_next_file(Connection& connection) {
  LineCutter& cutter = connection.cutter;
  if (cutter.take_end(block_->block)) {
    hand_on(connection);
  }
  connection.followed->begin_next(cutter.end());
  cutter.begin_at(cutter.end(), true);
}

// Not every file system tells of changes.
void LiveReader::look_at_followed() {
  const Clock::TimePoint now = clock_.now();
  if (now - followed_looked_at_ < kLookAtFollowedEvery) {
    return;
  }
  followed_looked_at_ = now;
  for (const auto& [key, connection] : connections_) {
    if (connection->followed != nullptr) {
      queue(*connection);
    }
  }
}

void LiveReader::forget_piece(Connection& connection) {
  connection.cutter.begin_at(0, false);
  pieces_bytes_ -= std::exchange(connection.counted_piece, 0);
}

void LiveReader::count_piece(Connection& connection) {
  const std::size_t now = connection.cutter.kept_bytes();
  pieces_bytes_ += now - connection.counted_piece;
  connection.counted_piece = now;
  if (pieces_bytes_ > options_.pieces_bytes_max && connection.cutter.piece().size() > kPieceSmall &&
      connection.source.listener != nullptr) {
    turn_away(connection,
              "Too many connections have sent the beginning of a long line and not its "
              "end. Send lines whole.");
  }
}

bool LiveReader::take_block() {
  take_free_blocks();
  if (block_ != nullptr || find_block()) {
    starved_ = false;
    return true;
  }
  ways_.wants_block = true;
  take_free_blocks();
  if (find_block()) {
    ways_.wants_block = false;
    starved_ = false;
    return true;
  }
  ways_.counters.waits += starved_ ? 0 : 1;
  starved_ = true;
  return false;
}

bool LiveReader::find_block() {
  if (charged_ > 0 && charged_ + options_.block_bytes > options_.blocks_bytes_max) {
    return false;
  }
  if (idle_blocks_.empty()) {
    idle_blocks_.push_back(blocks_.emplace_back(std::make_unique<LiveBlock>()).get());
  }
  block_ = idle_blocks_.back();
  idle_blocks_.pop_back();
  return true;
}

void LiveReader::take_free_blocks() {
  while (LiveBlock* block = ways_.free.take()) {
    charged_ -= block->charged;
    if (block->block.capacity() > options_.block_bytes + kCapacityAbove) {
      block->block = Block();
    }
    idle_blocks_.push_back(block);
  }
}

// Control records that stand in a row go alone, and so do the lines between them: what follows is
// given back, and comes next.
void LiveReader::take_controls(Connection& connection) {
  Block& block = block_->block;
  const std::string_view lines = block.lines();
  std::size_t end = 0;
  bool are_records = false;
  while (end < lines.size()) {
    const bool is_record = Programme::is_record(lines.substr(end));
    if (end > 0 && is_record != are_records) {
      break;
    }
    are_records = is_record;
    end = std::min(lines.find('\n', end), lines.size() - 1) + 1;
  }
  std::shared_ptr<const ControlRun> controls;
  if (are_records) {
    controls = desk_->take(lines.substr(0, end), block.offset);
    end = controls->bytes;
  }
  if (end < lines.size()) {
    connection.cutter.give_back(block, end);
  }
  if (controls == nullptr) {
    return;
  }
  block_->controls = controls;
  for (const ControlRun::Refused& refused : block_->controls->refused) {
    teller_.tell(Teller::Cause::kControl,
                 fmt::format("A control record of {}, at byte {}, is refused: {}.",
                             *connection.name, refused.offset, refused.why));
  }
}

// One at a time: the next waits until the decider has taken it.
bool LiveReader::has_swap() {
  const std::lock_guard lock(ways_.swap_mutex);
  return ways_.swap.has_value() && under_way_.expired();
}

bool LiveReader::take_swap() {
  if (!has_swap() || !take_block()) {
    return false;
  }
  PendingSwap pending;
  {
    const std::lock_guard lock(ways_.swap_mutex);
    if (!ways_.swap) {
      return false;  // a newer one is about to come
    }
    pending = std::move(*ways_.swap);
    ways_.swap.reset();
  }
  try {
    desk_->put(*pending.swap);
  } catch (const Error& error) {
    pending.done(error.what());
    return true;
  }
  under_way_ = pending.swap;
  LiveBlock* block = std::exchange(block_, nullptr);
  block->swap = std::move(pending.swap);
  block->source_name.reset();
  block->stream = kNoStream;
  block->sample = false;
  block->charged = std::max(block->block.capacity(), options_.block_bytes);
  charged_ += block->charged;
  ways_.ready.give(block);
  pending.done({});
  return true;
}

void LiveReader::hand_on(Connection& connection) {
  Source& source = connection.source;
  if (source.options.control && desk_ != nullptr && block_->block.overlong_bytes == 0) {
    take_controls(connection);
  }
  LiveBlock* block = std::exchange(block_, nullptr);
  block->block.source = source.number;
  block->source = source.number;
  block->source_name = connection.name;
  block->stream = connection.stream;
  block->stream_end = 0;
  if (connection.stream != kNoStream) {
    block->stream_end = connection.cutter.end();
    streams_[connection.stream].handed_on = block->stream_end;
    if (connection.followed != nullptr) {
      ways_.streams.set_mark(connection.stream, block->stream_end,
                             connection.followed->mark(block->stream_end));
    }
  }
  const Clock::TimePoint now = clock_.now();
  block->sample = block->controls == nullptr &&
                  (!source.sampled || now - source.sampled_at >= options_.sample_every);
  if (block->sample) {
    source.sampled = true;
    source.sampled_at = now;
  }
  connection.line_ended_at = now;
  block->charged = std::max(block->block.capacity(), options_.block_bytes);
  charged_ += block->charged;
  ++ways_.counters.sources[source.number].blocks;
  ways_.ready.give(block);
}

bool LiveReader::pass_commits_on() {
  const std::vector<std::uint32_t> changed = ways_.streams.take_changed();
  for (const std::uint32_t stream : changed) {
    Connection* connection = connection_of(stream);
    if (connection == nullptr) {
      continue;
    }
    const std::uint64_t committed = ways_.streams.committed(stream);
    const bool all = committed >= streams_[stream].handed_on;
    if (connection->state == Connection::State::kWaiting) {
      if (all) {
        admit(*connection);
      }
      continue;
    }
    acknowledge(*connection, committed);
    if (all && connection->state == Connection::State::kLastAck) {
      end(*connection, LiveEnd::kPeer);
    }
  }
  return !changed.empty();
}

void LiveReader::acknowledge(Connection& connection, std::uint64_t position) {
  connection.ack_due = true;
  connection.ack = position;
  send(connection);
}

// Of acks that the socket does not take only the newest is kept.
void LiveReader::send(Connection& connection) {
  for (;;) {
    std::string& unsent = connection.unsent;
    if (unsent.empty()) {
      if (!std::exchange(connection.ack_due, false)) {
        return;
      }
      unsent = ack_line(connection.ack);
    }
    unsent.erase(0, connection.channel->write(unsent));
    if (!unsent.empty()) {
      return;
    }
  }
}

void LiveReader::end_idle() {
  const Clock::TimePoint now = clock_.now();
  if (now - idle_looked_at_ < kLookAtIdleEvery) {
    return;
  }
  idle_looked_at_ = now;
  std::vector<Connection*> idle;
  for (const auto& [key, connection] : connections_) {
    if (connection->source.listener == nullptr) {
      continue;
    }
    const milliseconds idle_max = connection->source.options.idle_max;
    const auto passed = now - connection->line_ended_at;
    const bool turned_away = connection->state == Connection::State::kTurnedAway;
    if (connection->state == Connection::State::kWaiting ||
        connection->state == Connection::State::kLastAck || (starved_ && connection->queued)) {
      connection->line_ended_at = now;  // it is not its fault
    } else if (turned_away ? passed >= kTurnedAwayFor
                           : idle_max.count() > 0 && passed >= idle_max) {
      idle.push_back(connection.get());
    }
  }
  for (Connection* connection : idle) {
    if (!take_block()) {
      return;
    }
    if (connection->state == Connection::State::kTurnedAway) {
      end(*connection, LiveEnd::kError);
      continue;
    }
    const std::string sentence = fmt::format("No end of a line came for {}.",
                                             shown_duration(connection->source.options.idle_max));
    (void)connection->channel->write(error_line(sentence));
    teller_.tell(Teller::Cause::kLimit,
                 fmt::format("A connection of {} was ended: {} idle_max says how long that may be.",
                             *connection->name, sentence));
    if (connection->cutter.holds_lines()) {
      continue;  // its turn comes
    }
    end_by_itself(*connection, LiveEnd::kIdle);
  }
}

bool LiveReader::drain() {
  if (!std::exchange(drains_, true)) {
    for (const auto& source : sources_) {
      source->listener.reset();
    }
  }
  bool worked = false;
  for (const auto& [key, connection] : connections_) {
    while (connection->cutter.holds_lines()) {
      if (!take_block()) {
        return worked;
      }
      connection->cutter.take_held(block_->block);
      hand_on(*connection);
      worked = true;
    }
  }
  finish();
  return true;
}

void LiveReader::finish() {
  for (const auto& source : sources_) {
    source->listener.reset();
  }
  done_ = true;
  ways_.read_all = true;
  refuse_swap(ways_, kNothingMoreIsRead);
  ways_.ready.ring();
}

}  // namespace tagtill
