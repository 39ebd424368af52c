#include "tools/configuration.h"

#include <fmt/core.h>

#include <algorithm>

#include "engine/errors.h"
#include "engine/file_errors.h"
#include "engine/secret.h"
#include "tools/messages.h"

namespace tagtill {
namespace {

constexpr std::size_t kPrefixLettersMax = 32;

}  // namespace

void check_prefix(const std::string& prefix) {
  const bool letters = std::ranges::all_of(
      prefix, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
  if (prefix.empty() || prefix.size() > kPrefixLettersMax || !letters) {
    throw Error(ExitCode::kUsage,
                fmt::format("--prefix: \"{}\" is not made of 1 to {} letters A to Z, a to z.",
                            prefix, kPrefixLettersMax));
  }
}

Configuration load_configuration(const ConfigurationFiles& files) {
  Configuration loaded;
  if (files.offers) {
    FileErrors errors;
    loaded.offers = OfferCatalogue::load(*files.offers, files.confirm_prefix, errors);
    loaded.errors += say_errors(errors);
  }
  if (files.members) {
    FileErrors errors;
    loaded.members = MemberTable::load(*files.members, errors);
    loaded.errors += say_errors(errors);
  }
  if (files.secret_file) {
    FileErrors errors;
    std::string warning;
    loaded.secret = load_secret(*files.secret_file, errors, &warning);
    loaded.errors += say_errors(errors);
    if (!warning.empty()) {
      say(warning);
    }
  }
  return loaded;
}

}  // namespace tagtill
