// What the bytes of a live source come through.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "ingest/live/descriptor.h"

namespace tagtill {

// Never waits. Used by one thread. Closed by its destructor.
class Channel {
 public:
  struct Got {
    enum class Kind : unsigned char {
      kBytes,
      kNothing,  // now
      kEnd,
      kFailed,  // nothing more will come
    };
    Kind kind = Kind::kNothing;
    std::size_t bytes = 0;  // kBytes: at least 1
    bool more = false;      // kBytes: there may be more to read just now
  };

  Channel() = default;
  virtual ~Channel() = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // `to` is not empty.
  [[nodiscard]] virtual Got read(std::span<char> to) = 0;

  // Returns how many bytes of it were sent: 0 if the other side does not read just now, or
  // never will.
  [[nodiscard]] virtual std::size_t write(std::string_view bytes) = 0;

  // No more will be written: the other side is told.
  virtual void end_writing() = 0;

  // There may be more to read when the other side takes bytes again.
  [[nodiscard]] virtual bool reads_when_writable() const { return false; }

  // To wait at; -1: never needed, there is always something.
  [[nodiscard]] virtual int descriptor() const = 0;

  // After kFailed: why, as `Connection reset by peer`.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 protected:
  std::string failure_;
};

// Of a connected socket, which does not wait.
[[nodiscard]] std::unique_ptr<Channel> make_socket_channel(Descriptor socket);

// Of a file, pipe or terminal. `owned`: closed at the end.
[[nodiscard]] std::unique_ptr<Channel> make_file_channel(int file, bool owned);

}  // namespace tagtill
