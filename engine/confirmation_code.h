// One-time codes (P5.1) and the form of a confirmation tag (P5.2).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/code_tape.h"
#include "engine/event.h"

namespace tagtill {

// Computes codes under one secret, or takes them from a tape. Used by one thread; one
// HMAC a code. The secret stays inside, and is wiped at the end.
class CodeMaker {
 public:
  // `secret` has at least 32 bytes (load_secret sees to it), or none: then there are no
  // codes but those of a tape, and who asks for another one gets an Error (kFailed).
  explicit CodeMaker(std::string_view secret);
  ~CodeMaker();
  CodeMaker(CodeMaker&&) noexcept;
  CodeMaker& operator=(CodeMaker&&) noexcept;

  // As at construction. Tapes stay.
  void set_secret(std::string_view secret);

  // From now on every code is appended to the tape; null: no more. It must live until
  // another one is set or the maker ends.
  void record(CodeTape* tape) { recorded_ = tape; }
  // From now on codes come from the tape; null: from the secret again. It must live as
  // that of record(). Where it runs out, a DamagedState is thrown.
  void play(CodeTape* tape) { played_ = tape; }

  // The first 40 bits of HMAC-SHA256(secret, purpose, LF, author, LF, purchase).
  // The purchase id is given as its two parts, intent post id and offer id.
  [[nodiscard]] Code confirmation(std::string_view author_id, std::string_view intent_id,
                                  std::string_view offer_id);
  [[nodiscard]] Code claim(std::string_view author_id, std::string_view intent_id,
                           std::string_view offer_id);

 private:
  class Impl;

  [[nodiscard]] Code make(std::string_view purpose, std::string_view author_id,
                          std::string_view intent_id, std::string_view offer_id);

  std::unique_ptr<Impl> impl_;  // null: there is no secret
  CodeTape* recorded_ = nullptr;
  CodeTape* played_ = nullptr;
};

// The code in a tag of confirmation form, given the folds of tag and prefix, or
// kNoCode: the prefix, then exactly 8 characters of Crockford's base32 in either
// case, where `o` reads as 0 and `i`, `l` as 1.
[[nodiscard]] Code read_confirmation_tag(std::string_view folded_tag,
                                         std::string_view folded_prefix);

[[nodiscard]] std::string openssl_version();

}  // namespace tagtill
