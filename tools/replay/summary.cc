#include "tools/replay/summary.h"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <numeric>
#include <string_view>

#include "tools/messages.h"

namespace tagtill {
namespace {

class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }

  void add(std::string_view name, std::uint64_t value) { member(name, fmt::format("{}", value)); }
  void add_seconds(std::string_view name, double value) {
    member(name, fmt::format("{:.6f}", value));
  }
  void add_object(std::string_view name, std::string_view json) { member(name, json); }
  void end() { out_ += '}'; }

 private:
  void member(std::string_view name, std::string_view json) {
    fmt::format_to(std::back_inserter(out_), "{}\"{}\":{}", first_ ? "" : ",", name, json);
    first_ = false;
  }

  std::string& out_;
  bool first_ = true;
};

std::string rejected_json(const DecisionCounts& decisions) {
  std::string json;
  JsonObject object(json);
  for (std::size_t reason = 0; reason < kRejectReasons; ++reason) {
    if (decisions.rejected[reason] > 0) {
      object.add(name_of(static_cast<RejectReason>(reason)), decisions.rejected[reason]);
    }
  }
  object.end();
  return json;
}

// The funnel: right-aligned counts with a remark behind.
class Table {
 public:
  explicit Table(std::string& out) : out_(out) {}

  void row(std::string_view name, std::uint64_t count, std::string_view remark = "") {
    fmt::format_to(std::back_inserter(out_), "  {:<22}{:>16}{}{}\n", name, grouped(count),
                   remark.empty() ? "" : "   ", remark);
  }
  void row_if_any(std::string_view name, std::uint64_t count, std::string_view remark = "") {
    if (count > 0) {
      row(name, count, remark);
    }
  }

 private:
  std::string& out_;
};

std::string percent_of(std::uint64_t part, std::uint64_t whole, std::string_view what) {
  if (whole == 0) {
    return "";
  }
  return fmt::format("{:.1f}% of {}", 100 * static_cast<double>(part) / static_cast<double>(whole),
                     what);
}

void append_lines(std::string& out, const LineCounts& lines) {
  Table table(out);
  table.row("lines", lines.lines);
  table.row("  posts", lines.posts);
  table.row("  delete notices", lines.delete_notices);
  table.row_if_any("  something else", lines.others);
  table.row_if_any("  malformed", lines.malformed, "could not be read (--dead-letter keeps them)");
  table.row("  of them parsed", lines.parsed, percent_of(lines.parsed, lines.lines, "the lines"));
}

void append_funnel(std::string& out, const ReplayResult& result) {
  const DecisionCounts& decisions = result.decisions;
  const std::uint64_t rejected =
      std::accumulate(decisions.rejected.begin(), decisions.rejected.end(), std::uint64_t{0});
  Table table(out);
  table.row("candidates", decisions.candidates);
  table.row("intents", result.intents, "offers' tags in them");
  table.row("prompts", decisions.prompts,
            percent_of(decisions.prompts, result.intents, "the intents"));
  table.row("confirmed", decisions.confirmed,
            percent_of(decisions.confirmed, decisions.prompts, "the prompts"));
  table.row("expired", decisions.expired);
  table.row("cancelled", decisions.cancelled);
  table.row("still open at the end", result.open_windows);
  table.row("rejected", rejected);
  for (std::size_t reason = 0; reason < kRejectReasons; ++reason) {
    table.row_if_any(fmt::format("  {}", name_of(static_cast<RejectReason>(reason))),
                     decisions.rejected[reason]);
  }
  table.row_if_any("duplicates", decisions.duplicates, "posts that came twice");
  table.row_if_any("repeated intents", decisions.repeated, "while the window was open");
  table.row_if_any("deleted before", decisions.deleted_before, "deleted before they came");
  if (result.set_aside) {
    table.row("set aside", 1,
              "a post far ahead of all others, without a second one to bear it out");
  }
}

}  // namespace

std::string summary_json(const ReplayResult& result) {
  const LineCounts& lines = result.lines;
  const DecisionCounts& decisions = result.decisions;
  std::string json;
  JsonObject object(json);
  object.add("bytes", result.bytes);
  object.add("lines", lines.lines);
  object.add("parsed", lines.parsed);
  object.add("posts", lines.posts);
  object.add("delete_notices", lines.delete_notices);
  object.add("candidates", decisions.candidates);
  object.add("duplicates", decisions.duplicates);
  object.add("late", decisions.late);
  object.add("malformed", lines.malformed);
  object.add("repeated", decisions.repeated);
  object.add("deleted_before", decisions.deleted_before);
  object.add("set_aside", result.set_aside ? 1 : 0);
  object.add("prompts", decisions.prompts);
  object.add("confirmed", decisions.confirmed);
  object.add("expired", decisions.expired);
  object.add("cancelled", decisions.cancelled);
  object.add_object("rejected", rejected_json(decisions));
  object.add("open_windows", result.open_windows);
  object.add_seconds("load_seconds", result.load_seconds);
  object.add_seconds("replay_seconds", result.replay_seconds);
  object.add("bytes_per_second", static_cast<std::uint64_t>(result.bytes_per_second()));
  object.add("intents", result.intents);
  object.add("keep_alives", lines.keep_alives);
  object.add("others", lines.others);
  object.add("future_of_others", decisions.future_of_others);
  object.add("ignored_confirmations", decisions.ignored_confirmations);
  object.add("parked_deleted", decisions.parked_deleted);
  object.add("deletes_forgotten", decisions.deletes_forgotten);
  object.end();
  return json + '\n';
}

std::string summary_text(const ReplayResult& result, const std::vector<std::string>& where) {
  std::string text =
      fmt::format("Replayed {} in {:.2f} s: {}/s (ready to start after {:.2f} s).\n\n",
                  as_bytes(static_cast<double>(result.bytes)), result.replay_seconds,
                  as_bytes(result.bytes_per_second()), result.load_seconds);
  if (!result.from_journal) {
    append_lines(text, result.lines);
    text += '\n';
  }
  append_funnel(text, result);
  if (!where.empty()) {
    text += '\n';
  }
  for (const std::string& line : where) {
    text += line + '\n';
  }
  return text;
}

}  // namespace tagtill
