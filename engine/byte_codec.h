// Bytes of saved states, journals and outboxes: numbers, texts and ids, one after the
// other.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "engine/event.h"

namespace tagtill {

//   varint  7 bits a byte, the lowest first; the high bit: more follow. At most 10 bytes
//   zigzag  a varint of 0, -1, 1, -2, … as 0, 1, 2, 3, …
//   text    its length as a varint, its bytes
//   code    its 40 bits, the lowest byte first
//   id      a byte, and what it says: 0: none; 1 to 128: so many bytes of text;
//           129 + n (n = 0 to 8): n bytes of a number below 2^64, the lowest first,
//           whose canonical decimal form is the id
inline constexpr std::size_t kIdBytesMax = 128;  // P1.3
inline constexpr unsigned kIdIsNumber = 129;

// Room for the text of an id.
using IdText = std::array<char, kIdBytesMax>;

// Appends to a string, or writes pieces of at most kPieceBytes. One thread.
class ByteWriter {
 public:
  using PieceWriter = std::function<void(std::string_view piece)>;
  static constexpr std::size_t kPieceBytes = std::size_t{256} * 1024;

  explicit ByteWriter(std::string& out) : out_(out) {}
  // `write` must live as long as this. Memory: a piece and the longest record.
  explicit ByteWriter(const PieceWriter& write) : out_(pieces_), write_(&write) {}
  ByteWriter(const ByteWriter&) = delete;
  ByteWriter& operator=(const ByteWriter&) = delete;

  void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void varint(std::uint64_t value) {
    std::array<char, 10> bytes;
    std::size_t size = 0;
    for (; value >= 0x80; value >>= 7) {
      bytes[size++] = static_cast<char>(value | 0x80);
    }
    bytes[size++] = static_cast<char>(value);
    out_.append(bytes.data(), size);
  }
  void zigzag(std::int64_t value) {
    varint(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
  }
  void raw(std::string_view bytes) { out_.append(bytes); }
  void text(std::string_view text) {
    varint(text.size());
    raw(text);
  }
  void code(Code code) { lowest_bytes(code, 5); }
  // At most kIdBytesMax bytes; empty: none.
  void id(std::string_view id);
  // The id that is the canonical form of this number.
  void id_number(std::uint64_t number) {
    const auto size = static_cast<std::size_t>((std::bit_width(number) + 7) / 8);
    byte(static_cast<std::uint8_t>(kIdIsNumber + size));
    lowest_bytes(number, size);
  }

  // Of writing in pieces: to be called now and then, hands on those that are full.
  void end_record() {
    if (write_ != nullptr && out_.size() >= kPieceBytes) {
      hand_on();
    }
  }
  // The last piece.
  void finish();

 private:
  void lowest_bytes(std::uint64_t value, std::size_t count) {
    std::array<char, 8> bytes;
    for (char& byte : bytes) {
      byte = static_cast<char>(value);
      value >>= 8;
    }
    out_.append(bytes.data(), count);
  }

  void hand_on();

  std::string pieces_;
  std::string& out_;
  const PieceWriter* write_ = nullptr;
};

// Reads what a ByteWriter wrote, from bytes in memory or from pieces that were cut
// anywhere. Everything that does not fit is a DamagedState. One thread.
//
// A view that it returns lives until the next call; of bytes in memory, as long as they do.
class ByteReader {
 public:
  using PieceReader = std::function<std::string_view()>;

  // `what` is read, for messages: `journal entry`. Both must live as long as this.
  ByteReader(std::string_view bytes, std::string_view what)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()), what_(what) {}
  // The next piece, which lives until the next is asked for; an empty one is the end.
  ByteReader(const PieceReader& next, std::string_view what) : next_(&next), what_(what) {}
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  // Throws the sentence for it.
  [[noreturn]] void damaged(std::string_view why) const;
  void check(bool holds, std::string_view otherwise) const {
    if (!holds) {
      damaged(otherwise);
    }
  }

  // Of what was written with this version of its form, by a program that knows versions 1
  // to `known`.
  void check_version(std::uint64_t version, std::uint64_t known) const;

  // Nothing is left.
  [[nodiscard]] bool at_end() { return at_ == end_ && !fetch(1); }
  // What was fetched and not read.
  [[nodiscard]] std::string_view rest() const {
    return {at_, static_cast<std::size_t>(end_ - at_)};
  }

  [[nodiscard]] std::uint8_t byte() {
    need(1);
    return static_cast<std::uint8_t>(*at_++);
  }
  [[nodiscard]] std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint64_t next = byte();
      if (shift == 63 && next > 1) {
        damaged("a number has more than 64 bits");
      }
      value |= (next & 0x7F) << shift;
      if (next < 0x80) {
        return value;
      }
    }
  }
  // At most `most`, which is `what`.
  [[nodiscard]] std::uint64_t varint(std::uint64_t most, std::string_view otherwise) {
    const std::uint64_t value = varint();
    check(value <= most, otherwise);
    return value;
  }
  // A number of 63 bits.
  [[nodiscard]] std::int64_t amount() {
    return static_cast<std::int64_t>(
        varint(std::numeric_limits<std::int64_t>::max(), "an amount has more than 63 bits"));
  }
  [[nodiscard]] std::int64_t zigzag() {
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
  }
  [[nodiscard]] std::string_view raw(std::size_t bytes) {
    need(bytes);
    const char* begin = at_;
    at_ += bytes;
    return {begin, bytes};
  }
  // Of UTF-8, at most `most` bytes.
  [[nodiscard]] std::string_view text(std::size_t most);
  [[nodiscard]] Code code() { return lowest_bytes(5); }
  // Its text in `room`; empty: none. Of control characters it says nothing.
  [[nodiscard]] std::string_view any_id(IdText& room);
  // As any_id(), but as P1.3 wants an id, or none.
  [[nodiscard]] std::string_view id_or_none(IdText& room);
  // As P1.3 wants it.
  [[nodiscard]] std::string_view id(IdText& room);

 private:
  void need(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes && !fetch(bytes)) {
      damaged("it ends in the middle");
    }
  }

  // Asks for pieces until there are so many bytes; false: there are not.
  bool fetch(std::size_t bytes);
  void set(std::string_view bytes) {
    at_ = bytes.data();
    end_ = at_ + bytes.size();
  }

  std::uint64_t lowest_bytes(std::size_t count) {
    const std::string_view bytes = raw(count);
    std::uint64_t value = 0;
    for (std::size_t i = count; i-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(bytes[i]);
    }
    return value;
  }

  const char* at_ = nullptr;
  const char* end_ = nullptr;
  const PieceReader* next_ = nullptr;  // null: there are no more pieces
  std::string left_;
  std::string_view what_;
};

}  // namespace tagtill
