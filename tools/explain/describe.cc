#include "tools/explain/describe.h"

#include <fmt/core.h>

#include "engine/shard.h"
#include "tools/messages.h"

namespace tagtill {
namespace {

std::string region_text(const RegionCode& region) {
  return region == RegionCode{} ? "unknown" : std::string(region.data(), region.size());
}

std::string regions_text(const Offer& offer) {
  std::string text;
  for (const RegionCode& region : offer.regions) {
    text += (text.empty() ? "" : ", ") + region_text(region);
  }
  return text;
}

std::string clock_text(const std::optional<Millis>& clock) {
  return clock ? time_text(*clock) : "not set";
}

std::string stock_text(const StockDecision& decision) {
  return fmt::format("{}, held {}, sold {}",
                     decision.stock ? fmt::format("stock {}", *decision.stock) : "stock unlimited",
                     decision.held, decision.sold);
}

std::string seconds_text(Millis time) {
  return time % 1000 == 0 ? fmt::format("{} s", time / 1000) : fmt::format("{} ms", time);
}

void add(Lines& to, std::string_view rule, std::string_view sentence) {
  to.push_back(rule_line(rule, sentence));
}

// P4.2 to P4.4, as far as they were looked at.
void add_author_rules(Lines& lines, const IntentDecision& decision) {
  using What = IntentDecision::What;
  const What what = decision.what;
  if (what == What::kRepeated) {
    add(lines, "P4.2",
        fmt::format("the window {}{} lasts until {}, and the event time is not after that: a "
                    "repeated intent, ignored; the window does not move",
                    purchase_of(*decision.window), decision.window->denied ? " (denied)" : "",
                    time_text(decision.window->deadline)));
    return;
  }
  add(lines, "P4.2",
      "the member has no window of this offer, open or denied, that lasts at the event time");
  const bool limit = what == What::kLimitReached;
  add(lines, "P4.3",
      fmt::format("{} of at most {} windows of this offer closed by confirmation{}",
                  decision.confirmed_windows, decision.offer.limit_per_member,
                  limit ? ": rejected, limit_reached" : ""));
  if (limit) {
    return;
  }
  add(lines, "P4.4",
      fmt::format("{} of at most {} windows of the author are remembered{}",
                  decision.remembered_windows, Shard::kWindowsMax,
                  what == What::kTooMany ? ": rejected, too_many" : ""));
  if (what == What::kOpens) {
    const WindowSeen& window = *decision.window;
    const auto code = code_characters(window.code);
    add(lines, "P5.1",
        fmt::format("a window opens: purchase {}, code {}, deadline {} ({} after the intent)",
                    purchase_of(window), std::string_view(code.data(), code.size()),
                    time_text(window.deadline), seconds_text(window.deadline - window.intent_at)));
  }
}

}  // namespace

std::string rule_line(std::string_view rule, std::string_view sentence) {
  return fmt::format("  {:<7}{}", rule, sentence);
}

std::string time_text(Millis time) {
  std::string text;
  append_rfc3339(text, time);
  return text;
}

std::string purchase_of(const WindowSeen& window) {
  return fmt::format("{}:{}", window.intent_id, window.offer_id);
}

Lines describe(const PostDecision& decision, const ProtocolOptions& options) {
  using What = PostDecision::What;
  Lines lines;
  const std::string_view id = decision.post.post_id;
  const std::string at = time_text(decision.post.at);
  const std::string_view others = decision.post.member == kNotAMember
                                      ? " (counted only: the author is not a member)"
                                      : std::string_view();
  switch (decision.what) {
    case What::kDuplicateOfSetAside:
      add(lines, "P3.6.1",
          fmt::format("post {} is the one that is set aside: a duplicate, ignored", id));
      break;
    case What::kSetAside:
      add(lines, "P3.9",
          fmt::format("post {} is far ahead: its event time {} is more than {} beyond the clock, "
                      "{}; it is set aside",
                      id, at, seconds_text(options.max_jump_ms), clock_text(decision.clock)));
      break;
    case What::kAgreed:
      add(lines, "P3.9",
          fmt::format("a second post is far ahead of the clock, {}: the one set aside, {}, is "
                      "applied first",
                      clock_text(decision.clock), id));
      break;
    case What::kContradicted:
      add(lines, "P3.9",
          fmt::format("a post that is not far ahead of the clock, {}, contradicts the one set "
                      "aside, {}: rejected, future{}",
                      clock_text(decision.clock), id, others));
      break;
    case What::kDeletedWhileSetAside:
      add(lines, "P3.9",
          fmt::format("post {} was set aside, and is deleted: counted as deleted before it came",
                      id));
      break;
    case What::kDuplicate:
      add(lines, "P3.4",
          fmt::format("post {} of this author came before and is remembered: a duplicate, ignored",
                      id));
      break;
    case What::kLate:
      add(lines, "P3.5",
          fmt::format("post {} is late: its event time {} is before clock - L = {}: rejected, "
                      "late{}",
                      id, at, time_text(decision.bound), others));
      break;
    case What::kDeletedBefore:
      add(lines, "P6.2", fmt::format("post {} was deleted before it came: ignored", id));
      break;
    case What::kApplied:
      add(lines, "P3.6.4",
          fmt::format("post {} is neither a duplicate, nor late, nor deleted before: its tags are "
                      "applied",
                      id));
      break;
  }
  return lines;
}

Lines describe(const ClockMove& move) {
  Lines lines;
  if (!move.before) {
    add(lines, "P3.3",
        fmt::format("the first candidate post sets the clock: {}", time_text(move.after)));
  } else if (*move.before == move.after) {
    add(lines, "P3.3",
        fmt::format("the clock stays at {}: the event time of post {} is not beyond it",
                    time_text(move.after), move.post.post_id));
  } else {
    add(lines, "P3.3",
        fmt::format("post {} moves the clock from {} to {}", move.post.post_id,
                    time_text(*move.before), time_text(move.after)));
  }
  return lines;
}

Lines describe(const IntentDecision& decision) {
  using What = IntentDecision::What;
  Lines lines;
  const Offer& offer = decision.offer;
  add(lines, "P4",
      fmt::format("#{}: offer {}, {} ({} to {})", decision.tag.folded, offer.id,
                  decision.live ? "live at the event time"
                                : "not live at the event time, but nearest to it",
                  time_text(offer.starts_at), time_text(offer.ends_at)));
  switch (decision.what) {
    case What::kNotEnrolled:
      add(lines, "P4.1", "the author is not a member: rejected, not_enrolled");
      return lines;
    case What::kProtected:
      add(lines, "P4.1", "the author is protected: rejected, protected");
      return lines;
    case What::kFrozen:
      add(lines, "P9.3", "the member is frozen by a control record: rejected, frozen");
      return lines;
    case What::kOfferNotLive:
      add(lines, "P4.1", "the offer is not live: rejected, offer_not_live");
      return lines;
    case What::kNotEligible:
      add(lines, "P4.1",
          fmt::format("the offer is for {}, and the member's region is {}: rejected, not_eligible",
                      regions_text(offer), region_text(decision.region)));
      return lines;
    case What::kRepeated:
    case What::kLimitReached:
    case What::kTooMany:
    case What::kOpens:
      break;
  }
  add(lines, "P4.1",
      offer.regions.empty() ? std::string("a member, and the offer is for everywhere")
                            : fmt::format("a member; the offer is for {}, and their region is {}",
                                          regions_text(offer), region_text(decision.region)));
  add_author_rules(lines, decision);
  return lines;
}

std::string_view rule_of(ConfirmationDecision::What what) {
  using What = ConfirmationDecision::What;
  switch (what) {
    case What::kIgnored:
    case What::kProtected:
      return "P5.3";
    case What::kExpired:
    case What::kLimitReached:
    case What::kCloses:
      return "P5.4";
    case What::kAlreadyConfirmed:
    case What::kCancelled:
      return "P5.5";
    case What::kParked:
    case What::kTooMany:
      break;
  }
  return "P5.6";
}

Lines describe(const ConfirmationDecision& decision, const ProtocolOptions& options) {
  using What = ConfirmationDecision::What;
  Lines lines;
  const auto code = code_characters(decision.code);
  const std::string tag =
      fmt::format("#{}{}", options.confirm_prefix, std::string_view(code.data(), code.size()));
  if (decision.was_parked) {
    add(lines, "P5.6",
        fmt::format("post {} waited with {}: it is applied now", decision.post_id, tag));
  }
  const std::string at = time_text(decision.at);
  std::string window;
  if (decision.window) {
    window =
        fmt::format("{} is of the {}window {} ({} to {})", tag,
                    decision.window->denied ? "denied " : "", purchase_of(*decision.window),
                    time_text(decision.window->intent_at), time_text(decision.window->deadline));
  }
  std::string sentence;
  switch (decision.what) {
    case What::kIgnored:
      sentence = fmt::format("{}: the author is not a member: ignored", tag);
      break;
    case What::kProtected:
      sentence = fmt::format("{}: the author is protected: rejected, protected", tag);
      break;
    case What::kExpired:
      sentence = fmt::format(
          "{}; the event time {} is after its deadline: rejected, expired; the "
          "window stays as it is",
          window, at);
      break;
    case What::kLimitReached:
      sentence = fmt::format(
          "{}; {} of at most {} windows of this offer closed by confirmation: "
          "rejected, limit_reached; the window is cancelled",
          window, decision.confirmed_windows, decision.limit_per_member);
      break;
    case What::kCloses:
      sentence = fmt::format(
          "{}; the event time {} lies in it, and {} of at most {} windows of "
          "this offer closed by confirmation: it is closed by confirmation",
          window, at, decision.confirmed_windows, decision.limit_per_member);
      break;
    case What::kAlreadyConfirmed:
      sentence =
          fmt::format("{}, which is closed by confirmation: rejected, already_confirmed", window);
      break;
    case What::kCancelled:
      sentence = fmt::format("{}, which is cancelled: rejected, cancelled", window);
      break;
    case What::kParked:
      sentence = fmt::format(
          "{}: the author has no window with this code yet (or one of a later "
          "intent): parked, behind {} of at most {}",
          tag, decision.parked, ParkedConfirmations::kMax);
      break;
    case What::kTooMany:
      sentence = fmt::format(
          "{}: no window with this code, and {} of at most {} confirmations are "
          "parked: rejected, too_many",
          tag, decision.parked, ParkedConfirmations::kMax);
      break;
  }
  add(lines, rule_of(decision.what), sentence);
  return lines;
}

Lines describe(const StockDecision& decision, std::string_view because) {
  using What = StockDecision::What;
  Lines lines;
  const std::string stock = stock_text(decision);
  switch (decision.what) {
    case What::kHeld:
      add(lines, "P4.6", fmt::format("{}: one unit is held: prompt", stock));
      break;
    case What::kDenied:
      add(lines, "P4.5",
          fmt::format("{}: rejected, sold_out; the window is denied and holds "
                      "nothing",
                      stock));
      break;
    case What::kSold:
      add(lines, "P5.4", fmt::format("{}: the held unit is sold: confirmed", stock));
      break;
    case What::kNotSold:
      add(lines, "P5.4",
          fmt::format("the window is denied, there is no unit for it ({}): rejected, sold_out",
                      stock));
      break;
    case What::kFree:
      add(lines, because, fmt::format("{}: the held unit is free again", stock));
      break;
  }
  return lines;
}

std::string_view rule_of(WindowEnd::What what) {
  switch (what) {
    case WindowEnd::What::kExpired:
      return "P6.3";
    case WindowEnd::What::kForgotten:
      return "P5.5";
    case WindowEnd::What::kIntentDeleted:
      return "P6.1";
    case WindowEnd::What::kUnenrolled:
      break;
  }
  return "P6.4";
}

Lines describe(const WindowEnd& end, Millis bound) {
  Lines lines;
  const std::string window =
      fmt::format("the {}window {} of author {}", end.window.denied ? "denied " : "",
                  purchase_of(end.window), end.window.author_id);
  const std::string past = fmt::format("clock - L = {} is after its deadline {}", time_text(bound),
                                       time_text(end.window.deadline));
  const std::string_view silently = end.window.denied ? ", without an event" : "";
  std::string sentence;
  switch (end.what) {
    case WindowEnd::What::kExpired:
      sentence = end.window.denied ? fmt::format("{} is forgotten: {}", window, past)
                                   : fmt::format("{} is expired: {}", window, past);
      break;
    case WindowEnd::What::kForgotten:
      sentence = fmt::format("{}, which ended before, is forgotten: {}", window, past);
      break;
    case WindowEnd::What::kIntentDeleted:
      sentence = fmt::format("{} is cancelled, intent_deleted{}", window, silently);
      break;
    case WindowEnd::What::kUnenrolled:
      sentence = fmt::format("{} is cancelled, unenrolled{}", window, silently);
      break;
  }
  add(lines, rule_of(end.what), sentence);
  return lines;
}

Lines describe(const ParkedEnd& end, Millis bound) {
  Lines lines;
  const auto code = code_characters(end.code);
  const std::string parked =
      fmt::format("the parked confirmation in post {} of author {}, code {},", end.post_id,
                  end.author_id, std::string_view(code.data(), code.size()));
  switch (end.what) {
    case ParkedEnd::What::kUnknownCode:
      add(lines, "P5.6",
          fmt::format("{} is dropped: clock - L = {} is after its event time {}: rejected, "
                      "unknown_code",
                      parked, time_text(bound), time_text(end.at)));
      break;
    case ParkedEnd::What::kPostDeleted:
      add(lines, "P6.1", fmt::format("{} is dropped: its post is deleted", parked));
      break;
    case ParkedEnd::What::kUnenrolled:
      add(lines, "P6.4", fmt::format("{} is dropped: the author is no member any more", parked));
      break;
  }
  return lines;
}

Lines describe(const NoticeDecision& decision) {
  Lines lines;
  if (decision.what == NoticeDecision::What::kPostIsKnown) {
    add(lines, "P6.2",
        fmt::format("post {} came before and is remembered, so the notice is not",
                    decision.notice.post_id));
    return lines;
  }
  add(lines, "P6.2",
      fmt::format("post {} is not among the remembered ones: the notice is remembered, with the "
                  "clock at {}",
                  decision.notice.post_id, clock_text(decision.clock)));
  if (decision.forgotten > 0) {
    add(lines, "P6.2",
        fmt::format("for it {} of the author is forgotten",
                    counted(decision.forgotten, "older notice", "older notices")));
  }
  return lines;
}

Lines describe(const Event& event) {
  std::string json;
  append_json_line(json, event);
  json.pop_back();  // the line end
  return {rule_line("event", json)};
}

}  // namespace tagtill
