#include "sinks/postgres_connection.h"

#include <fmt/core.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "engine/errors.h"

namespace tagtill {
namespace {

constexpr Millis kConnectWithin = 10'000;
constexpr std::size_t kCopyPiece = std::size_t{128} * 1024;
constexpr std::size_t kStateLength = 5;  // of an SQLSTATE

struct FreeResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, FreeResult>;

// SQLSTATEs with which it is worth trying again.
bool is_passing(std::string_view state) {
  static constexpr std::array<std::string_view, 8> kPassing = {
      "57P01",  // the server is shut down, or the connection ended by its administrator
      "57P02",  // another process of it crashed
      "57P03",  // it is starting
      "57P05",  // we were idle for too long
      "25P03",  // likewise, within a transaction
      "53300",  // too many connections
      "40001",  // another transaction was in the way
      "40P01"};
  return state.starts_with("08") || std::ranges::find(kPassing, state) != kPassing.end();
}

std::string_view advice_on(std::string_view state) {
  if (state.starts_with("28")) {
    return "Check the user and the password (a password file or a service file is the place for "
           "it), and the server's pg_hba.conf";
  }
  if (state == "3D000") {
    return "Make the database first, or correct its name";
  }
  if (state == "42501") {
    return "Give the role the right to do that";
  }
  if (state == "53100") {
    return "Free some room on the server's disk";
  }
  return "The server's log may say more";
}

// The message on one line, without a stop at its end.
std::string one_line(std::string_view message) {
  std::string line;
  for (const char c : message) {
    const bool is_space = c == '\n' || c == '\r' || c == '\t' || c == ' ';
    if (!is_space) {
      line.push_back(c);
    } else if (!line.empty() && line.back() != ' ') {
      line.push_back(' ');
    }
  }
  while (line.ends_with(' ') || line.ends_with('.')) {
    line.pop_back();
  }
  return line;
}

// What libpq says of a failed attempt to connect has several lines, with the SQLSTATE where
// the server gave one: `… FATAL:  57P03: the database system is starting up`.
struct ConnectFailure {
  std::string message;
  std::string state;  // one that passes, if there is any; else the last; empty: none
};

ConnectFailure read_connect_failure(std::string_view text) {
  constexpr std::string_view kMark = "FATAL:  ";
  ConnectFailure failure;
  std::string message;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with("LOCATION:")) {
      continue;
    }
    const std::size_t mark = line.find(kMark);
    const std::size_t begin = mark + kMark.size();
    if (mark != std::string::npos && line.size() > begin + kStateLength &&
        line[begin + kStateLength] == ':') {
      const std::string state = line.substr(begin, kStateLength);
      if (!is_passing(failure.state)) {
        failure.state = state;
      }
      line.erase(begin, kStateLength + 2);
    }
    message += line + "\n";
  }
  failure.message = one_line(message);
  return failure;
}

}  // namespace

class PostgresConnection::Impl {
 public:
  Impl(std::string where, const Surroundings& around) : where_(std::move(where)), around_(around) {}
  ~Impl() { disconnect(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void connect() {
    disconnect();
    // Of a parameter that stands there twice the later one counts: the first ones are only
    // what we would rather have than libpq's own. A server that is gone without a word is
    // noticed in a minute.
    static constexpr std::array<const char*, 8> kNames = {
        "fallback_application_name", "keepalives_idle", "keepalives_interval", "keepalives_count",
        "tcp_user_timeout",          "dbname",          "client_encoding",     nullptr};
    const std::array<const char*, 8> values = {"tagtill", "30",           "10",   "3",
                                               "60000",   where_.c_str(), "UTF8", nullptr};
    connection_ = PQconnectStartParams(kNames.data(), values.data(), 1);
    if (connection_ == nullptr) {
      refuse("there is no memory for a connection. Run fewer programs");
    }
    PQsetErrorVerbosity(connection_, PQERRORS_VERBOSE);
    PQsetNoticeProcessor(
        connection_, [](void*, const char*) {}, nullptr);
    wait_until_connected();
    PQsetErrorVerbosity(connection_, PQERRORS_DEFAULT);
    PQsetnonblocking(connection_, 1);
  }

  [[nodiscard]] bool is_connected() const {
    return connection_ != nullptr && PQstatus(connection_) == CONNECTION_OK;
  }

  void disconnect() { PQfinish(std::exchange(connection_, nullptr)); }

  std::vector<Row> run(const std::string& sql) {
    send(sql);
    std::vector<Row> rows;
    while (const Result result = next_result()) {
      if (PQresultStatus(result.get()) == PGRES_TUPLES_OK) {
        append_rows(result.get(), rows);
      } else if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
        fail(result.get());
      }
    }
    return rows;
  }

  void copy(const std::string& sql, std::string_view bytes) {
    send(sql);
    const Result ready = next_result();
    if (ready == nullptr || PQresultStatus(ready.get()) != PGRES_COPY_IN) {
      fail(ready.get());
    }
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, kCopyPiece);
      const int taken = PQputCopyData(connection_, piece.data(), static_cast<int>(piece.size()));
      if (taken < 0) {
        lose();
      }
      if (taken > 0) {
        bytes.remove_prefix(piece.size());
      }
      flush();
    }
    while (true) {
      const int ended = PQputCopyEnd(connection_, nullptr);
      if (ended < 0) {
        lose();
      }
      flush();
      if (ended > 0) {
        break;
      }
    }
    while (const Result result = next_result()) {
      if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
        fail(result.get());
      }
    }
  }

  std::string literal(std::string_view text) {
    char* const escaped = PQescapeLiteral(connection_, text.data(), text.size());
    if (escaped == nullptr) {
      lose();
    }
    std::string literal = escaped;
    PQfreemem(escaped);
    return literal;
  }

  [[noreturn]] void refuse(const std::string& reason) {
    disconnect();
    throw Error(ExitCode::kIoFailed,
                fmt::format("the postgres sink: cannot use {}: {}.", shown_where(), reason));
  }

 private:
  [[nodiscard]] std::string shown_where() const {
    return where_.empty() ? "the default database" : where_;
  }

  void wait_until_connected() {
    const Millis end = around_.steady_ms() + kConnectWithin;
    spoke_at_ = 0;
    // Before the first call of PQconnectPoll one waits as if it had asked to write.
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (PQstatus(connection_) != CONNECTION_BAD && next != PGRES_POLLING_OK &&
           next != PGRES_POLLING_FAILED) {
      if (around_.steady_ms() >= end) {
        lose(fmt::format("no answer within {} s", kConnectWithin / 1'000));
      }
      if (wait_for_socket(next == PGRES_POLLING_WRITING ? POLLOUT : POLLIN)) {
        next = PQconnectPoll(connection_);
      }
    }
    if (PQstatus(connection_) == CONNECTION_OK) {
      return;
    }
    const ConnectFailure failure = read_connect_failure(PQerrorMessage(connection_));
    if (PQconnectionNeedsPassword(connection_) == 1) {
      refuse(
          fmt::format("{}. Put the password into a password file (PGPASSFILE)", failure.message));
    }
    if (failure.state.empty() || is_passing(failure.state)) {
      lose(failure.message);
    }
    refuse(fmt::format("{}. {}", failure.message, advice_on(failure.state)));
  }

  // One look of at most kAskEvery. True: there is something to do.
  bool wait_for_socket(short events) {
    if (around_.steady_ms() >= spoke_at_ + kPatience && around_.give_up()) {
      disconnect();
      throw GaveUp(fmt::format("the postgres sink: gave up waiting for {}.", shown_where()));
    }
    pollfd entry{};
    entry.fd = PQsocket(connection_);
    entry.events = events;
    const int ready = ::poll(&entry, 1, static_cast<int>(kAskEvery));
    if (ready < 0 && errno != EINTR) {
      lose();
    }
    if (ready > 0) {
      spoke_at_ = around_.steady_ms();
    }
    return ready > 0;
  }

  void send(const std::string& sql) {
    if (connection_ == nullptr || PQsendQuery(connection_, sql.c_str()) != 1) {
      lose();
    }
    spoke_at_ = around_.steady_ms();
    flush();
  }

  // What the server sends meanwhile must be read, or both could wait for each other.
  void flush() {
    for (;;) {
      const int left = PQflush(connection_);
      if (left < 0) {
        lose();
      }
      if (left == 0) {
        return;
      }
      while (!wait_for_socket(POLLIN | POLLOUT)) {
      }
      if (PQconsumeInput(connection_) != 1) {
        lose();
      }
    }
  }

  // Null: there are no more.
  Result next_result() {
    while (PQisBusy(connection_) == 1) {
      if (wait_for_socket(POLLIN) && PQconsumeInput(connection_) != 1) {
        lose();
      }
    }
    return Result(PQgetResult(connection_));
  }

  static void append_rows(const PGresult* result, std::vector<Row>& rows) {
    const int columns = PQnfields(result);
    for (int row = 0; row < PQntuples(result); ++row) {
      Row& values = rows.emplace_back();
      for (int column = 0; column < columns; ++column) {
        if (PQgetisnull(result, row, column) == 1) {
          values.emplace_back();
        } else {
          values.emplace_back(
              std::string(PQgetvalue(result, row, column),
                          static_cast<std::size_t>(PQgetlength(result, row, column))));
        }
      }
    }
  }

  // `result` (may be null) is not what it should be.
  [[noreturn]] void fail(const PGresult* result) {
    const auto field = [&](int code) -> std::string_view {
      const char* const text = result == nullptr ? nullptr : PQresultErrorField(result, code);
      return text == nullptr ? std::string_view() : std::string_view(text);
    };
    const std::string state(field(PG_DIAG_SQLSTATE));
    std::string message(field(PG_DIAG_MESSAGE_PRIMARY));
    if (!field(PG_DIAG_MESSAGE_DETAIL).empty()) {
      message += fmt::format(" ({})", one_line(field(PG_DIAG_MESSAGE_DETAIL)));
    }
    message = one_line(message);
    if (state.empty() || is_passing(state) || PQstatus(connection_) != CONNECTION_OK) {
      message.empty() ? lose() : lose(message);
    }
    refuse(fmt::format("{} (SQLSTATE {}). {}", message, state, advice_on(state)));
  }

  [[noreturn]] void lose() {
    lose(connection_ == nullptr ? "there is no connection" : one_line(PQerrorMessage(connection_)));
  }
  [[noreturn]] void lose(std::string why) {
    disconnect();
    throw PostgresLost{why.empty() ? "the connection was closed" : std::move(why)};
  }

  std::string where_;
  const Surroundings& around_;
  PGconn* connection_ = nullptr;
  Millis spoke_at_ = 0;  // when the server last did anything, or was asked something
};

PostgresConnection::PostgresConnection(std::string where, const Surroundings& around)
    : impl_(std::make_unique<Impl>(std::move(where), around)) {}
PostgresConnection::~PostgresConnection() = default;

void PostgresConnection::connect() { impl_->connect(); }
bool PostgresConnection::is_connected() const { return impl_->is_connected(); }
void PostgresConnection::disconnect() { impl_->disconnect(); }
std::vector<PostgresConnection::Row> PostgresConnection::run(const std::string& sql) {
  return impl_->run(sql);
}
void PostgresConnection::copy(const std::string& sql, std::string_view bytes) {
  impl_->copy(sql, bytes);
}
std::string PostgresConnection::literal(std::string_view text) { return impl_->literal(text); }
void PostgresConnection::refuse(const std::string& reason) { impl_->refuse(reason); }

std::string problem_with_postgres_place(const std::string& where) {
  const bool is_name = where.find('=') == std::string::npos && !where.starts_with("postgres://") &&
                       !where.starts_with("postgresql://");
  if (is_name) {
    return {};
  }
  char* error = nullptr;
  PQconninfoOption* const options = PQconninfoParse(where.c_str(), &error);
  if (options == nullptr) {
    std::string reason = one_line(error == nullptr ? "there is no memory" : error);
    PQfreemem(error);
    return reason;
  }
  std::string reason;
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    // libpq marks with a star what is not to be shown: passwords, of keys as well.
    if (option->val != nullptr && *option->val != '\0' && option->dispchar[0] == '*') {
      reason =
          "there is a password in it, and others on this machine can read command lines. Put it "
          "into a password file (PGPASSFILE), or name a service";
    }
  }
  PQconninfoFree(options);
  return reason;
}

std::string quoted_identifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    quoted.append(c == '"' ? 2 : 1, c);
  }
  return quoted + '"';
}

}  // namespace tagtill
