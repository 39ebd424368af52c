#include "engine/post_decoder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>

#include "engine/config_text.h"
#include "engine/json_text.h"
#include "engine/json_walk.h"

namespace tagtill {
namespace {

constexpr std::int64_t kSnowflakeEpochMs = 1'288'834'974'657;  // P1.5
constexpr Millis kWitnessToleranceMs = 60'000;                 // P1.5
constexpr std::size_t kIdBytesMax = 128;                       // P1.3

// The objects whose members are needed, and the members.
enum Scope : JsonScope { kTop = kRootScope, kUser, kExtended, kDelete, kStatus, kScopes };

enum Field : std::uint8_t {
  kId,
  kIdStr,
  kText,
  kFullText,
  kExtendedTweet,
  kUserObject,
  kRetweetedStatus,
  kCreatedAt,
  kTimestampMs,
  kDeleteObject,
  kUserId,
  kUserIdStr,
  kUserProtected,
  kUserFollowers,
  kExtendedFullText,
  kStatusObject,
  kStatusId,
  kStatusIdStr,
  kStatusUserId,
  kStatusUserIdStr,
  kFields,
};

struct Needed {
  Scope within;
  std::string_view name;
  Field field;
  Scope scope;  // of its own members, if it is an object whose members are needed
};

constexpr auto kNobody = static_cast<Scope>(kNotWanted);

constexpr std::array<Needed, kFields> kNeeded = {{
    {kTop, "id", kId, kNobody},
    {kTop, "id_str", kIdStr, kNobody},
    {kTop, "text", kText, kNobody},
    {kTop, "full_text", kFullText, kNobody},
    {kTop, "extended_tweet", kExtendedTweet, kExtended},
    {kTop, "user", kUserObject, kUser},
    {kTop, "retweeted_status", kRetweetedStatus, kNobody},
    {kTop, "created_at", kCreatedAt, kNobody},
    {kTop, "timestamp_ms", kTimestampMs, kNobody},
    {kTop, "delete", kDeleteObject, kDelete},
    {kUser, "id", kUserId, kNobody},
    {kUser, "id_str", kUserIdStr, kNobody},
    {kUser, "protected", kUserProtected, kNobody},
    {kUser, "followers_count", kUserFollowers, kNobody},
    {kExtended, "full_text", kExtendedFullText, kNobody},
    {kDelete, "status", kStatusObject, kStatus},
    {kStatus, "id", kStatusId, kNobody},
    {kStatus, "id_str", kStatusIdStr, kNobody},
    {kStatus, "user_id", kStatusUserId, kNobody},
    {kStatus, "user_id_str", kStatusUserIdStr, kNobody},
}};

// The lengths of the names that are needed in a scope, a bit each: most members have a
// name of another length, or stand in no such scope.
constexpr std::array<std::uint32_t, kScopes> kNameLengths = [] {
  std::array<std::uint32_t, kScopes> lengths{};
  for (const Needed& needed : kNeeded) {
    lengths[needed.within] |= 1U << needed.name.size();
  }
  return lengths;
}();

// Keeps the first member of each name that is needed (P1.6).
class NeededFields final : public JsonMembers {
 public:
  void clear() {
    values_.fill({});
    starts_with_delete_ = false;
  }

  JsonScope on_member(JsonScope scope, bool first, std::string_view name,
                      const JsonValue& value) override {
    if (name.size() >= 32 || (kNameLengths[scope] >> name.size() & 1) == 0) {
      return kNotWanted;
    }
    for (const Needed& needed : kNeeded) {
      if (needed.within != scope || needed.name != name) {
        continue;
      }
      JsonValue& kept = values_[needed.field];
      if (kept.type != JsonType::kAbsent) {
        return kNotWanted;
      }
      kept = value;
      if (needed.field == kDeleteObject) {
        starts_with_delete_ = first;
      }
      return needed.scope;
    }
    return kNotWanted;
  }

  const JsonValue& operator[](Field field) const { return values_[field]; }
  [[nodiscard]] bool starts_with_delete() const { return starts_with_delete_; }

 private:
  std::array<JsonValue, kFields> values_{};
  bool starts_with_delete_ = false;
};

// The name of a field for the dead letters, as `user.id_str`.
std::string_view path_of(Field field) {
  constexpr std::array<std::string_view, kFields> kPaths = {"id",
                                                            "id_str",
                                                            "text",
                                                            "full_text",
                                                            "extended_tweet",
                                                            "user",
                                                            "retweeted_status",
                                                            "created_at",
                                                            "timestamp_ms",
                                                            "delete",
                                                            "user.id",
                                                            "user.id_str",
                                                            "user.protected",
                                                            "user.followers_count",
                                                            "extended_tweet.full_text",
                                                            "delete.status",
                                                            "delete.status.id",
                                                            "delete.status.id_str",
                                                            "delete.status.user_id",
                                                            "delete.status.user_id_str"};
  return kPaths[field];
}

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A decimal number below 2^64, of digits alone.
std::optional<std::uint64_t> read_unsigned(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (!all_digits(digits) || error != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return value;
}

// `&amp;`, `&lt;` and `&gt;`, once (P1.4).
void decode_entities(std::string& text) {
  std::size_t to = text.find('&');
  if (to == std::string::npos) {
    return;
  }
  for (std::size_t from = to; from < text.size();) {
    const std::string_view rest = std::string_view(text).substr(from);
    if (rest.starts_with("&amp;")) {
      text[to++] = '&';
      from += 5;
    } else if (rest.starts_with("&lt;")) {
      text[to++] = '<';
      from += 4;
    } else if (rest.starts_with("&gt;")) {
      text[to++] = '>';
      from += 4;
    } else {
      text[to++] = text[from++];
    }
  }
  text.resize(to);
}

// The time in a snowflake id (P1.5), if the id has the form of one.
std::optional<Millis> snowflake_time(std::string_view id) {
  constexpr std::uint64_t kFirst = std::uint64_t{1} << 35;
  if (id.size() > 19) {
    return std::nullopt;
  }
  const std::optional<std::uint64_t> number = read_unsigned(id);
  if (!number || *number < kFirst ||
      *number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::nullopt;
  }
  return static_cast<Millis>(*number >> 22) + kSnowflakeEpochMs;
}

// Decodes a string of a line that was walked, replacing what `out` held. False if
// it holds a lone surrogate.
bool decode_string(std::string_view raw, std::string& out) {
  out.clear();
  return unescape(raw, out) == Unescaped::kOk;
}

}  // namespace

bool is_valid_id(std::string_view id) {
  return !id.empty() && id.size() <= kIdBytesMax && !holds_control_character(id);
}

class PostDecoder::Impl {
 public:
  const DecodedLine& decode(std::string_view line) {
    fields_.clear();
    result_ = {};
    const JsonWalk::Result walked = walk_.walk(line, fields_);
    if (!walked.valid) {
      result_.kind = LineKind::kMalformed;
      result_.cause = walked.cause;
    } else if (fields_.starts_with_delete() && fields_[kDeleteObject].present()) {
      read_delete();
    } else if (fields_[kUserObject].type == JsonType::kObject &&
               (fields_[kText].present() || fields_[kFullText].present() ||
                fields_[kExtendedTweet].present())) {
      result_.kind = LineKind::kPost;
      // Each step ends the reading at the first field that is wrong.
      (void)(read_id(kIdStr, kId, post_id_, result_.post_id) &&
             read_id(kUserIdStr, kUserId, author_id_, result_.author_id) && read_author() &&
             read_time() && read_text());
    }
    return result_;
  }

 private:
  bool refuse(Field field) {
    result_.kind = LineKind::kMalformed;
    result_.cause = MalformedCause::kBadField;
    result_.field = path_of(field);
    return false;
  }

  // Other kinds of `delete` are something else (P1.4).
  void read_delete() {
    if (fields_[kStatusObject].type != JsonType::kObject) {
      return;
    }
    result_.kind = LineKind::kDeleteNotice;
    (void)(read_id(kStatusIdStr, kStatusId, post_id_, result_.post_id) &&
           read_id(kStatusUserIdStr, kStatusUserId, author_id_, result_.author_id));
  }

  // The string if it is present, else the number, as written.
  bool read_id(Field as_string, Field as_number, std::string& buffer, std::string_view& id) {
    const JsonValue& string = fields_[as_string];
    if (string.present()) {
      if (string.type != JsonType::kString || !decode_string(string.raw, buffer) ||
          !is_valid_id(buffer)) {
        return refuse(as_string);
      }
      id = buffer;
      return true;
    }
    const JsonValue& number = fields_[as_number];
    if (number.type != JsonType::kNumber || !read_unsigned(number.raw)) {
      return refuse(number.present() ? as_number : as_string);
    }
    id = number.raw;
    return true;
  }

  bool read_author() {
    const JsonValue& is_protected = fields_[kUserProtected];
    if (is_protected.present() && is_protected.type != JsonType::kTrue &&
        is_protected.type != JsonType::kFalse) {
      return refuse(kUserProtected);
    }
    result_.author_protected = is_protected.type == JsonType::kTrue;

    const JsonValue& followers = fields_[kUserFollowers];
    if (followers.present()) {
      std::int64_t count = 0;
      const char* end = followers.raw.data() + followers.raw.size();
      const auto [read_to, error] = std::from_chars(followers.raw.data(), end, count);
      if (followers.type != JsonType::kNumber || error != std::errc() || read_to != end) {
        return refuse(kUserFollowers);
      }
      result_.followers = std::max<std::int64_t>(count, 0);
    }
    return true;
  }

  // P1.5: the first time that is there counts; each that is there must be
  // readable, and no two may differ by more than the tolerance.
  bool read_time() {
    std::array<Millis, 3> times{};
    std::size_t count = 0;
    const auto add = [&](TimeSource source, Millis time) {
      if (count == 0) {
        result_.at = time;
        result_.at_from = source;
      }
      times[count++] = time;
    };

    const JsonValue& timestamp = fields_[kTimestampMs];
    if (timestamp.present()) {
      constexpr std::size_t kDigitsMax = 15;
      std::string_view digits = timestamp.raw;
      if (timestamp.type == JsonType::kString) {
        if (!decode_string(timestamp.raw, scratch_)) {
          return refuse(kTimestampMs);
        }
        digits = scratch_;
      } else if (timestamp.type != JsonType::kNumber) {
        return refuse(kTimestampMs);
      }
      const std::optional<std::uint64_t> ms =
          digits.size() <= kDigitsMax ? read_unsigned(digits) : std::nullopt;
      if (!ms || *ms > static_cast<std::uint64_t>(kLastMillisecond)) {
        return refuse(kTimestampMs);
      }
      add(TimeSource::kTimestampMs, static_cast<Millis>(*ms));
    }
    if (const std::optional<Millis> snowflake = snowflake_time(result_.post_id)) {
      add(TimeSource::kSnowflake, *snowflake);
    }
    const JsonValue& created = fields_[kCreatedAt];
    if (created.present()) {
      if (created.type != JsonType::kString || !decode_string(created.raw, scratch_)) {
        return refuse(kCreatedAt);
      }
      const std::optional<Millis> seconds = parse_classic_time(scratch_);
      if (!seconds) {
        return refuse(kCreatedAt);
      }
      add(TimeSource::kCreatedAt, *seconds);
    }
    if (count == 0) {
      return refuse(kCreatedAt);
    }
    const auto [least, greatest] = std::minmax_element(times.begin(), times.begin() + count);
    if (*greatest - *least > kWitnessToleranceMs) {
      return refuse(timestamp.present() ? kTimestampMs : kCreatedAt);
    }
    result_.is_repost = fields_[kRetweetedStatus].present();
    return true;
  }

  bool read_text() {
    Field field = kText;
    if (fields_[kExtendedTweet].present()) {
      if (fields_[kExtendedTweet].type != JsonType::kObject) {
        return refuse(kExtendedTweet);
      }
      field = kExtendedFullText;
    }
    if (!fields_[field].present() || field == kText) {
      field = fields_[kFullText].present() ? kFullText : kText;
    }
    if (fields_[field].type != JsonType::kString || !decode_string(fields_[field].raw, text_)) {
      return refuse(field);
    }
    decode_entities(text_);
    result_.text = text_;
    return true;
  }

  JsonWalk walk_;
  NeededFields fields_;
  DecodedLine result_;
  std::string post_id_;
  std::string author_id_;
  std::string text_;
  std::string scratch_;
};

PostDecoder::PostDecoder() : impl_(std::make_unique<Impl>()) {}
PostDecoder::~PostDecoder() = default;
const DecodedLine& PostDecoder::decode(std::string_view line) { return impl_->decode(line); }

}  // namespace tagtill
