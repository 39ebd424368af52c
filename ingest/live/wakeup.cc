#include "ingest/live/wakeup.h"

#include <sys/eventfd.h>

#include "engine/errors.h"

namespace tagtill {

Wakeup::Wakeup() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_.is_open()) {
    throw Error(ExitCode::kFailed,
                "The system gives no more file descriptors: close what else holds many, or raise "
                "the limit with `ulimit -n`.");
  }
}

void Wakeup::ring() {
  // A read would not do: it could be done before the work is there to be seen.
  if (waiting_.exchange(false)) {
    (void)::eventfd_write(event_.get(), 1);
  }
}

}  // namespace tagtill
