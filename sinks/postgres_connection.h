// A connection to a PostgreSQL server. Hides libpq-fe.h, and tells what can be tried again
// from what cannot.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sinks/surroundings.h"

namespace tagtill {

// The connection is lost, or there was none: the server is away, is starting or stopping, has
// no room for another connection, or undid the transaction in favour of another one. With a
// new connection it may work. Whether a COMMIT that was under way was carried out is unknown.
struct PostgresLost {
  std::string why;  // without a stop
};

// Used by one thread. Functions throw
// - PostgresLost; then it is closed,
// - tagtill::Error (kIoFailed) with a sentence that names the server: nothing that a new
//   connection would mend; then it is closed,
// - GaveUp, when the surroundings say so while the server is silent; then it is closed.
//
// (Looking up a host's name is the one thing that cannot be interrupted.)
class PostgresConnection {
 public:
  using Row = std::vector<std::optional<std::string>>;  // as text; nothing for null

  // `where`: a name of a database, or parameters or a URI as libpq takes them; empty: what its
  // environment variables say.
  PostgresConnection(std::string where, const Surroundings& around);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // Waits some 10 s at most.
  void connect();
  [[nodiscard]] bool is_connected() const;
  void disconnect();

  // Runs statements, several with `;` between, and returns the rows of all that have some.
  std::vector<Row> run(const std::string& sql);

  // Runs a `COPY … FROM STDIN` and sends the bytes.
  void copy(const std::string& sql, std::string_view bytes);

  [[nodiscard]] std::string literal(std::string_view text);

  // `reason`: without a stop; what is wrong, and what to do.
  [[noreturn]] void refuse(const std::string& reason);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// What is wrong with `where`, as a sentence without a stop; empty: nothing. A password in it is
// wrong: others see command lines.
[[nodiscard]] std::string problem_with_postgres_place(const std::string& where);

// A name as SQL takes it, whatever stands in it.
[[nodiscard]] std::string quoted_identifier(std::string_view name);

}  // namespace tagtill
