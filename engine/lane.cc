#include "engine/lane.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "engine/confirmation_code.h"
#include "engine/fold.h"
#include "engine/hashtag.h"
#include "engine/line_scanner.h"
#include "engine/offer_json.h"
#include "engine/post_decoder.h"
#include "engine/tag_matcher.h"

namespace tagtill {

struct SearchContext {
  struct CompiledTags {
    std::shared_ptr<const OfferCatalogue> of;
    std::shared_ptr<const TagDatabase> database;
  };

  std::shared_ptr<const OfferCatalogue> offers;
  std::shared_ptr<const MemberTable> members;
  // Together of all tags of the offers, and perhaps of others: a line that is found in vain is
  // only parsed.
  CompiledTags tags;
  CompiledTags more;  // null: there are none beside those
  TagBeginnings beginnings;
  std::string folded_prefix;
  bool strict = false;
};

namespace {

// So many new tags stand beside those that are compiled: to search twice costs little, and so few
// are compiled in a few milliseconds.
constexpr std::size_t kMoreTagsMax = 64;

SearchContext::CompiledTags compile(std::shared_ptr<const OfferCatalogue> offers) {
  auto database = std::make_shared<const TagDatabase>(*offers);
  return {std::move(offers), std::move(database)};
}

// The offers whose tags are not among those of `known`; null: too many.
std::shared_ptr<const OfferCatalogue> offers_with_new_tags(const OfferCatalogue& offers,
                                                           const OfferCatalogue& known,
                                                           std::string_view confirm_prefix) {
  std::string lines;
  std::size_t tags = 0;
  for (std::size_t i = 0; i < offers.tag_count(); ++i) {
    const auto tag = static_cast<TagIndex>(i);
    if (known.find_tag(offers.folded_tag(tag)) != kNoTag) {
      continue;
    }
    if (++tags > kMoreTagsMax) {
      return nullptr;
    }
    append_offer_json_line(lines, offers.offers()[offers.offers_of(tag).front()]);
  }
  FileErrors errors;
  return OfferCatalogue::parse(lines, "offers", confirm_prefix, errors);
}

}  // namespace

std::shared_ptr<const SearchContext> make_search_context(
    std::shared_ptr<const OfferCatalogue> offers, std::shared_ptr<const MemberTable> members,
    std::string_view confirm_prefix, bool strict, const SearchContext* before) {
  auto context = std::make_shared<SearchContext>();
  context->folded_prefix = folded(confirm_prefix);
  if (before != nullptr) {
    if (auto added = offers_with_new_tags(*offers, *before->tags.of, confirm_prefix)) {
      context->tags = before->tags;
      if (added->tag_count() > 0) {
        context->more = compile(std::move(added));
      }
    }
  }
  if (context->tags.of == nullptr) {
    context->tags = compile(offers);
  }
  for (std::size_t tag = 0; tag < offers->tag_count(); ++tag) {
    context->beginnings.add(offers->folded_tag(static_cast<TagIndex>(tag)));
  }
  context->beginnings.add_confirmations(context->folded_prefix);
  context->offers = std::move(offers);
  context->members = std::move(members);
  context->strict = strict;
  return context;
}

class Lane::Impl {
 public:
  explicit Impl(std::shared_ptr<const SearchContext> context)
      : context_(std::move(context)),
        scanner_(context_->beginnings, context_->folded_prefix, longest_fold(*context_),
                 context_->strict),
        matcher_(context_->tags.database) {
    if (context_->more.database != nullptr) {
      more_.emplace(context_->more.database);
    }
  }

  void process(const Block& block, CandidateBatch& batch, bool sample) {
    batch.clear();
    batch.lacks_members = context_->members == nullptr;
    batch.counts.bytes = block.source_bytes;
    scanner_.scan(block.lines(), scanned_);
    match(matcher_, block);
    if (more_) {
      match(*more_, block);
    }
    for (const ScannedLine& line : scanned_.lines) {
      if (line.kind == ScannedLine::Kind::kDeleteNotice && !batch.lacks_members) {
        context_->members->prefetch(
            block.lines().substr(line.begin + line.author_begin, line.author_bytes));
      }
    }
    batch.counts.keep_alives = scanned_.keep_alives;
    batch.counts.lines = scanned_.lines.size();
    for (const ScannedLine& line : scanned_.lines) {
      const std::string_view text = block.lines().substr(line.begin, line.end - line.begin);
      switch (line.kind) {
        case ScannedLine::Kind::kPost:
          ++batch.counts.posts;
          break;
        case ScannedLine::Kind::kDeleteNotice:
          if (may_be_member(text.substr(line.author_begin, line.author_bytes))) {
            parse(block, line, text, batch);
          } else {
            ++batch.counts.delete_notices;
          }
          break;
        case ScannedLine::Kind::kParse:
          parse(block, line, text, batch);
          break;
        case ScannedLine::Kind::kTooLong:
          refuse(block, line.begin, text.size(), text, MalformedCause::kTooLong, {}, batch);
          break;
      }
    }
    if (block.overlong_bytes > 0) {
      ++batch.counts.lines;
      refuse(block, block.lines().size(), block.overlong_bytes, block.overlong_head(),
             MalformedCause::kTooLong, {}, batch);
    }
    if (sample) {
      add_tick(block, batch);
    }
  }

 private:
  static std::size_t longest_fold(const SearchContext& context) {
    return std::max(context.tags.database->longest_fold(),
                    context.more.database == nullptr ? 0 : context.more.database->longest_fold());
  }

  void match(TagMatcher& matcher, const Block& block) {
    matcher.match(scanned_.windows, found_);
    for (const std::uint32_t window : found_) {
      ScannedLine& line = scanned_.lines[scanned_.window_lines[window]];
      if (line.kind == ScannedLine::Kind::kPost &&
          may_be_in_text(block.lines().substr(line.begin, line.end - line.begin),
                         scanned_.window_places[window] - line.begin)) {
        line.kind = ScannedLine::Kind::kParse;
      }
    }
  }

  [[nodiscard]] MemberIndex find_member(std::string_view author_id) const {
    return context_->members == nullptr ? kNotAMember : context_->members->find(author_id);
  }

  [[nodiscard]] bool may_be_member(std::string_view author_id) const {
    return context_->members == nullptr || find_member(author_id) != kNotAMember;
  }

  static void refuse(const Block& block, std::size_t begin, std::uint64_t length,
                     std::string_view line, MalformedCause cause, std::string_view field,
                     CandidateBatch& batch) {
    ++batch.counts.malformed;
    batch.malformed.push_back({block.source, block.offset + begin, length, cause, field,
                               batch.bytes.keep(line.substr(0, kDeadLetterBytes))});
  }

  void parse(const Block& block, const ScannedLine& line, std::string_view text,
             CandidateBatch& batch) {
    ++batch.counts.parsed;
    const DecodedLine& decoded = decoder_.decode(text);
    switch (decoded.kind) {
      case LineKind::kMalformed:
        refuse(block, line.begin, text.size(), text, decoded.cause, decoded.field, batch);
        break;
      case LineKind::kOther:
        ++batch.counts.others;
        break;
      case LineKind::kDeleteNotice:
        ++batch.counts.delete_notices;
        take_delete_notice(decoded, block, line, batch);
        break;
      case LineKind::kPost:
        ++batch.counts.posts;
        if (!decoded.is_repost) {
          take_post(decoded, block, line, batch);
        }
        break;
    }
  }

  void take_delete_notice(const DecodedLine& decoded, const Block& block, const ScannedLine& line,
                          CandidateBatch& batch) const {
    const MemberIndex member = find_member(decoded.author_id);
    if (member == kNotAMember && !batch.lacks_members) {
      return;
    }
    Candidate candidate;
    candidate.kind = Candidate::Kind::kDeleteNotice;
    candidate.member = member;
    candidate.author_id = batch.bytes.keep(decoded.author_id);
    candidate.post_id = batch.bytes.keep(decoded.post_id);
    candidate.source = block.source;
    candidate.offset = block.offset + line.begin;
    batch.candidates.push_back(candidate);
  }

  void take_post(const DecodedLine& decoded, const Block& block, const ScannedLine& line,
                 CandidateBatch& batch) {
    find_hashtags(decoded.text, hashtags_);
    if (hashtags_.empty()) {
      return;
    }
    const std::size_t quoted = quoted_words_begin(decoded.text);
    tags_.clear();
    folds_.clear();
    bool is_candidate = false;
    for (const Hashtag& hashtag : hashtags_) {
      if (hashtag.begin >= quoted) {
        break;
      }
      if (!fold_tag(hashtag.tag, fold_) || !folds_.insert(fold_).second) {
        continue;
      }
      const PostTag tag{batch.bytes.keep(fold_), context_->offers->find_tag(fold_),
                        read_confirmation_tag(fold_, context_->folded_prefix)};
      is_candidate = is_candidate || tag.tag != kNoTag || tag.code != kNoCode;
      tags_.push_back(tag);
    }
    if (!is_candidate) {
      return;
    }
    PostTag* tags = batch.bytes.allocate_array<PostTag>(tags_.size());
    std::copy(tags_.begin(), tags_.end(), tags);
    Candidate candidate;
    candidate.kind = Candidate::Kind::kPost;
    candidate.author_protected = decoded.author_protected;
    candidate.member = find_member(decoded.author_id);
    candidate.author_id = batch.bytes.keep(decoded.author_id);
    candidate.post_id = batch.bytes.keep(decoded.post_id);
    candidate.at = decoded.at;
    candidate.followers = decoded.followers;
    candidate.tags = {tags, tags_.size()};
    candidate.source = block.source;
    candidate.offset = block.offset + line.begin;
    batch.candidates.push_back(candidate);
  }

  void add_tick(const Block& block, CandidateBatch& batch) {
    for (auto line = scanned_.lines.rbegin(); line != scanned_.lines.rend(); ++line) {
      if (line->kind != ScannedLine::Kind::kPost && line->kind != ScannedLine::Kind::kParse) {
        continue;
      }
      const DecodedLine& decoded =
          decoder_.decode(block.lines().substr(line->begin, line->end - line->begin));
      if (decoded.kind != LineKind::kPost) {
        continue;
      }
      Candidate tick;
      tick.kind = Candidate::Kind::kTick;
      tick.at = decoded.at;
      tick.source = block.source;
      tick.offset = block.offset + line->begin;
      if (batch.candidates.empty() || batch.candidates.back().offset != tick.offset) {
        batch.candidates.push_back(tick);
      }
      return;
    }
  }

  std::shared_ptr<const SearchContext> context_;
  LineScanner scanner_;
  TagMatcher matcher_;
  std::optional<TagMatcher> more_;  // of the new tags, if there are any
  PostDecoder decoder_;
  ScannedBlock scanned_;
  std::vector<std::uint32_t> found_;
  std::vector<Hashtag> hashtags_;
  std::vector<PostTag> tags_;
  std::unordered_set<std::string> folds_;
  std::string fold_;
};

Lane::Lane(std::shared_ptr<const SearchContext> context)
    : impl_(std::make_unique<Impl>(std::move(context))) {}
Lane::~Lane() = default;

void Lane::set_context(std::shared_ptr<const SearchContext> context) {
  impl_ = std::make_unique<Impl>(std::move(context));
}

void Lane::process(const Block& block, CandidateBatch& batch, bool sample) {
  impl_->process(block, batch, sample);
}

void find_members(CandidateBatch& batch, const MemberTable& members) {
  for (Candidate& candidate : batch.candidates) {
    if (candidate.kind != Candidate::Kind::kTick) {
      candidate.member = members.find(candidate.author_id);
    }
  }
  batch.lacks_members = false;
  std::erase_if(batch.candidates, [](const Candidate& candidate) {
    return candidate.kind == Candidate::Kind::kDeleteNotice && candidate.member == kNotAMember;
  });
}

LineCounts& LineCounts::operator+=(const LineCounts& more) {
  bytes += more.bytes;
  lines += more.lines;
  keep_alives += more.keep_alives;
  parsed += more.parsed;
  posts += more.posts;
  delete_notices += more.delete_notices;
  controls += more.controls;
  others += more.others;
  malformed += more.malformed;
  return *this;
}

std::string_view name_of(MalformedCause cause) {
  switch (cause) {
    case MalformedCause::kTooLong:
      return "too_long";
    case MalformedCause::kNotUtf8:
      return "not_utf8";
    case MalformedCause::kNotJson:
      return "not_json";
    case MalformedCause::kTooDeep:
      return "too_deep";
    case MalformedCause::kBadField:
      return "bad_field";
    case MalformedCause::kBadControl:
      return "bad_control";
  }
  return "";
}

}  // namespace tagtill
