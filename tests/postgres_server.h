// A PostgreSQL server of one's own: its data in a folder, reached through a socket there. For
// tests and benchmarks.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

namespace tagtill {

// Not started at first. Ends the server with the object; and it ends with the thread that
// started it, so also with the process.
// As PostgreSQL refuses root, root runs it as nobody; whoever else, as itself.
class PostgresServer {
 public:
  enum class Stop {
    kFast,       // connections are ended, transactions undone
    kImmediate,  // as after a crash: the next start recovers
    kKilled,     // kill -9 of its main process
  };

  // The folder of the programs; empty: there is no server on this machine.
  [[nodiscard]] static std::string programs();

  // `folder`: an empty one, which is given to the user that the server runs as. Settings:
  // `fsync=off` and the like. Not there in time: problem() says why.
  explicit PostgresServer(std::string folder, std::vector<std::string> settings = {});
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // Returns when it takes connections.
  void start();
  void stop(Stop how);

  // As libpq takes it: the database `postgres` as its superuser.
  [[nodiscard]] std::string where() const;
  // Rows as psql prints them, columns with | between; one after the other with line ends.
  std::string ask(const std::string& sql, const std::string& database = "postgres");

  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  pid_t spawn(const std::string& program, const std::vector<std::string>& arguments,
              const std::string& output) const;
  int run(const std::string& program, const std::vector<std::string>& arguments,
          const std::string& output) const;

  std::string folder_;
  std::vector<std::string> settings_;
  std::string problem_;
  pid_t server_ = -1;
};

}  // namespace tagtill
