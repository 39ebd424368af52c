// The webhook of bench/stops.sh: takes each request and appends its body to a file, as a line.
//
//   tier_receiver PORT FILE      (0: a free port)
//
// Prints its port, and runs until a signal ends it.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <mutex>

#include "tests/webhook_receiver.h"

int main(int count, char** words) {
  if (count != 3) {
    std::fputs("tier_receiver: give a port and a file.\n", stderr);
    return 2;
  }
  try {
    std::ofstream bodies(words[2], std::ios::binary | std::ios::app);
    std::mutex mutex;
    tagtill::WebhookReceiver receiver(
        [&](const tagtill::ReceivedRequest& request, std::size_t /*nth*/) {
          const std::lock_guard lock(mutex);
          bodies << request.body << '\n' << std::flush;
          return tagtill::ReceiverReply{bodies ? 204 : 500};
        },
        {}, static_cast<std::uint16_t>(std::atoi(words[1])));
    receiver.forget();
    std::printf("%d\n", receiver.port());
    std::fflush(stdout);
    for (;;) {
      (void)::pause();
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tier_receiver: %s\n", error.what());
    return 1;
  }
}
