// Top-level domains for URLs without a scheme (P2.1).
#pragma once

namespace tagtill {

// UTF-8, each followed by one space; case does not matter.
extern const char kTopLevelDomains[];

}  // namespace tagtill
