// The files that a run is configured with: offers, members, secret.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "engine/member_table.h"
#include "engine/offer_catalogue.h"

namespace tagtill {

// Paths of what is to be read.
struct ConfigurationFiles {
  std::optional<std::string> offers;
  std::optional<std::string> members;
  std::optional<std::string> secret_file;
  std::string confirm_prefix = "Confirm";  // P5.2
};

struct Configuration {
  std::shared_ptr<const OfferCatalogue> offers;  // null: not read, or refused
  std::shared_ptr<const MemberTable> members;    // likewise
  std::string secret;
  std::size_t errors = 0;  // of all files; 0: all that was asked for is there
};

// Throws tagtill::Error (ExitCode::kUsage) unless `prefix` is made of 1 to 32 ASCII
// letters (P5.2).
void check_prefix(const std::string& prefix);

// Reads and checks all files, and says every error of every file (P7.3: the first
// hundred of each, and how many more) on standard error, of offers first, then of
// members, then of the secret; and if others than its owner may touch the secret.
//
// Members are read on a thread of their own, which ends in here: what is said, and in what
// order, does not depend on it.
[[nodiscard]] Configuration load_configuration(const ConfigurationFiles& files);

}  // namespace tagtill
