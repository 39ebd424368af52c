#include "ingest/interrupt.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "engine/errors.h"

namespace tagtill {

Interrupt::Interrupt() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (event_ < 0) {
    throw Error(ExitCode::kFailed,
                "The system gives no more file descriptors: close what else holds many, or raise "
                "the limit with `ulimit -n`.");
  }
}

Interrupt::~Interrupt() { ::close(event_); }

void Interrupt::call() const {
  // Full means that it was called often: as good.
  (void)::eventfd_write(event_, 1);
}

bool Interrupt::wait(int file) const {
  pollfd wanted[] = {{event_, POLLIN, 0}, {file, POLLIN, 0}};
  while (::poll(wanted, 2, -1) < 0 && errno == EINTR) {
  }
  return wanted[0].revents != 0;
}

}  // namespace tagtill
