#include "engine/programme.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "engine/config_errors.h"
#include "engine/config_object.h"
#include "engine/config_text.h"
#include "engine/errors.h"
#include "engine/offer_json.h"

namespace tagtill {
namespace {

using Kind = ControlChange::Kind;
using Membership = StandingControls::Author::Membership;

constexpr std::string_view kKey = "tagtill";
// Stands in the errors of the parsers, which speak of files, and is cut off again.
constexpr std::string_view kName = "record";
constexpr std::string_view kPlace = "record:1: ";

// Text that ConfigObject may read.
std::string padded(std::string_view text) {
  std::string padded(text);
  padded += '\n';
  padded.append(kConfigPadding, '\0');
  return padded;
}

std::string first_of(const FileErrors& errors) {
  const std::string_view first = errors.shown().front();
  return std::string(first.starts_with(kPlace) ? first.substr(kPlace.size()) : first);
}

// The one field of an object, or none.
const ConfigField* only_field(ConfigObject& object, std::string_view text, std::string& problem) {
  const std::string_view wrong = object.read(text);
  if (!wrong.empty()) {
    problem = wrong;
    return nullptr;
  }
  if (object.fields().size() != 1 || object.fields().front().name_escaped) {
    problem = "it holds one record and nothing else";
    return nullptr;
  }
  return &object.fields().front();
}

// The one string that the object holds, under one of these names; which one, or nothing.
class OneString {
 public:
  OneString(std::string_view object, std::span<const std::string_view> names) {
    text_ = padded(object);
    const ConfigField* field =
        only_field(object_, std::string_view(text_).substr(0, object.size()), problem);
    if (field == nullptr) {
      return;
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (field->name == names[i] && field->value.kind == ConfigKind::kString) {
        which = i;
        value = &field->value;
        return;
      }
    }
    problem = "it has one field, " + quoted(names.front());
    for (const std::string_view name : names.subspan(1)) {
      problem += " or " + quoted(name);
    }
    problem += ", which is a string";
  }

  std::size_t which = 0;
  const ConfigValue* value = nullptr;
  std::string problem;

 private:
  std::string text_;
  ConfigObject object_;
};

std::string read_link(std::string_view object, ControlChange& change) {
  FileErrors errors;
  const std::shared_ptr<const MemberTable> read = MemberTable::parse(object, kName, errors);
  if (read == nullptr) {
    // What stands there instead may be an author's id, which no log should hold.
    const std::string problem = first_of(errors);
    return problem.substr(0, problem.find(", but is "));
  }
  const Member member = read->member(0);
  AuthorIdText room{};
  change.author_id = read->author_id(0, room);
  change.account = member.account;
  change.region = member.region;
  return {};
}

std::string read_author(const ConfigValue& value, ControlChange& change) {
  const std::string_view problem = author_id_problem(value);
  change.author_id = value.text;
  return problem.empty() ? std::string() : "\"author_id\" " + std::string(problem);
}

std::string read_unlink(std::string_view object, ControlChange& change) {
  constexpr std::string_view kNames[] = {"author_id"};
  const OneString field(object, kNames);
  return field.value == nullptr ? field.problem : read_author(*field.value, change);
}

std::string read_freeze(std::string_view object, ControlChange& change) {
  constexpr std::string_view kNames[] = {"author_id", "linked_before"};
  const OneString field(object, kNames);
  if (field.value == nullptr) {
    return field.problem;
  }
  if (field.which == 0) {
    return read_author(*field.value, change);
  }
  change.kind = Kind::kFreezeLinkedBefore;
  const std::optional<Millis> before = parse_rfc3339(field.value->text);
  if (!before || *before < 0 || *before > kLastMillisecond) {
    return "\"linked_before\" must be a time of RFC 3339 from 1970 on, as "
           "\"2013-02-11T12:00:00Z\", "
           "but is " +
           describe(*field.value);
  }
  change.before = *before;
  return {};
}

std::string read_withdraw(std::string_view object, ControlChange& change) {
  constexpr std::string_view kNames[] = {"id"};
  const OneString field(object, kNames);
  if (field.value != nullptr) {
    change.offer_id = field.value->text;
  }
  return field.problem;
}

std::string read_offer(std::string_view object, std::string_view confirm_prefix,
                       const CheckOffers& check, ControlChange& change) {
  FileErrors errors;
  const auto read = OfferCatalogue::parse(object, kName, confirm_prefix, errors);
  if (read == nullptr) {
    return first_of(errors);
  }
  change.offer_id = read->offers().front().id;
  append_offer_json_line(change.offer, read->offers().front());
  return check ? check(*read) : std::string();
}

}  // namespace

GrowingMembers members_in_force(std::shared_ptr<const MemberTable> file,
                                const StandingControls& controls) {
  GrowingMembers members(std::move(file));
  for (const auto& [id, author] : controls.authors()) {
    if (author.membership == Membership::kLinked) {
      (void)members.enrol(id, {author.account, author.region});
    } else if (author.membership == Membership::kUnlinked) {
      members.forget(id);
    }
  }
  return members;
}

void change_members(GrowingMembers& members, const ControlChange& change) {
  if (change.kind == Kind::kLink) {
    (void)members.enrol(change.author_id, {change.account, change.region});
  } else if (change.kind == Kind::kUnlink) {
    members.forget(change.author_id);
  }
}

CheckOffers check_of_replies(std::shared_ptr<const ReplyTemplate> replies,
                             std::string confirm_prefix) {
  if (replies == nullptr) {
    return {};
  }
  return [replies = std::move(replies),
          prefix = std::move(confirm_prefix)](const OfferCatalogue& offers) -> std::string {
    try {
      replies->check(offers, prefix);
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  };
}

Programme::Programme(std::string confirm_prefix, StandingControls controls,
                     CheckOffers check_offers)
    : confirm_prefix_(std::move(confirm_prefix)),
      check_offers_(std::move(check_offers)),
      controls_(std::move(controls)) {
  for (const auto& [id, author] : controls_.authors()) {
    if (author.membership == Membership::kLinked) {
      linked_.emplace(author.account, id);
    }
  }
}

bool Programme::is_record(std::string_view line) {
  constexpr std::string_view kSpace = " \t\r";
  const auto skip = [&](std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  };
  skip(line);
  if (!line.starts_with('{')) {
    return false;
  }
  line.remove_prefix(1);
  skip(line);
  return line.size() > kKey.size() + 1 && line[0] == '"' && line.substr(1).starts_with(kKey) &&
         line[kKey.size() + 1] == '"';
}

bool Programme::set_files(std::shared_ptr<const OfferCatalogue> offers,
                          std::shared_ptr<const MemberTable> members,
                          std::shared_ptr<const AccountIndex> accounts, FileErrors& errors) {
  const std::size_t before = errors.count();
  if (!linked_.empty()) {
    if (accounts == nullptr) {
      accounts = std::make_shared<const AccountIndex>(members);
    }
    for (const auto& [account, author] : linked_) {
      const MemberIndex owner = accounts->find(account);
      AuthorIdText room{};
      if (owner != kNotAMember && is_as_in_file(members->author_id(owner, room), author)) {
        errors.add("the account to which a control record linked the author " + quoted(author) +
                   " is that of " + quoted(members->author_id(owner, room)) +
                   " in the member file: one account belongs to one author");
      }
    }
  }
  if (errors.count() > before) {
    return false;
  }
  offers_ = std::move(offers);
  members_ = std::move(members);
  accounts_ = std::move(accounts);
  return true;
}

// The owner of an account in the file is another one than `author_id`, and no record has changed
// that.
bool Programme::is_as_in_file(std::string_view owner_id, std::string_view author_id) const {
  const auto known = controls_.authors().find(owner_id);
  return owner_id != author_id &&
         (known == controls_.authors().end() || known->second.membership == Membership::kAsInFile);
}

Programme::Answer Programme::take(std::string_view line) {
  ControlChange change;
  std::string problem = read(line, change);
  if (problem.empty()) {
    problem = change.kind == Kind::kLink ? refuse_link(change)
              : is_of_offers(change)     ? put_offers(change)
                                         : std::string();
  }
  if (!problem.empty()) {
    return {std::nullopt, std::move(problem)};
  }
  note_account(change);
  controls_.apply(change, std::nullopt);
  return {std::move(change), {}};
}

std::string Programme::read(std::string_view line, ControlChange& change) const {
  const std::string text = padded(line);
  ConfigObject object;
  std::string problem;
  const ConfigField* outer =
      only_field(object, std::string_view(text).substr(0, line.size()), problem);
  if (outer == nullptr) {
    return problem;
  }
  if (outer->name != kKey || outer->value.kind != ConfigKind::kObject) {
    return "\"tagtill\" is an object that holds the record";
  }
  const std::string inner_text = padded(outer->value.text);
  ConfigObject inner;
  const ConfigField* field =
      only_field(inner, std::string_view(inner_text).substr(0, outer->value.text.size()), problem);
  if (field == nullptr) {
    return problem;
  }
  if (field->value.kind != ConfigKind::kObject) {
    return quoted(field->name) + " is an object";
  }
  for (const Kind kind :
       {Kind::kLink, Kind::kUnlink, Kind::kFreeze, Kind::kOffer, Kind::kWithdraw}) {
    if (field->name != name_of(kind)) {
      continue;
    }
    change.kind = kind;
    switch (kind) {
      case Kind::kLink:
        return read_link(field->value.text, change);
      case Kind::kUnlink:
        return read_unlink(field->value.text, change);
      case Kind::kOffer:
        return read_offer(field->value.text, confirm_prefix_, check_offers_, change);
      case Kind::kWithdraw:
        return read_withdraw(field->value.text, change);
      case Kind::kFreeze:
      case Kind::kFreezeLinkedBefore:
        return read_freeze(field->value.text, change);
    }
  }
  return quoted(field->name) +
         " is no kind of control record: there are link, unlink, freeze, offer and withdraw";
}

std::string Programme::refuse_link(const ControlChange& change) {
  constexpr std::string_view kBelongs = "the account belongs to another author already";
  if (const auto known = linked_.find(change.account);
      known != linked_.end() && known->second != change.author_id) {
    return std::string(kBelongs);
  }
  if (accounts_ == nullptr) {
    accounts_ = std::make_shared<const AccountIndex>(members_);
  }
  const MemberIndex owner = accounts_->find(change.account);
  AuthorIdText room{};
  return owner != kNotAMember && is_as_in_file(members_->author_id(owner, room), change.author_id)
             ? std::string(kBelongs)
             : std::string();
}

std::string Programme::put_offers(const ControlChange& change) {
  if (change.kind == Kind::kWithdraw) {
    const auto same = [&](const Offer& offer) { return offer.id == change.offer_id; };
    if (std::ranges::none_of(offers_->offers(), same)) {
      return controls_.offers().contains(change.offer_id)
                 ? std::string()
                 : "there is no offer " + quoted(change.offer_id);
    }
  }
  FileErrors errors;
  auto changed = change_offers(*offers_, {&change, 1}, kName, confirm_prefix_, errors);
  if (changed == nullptr) {
    return first_of(errors);
  }
  offers_ = std::move(changed);
  return {};
}

void Programme::note_account(const ControlChange& change) {
  if (change.kind != Kind::kLink && change.kind != Kind::kUnlink) {
    return;
  }
  const auto known = controls_.authors().find(change.author_id);
  if (known != controls_.authors().end() && known->second.membership == Membership::kLinked) {
    linked_.erase(known->second.account);
  }
  if (change.kind == Kind::kLink) {
    linked_.emplace(change.account, change.author_id);
  }
}

}  // namespace tagtill
