#include "engine/control_change.h"

#include <unordered_map>

#include "engine/candidate_codec.h"
#include "engine/config_lines.h"
#include "engine/offer_json.h"

namespace tagtill {
namespace {

constexpr unsigned kControlVersion = 1;
constexpr std::size_t kOfferIdBytesMax = 64;  // P7.1

using Kind = ControlChange::Kind;

void write_change(ByteWriter& writer, const ControlChange& change) {
  writer.byte(static_cast<std::uint8_t>(change.kind));
  switch (change.kind) {
    case Kind::kLink:
      writer.id(change.author_id);
      write_membership(writer, {change.account, change.region});
      break;
    case Kind::kUnlink:
    case Kind::kFreeze:
      writer.id(change.author_id);
      break;
    case Kind::kFreezeLinkedBefore:
      writer.varint(static_cast<std::uint64_t>(change.before));
      break;
    case Kind::kOffer:
      writer.text(change.offer_id);
      writer.text(change.offer);
      break;
    case Kind::kWithdraw:
      writer.text(change.offer_id);
      break;
  }
}

void read_offer_id(ByteReader& reader, ControlChange& change) {
  change.offer_id = reader.text(kOfferIdBytesMax);
  reader.check(!change.offer_id.empty(), "an offer has no id");
}

ControlChange read_change(ByteReader& reader) {
  ControlChange change;
  change.kind = static_cast<Kind>(reader.byte());
  IdText author;
  switch (change.kind) {
    case Kind::kLink: {
      change.author_id = reader.id(author);
      Member member;
      reader.check(read_membership(reader, member), "a member has no account");
      change.account = member.account;
      change.region = member.region;
      return change;
    }
    case Kind::kUnlink:
    case Kind::kFreeze:
      change.author_id = reader.id(author);
      return change;
    case Kind::kFreezeLinkedBefore:
      change.before = static_cast<Millis>(reader.varint(
          static_cast<std::uint64_t>(kLastMillisecond), "a time is beyond the year 9999"));
      return change;
    case Kind::kOffer:
      read_offer_id(reader, change);
      change.offer = reader.text(kConfigLineBytesMax + 1);
      return change;
    case Kind::kWithdraw:
      read_offer_id(reader, change);
      return change;
  }
  reader.damaged("a control record is of an unknown kind");
}

}  // namespace

std::string_view name_of(ControlChange::Kind kind) {
  switch (kind) {
    case Kind::kLink:
      return "link";
    case Kind::kUnlink:
      return "unlink";
    case Kind::kFreeze:
    case Kind::kFreezeLinkedBefore:
      return "freeze";
    case Kind::kOffer:
      return "offer";
    case Kind::kWithdraw:
      return "withdraw";
  }
  return "";
}

void append_changes(std::string& out, std::span<const ControlChange> changes) {
  ByteWriter writer(out);
  writer.byte(kControlVersion);
  writer.varint(changes.size());
  for (const ControlChange& change : changes) {
    write_change(writer, change);
  }
}

std::vector<ControlChange> read_changes(ByteReader& reader) {
  reader.check_version(reader.byte(), kControlVersion);
  std::vector<ControlChange> changes;
  std::uint64_t left = reader.varint();
  reader.check(left > 0, "it has no control records");
  for (; left > 0; --left) {
    changes.push_back(read_change(reader));
  }
  return changes;
}

std::shared_ptr<const OfferCatalogue> change_offers(const OfferCatalogue& before,
                                                    std::span<const ControlChange> changes,
                                                    std::string_view name,
                                                    std::string_view confirm_prefix,
                                                    FileErrors& errors) {
  std::unordered_map<std::string_view, const ControlChange*> last;
  for (const ControlChange& change : changes) {
    if (is_of_offers(change)) {
      last[change.offer_id] = &change;
    }
  }
  std::string lines;
  for (const Offer& offer : before.offers()) {
    const auto changed = last.find(offer.id);
    if (changed == last.end()) {
      append_offer_json_line(lines, offer);
      continue;
    }
    lines += changed->second->offer;
    last.erase(changed);
  }
  for (const ControlChange& change : changes) {
    const auto added = last.find(change.offer_id);
    if (added != last.end() && added->second == &change) {
      lines += change.offer;
    }
  }
  return OfferCatalogue::parse(lines, name, confirm_prefix, errors);
}

}  // namespace tagtill
