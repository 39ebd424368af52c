#include "tools/state/memory_lines.h"

#include "engine/offer_json.h"
#include "tools/state/json_line.h"

namespace tagtill {
namespace {

std::string_view name_of(MemoryVisitor::WindowState state) {
  switch (state) {
    case MemoryVisitor::WindowState::kOpen:
      break;
    case MemoryVisitor::WindowState::kConfirmed:
      return "confirmed";
    case MemoryVisitor::WindowState::kCancelled:
      return "cancelled";
  }
  return "open";
}

// The members of the offer's line in a catalogue, without its braces and line end.
std::string catalogue_members(const Offer& offer) {
  std::string line;
  append_offer_json_line(line, offer);
  const std::size_t begin = line.find('{') + 1;
  return line.substr(begin, line.rfind('}') - begin);
}

}  // namespace

void MemoryLines::on_clock(std::optional<Millis> clock) {
  line_.clear();
  JsonLine(line_, "clock").time("at", clock).end();
  take_(line_);
}

void MemoryLines::on_stock(const Stock& stock) {
  line_.clear();
  JsonLine(line_, "stock")
      .text("offer_id", stock.offer_id)
      .number("held", stock.held)
      .number("sold", stock.sold)
      .number("most", stock.most)
      .end();
  take_(line_);
}

void MemoryLines::on_terms(const Terms& terms) {
  line_.clear();
  JsonLine(line_, "offer")
      .truth("in_force", terms.in_force)
      .number("windows", terms.windows)
      .members(catalogue_members(terms.offer))
      .end();
  take_(line_);
}

void MemoryLines::on_window(const Window& window) {
  line_.clear();
  purchase_id_.assign(window.intent_id).append(":").append(window.offer.id);
  JsonLine line(line_, "window");
  line.text("state", name_of(window.state))
      .truth("denied", window.denied)
      .text("purchase_id", purchase_id_)
      .text("author_id", window.author_id)
      .text("offer_id", window.offer.id)
      .text("intent_id", window.intent_id)
      .time("intent_at", window.intent_at)
      .time("deadline", window.deadline)
      .code("code", window.code);
  if (window.state == WindowState::kOpen) {
    line.text("account", window.account);
  } else {
    line.null("account");
  }
  line.end();
  take_(line_);
}

void MemoryLines::on_parked(const Parked& parked) {
  line_.clear();
  JsonLine(line_, "parked")
      .text("author_id", parked.author_id)
      .text("post_id", parked.post_id)
      .time("at", parked.at)
      .code("code", parked.code)
      .number("followers", static_cast<std::uint64_t>(parked.followers))
      .number("place", std::uint64_t{parked.place})
      .end();
  take_(line_);
}

void MemoryLines::on_post(const Post& post) {
  line_.clear();
  JsonLine(line_, "post")
      .text("author_id", post.author_id)
      .text("post_id", post.post_id)
      .time("at", post.at)
      .end();
  take_(line_);
}

void MemoryLines::on_notice(const Notice& notice) {
  line_.clear();
  JsonLine(line_, "delete_notice")
      .text("author_id", notice.author_id)
      .text("post_id", notice.post_id)
      .time("at", notice.at)
      .end();
  take_(line_);
}

void MemoryLines::on_confirmed(const Confirmed& confirmed) {
  line_.clear();
  JsonLine(line_, "confirmed_count")
      .text("author_id", confirmed.author_id)
      .text("offer_id", confirmed.offer_id)
      .number("windows", std::uint64_t{confirmed.windows})
      .end();
  take_(line_);
}

void MemoryLines::on_set_aside(const Candidate& post) {
  std::string tags = "[";
  for (const PostTag& tag : post.tags) {
    tags += tags.size() == 1 ? "" : ",";
    append_json_string(tags, tag.folded);
  }
  tags += ']';
  line_.clear();
  JsonLine(line_, "set_aside")
      .text("author_id", post.author_id)
      .text("post_id", post.post_id)
      .time("at", post.at)
      .truth("protected", post.author_protected)
      .number("followers", static_cast<std::uint64_t>(post.followers))
      .raw("tags", tags)
      .end();
  take_(line_);
}

void MemoryLines::on_controlled_author(const ControlledAuthor& author) {
  line_.clear();
  JsonLine line(line_, "control_of_author");
  line.text("author_id", author.author_id)
      .text("membership", author.linked     ? "linked"
                          : author.unlinked ? "unlinked"
                                            : "as_in_file")
      .truth("frozen", author.frozen);
  if (author.linked) {
    line.text("account", author.account);
    if (author.region.empty()) {
      line.null("region");
    } else {
      line.text("region", author.region);
    }
    line.time("linked_at", author.linked_at);
  }
  line.end();
  take_(line_);
}

void MemoryLines::on_controlled_offer(const ControlledOffer& offer) {
  line_.clear();
  JsonLine(line_, "control_of_offer")
      .text("offer_id", offer.offer_id)
      .truth("withdrawn", offer.line.empty())
      .end();
  take_(line_);
}

void MemoryLines::on_frozen_before(Millis time) {
  line_.clear();
  JsonLine(line_, "frozen_before").time("at", time).end();
  take_(line_);
}

}  // namespace tagtill
