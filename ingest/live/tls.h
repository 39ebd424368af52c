// Connections by TLS, from senders that a certificate makes known: OpenSSL, which stays in
// tls_server.cc.
#pragma once

#include <memory>
#include <string>

#include "ingest/live/channel.h"
#include "ingest/live/descriptor.h"
#include "ingest/live/live_source.h"

namespace tagtill {

// TLS 1.2 or newer, without renegotiation and resumption; a sender needs a certificate that
// tls_client_ca vouches for. The process ignores SIGPIPE. Used by one thread; must outlive its
// channels.
class TlsServer {
 public:
  // Throws tagtill::Error (kBadConfig): a file that cannot be read, or does not fit the others.
  explicit TlsServer(const LiveSource& source);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  // The other side is made known while the first bytes are read; one that is not vouched for, or
  // whose end comes without a farewell, fails.
  [[nodiscard]] std::unique_ptr<Channel> channel(Descriptor socket) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tagtill
