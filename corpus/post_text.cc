#include "corpus/post_text.h"

#include <cstddef>

#include "corpus/wire_text.h"

namespace tagtill::corpus {
namespace {

constexpr std::string_view kShortLink = R"(https:\/\/t.co\/)";
constexpr std::uint32_t kShortLinkCodePoints = 13;  // without the escapes
constexpr std::size_t kTokenLength = 10;

void append_indices(std::string& out, std::uint32_t begin, std::uint32_t end) {
  append_number(out, begin);
  out += ',';
  append_number(out, end);
  out += "]}";
}

// What is displayed of a link is cut after 27 bytes or so, and never within an escape.
std::size_t display_bytes(std::string_view wire) {
  constexpr std::size_t kDisplayMax = 27;
  std::size_t shown = 0;
  while (shown < wire.size() && shown < kDisplayMax) {
    const bool escape = wire[shown] == '\\';
    shown += !escape ? 1 : wire[shown + 1] == 'u' ? 6 : 2;
  }
  return shown;
}

}  // namespace

void Draft::clear() {
  arena_.clear();
  pieces_.clear();
  code_points_ = 0;
  ends_with_space_ = true;
}

void Draft::push(Kind kind, std::uint32_t text_begin, std::uint32_t entity_begin,
                 std::uint32_t code_points) {
  pieces_.push_back(Piece{.kind = kind,
                          .text_begin = text_begin,
                          .text_bytes = entity_begin - text_begin,
                          .entity_begin = entity_begin,
                          .entity_bytes = here() - entity_begin,
                          .code_points = code_points});
  code_points_ += code_points;
  ends_with_space_ = false;
}

void Draft::plain(std::string_view wire, std::uint32_t code_points) {
  const std::uint32_t begin = here();
  arena_ += wire;
  push(Kind::kPlain, begin, here(), code_points);
  ends_with_space_ = wire.ends_with(' ');
}

void Draft::space() {
  if (ends_with_space_) {
    return;
  }
  plain(" ", 1);
}

void Draft::hashtag(const WireWord& tag, bool fullwidth_sign) {
  space();
  const std::uint32_t begin = here();
  arena_ += fullwidth_sign ? "\\uff03" : "#";
  arena_ += tag.wire;
  const std::uint32_t entity = here();
  arena_ += R"({"text":")";
  arena_ += tag.wire;
  arena_ += R"(","indices":[)";
  push(Kind::kHashtag, begin, entity, tag.code_points + 1);
}

void Draft::url(std::string_view expanded_wire, Random& random) {
  space();
  const std::uint32_t begin = here();
  arena_ += kShortLink;
  append_token(arena_, kTokenLength, random);
  const std::uint32_t entity = here();
  arena_ += R"({"url":")";
  arena_.append(arena_, begin, entity - begin);
  arena_ += R"(","expanded_url":"http:\/\/)";
  arena_ += expanded_wire;
  const std::size_t shown = display_bytes(expanded_wire);
  arena_ += R"(","display_url":")";
  arena_ += expanded_wire.substr(0, shown);
  if (shown < expanded_wire.size()) {
    arena_ += "\\u2026";
  }
  arena_ += R"(","indices":[)";
  push(Kind::kUrl, begin, entity, kShortLinkCodePoints + std::uint32_t{kTokenLength});
}

void Draft::mention(const User& user) {
  space();
  const std::uint32_t begin = here();
  arena_ += '@';
  arena_ += user.screen_name;
  const std::uint32_t entity = here();
  arena_ += R"({"screen_name":")";
  arena_ += user.screen_name;
  arena_ += R"(","name":")";
  arena_ += user.name;
  arena_ += R"(","id":)";
  append_number(arena_, user.id);
  arena_ += R"(,"id_str":)";
  append_quoted_number(arena_, user.id);
  arena_ += R"(,"indices":[)";
  push(Kind::kMention, begin, entity, static_cast<std::uint32_t>(user.screen_name.size() + 1));
}

void Draft::media(std::string_view token) {
  space();
  const std::uint32_t begin = here();
  arena_ += kShortLink;
  arena_ += token;
  push(Kind::kMedia, begin, here(),
       kShortLinkCodePoints + static_cast<std::uint32_t>(token.size()));
}

void Draft::append(const Draft& other) {
  const std::uint32_t offset = here();
  arena_ += other.arena_;
  for (Piece piece : other.pieces_) {
    piece.text_begin += offset;
    piece.entity_begin += offset;
    pieces_.push_back(piece);
  }
  code_points_ += other.code_points_;
  ends_with_space_ = other.pieces_.empty() ? ends_with_space_ : other.ends_with_space_;
}

void Draft::render(RenderedText& out, std::uint32_t code_points_max) const {
  out.text.clear();
  out.hashtags.clear();
  out.urls.clear();
  out.mentions.clear();
  out.media = Indices{};
  out.code_points = 0;
  out.cut = false;
  for (const Piece& piece : pieces_) {
    const std::uint32_t end = out.code_points + piece.code_points;
    // One code point is kept for the ellipsis, unless all of it fits.
    if (end >= code_points_max && code_points_ > code_points_max) {
      out.cut = true;
      out.text += "\\u2026";
      ++out.code_points;
      return;
    }
    out.text.append(arena_, piece.text_begin, piece.text_bytes);
    std::string* list = nullptr;
    switch (piece.kind) {
      case Kind::kPlain:
        break;
      case Kind::kHashtag:
        list = &out.hashtags;
        break;
      case Kind::kUrl:
        list = &out.urls;
        break;
      case Kind::kMention:
        list = &out.mentions;
        break;
      case Kind::kMedia:
        out.media = Indices{out.code_points, end};
        break;
    }
    if (list != nullptr) {
      if (!list->empty()) {
        *list += ',';
      }
      list->append(arena_, piece.entity_begin, piece.entity_bytes);
      append_indices(*list, out.code_points, end);
    }
    out.code_points = end;
  }
}

}  // namespace tagtill::corpus
