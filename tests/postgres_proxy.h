// Stands between a client and a PostgreSQL server, and breaks connections as it is told.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace tagtill {

// Listens on a socket in a folder, and carries bytes to and from the server's. A thread a
// connection.
class PostgresProxy {
 public:
  enum class Cut {
    kNever,
    kBeforeCommit,  // instead of passing on what holds a COMMIT
    kAfterCommit,   // instead of passing on what is answered to it
  };

  // `server`: `host=FOLDER …`, of which the folder is replaced in where().
  PostgresProxy(std::string folder, const std::string& server);
  ~PostgresProxy();
  PostgresProxy(const PostgresProxy&) = delete;
  PostgresProxy& operator=(const PostgresProxy&) = delete;

  [[nodiscard]] std::string where() const { return where_; }

  // Once; then it lets everything pass again.
  void cut(Cut how);
  // Once, when so many bytes more came from a client.
  void cut_after_bytes(std::size_t bytes);
  [[nodiscard]] std::size_t cuts() const { return cuts_; }

 private:
  void listen();
  void carry(int client);
  // False: the connection is to be cut.
  bool pass_on(std::string& bytes, bool& awaits_commit);

  std::string server_folder_;
  std::string where_;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> cuts_{0};
  std::mutex mutex_;
  Cut cut_ = Cut::kNever;              // guarded by mutex_
  std::size_t bytes_left_ = SIZE_MAX;  // guarded by mutex_; SIZE_MAX: no cut
  std::list<std::thread> carriers_;    // of the listening thread, and at the end
  std::thread listening_;
};

}  // namespace tagtill
