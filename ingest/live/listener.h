// Sockets that others connect to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ingest/live/descriptor.h"
#include "ingest/live/live_source.h"

namespace tagtill {

// Of one source, kTcp (all addresses that its host stands for) or kUnix. Used by one thread.
//
// A file of a Unix socket at which nobody listens any more is replaced; it has mode 0660, and is
// removed at the end.
class Listener {
 public:
  // Throws tagtill::Error (kBadConfig): an address that is not of this machine or not allowed, or
  // is taken; no rights.
  explicit Listener(const LiveSource& source);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] const std::vector<Descriptor>& sockets() const { return sockets_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }

  struct Accepted {
    Descriptor socket;           // not open: nobody waits
    bool no_more_files = false;  // one was turned away: the process may open no more files
  };
  // From sockets()[i]. Does not wait, nor does the socket.
  [[nodiscard]] Accepted accept(std::size_t i);

 private:
  void listen_tcp(const LiveSource& source);
  void listen_unix(const LiveSource& source);

  std::vector<Descriptor> sockets_;
  Descriptor spare_;  // given up to turn a connection away when there are no more
  std::uint16_t port_ = 0;
  std::string path_;  // of the Unix socket
  std::uint64_t path_inode_ = 0;
};

}  // namespace tagtill
