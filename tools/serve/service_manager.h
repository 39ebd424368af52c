// What systemd is told of the service. Hides libsystemd.
#pragma once

namespace tagtill {

// Nothing, where no service manager asked to be told. Any thread.
namespace service_manager {

void say_ready();
void say_stopping();
// That the program works; to be called more often than the manager's WatchdogSec.
void feed_watchdog();

}  // namespace service_manager

}  // namespace tagtill
