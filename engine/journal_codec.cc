#include "engine/journal_codec.h"

#include "engine/config_lines.h"
#include "engine/file_errors.h"
#include "engine/offer_json.h"

namespace tagtill {
namespace {

constexpr unsigned kBatchVersion = 1;
constexpr unsigned kConfigurationVersion = 1;

void write_codes(ByteWriter& writer, const CodeTape& tape) {
  writer.varint(tape.codes.size());
  for (const Code code : tape.codes) {
    writer.code(code);
  }
}

}  // namespace

void append_candidates(std::string& out, const CandidateBatch& batch, const MemberTable& members,
                       const CodeTape& tape) {
  if (batch.candidates.empty()) {
    return;
  }
  ByteWriter writer(out);
  writer.byte(kBatchVersion);
  writer.varint(batch.candidates.size());
  Millis before = 0;
  for (const Candidate& candidate : batch.candidates) {
    write_candidate(writer, candidate, before);
    if (candidate.kind != Candidate::Kind::kTick) {
      if (candidate.member == kNotAMember) {
        write_no_membership(writer);
      } else {
        write_membership(writer, members.member(candidate.member));
      }
    }
    if (candidate.kind != Candidate::Kind::kDeleteNotice) {
      before = candidate.at;
    }
  }
  write_codes(writer, tape);
}

void append_configuration(std::string& out, const OfferCatalogue& offers,
                          const MemberTable& members, Decider& known, const CodeTape& tape) {
  ByteWriter writer(out);
  write_configuration(writer, offers, members, known, {});
  write_codes(writer, tape);
}

void write_configuration(ByteWriter& writer, const OfferCatalogue& offers,
                         const MemberTable& members, Decider& known,
                         std::string_view without_author) {
  writer.byte(kConfigurationVersion);
  std::string line;
  for (const Offer& offer : offers.offers()) {
    line.clear();
    append_offer_json_line(line, offer);
    writer.text(line);
    writer.end_record();
  }
  writer.text({});
  known.for_each_enrolled([&](std::string_view author_id) {
    const MemberIndex member = members.find(author_id);
    if (member != kNotAMember && author_id != without_author) {
      writer.id(author_id);
      write_membership(writer, members.member(member));
      writer.end_record();
    }
  });
  writer.id({});
}

JournalConfiguration read_configuration(ByteReader& reader, std::string_view confirm_prefix) {
  reader.check_version(reader.byte(), kConfigurationVersion);
  JournalConfiguration configuration;
  std::string lines;
  for (;;) {
    const std::string_view line = reader.text(kConfigLineBytesMax + 1);
    if (line.empty()) {
      break;
    }
    lines.append(line);
  }
  FileErrors errors;
  configuration.offers = OfferCatalogue::parse(lines, "offers", confirm_prefix, errors);
  if (configuration.offers == nullptr) {
    reader.damaged("its catalogue is refused (" + errors.shown().front() + ")");
  }
  IdText author;
  for (;;) {
    const std::string_view author_id = reader.id_or_none(author);
    if (author_id.empty()) {
      return configuration;
    }
    Member member;
    reader.check(read_membership(reader, member), "a member has no account");
    reader.check(configuration.members.table()->find(author_id) == kNotAMember,
                 "a member stands twice in the configuration");
    (void)configuration.members.enrol(author_id, member);
  }
}

void read_batch(ByteReader& reader, CandidateReader& candidates, GrowingMembers& members,
                CandidateBatch& batch, CodeTape& tape) {
  batch.clear();
  reader.check_version(reader.byte(), kBatchVersion);
  Millis before = 0;
  const std::uint64_t count = reader.varint();
  reader.check(count > 0, "a batch has no candidates");
  for (std::uint64_t i = 0; i < count; ++i) {
    Candidate candidate = candidates.read(reader, before, batch.bytes);
    if (candidate.kind != Candidate::Kind::kTick) {
      if (Member member; read_membership(reader, member)) {
        candidate.member = members.enrol(candidate.author_id, member);
      } else {
        members.forget(candidate.author_id);
      }
    }
    if (candidate.kind != Candidate::Kind::kDeleteNotice) {
      before = candidate.at;
    }
    batch.candidates.push_back(candidate);
  }
  read_codes(reader, tape);
}

void read_codes(ByteReader& reader, CodeTape& tape) {
  tape.clear();
  for (std::uint64_t left = reader.varint(); left > 0; --left) {
    tape.codes.push_back(reader.code());
  }
}

}  // namespace tagtill
