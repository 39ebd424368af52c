// How a status is spelled: the members, their order, and what is nested where.

#include <array>

#include "corpus/post_composer.h"
#include "corpus/wire_text.h"

namespace tagtill::corpus {
namespace {

void append_size(std::string& out, std::string_view name, std::uint32_t width, std::uint32_t height,
                 std::string_view resize) {
  out += '"';
  out += name;
  out += R"(":{"w":)";
  append_number(out, width);
  out += R"(,"h":)";
  append_number(out, height);
  out += R"(,"resize":")";
  out += resize;
  out += R"("})";
}

void append_list(std::string& out, std::string_view name, std::string_view list) {
  out += '"';
  out += name;
  out += R"(":[)";
  out += list;
  out += ']';
}

}  // namespace

std::string_view PostComposer::language_code(const Level& level) const {
  if (level.wordless) {
    return "und";
  }
  // The code for Indonesian changed between the years.
  if (level.author.language == Language::kIndonesian && !modern()) {
    return "id";
  }
  return vocabulary_.language(level.author.language).code;
}

void PostComposer::append_reply_members(std::string& out, const Level& level) const {
  if (!level.reply) {
    out += R"("in_reply_to_status_id":null,"in_reply_to_status_id_str":null,)"
           R"("in_reply_to_user_id":null,"in_reply_to_user_id_str":null,)"
           R"("in_reply_to_screen_name":null,)";
    return;
  }
  out += R"("in_reply_to_status_id":)";
  append_number(out, level.reply_status_id);
  out += R"(,"in_reply_to_status_id_str":)";
  append_quoted_number(out, level.reply_status_id);
  out += R"(,"in_reply_to_user_id":)";
  append_number(out, level.reply_user_id);
  out += R"(,"in_reply_to_user_id_str":)";
  append_quoted_number(out, level.reply_user_id);
  out += R"(,"in_reply_to_screen_name":")";
  out += level.reply_screen_name;
  out += "\",";
}

void PostComposer::append_place(std::string& out, const Level& level) const {
  // An invented town for every language; the box around it stands in the open sea.
  const LanguageWords& words = vocabulary_.language(level.author.language);
  const std::string& name = words.words[level.author.index % words.words.size()].wire;
  out += R"("geo":null,"coordinates":null,"place":{"id":"00a1b2c3d4e5f6)";
  append_number(out, 10 + static_cast<std::uint64_t>(level.author.language));
  out += R"(","url":"https:\/\/api.example.com\/1.1\/geo\/id\/00a1b2c3d4e5f6)";
  append_number(out, 10 + static_cast<std::uint64_t>(level.author.language));
  out += R"(.json","place_type":"city","name":")";
  out += name;
  out += R"(","full_name":")";
  out += name;
  out += ", ";
  out += words.regions[0];
  out += R"(","country_code":")";
  out += words.regions[0];
  out += R"(","country":")";
  out += words.regions[0];
  out += R"(","bounding_box":{"type":"Polygon","coordinates":[[[-30.105941,0.012034],)"
         R"([-30.105941,0.284312],[-29.830221,0.284312],[-29.830221,0.012034]]]},)"
         R"("attributes":{}},)";
}

void PostComposer::append_pictures(std::string& out, const Level& level, Indices indices,
                                   std::uint32_t count, bool top) const {
  const Picture& picture = level.picture;
  for (std::uint32_t number = 0; number < count; ++number) {
    if (number != 0) {
      out += ',';
    }
    const std::uint64_t id = picture.id + number;
    out += R"({"id":)";
    append_number(out, id);
    out += R"(,"id_str":)";
    append_quoted_number(out, id);
    out += R"(,"indices":[)";
    append_number(out, indices.begin);
    out += ',';
    append_number(out, indices.end);
    constexpr std::array<std::string_view, 2> kUrls{R"(],"media_url":"http:\/\/)",
                                                    R"(","media_url_https":"https:\/\/)"};
    for (const std::string_view url : kUrls) {
      out += url;
      out += R"(pbs.example.com\/media\/)";
      out += picture.file;
      out += static_cast<char>('0' + number);
      out += ".jpg";
    }
    out += R"(","url":"https:\/\/t.co\/)";
    out += picture.token;
    out += R"(","display_url":"pic.example.com\/)";
    out += picture.token;
    out += R"(","expanded_url":"https:\/\/social.example.com\/)";
    out += picture.author->screen_name;
    out += R"(\/status\/)";
    append_number(out, picture.status_id);
    out += R"(\/photo\/1","type":"photo","sizes":{)";
    append_size(out, "small", picture.width / 2, picture.height / 2, "fit");
    out += ',';
    append_size(out, "thumb", 150, 150, "crop");
    out += ',';
    append_size(out, "large", picture.width, picture.height, "fit");
    out += ',';
    append_size(out, "medium", picture.width * 2 / 3, picture.height * 2 / 3, "fit");
    out += '}';
    if (top && picture.status_id != level.id) {
      out += R"(,"source_status_id":)";
      append_number(out, picture.status_id);
      out += R"(,"source_status_id_str":)";
      append_quoted_number(out, picture.status_id);
      if (modern()) {
        out += R"(,"source_user_id":)";
        append_number(out, picture.author->id);
        out += R"(,"source_user_id_str":)";
        append_quoted_number(out, picture.author->id);
      }
    }
    out += '}';
  }
}

void PostComposer::append_entities(std::string& out, const Level& level, const RenderedText& text,
                                   bool top) const {
  out += R"("entities":{)";
  append_list(out, "hashtags", text.hashtags);
  out += ',';
  append_list(out, "urls", text.urls);
  out += ',';
  append_list(out, "user_mentions", text.mentions);
  if (modern()) {
    out += R"(,"symbols":[])";
  }
  const bool pictures = level.picture.count != 0 && text.media.end != 0;
  if (pictures) {
    out += R"(,"media":[)";
    append_pictures(out, level, text.media, 1, top);
    out += ']';
  }
  out += '}';
  if (pictures && modern()) {
    out += R"(,"extended_entities":{"media":[)";
    append_pictures(out, level, text.media, level.picture.count, top);
    out += "]}";
  }
}

void PostComposer::append_extended(std::string& out, const Level& level, bool top) const {
  out += R"("extended_tweet":{"full_text":")";
  out += level.full_text.text;
  out += R"(","display_text_range":[0,)";
  append_number(out, level.full_text.media.end != 0 ? level.full_text.media.begin - 1
                                                    : level.full_text.code_points);
  out += "],";
  append_entities(out, level, level.full_text, top);
  out += "},";
}

void PostComposer::append_status(std::string& out, const Level& level, bool top) const {
  out += R"({"created_at":")";
  append_created_at(out, level.created_ms);
  out += R"(","id":)";
  append_number(out, level.id);
  out += R"(,"id_str":)";
  append_quoted_number(out, level.id);
  out += R"(,"text":")";
  out += level.text.text;
  out += "\",";
  if (modern() && level.nested.empty() && (level.reply || level.picture.count != 0)) {
    out += R"("display_text_range":[0,)";
    append_number(out, level.text.media.end != 0 ? level.text.media.begin : level.text.code_points);
    out += "],";
  }
  out += R"("source":")";
  out += vocabulary_.sources()[level.source];
  out += R"(","truncated":)";
  out += level.extended ? "true," : "false,";
  append_reply_members(out, level);
  out += R"("user":)";
  pool_.append_user(out, level.author, level.is_protected);
  out += ',';
  if (level.place) {
    append_place(out, level);
  } else {
    out += R"("geo":null,"coordinates":null,"place":null,)";
  }
  out += R"("contributors":null,)";
  out += level.nested;
  if (!level.quoted.empty()) {
    out += R"("quoted_status_id":)";
    append_number(out, level.quoted_id);
    out += R"(,"quoted_status_id_str":)";
    append_quoted_number(out, level.quoted_id);
    out += R"(,"quoted_status":)";
    out += level.quoted;
    out += ',';
  }
  if (modern()) {
    out += R"("is_quote_status":)";
    out += level.quoted.empty() ? "false," : "true,";
    if (level.extended) {
      append_extended(out, level, top);
    }
  }
  out += R"("retweet_count":)";
  append_number(out, level.retweets);
  out += ',';
  if (modern()) {
    out += R"("favorite_count":)";
    append_number(out, level.favourites);
    out += ',';
  }
  append_entities(out, level, level.text, top);
  out += R"(,"favorited":false,"retweeted":false,)";
  if (!level.text.urls.empty() || level.text.media.end != 0) {
    out += R"("possibly_sensitive":false,)";
  }
  if (modern()) {
    out += R"("filter_level":"low",)";
  } else if (top) {
    out += R"("filter_level":"medium",)";
  }
  out += R"("lang":")";
  out += language_code(level);
  out += '"';
  if (top && modern()) {
    out += R"(,"timestamp_ms":)";
    append_quoted_number(out, static_cast<std::uint64_t>(level.created_ms));
  }
  out += '}';
}

void PostComposer::append_delete(std::string& out, std::uint64_t post_id, std::uint64_t user_id,
                                 std::int64_t event_ms) const {
  out += R"({"delete":{"status":{"id":)";
  append_number(out, post_id);
  if (modern()) {
    out += R"(,"id_str":)";
    append_quoted_number(out, post_id);
    out += R"(,"user_id":)";
    append_number(out, user_id);
    out += R"(,"user_id_str":)";
    append_quoted_number(out, user_id);
    out += R"(},"timestamp_ms":)";
    append_quoted_number(out, static_cast<std::uint64_t>(event_ms));
    out += "}}";
    return;
  }
  out += R"(,"user_id":)";
  append_number(out, user_id);
  out += R"(,"id_str":)";
  append_quoted_number(out, post_id);
  out += R"(,"user_id_str":)";
  append_quoted_number(out, user_id);
  out += "}}}";
}

}  // namespace tagtill::corpus
