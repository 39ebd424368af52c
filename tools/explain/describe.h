// The decisions of the rules in words, each line with the number of its rule.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/decider.h"
#include "engine/decision_trace.h"

namespace tagtill {

// Each a line of an explanation, without its end: two spaces, the rule, a sentence.
using Lines = std::vector<std::string>;

// One such line. `rule` is P and numbers, or empty.
[[nodiscard]] std::string rule_line(std::string_view rule, std::string_view sentence);

[[nodiscard]] std::string time_text(Millis time);

// The reason of a rejection stands in its words as in the event.
[[nodiscard]] Lines describe(const PostDecision& decision, const ProtocolOptions& options);
[[nodiscard]] Lines describe(const ClockMove& move);
[[nodiscard]] Lines describe(const IntentDecision& decision);
[[nodiscard]] Lines describe(const ConfirmationDecision& decision, const ProtocolOptions& options);
// `because`: the rule of the decision before it, by which a unit comes free.
[[nodiscard]] Lines describe(const StockDecision& decision, std::string_view because);
// `bound`: clock - L.
[[nodiscard]] Lines describe(const WindowEnd& end, Millis bound);
[[nodiscard]] Lines describe(const ParkedEnd& end, Millis bound);
[[nodiscard]] Lines describe(const NoticeDecision& decision);
[[nodiscard]] Lines describe(const Event& event);

// The rule by which these end.
[[nodiscard]] std::string_view rule_of(WindowEnd::What what);
[[nodiscard]] std::string_view rule_of(ConfirmationDecision::What what);

[[nodiscard]] std::string purchase_of(const WindowSeen& window);

}  // namespace tagtill
