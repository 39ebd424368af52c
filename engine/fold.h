// How two hashtags are compared (P2.2): fold(s) = NFC(casefold(NFC(s))), with
// Unicode full case folding, not Turkic; and NFC by itself. The Unicode version is
// utf8proc's (Debian 12: Unicode 15.0). utf8proc.h stays in fold.cc.
#pragma once

#include <string>
#include <string_view>

namespace tagtill {

// Writes fold(text) into `out`, replacing what it held. `text` is the UTF-8 of
// a hashtag without its sign. Returns false, and leaves `out` empty, when the
// text is not UTF-8.
//
// Any thread. ASCII costs a byte loop without allocation beyond `out`; other
// text a call of utf8proc for each step and character.
[[nodiscard]] bool fold_tag(std::string_view text, std::string& out);

// Writes NFC(text) into `out`, replacing what it held. Returns false, and leaves `out` empty,
// when the text is not UTF-8. Any thread; as fold_tag().
[[nodiscard]] bool to_nfc(std::string_view text, std::string& out);

// By code point of the basic plane: the fold of a tag character that folds to one
// character, the same whatever stands beside it so long as these are such characters, too;
// 0 for all others, and for what is no tag character. NFC leaves them alone, before and
// after (NFC_Quick_Check=Yes and combining class 0, UAX #15).
//
// 65,536 entries. Any thread. The first call makes it, in some 10 ms.
[[nodiscard]] const char16_t* fold_alone_table();

// fold_tag, for places where speed does not matter.
[[nodiscard]] std::string folded(std::string_view text);

// The version of Unicode in use.
[[nodiscard]] std::string unicode_version();

}  // namespace tagtill
