#include "corpus/line_places.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "corpus/wire_text.h"

namespace tagtill::corpus {
namespace {

// What kind of object (or list of such) is looked at.
enum class Scope : std::uint8_t {
  kOther,
  kTop,       // a line's object: a status or a notice
  kStatus,    // a nested one
  kExtended,  // extended_tweet
  kUser,      // or a mention of one
  kEntities,
  kMedia,
  kDelete,   // what `delete` holds
  kDeleted,  // the status in it
};

// What to do with a member.
struct Rule {
  std::string_view name;
  PlaceKind kind = PlaceKind::kName;
  Scope inside = Scope::kOther;  // if it is an object or a list, else `kind` counts
};

constexpr std::array kStatusRules{
    Rule{"id", PlaceKind::kPostId},
    Rule{"id_str", PlaceKind::kPostId},
    Rule{"text", PlaceKind::kMentions},
    Rule{"full_text", PlaceKind::kMentions},
    Rule{"created_at", PlaceKind::kCreatedAt},
    Rule{"timestamp_ms", PlaceKind::kTimestamp},
    Rule{"in_reply_to_status_id", PlaceKind::kPostId},
    Rule{"in_reply_to_status_id_str", PlaceKind::kPostId},
    Rule{"in_reply_to_user_id", PlaceKind::kUserId},
    Rule{"in_reply_to_user_id_str", PlaceKind::kUserId},
    Rule{"in_reply_to_screen_name", PlaceKind::kName},
    Rule{"quoted_status_id", PlaceKind::kPostId},
    Rule{"quoted_status_id_str", PlaceKind::kPostId},
    Rule{"user", PlaceKind::kName, Scope::kUser},
    Rule{"retweeted_status", PlaceKind::kName, Scope::kStatus},
    Rule{"quoted_status", PlaceKind::kName, Scope::kStatus},
    Rule{"extended_tweet", PlaceKind::kName, Scope::kExtended},
    Rule{"entities", PlaceKind::kName, Scope::kEntities},
    Rule{"extended_entities", PlaceKind::kName, Scope::kEntities},
    Rule{"delete", PlaceKind::kName, Scope::kDelete},
};
constexpr std::array kExtendedRules{
    Rule{"full_text", PlaceKind::kMentions},
    Rule{"entities", PlaceKind::kName, Scope::kEntities},
    Rule{"extended_entities", PlaceKind::kName, Scope::kEntities},
};
constexpr std::array kUserRules{
    Rule{"id", PlaceKind::kUserId},
    Rule{"id_str", PlaceKind::kUserId},
    Rule{"name", PlaceKind::kName},
    Rule{"screen_name", PlaceKind::kName},
};
constexpr std::array kEntityRules{
    Rule{"user_mentions", PlaceKind::kName, Scope::kUser},
    Rule{"media", PlaceKind::kName, Scope::kMedia},
};
constexpr std::array kMediaRules{
    Rule{"id", PlaceKind::kPostId},
    Rule{"id_str", PlaceKind::kPostId},
    Rule{"source_status_id", PlaceKind::kPostId},
    Rule{"source_status_id_str", PlaceKind::kPostId},
    Rule{"source_user_id", PlaceKind::kUserId},
    Rule{"source_user_id_str", PlaceKind::kUserId},
};
constexpr std::array kDeleteRules{
    Rule{"status", PlaceKind::kName, Scope::kDeleted},
    Rule{"timestamp_ms", PlaceKind::kTimestamp},
};
constexpr std::array kDeletedRules{
    Rule{"id", PlaceKind::kPostId},
    Rule{"id_str", PlaceKind::kPostId},
    Rule{"user_id", PlaceKind::kUserId},
    Rule{"user_id_str", PlaceKind::kUserId},
};

template <std::size_t kCount>
const Rule* find_rule(const std::array<Rule, kCount>& rules, std::string_view name) {
  for (const Rule& rule : rules) {
    if (rule.name == name) {
      return &rule;
    }
  }
  return nullptr;
}

const Rule* rule_of(Scope scope, std::string_view name) {
  switch (scope) {
    case Scope::kOther:
      return nullptr;
    case Scope::kTop:
    case Scope::kStatus:
      return find_rule(kStatusRules, name);
    case Scope::kExtended:
      return find_rule(kExtendedRules, name);
    case Scope::kUser:
      return find_rule(kUserRules, name);
    case Scope::kEntities:
      return find_rule(kEntityRules, name);
    case Scope::kMedia:
      return find_rule(kMediaRules, name);
    case Scope::kDelete:
      return find_rule(kDeleteRules, name);
    case Scope::kDeleted:
      return find_rule(kDeletedRules, name);
  }
  return nullptr;
}

constexpr std::int64_t kSmallestSnowflake = std::int64_t{1} << 35U;
constexpr std::int64_t kLastMs = 253'402'300'799'999;  // of the year 9999
constexpr std::size_t kTimestampDigitsMax = 15;

// A time of the line itself.
struct Witness {
  bool seen = false;     // the first member of the name was
  bool present = false;  // and is not null
  std::optional<std::int64_t> value;
};

// A lax reader of JSON: brackets and strings must close, values are whatever stands
// there. Recursion is bounded by kDepthMax.
class Walker {
 public:
  Walker(std::string_view line, std::vector<Place>& places) : line_(line), places_(places) {}

  bool walk(LineFacts& facts) {
    skip_space();
    if (at_ == line_.size() || line_[at_] != '{' || !read_object(Scope::kTop, 1)) {
      return false;
    }
    skip_space();
    if (at_ != line_.size()) {
      return false;
    }
    fill(facts);
    return true;
  }

 private:
  static constexpr int kDepthMax = 1'024;

  void skip_space() {
    while (at_ < line_.size() && (line_[at_] == ' ' || line_[at_] == '\t' || line_[at_] == '\r')) {
      ++at_;
    }
  }

  bool take(char wanted) {
    skip_space();
    if (at_ == line_.size() || line_[at_] != wanted) {
      return false;
    }
    ++at_;
    return true;
  }

  // The inside of a string; at_ stands on its first quote.
  bool read_string(std::string_view& inside) {
    const std::size_t begin = ++at_;
    while (at_ < line_.size()) {
      const void* const quote = std::memchr(line_.data() + at_, '"', line_.size() - at_);
      if (quote == nullptr) {
        return false;
      }
      at_ = static_cast<std::size_t>(static_cast<const char*>(quote) - line_.data());
      std::size_t first = at_;
      while (first > begin && line_[first - 1] == '\\') {
        --first;
      }
      ++at_;
      if ((at_ - 1 - first) % 2 == 0) {
        inside = line_.substr(begin, at_ - 1 - begin);
        return true;
      }
    }
    return false;
  }

  bool read_object(Scope scope, int depth) {
    ++at_;
    if (take('}')) {
      return true;
    }
    do {
      skip_space();
      std::string_view name;
      if (at_ == line_.size() || line_[at_] != '"' || !read_string(name) || !take(':') ||
          !read_value(scope, rule_of(scope, name), name, depth)) {
        return false;
      }
    } while (take(','));
    return take('}');
  }

  // Objects in a list are of the kind that the list is for.
  bool read_list(Scope scope, int depth) {
    ++at_;
    if (take(']')) {
      return true;
    }
    const Rule rule{.name = {}, .kind = PlaceKind::kName, .inside = scope};
    do {
      if (!read_value(Scope::kOther, &rule, {}, depth)) {
        return false;
      }
    } while (take(','));
    return take(']');
  }

  bool read_value(Scope scope, const Rule* rule, std::string_view name, int depth) {
    skip_space();
    if (at_ == line_.size()) {
      return false;
    }
    const char first = line_[at_];
    if (first == '{' || first == '[') {
      if (depth == kDepthMax) {
        return false;
      }
      bear_witness(scope, name, true, std::nullopt);
      // A list of lists is nothing that is looked into.
      const Scope inside = rule != nullptr && (first == '{' || is_listed(rule->inside))
                               ? rule->inside
                               : Scope::kOther;
      return first == '{' ? read_object(inside, depth + 1) : read_list(inside, depth + 1);
    }
    std::string_view value;
    if (first == '"') {
      if (!read_string(value)) {
        return false;
      }
    } else {
      const std::size_t end = std::min(line_.find_first_of(",]} \t\r", at_), line_.size());
      value = line_.substr(at_, end - at_);
      at_ = end;
      if (value.empty()) {
        return false;
      }
    }
    if (rule != nullptr && rule->inside == Scope::kOther) {
      take_value(scope, *rule, value, first == '"');
    }
    return true;
  }

  static bool is_listed(Scope scope) { return scope == Scope::kUser || scope == Scope::kMedia; }

  void take_value(Scope scope, const Rule& rule, std::string_view value, bool is_string) {
    const bool present = is_string || value != "null";
    std::optional<std::int64_t> number;
    switch (rule.kind) {
      case PlaceKind::kPostId:
        number = read_digits(value);
        if (number && *number < kSmallestSnowflake) {
          number.reset();
        }
        break;
      case PlaceKind::kUserId:
        if (value.size() == 1 || !value.starts_with('0')) {
          number = read_digits(value);
        }
        break;
      case PlaceKind::kTimestamp:
        number = value.size() <= kTimestampDigitsMax ? read_digits(value) : std::nullopt;
        break;
      case PlaceKind::kCreatedAt:
        number = is_string ? read_created_at(value) : std::nullopt;
        break;
      case PlaceKind::kName:
      case PlaceKind::kMentions:
        if (is_string) {
          add(rule.kind, value, 0);
        }
        return;
    }
    bear_witness(scope, rule.name, present, number);
    if (number) {
      add(rule.kind, value, *number);
    }
  }

  void add(PlaceKind kind, std::string_view value, std::int64_t number) {
    places_.push_back(Place{.begin = static_cast<std::uint32_t>(value.data() - line_.data()),
                            .length = static_cast<std::uint32_t>(value.size()),
                            .value = number,
                            .kind = kind});
  }

  // Of members with one name the first counts, even if it is null (P1.6).
  void bear_witness(Scope scope, std::string_view name, bool present,
                    std::optional<std::int64_t> value) {
    Witness* witness = nullptr;
    if (scope == Scope::kTop) {
      witness = name == "timestamp_ms" ? &timestamp_
                : name == "id_str"     ? &id_string_
                : name == "id"         ? &id_
                : name == "created_at" ? &created_
                                       : nullptr;
    } else if (scope == Scope::kDelete && name == "timestamp_ms") {
      witness = &notice_;
    }
    if (witness != nullptr && !witness->seen) {
      *witness = Witness{.seen = true, .present = present, .value = value};
    }
  }

  void fill(LineFacts& facts) const {
    facts = LineFacts{};
    facts.has_timestamp = timestamp_.present;
    facts.has_bad_time = (timestamp_.present && !timestamp_.value) ||
                         (created_.present && !created_.value) ||
                         (notice_.present && !notice_.value);
    facts.notice_ms = notice_.value;
    const Witness& id = id_string_.present ? id_string_ : id_;
    std::optional<std::int64_t> snowflake_ms;
    if (id.value) {
      snowflake_ms = (*id.value >> kSnowflakeLowBits) + kSnowflakeEpochMs;
    }
    if (facts.has_bad_time) {
      return;
    }
    // They differ by a minute at most, or the post is malformed.
    constexpr std::int64_t kApartMaxMs = 60'000;
    std::optional<std::int64_t> least, most;
    for (const auto& witness : {timestamp_.value, snowflake_ms, created_.value}) {
      if (witness) {
        least = std::min(*witness, least.value_or(*witness));
        most = std::max(*witness, most.value_or(*witness));
      }
    }
    if (!least || *most - *least > kApartMaxMs || *most > kLastMs) {
      return;
    }
    facts.event_ms = timestamp_.value ? timestamp_.value
                     : snowflake_ms   ? snowflake_ms
                                      : created_.value;
  }

  std::string_view line_;
  std::vector<Place>& places_;
  std::size_t at_ = 0;
  Witness timestamp_, id_string_, id_, created_, notice_;
};

}  // namespace

bool find_places(std::string_view line, std::vector<Place>& places, LineFacts& facts) {
  const std::size_t before = places.size();
  if (!Walker(line, places).walk(facts)) {
    places.resize(before);
    facts = LineFacts{};
    return false;
  }
  return true;
}

}  // namespace tagtill::corpus
