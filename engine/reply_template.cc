#include "engine/reply_template.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "engine/config_text.h"
#include "engine/currency.h"
#include "engine/errors.h"
#include "engine/hashtag.h"
#include "engine/weighted_length.h"

namespace tagtill {
namespace {

constexpr std::string_view kInvisible = "\u200B";
constexpr std::array<std::string_view, 4> kSigns = {"#", "\uFF03", "@", "\uFF20"};
constexpr std::string_view kWhiteSpace = " \t\r\n";
constexpr Millis kMinute = 60'000;

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ExitCode::kUsage, fmt::format("--reply-template: {}.", reason));
}

[[noreturn]] void refuse_offer(const Offer& offer, const std::string& reason) {
  throw Error(ExitCode::kBadConfig,
              fmt::format("--reply-template: offer {}: {}.", quoted(offer.id), reason));
}

// The sign that `text` begins with; empty if it begins with none.
std::string_view sign_at(std::string_view text) {
  for (const std::string_view sign : kSigns) {
    if (text.starts_with(sign)) {
      return sign;
    }
  }
  return {};
}

bool holds_sign(std::string_view text) {
  return std::ranges::any_of(
      kSigns, [&](std::string_view sign) { return text.find(sign) != std::string_view::npos; });
}

// P2.1: with one of these behind it, a sign is a keycap and begins no hashtag.
bool makes_keycap(std::string_view behind) {
  return behind.starts_with("\uFE0F") || behind.starts_with("\u20E3");
}

void append_harmless(std::string& out, std::string_view title) {
  for (std::size_t at = 0; at < title.size();) {
    const std::string_view sign = sign_at(title.substr(at));
    if (sign.empty()) {
      out.push_back(title[at++]);
      continue;
    }
    at += sign.size();
    out.append(sign);
    if (!makes_keycap(title.substr(at))) {
      out.append(kInvisible);
    }
  }
}

void append_tag(std::string& out, const Event& prompt) {
  const auto code = code_characters(prompt.code);
  out.append("#").append(prompt.tag_prefix).append(code.data(), code.size());
}

std::string_view view(const std::array<char, 3>& currency) {
  return {currency.data(), currency.size()};
}

// The prompt that an intent for the offer gets, as far as a reply depends on it. All codes
// have the same length and count alike.
Event sample_prompt(const Offer& offer, std::string_view confirm_prefix) {
  Event prompt;
  prompt.type = EventType::kPrompt;
  prompt.title = offer.title;
  prompt.tag_prefix = confirm_prefix;
  prompt.code = 0;
  prompt.deadline = offer.window_ms;
  prompt.price_minor = offer.price_minor;
  prompt.currency = offer.currency;
  return prompt;
}

// The hashtags that somebody who copies the text posts (P2.1, P2.3).
std::vector<std::string> own_hashtags(std::string_view text) {
  std::vector<Hashtag> found;
  find_hashtags(text, found);
  const std::size_t end = quoted_words_begin(text);
  std::vector<std::string> tags;
  for (const Hashtag& hashtag : found) {
    if (hashtag.begin < end) {
      tags.emplace_back(hashtag.tag);
    }
  }
  return tags;
}

// An offer whose title can do no harm.
Offer plain_offer() {
  Offer offer;
  offer.title = "x";
  offer.currency = {'E', 'U', 'R'};
  return offer;
}

}  // namespace

ReplyTemplate::ReplyTemplate(std::string_view text) {
  if (!is_utf8(text)) {
    refuse("the text is not UTF-8. Give it in that encoding");
  }
  if (holds_refused_character(text)) {
    refuse("there is a U+FEFF, U+FFFE or U+FFFF in it, which the network refuses. Leave it out");
  }
  parse(text);
  if (!has(Part::kTag)) {
    refuse("it has no {tag}, without which nobody can confirm. Say where the tag is to stand");
  }
  refuse_signs_beside_placeholders();
  constexpr std::string_view kPrefix = "Confirm";  // any letters are alike
  const Offer offer = plain_offer();
  const Event prompt = sample_prompt(offer, kPrefix);
  std::string reply;
  render(prompt, reply);
  std::string tag;
  append_tag(tag, prompt);
  const std::vector<std::string> found = own_hashtags(reply);
  if (std::ranges::find(found, tag.substr(1)) == found.end()) {
    refuse(
        "the {tag} is no hashtag where it stands (letters or signs touch it, it is part of a "
        "URL, or \"RT @\" stands before it). Put white space around it");
  }
}

void ReplyTemplate::parse(std::string_view text) {
  static constexpr std::pair<std::string_view, Part> kPlaceholders[] = {
      {"title", Part::kTitle}, {"price", Part::kPrice},     {"currency", Part::kCurrency},
      {"tag", Part::kTag},     {"minutes", Part::kMinutes}, {"public", Part::kPublic}};
  std::string plain;
  const auto end_plain = [&] {
    if (!plain.empty()) {
      pieces_.push_back({Part::kText, std::exchange(plain, {})});
    }
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c != '{' && c != '}') {
      plain.push_back(c);
      continue;
    }
    if (at + 1 < text.size() && text[at + 1] == c) {
      plain.push_back(c);
      ++at;
      continue;
    }
    const std::size_t end = text.find('}', at);
    if (c == '}' || end == std::string_view::npos) {
      refuse(fmt::format("there is a {} without its other one. For the sign itself write {}{}", c,
                         c, c));
    }
    const std::string_view name = text.substr(at + 1, end - at - 1);
    const auto* const known =
        std::ranges::find(kPlaceholders, name, &std::pair<std::string_view, Part>::first);
    if (known == std::end(kPlaceholders)) {
      refuse(
          fmt::format("there is no placeholder {{{}}}. There are {{title}}, {{price}}, "
                      "{{currency}}, {{tag}}, {{minutes}} and {{public}}; for a brace itself "
                      "write it twice",
                      name));
    }
    end_plain();
    pieces_.push_back({known->second, {}});
    at = end;
  }
  end_plain();
}

// A word is what stands between white space: of a text before a placeholder the last one may
// run into it, of one behind it the first.
void ReplyTemplate::refuse_signs_beside_placeholders() const {
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const std::string_view text = pieces_[i].text;
    const std::size_t last_space = text.find_last_of(kWhiteSpace);
    const std::size_t word_begin = last_space == std::string_view::npos ? 0 : last_space + 1;
    const bool touches_next = i + 1 < pieces_.size() && holds_sign(text.substr(word_begin));
    const bool touches_last = i > 0 && holds_sign(text.substr(0, text.find_first_of(kWhiteSpace)));
    if (touches_next || touches_last) {
      refuse(
          "a # or @ and a placeholder stand in one word. {tag} has its # already; put white "
          "space between other ones and a placeholder");
    }
  }
}

bool ReplyTemplate::has(Part part) const {
  return std::ranges::any_of(pieces_, [&](const Piece& piece) { return piece.part == part; });
}

void ReplyTemplate::check(const OfferCatalogue& offers, std::string_view confirm_prefix) const {
  std::string reply;
  const auto render_offer = [&](const Offer& offer) {
    reply.clear();
    render(sample_prompt(offer, confirm_prefix), reply);
  };
  const Offer plain = plain_offer();
  render_offer(plain);
  const std::vector<std::string> wanted = own_hashtags(reply);
  const Offer* longest = nullptr;
  std::uint64_t longest_weight = 0;
  for (const Offer& offer : offers.offers()) {
    render_offer(offer);
    const std::uint64_t weight = weighted_length(reply);
    if (weight > longest_weight) {
      longest = &offer;
      longest_weight = weight;
    }
  }
  if (longest_weight > kPostWeightMax) {
    refuse_offer(*longest,
                 fmt::format("its reply would have {} weighted characters, and {} fit into a post. "
                             "Shorten the template or the title by {}",
                             longest_weight, kPostWeightMax, longest_weight - kPostWeightMax));
  }
  for (const Offer& offer : offers.offers()) {
    if (has(Part::kPrice) && !currency_decimals(view(offer.currency))) {
      refuse_offer(offer, fmt::format("how many decimals {} has is not known, so {{price}} cannot "
                                      "be written. Correct its currency, or leave {{price}} out",
                                      view(offer.currency)));
    }
    render_offer(offer);
    if (holds_refused_character(reply)) {
      refuse_offer(offer,
                   "a U+FEFF, U+FFFE or U+FFFF stands in its title, which the network refuses. "
                   "Leave it out");
    }
    if (own_hashtags(reply) != wanted) {
      refuse_offer(offer,
                   "its title and what stands beside it make the hashtags of the reply others "
                   "than the template's. Put white space around {title}, or change the title");
    }
  }
}

void ReplyTemplate::render(const Event& prompt, std::string& out) const {
  for (const Piece& piece : pieces_) {
    switch (piece.part) {
      case Part::kText:
        out.append(piece.text);
        break;
      case Part::kTitle:
        append_harmless(out, prompt.title);
        break;
      case Part::kPrice:
        append_decimal(out, prompt.price_minor,
                       currency_decimals(view(prompt.currency)).value_or(0));
        break;
      case Part::kCurrency:
        out.append(view(prompt.currency));
        break;
      case Part::kTag:
        append_tag(out, prompt);
        break;
      case Part::kMinutes:
        out.append(std::to_string((prompt.deadline - prompt.intent_at) / kMinute));
        break;
      case Part::kPublic:
        out.append(has(Part::kPrice) ? "your name, the offer and its price"
                                     : "your name and the offer");
        break;
    }
  }
}

}  // namespace tagtill
