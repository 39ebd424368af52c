// What is answered to an intent: the text of the reply that a prompt goes out with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event.h"
#include "engine/offer_catalogue.h"

namespace tagtill {

// A text with placeholders:
//
//   {title}     the offer's title, made harmless (below)
//   {price}     the price as a decimal with the minor digits of its currency, as 12.99
//   {currency}  as EUR
//   {tag}       the confirmation tag with its sign; must stand there
//   {minutes}   whole minutes from the intent to the deadline
//   {public}    what the purchase shows in public, in English: the buyer's name and the offer,
//               and its price if the template names it
//
// `{{` and `}}` stand for braces. Nothing else is touched.
//
// A reply is read by the network like any post, so a title, which comes from the issuer's
// file, must not make a hashtag or a mention of its own: behind each # and @ in it (also the
// fullwidth ones; not behind a # that is part of a keycap emoji) goes an invisible U+200B,
// which counts 1. Signs of the template itself are meant: `#ad` stays. Between them and a
// placeholder there must be white space, so that no placeholder becomes part of them.
//
// Const once made: any thread.
class ReplyTemplate {
 public:
  // Throws tagtill::Error (kUsage) with a sentence that says what is wrong: not UTF-8, an
  // unknown placeholder, a brace that is left over, no {tag}, a sign and a placeholder in one
  // word, a {tag} that nobody could read as a hashtag where it stands.
  explicit ReplyTemplate(std::string_view text);

  // Throws tagtill::Error (kBadConfig) that names an offer: the one whose reply is longest, if
  // it has more than 280 weighted characters (weighted_length.h); else the first whose reply
  // the network would refuse, in which the title changes which hashtags there are, or whose
  // price cannot be written since nobody knows its currency's decimals. To be called for
  // every catalogue before it is used. Some 20 µs an offer.
  void check(const OfferCatalogue& offers, std::string_view confirm_prefix) const;

  // Appends the reply of a prompt (its field `reply` is not looked at). Some 200 ns.
  void render(const Event& prompt, std::string& out) const;

 private:
  enum class Part : std::uint8_t { kText, kTitle, kPrice, kCurrency, kTag, kMinutes, kPublic };
  struct Piece {
    Part part;
    std::string text;  // of kText
  };

  void parse(std::string_view text);
  void refuse_signs_beside_placeholders() const;
  [[nodiscard]] bool has(Part part) const;

  std::vector<Piece> pieces_;
};

}  // namespace tagtill
