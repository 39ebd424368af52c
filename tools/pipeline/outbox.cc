#include "tools/pipeline/outbox.h"

#include <cstddef>
#include <cstdint>

#include "engine/errors.h"
#include "engine/event_codec.h"

namespace tagtill {
namespace {

constexpr std::size_t kLengthBytes = 8;

}  // namespace

void append_outbox(std::string& out, const Parcel& parcel) {
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(parcel.letters.size()) >> (8 * i)));
  }
  out.append(parcel.letters);
  append_events(out, parcel.events.events);
}

void read_outbox(std::string_view bytes, std::uint64_t letters, Parcel& parcel) {
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes && i < bytes.size(); ++i) {
    length |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  if (bytes.size() < kLengthBytes || length > bytes.size() - kLengthBytes) {
    throw DamagedState("the state's outbox has a row that is shorter than it says.");
  }
  parcel.letters = bytes.substr(kLengthBytes, length);
  parcel.letter_count = letters;
  read_events(bytes.substr(kLengthBytes + length), parcel.events);
}

}  // namespace tagtill
