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
  const OfferCatalogue& offers;
  const TagWindows& windows;
  std::vector<std::uint32_t>& found;
};

// A match ends where a window ends, and a window has one at most: of two literals none
// is the end of the other, for one that is shorter than others begins with the sign.
int on_match(unsigned /*id*/, unsigned long long /*from*/, unsigned long long to,
             unsigned /*flags*/, void* context) {
  auto& matches = *static_cast<Matches*>(context);
  const std::vector<std::uint32_t>& ends = matches.windows.ends();
  const auto at = std::lower_bound(ends.begin(), ends.end(), static_cast<std::uint32_t>(to));
  const std::size_t begin = (at == ends.begin() ? 0 : *(at - 1)) + 1;  // behind the sign
  const std::string_view fold = matches.windows.layout().substr(begin, to - 1 - begin);
  if (matches.offers.find_tag(fold) != kNoTag) {
    matches.found.push_back(static_cast<std::uint32_t>(at - ends.begin()));
  }
  return 0;
}

// The last `bytes` of all tags laid out as windows, or all of those that are shorter;
// each once.
std::vector<std::string> tails_of(const OfferCatalogue& offers, std::size_t bytes) {
  std::vector<std::string> tails;
  tails.reserve(offers.tag_count());
  for (std::size_t tag = 0; tag < offers.tag_count(); ++tag) {
    const std::string_view fold = offers.folded_tag(static_cast<TagIndex>(tag));
    std::string& tail = tails.emplace_back();
    if (fold.size() + 2 <= bytes) {
      tail += '#';
      tail += fold;
    } else {
      tail += fold.substr(fold.size() - (bytes - 1));
    }
    tail += '\n';
  }
  std::sort(tails.begin(), tails.end());
  tails.erase(std::unique(tails.begin(), tails.end()), tails.end());
  return tails;
}

}  // namespace

TagDatabase::TagDatabase(const OfferCatalogue& offers) : offers_(offers) {
  if (offers.tag_count() == 0) {
    return;
  }
  for (std::size_t tag = 0; tag < offers.tag_count(); ++tag) {
    longest_fold_ = std::max(longest_fold_, offers.folded_tag(static_cast<TagIndex>(tag)).size());
  }
  std::size_t tail_bytes = kTailBytesMax;
  std::vector<std::string> literals = tails_of(offers, tail_bytes);
  while (literals.size() > kTailsMax && tail_bytes > kTailBytesMin) {
    literals = tails_of(offers, --tail_bytes);
  }
  tails_ = literals.size();
  std::vector<const char*> expressions;
  std::vector<std::size_t> lengths;
  expressions.reserve(tails_);
  lengths.reserve(tails_);
  for (const std::string& literal : literals) {
    expressions.push_back(literal.data());
    lengths.push_back(literal.size());
  }
  const std::vector<unsigned> flags(tails_, 0);
  // Each literal has a number of its own, though nobody asks for it: with one
  // number for all, Hyperscan 5.4 compiles a hundred times longer.
  std::vector<unsigned> ids(tails_);
  std::iota(ids.begin(), ids.end(), 0U);
  hs_compile_error_t* error = nullptr;
  hs_database_t* database = nullptr;
  if (hs_compile_lit_multi(expressions.data(), flags.data(), ids.data(), lengths.data(),
                           static_cast<unsigned>(tails_), HS_MODE_BLOCK, nullptr, &database,
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
  Matches matches{database_->offers_, windows, found};
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
