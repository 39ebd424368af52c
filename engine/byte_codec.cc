#include "engine/byte_codec.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/canonical_number.h"
#include "engine/config_text.h"
#include "engine/errors.h"

namespace tagtill {

void ByteWriter::id(std::string_view id) {
  std::uint64_t number = 0;
  if (is_canonical_number(id, number)) {
    id_number(number);
  } else {
    byte(static_cast<std::uint8_t>(id.size()));
    raw(id);
  }
}

void ByteWriter::finish() {
  hand_on();
  if (!out_.empty()) {
    (*write_)(out_);
    out_.clear();
  }
}

void ByteWriter::hand_on() {
  std::string_view rest = out_;
  for (; rest.size() >= kPieceBytes; rest.remove_prefix(kPieceBytes)) {
    (*write_)(rest.substr(0, kPieceBytes));
  }
  out_.erase(0, out_.size() - rest.size());
}

void ByteReader::damaged(std::string_view why) const {
  std::string message = "The ";
  message.append(what_).append(" is damaged: ").append(why);
  message.append(". Restore the state from a copy, or make a new one from the dumps.");
  throw DamagedState(message);
}

void ByteReader::check_version(std::uint64_t version, std::uint64_t known) const {
  if (version > known) {
    std::string message = "The ";
    message.append(what_).append(" has version ").append(std::to_string(version));
    message.append(", and this program reads up to version ").append(std::to_string(known));
    throw DamagedState(
        message.append(": use the version of tagtill that wrote it, or a later one."));
  }
  check(version > 0, "it has no version");
}

std::string_view ByteReader::text(std::size_t most) {
  const std::string_view text = raw(varint(most, "a text is too long"));
  check(is_printable_ascii(text) || is_utf8(text), "a text is not UTF-8");
  return text;
}

std::string_view ByteReader::any_id(IdText& room) {
  const std::size_t head = byte();
  if (head <= kIdBytesMax) {
    const std::string_view text = raw(head);
    check(is_printable_ascii(text) || is_utf8(text), "an id is not UTF-8");
    std::copy(text.begin(), text.end(), room.begin());
    return {room.data(), text.size()};
  }
  const std::size_t size = head - kIdIsNumber;
  check(size <= 8, "an id has an unknown form");
  const auto [end, error] = std::to_chars(room.begin(), room.end(), lowest_bytes(size));
  return {room.data(), static_cast<std::size_t>(end - room.data())};
}

std::string_view ByteReader::id_or_none(IdText& room) {
  const std::string_view id = any_id(room);
  check(!holds_control_character(id), "an id holds control characters");
  return id;
}

std::string_view ByteReader::id(IdText& room) {
  const std::string_view id = id_or_none(room);
  check(!id.empty(), "an id is missing");
  return id;
}

bool ByteReader::fetch(std::size_t bytes) {
  if (next_ != nullptr && rest().empty()) {
    const std::string_view piece = (*next_)();
    if (piece.empty()) {
      next_ = nullptr;
    } else {
      set(piece);  // mostly it is enough, and nothing is copied
    }
  }
  if (next_ == nullptr || rest().size() >= bytes) {
    return rest().size() >= bytes;
  }
  // What is left goes before the next piece, for which it must make room now.
  std::string left(rest());
  left_ = std::move(left);
  while (next_ != nullptr && left_.size() < bytes) {
    const std::string_view piece = (*next_)();
    left_.append(piece);
    if (piece.empty()) {
      next_ = nullptr;
    }
  }
  set(left_);
  return left_.size() >= bytes;
}

}  // namespace tagtill
