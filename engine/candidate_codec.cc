#include "engine/candidate_codec.h"

#include <algorithm>

#include "engine/config_text.h"
#include "engine/confirmation_code.h"
#include "engine/fold.h"

namespace tagtill {
namespace {

constexpr unsigned kDeleteNotice = 1;
constexpr unsigned kProtected = 2;
constexpr unsigned kTick = 4;
constexpr unsigned kHasRegion = 128;

constexpr std::size_t kAccountBytesMax = 64;  // P7.2
// No fold is longer than three times a line.
constexpr std::size_t kTagBytesMax = std::size_t{4} << 20;

Millis read_time(ByteReader& reader, Millis since) {
  // Of any two times the difference is one of 63 bits.
  const std::int64_t later = reader.zigzag();
  reader.check(later >= -since && later <= kLastMillisecond - since,
               "a post has no time from 1970 to 9999");
  return since + later;
}

}  // namespace

void write_candidate(ByteWriter& writer, const Candidate& candidate, Millis since) {
  if (candidate.kind == Candidate::Kind::kTick) {
    writer.byte(kTick);
    writer.zigzag(candidate.at - since);
    return;
  }
  const bool is_post = candidate.kind == Candidate::Kind::kPost;
  writer.byte(static_cast<std::uint8_t>((is_post ? 0 : kDeleteNotice) |
                                        (candidate.author_protected ? kProtected : 0)));
  writer.id(candidate.author_id);
  writer.id(candidate.post_id);
  if (is_post) {
    writer.zigzag(candidate.at - since);
    writer.varint(static_cast<std::uint64_t>(candidate.followers));
    writer.varint(candidate.tags.size());
    for (const PostTag& tag : candidate.tags) {
      writer.text(tag.folded);
    }
  }
}

CandidateReader::CandidateReader(std::string_view confirm_prefix)
    : folded_prefix_(folded(confirm_prefix)) {}

Candidate CandidateReader::read(ByteReader& reader, Millis since, Arena& arena) {
  IdText room;
  Candidate candidate;
  const unsigned head = reader.byte();
  reader.check(head <= kTick, "a candidate has an unknown form");
  if (head == kTick) {
    candidate.kind = Candidate::Kind::kTick;
    candidate.at = read_time(reader, since);
    return candidate;
  }
  candidate.author_protected = (head & kProtected) != 0;
  candidate.author_id = arena.keep(reader.id(room));
  candidate.post_id = arena.keep(reader.id(room));
  if ((head & kDeleteNotice) != 0) {
    candidate.kind = Candidate::Kind::kDeleteNotice;
    return candidate;
  }
  candidate.at = read_time(reader, since);
  candidate.followers = reader.amount();
  tags_.clear();
  for (std::uint64_t left = reader.varint(); left > 0; --left) {
    PostTag tag;
    tag.folded = arena.keep(reader.text(kTagBytesMax));
    reader.check(!tag.folded.empty(), "a tag is empty");
    tag.tag = offers_->find_tag(tag.folded);
    tag.code = read_confirmation_tag(tag.folded, folded_prefix_);
    tags_.push_back(tag);
  }
  PostTag* tags = arena.allocate_array<PostTag>(tags_.size());
  std::copy(tags_.begin(), tags_.end(), tags);
  candidate.tags = {tags, tags_.size()};
  return candidate;
}

void write_membership(ByteWriter& writer, const Member& member) {
  const bool has_region = member.region != RegionCode{};
  writer.byte(static_cast<std::uint8_t>(member.account.size() | (has_region ? kHasRegion : 0)));
  if (has_region) {
    writer.raw({member.region.data(), member.region.size()});
  }
  writer.raw(member.account);
}

bool read_membership(ByteReader& reader, Member& member) {
  const unsigned head = reader.byte();
  if (head == 0) {
    return false;
  }
  const std::size_t size = head & ~kHasRegion;
  reader.check(size > 0 && size <= kAccountBytesMax, "an account has a wrong length");
  member.region = {};
  if ((head & kHasRegion) != 0) {
    const std::string_view region = reader.raw(member.region.size());
    reader.check(is_capitals(region, member.region.size()), "a region is not two capital letters");
    std::copy(region.begin(), region.end(), member.region.begin());
  }
  member.account = reader.raw(size);
  reader.check(is_printable_ascii(member.account), "an account is not printable ASCII");
  return true;
}

}  // namespace tagtill
