// Connections by TLS, of which both sides show a certificate: OpenSSL, which stays in tls.cc.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "engine/errors.h"
#include "ingest/live/channel.h"
#include "ingest/live/descriptor.h"

namespace tagtill {

// Files in PEM form, as an operator named them.
struct TlsFiles {
  struct File {
    std::string option;  // `tls_key`, `--tls-key`
    std::string path;
  };
  File certificate;  // one's own, and those that vouch for it
  File key;          // its key
  File ca;           // those that vouch for the other side
};

// TLS 1.2 or newer, without renegotiation and resumption; a sender needs a certificate that
// `files.ca` vouches for. The process ignores SIGPIPE. Used by one thread; must outlive its
// channels.
class TlsServer {
 public:
  // Throws tagtill::Error (kBadConfig): a file that cannot be read, or does not fit the others.
  // `who` stands before the sentence, as `The source tcp: `.
  TlsServer(const TlsFiles& files, const std::string& who);
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

// The other side of it. A server needs a certificate that `files.ca` vouches for, for the name or
// address by which it was asked for. Otherwise as TlsServer.
class TlsClient {
 public:
  // Throws tagtill::Error (kUsage) as TlsServer.
  explicit TlsClient(const TlsFiles& files);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // Waits until the server is known, at most so long. `host`: a name or an address. Null: `problem`
  // says why, without a stop. Whether the server knows this side is not certain then: if not, it
  // ends the connection.
  [[nodiscard]] std::unique_ptr<Channel> channel(Descriptor socket, const std::string& host,
                                                 std::chrono::milliseconds patience,
                                                 std::string& problem) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tagtill
