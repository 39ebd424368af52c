// The allocator of the process. jemalloc.h stays in allocator.cc.
#pragma once

#include <string>

namespace tagtill {

// "jemalloc 5.3.0-0-g54ea…", or "the C library's" where jemalloc is off.
[[nodiscard]] std::string allocator_version();

}  // namespace tagtill
