// Fuzzes control records. One that is refused changes nothing; one that is taken comes back from a
// journal, and what stands from a saved state; what was changed step by step is what stands put
// upon the files; and no account has two owners.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/byte_codec.h"
#include "engine/control_change.h"
#include "engine/file_errors.h"
#include "engine/offer_json.h"
#include "engine/programme.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace tagtill;

constexpr std::string_view kOffers =
    R"({"id":"mug","tag":"mug","title":"Mug","price_minor":5,"currency":"EUR",)"
    R"("fulfilment":"ship","starts_at":"2013-01-01T00:00:00Z","ends_at":"2013-02-01T00:00:00Z"})"
    "\n"
    R"({"id":"cup","tag":"cup","title":"Cup","price_minor":7,"currency":"EUR",)"
    R"("fulfilment":"pickup","starts_at":"2013-01-01T00:00:00Z","ends_at":"2013-02-01T00:00:00Z"})"
    "\n";
constexpr std::string_view kMembers = R"({"author_id":"1","account":"a1"})"
                                      "\n"
                                      R"({"author_id":"b","account":"a2","region":"US"})"
                                      "\n";
constexpr std::string_view kPrefix = "Confirm";

template <typename Object>
std::string saved(const Object& object) {
  std::string bytes;
  ByteWriter writer(bytes);
  object.save(writer, {});
  return bytes;
}

// By id, since those that were put stand where they were first put.
std::map<std::string, std::string> by_id(const OfferCatalogue& offers) {
  std::map<std::string, std::string> lines;
  for (const Offer& offer : offers.offers()) {
    append_offer_json_line(lines[offer.id], offer);
  }
  return lines;
}

std::string shown(const MemberTable& members, const std::string& author) {
  const MemberIndex index = members.find(author);
  if (index == kNotAMember) {
    return "no member";
  }
  const Member member = members.member(index);
  AuthorIdText room{};
  fuzz::expect(members.author_id(index, room) == author, "a member has another id");
  return std::string(member.account) + std::string(member.region.data(), member.region.size());
}

void check_journal(const ControlChange& change) {
  std::string entry;
  append_changes(entry, {&change, 1});
  ByteReader reader(entry, "journal entry");
  const std::vector<ControlChange> read = read_changes(reader);
  fuzz::expect(reader.at_end() && read.size() == 1, "a journal holds another number of records");
  std::string again;
  append_changes(again, read);
  fuzz::expect(again == entry, "a record comes back from a journal as another");
}

void check_all(const Programme& programme, const OfferCatalogue& offers,
               const std::shared_ptr<const MemberTable>& file, const MemberTable& members) {
  const StandingControls& controls = programme.controls();
  const std::string bytes = saved(controls);
  ByteReader reader(bytes, "saved state");
  StandingControls loaded;
  loaded.load(reader);
  fuzz::expect(reader.at_end() && saved(loaded) == bytes,
               "what stands is loaded as something else");

  FileErrors errors;
  const auto merged = change_offers(offers, controls.offer_changes(), "offers", kPrefix, errors);
  fuzz::expect(merged != nullptr, "what stands of offers does not fit the file");
  fuzz::expect(by_id(*merged) == by_id(*programme.offers()), "offers differ from what stands");

  const GrowingMembers at_once = members_in_force(file, controls);
  std::map<std::string, std::string> owners;
  const auto check_member = [&](const std::string& author) {
    const std::string membership = shown(members, author);
    fuzz::expect(membership == shown(*at_once.table(), author), "members differ from what stands");
    if (membership != "no member") {
      const std::string account(members.member(members.find(author)).account);
      const auto [owner, is_new] = owners.emplace(account, author);
      fuzz::expect(is_new || owner->second == author, "an account has two owners");
    }
  };
  check_member("1");
  check_member("b");
  for (const auto& [author, control] : controls.authors()) {
    check_member(author);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static FileErrors errors;
  static const auto offers = OfferCatalogue::parse(kOffers, "offers", kPrefix, errors);
  static const auto file = MemberTable::parse(kMembers, "members", errors);
  Programme programme{std::string(kPrefix)};
  fuzz::expect(programme.set_files(offers, file, nullptr, errors), "good files are refused");
  GrowingMembers members(file);
  std::string_view text = fuzz::text_of(bytes, size);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string before = saved(programme.controls());
    const auto offers_before = programme.offers();
    const Programme::Answer answer = programme.take(line);
    if (!answer.change) {
      fuzz::expect(!answer.refusal.empty(), "a record is refused without a word");
      fuzz::expect(saved(programme.controls()) == before && programme.offers() == offers_before,
                   "a record that is refused has changed something");
      continue;
    }
    fuzz::expect(Programme::is_record(line), "what is no record is taken for one");
    change_members(members, *answer.change);
    check_journal(*answer.change);
    check_all(programme, *offers, file, *members.table());
  }
  return 0;
}
