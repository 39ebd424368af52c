#include "tools/serve/service_manager.h"

#include <systemd/sd-daemon.h>

namespace tagtill::service_manager {

void say_ready() { (void)sd_notify(0, "READY=1"); }
void say_stopping() { (void)sd_notify(0, "STOPPING=1"); }
void feed_watchdog() { (void)sd_notify(0, "WATCHDOG=1"); }

}  // namespace tagtill::service_manager
