#include "tools/allocator.h"

#ifdef TAGTILL_JEMALLOC
#include <jemalloc/jemalloc.h>

#include <cstddef>
#endif

namespace tagtill {

#ifdef TAGTILL_JEMALLOC
// Asked of the library, not of its header: it is the one that is loaded, and the
// call keeps it linked where the linker drops what nobody calls.
std::string allocator_version() {
  const char* version = nullptr;
  std::size_t bytes = sizeof(version);
  return mallctl("version", &version, &bytes, nullptr, 0) == 0 ? version : "unknown";
}
#else
std::string allocator_version() { return "off (the C library allocates)"; }
#endif

}  // namespace tagtill
