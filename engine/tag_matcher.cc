#include "engine/tag_matcher.h"

#include <hs/hs.h>

#include <algorithm>
#include <numeric>

#include "engine/errors.h"

namespace tagtill {
namespace {

[[noreturn]] void fail(const char* what, const std::string& why) {
  throw Error(ExitCode::kFailed, std::string("Hyperscan could not ") + what + ": " + why +
                                     ". Run `tagtill version` to see whether this processor has "
                                     "what it needs.");
}

struct Matches {
  const std::vector<std::uint32_t>& ends;
  std::vector<std::uint32_t>& found;
};

// A match ends where a window ends (TagWindows).
int on_match(unsigned /*id*/, unsigned long long /*from*/, unsigned long long to,
             unsigned /*flags*/, void* context) {
  auto& matches = *static_cast<Matches*>(context);
  const auto at =
      std::lower_bound(matches.ends.begin(), matches.ends.end(), static_cast<std::uint32_t>(to));
  matches.found.push_back(static_cast<std::uint32_t>(at - matches.ends.begin()));
  return 0;
}

}  // namespace

TagDatabase::TagDatabase(const OfferCatalogue& offers) {
  std::vector<std::string> literals;
  literals.reserve(offers.tag_count());
  for (std::size_t tag = 0; tag < offers.tag_count(); ++tag) {
    const std::string_view fold = offers.folded_tag(static_cast<TagIndex>(tag));
    longest_fold_ = std::max(longest_fold_, fold.size());
    if (fold.size() > TagWindows::kFoldBytesMax) {
      continue;
    }
    std::string& literal = literals.emplace_back(1, '#');
    literal += fold;
    literal += '\n';
  }
  const std::size_t count = literals.size();
  if (count == 0) {
    return;
  }
  std::vector<const char*> expressions;
  std::vector<std::size_t> lengths;
  expressions.reserve(count);
  lengths.reserve(count);
  for (const std::string& literal : literals) {
    expressions.push_back(literal.data());
    lengths.push_back(literal.size());
  }
  const std::vector<unsigned> flags(count, 0);
  // Each literal has a number of its own, though nobody asks for it: with one
  // number for all, Hyperscan 5.4 compiles a hundred times longer.
  std::vector<unsigned> ids(count);
  std::iota(ids.begin(), ids.end(), 0U);
  hs_compile_error_t* error = nullptr;
  hs_database_t* database = nullptr;
  if (hs_compile_lit_multi(expressions.data(), flags.data(), ids.data(), lengths.data(),
                           static_cast<unsigned>(count), HS_MODE_BLOCK, nullptr, &database,
                           &error) != HS_SUCCESS) {
    const std::string why = error != nullptr ? error->message : "unknown";
    hs_free_compile_error(error);
    fail("compile the offers' tags", why);
  }
  database_ = database;
}

TagDatabase::~TagDatabase() { hs_free_database(static_cast<hs_database_t*>(database_)); }

TagMatcher::TagMatcher(std::shared_ptr<const TagDatabase> database)
    : database_(std::move(database)) {
  if (database_->database_ == nullptr) {
    return;
  }
  hs_scratch_t* scratch = nullptr;
  if (hs_alloc_scratch(static_cast<const hs_database_t*>(database_->database_), &scratch) !=
      HS_SUCCESS) {
    fail("allocate its scratch space", "out of memory");
  }
  scratch_ = scratch;
}

TagMatcher::~TagMatcher() { hs_free_scratch(static_cast<hs_scratch_t*>(scratch_)); }

void TagMatcher::match(const TagWindows& windows, std::vector<std::uint32_t>& found) {
  found.clear();
  if (database_->database_ == nullptr || windows.count() == 0) {
    return;
  }
  Matches matches{windows.ends(), found};
  const std::string_view layout = windows.layout();
  if (hs_scan(static_cast<const hs_database_t*>(database_->database_), layout.data(),
              static_cast<unsigned>(layout.size()), 0, static_cast<hs_scratch_t*>(scratch_),
              on_match, &matches) != HS_SUCCESS) {
    fail("search", "its scan ended early");
  }
  // Hyperscan promises no order.
  if (!std::is_sorted(found.begin(), found.end())) {
    std::sort(found.begin(), found.end());
  }
}

std::string hyperscan_version() { return hs_version(); }

}  // namespace tagtill
