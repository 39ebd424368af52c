// Where a live feed reads, and what an operator may say about it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/block.h"

namespace tagtill {

struct LiveSource {
  enum class Kind : std::uint8_t {
    kStdin,  // to its end
    kFile,   // to its end, or on and on: `follow`
    kTcp,    // listens; newline-delimited JSON
    kUnix,   // the same at a socket of the file system
  };

  Kind kind = Kind::kStdin;
  std::string name;             // in messages and dead letters; each source another
  std::string path{};           // kFile, kUnix
  std::string host{};           // kTcp: a name or an address of this machine
  std::uint16_t port = 0;       // kTcp; 0: one that is free
  bool public_address = false;  // kTcp: others than loopback are meant
  // kTcp: files in PEM form; all of them, or none: without TLS. Senders need a certificate that
  // tls_client_ca vouches for.
  std::string tls_certificate{};  // of the server, and those that vouch for it
  std::string tls_key{};
  std::string tls_client_ca{};
  bool follow = false;  // kFile: as `tail -F`; a stream of its own, `file:` and the name

  // A piece of a line that grows longer is not kept: the line is passed over (P1.2). At most
  // kLineBytesMax, which lanes hold to in any case.
  std::size_t line_bytes_max = kLineBytesMax;
  // A connection that brings no line end for so long is ended; 0: never.
  std::chrono::milliseconds idle_max{0};
  std::size_t connections_max = 1024;  // of this source at a time
  bool control = false;  // its lines may be control records (docs/protocol.md), and are trusted

  int descriptor = 0;  // kStdin: what is read
};

// A stream as the state knows it.
struct LiveStream {
  std::string name;
  std::uint64_t position = 0;
  std::string mark{};  // LiveFeed::stream_mark
};

}  // namespace tagtill
