#include "tools/configuration.h"

#include <fmt/core.h>

#include <algorithm>
#include <future>
#include <utility>

#include "engine/errors.h"
#include "engine/file_errors.h"
#include "engine/secret.h"
#include "tools/messages.h"

namespace tagtill {
namespace {

constexpr std::size_t kPrefixLettersMax = 32;

struct MemberFile {
  std::shared_ptr<const MemberTable> members;
  FileErrors errors;
};

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
  // Members take longest, so another thread reads them meanwhile; or this one, when they
  // are asked for, if no thread can be had.
  std::future<MemberFile> member_file;
  if (files.members) {
    member_file = std::async([&files] {
      MemberFile file;
      file.members = MemberTable::load(*files.members, file.errors);
      return file;
    });
  }
  if (files.offers) {
    FileErrors errors;
    loaded.offers = OfferCatalogue::load(*files.offers, files.confirm_prefix, errors);
    loaded.errors += say_errors(errors);
  }
  if (member_file.valid()) {
    MemberFile file = member_file.get();
    loaded.members = std::move(file.members);
    loaded.errors += say_errors(file.errors);
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
