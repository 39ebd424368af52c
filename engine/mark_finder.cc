#include "engine/mark_finder.h"

// Highway compiles this file once for each kind of vector, by including it again.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/mark_finder.cc"  // NOLINT
#include <hwy/foreach_target.h>                     // IWYU pragma: keep
// (must stand behind foreach_target.h)
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tagtill {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

std::size_t find_marks_with_vectors(const char* data, std::size_t size, MarkedWord* words) {
  constexpr std::size_t kWordBytes = 64;
  const hn::CappedTag<std::uint8_t, kWordBytes> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(data);

  const auto letter_u = hn::Set(d, 'u');
  const auto digit_3 = hn::Set(d, '3');
  // At the lower half of `\n`, of `#` and of EF each of them, elsewhere what has another
  // one: so that a byte is one of them if it stands at its own lower half.
  alignas(16) static constexpr std::uint8_t kByLowerHalf[16] = {1, 0, 0,    '#', 0, 0, 0, 0,
                                                                0, 0, '\n', 0,   0, 0, 0, 0xEF};
  const auto by_lower_half = hn::LoadDup128(d, kByLowerHalf);
  const auto lower_half = hn::Set(d, 0x0F);

  const auto marks_at = [&](const std::uint8_t* from) HWY_ATTR {
    const auto here = hn::LoadU(d, from);
    const auto single =
        hn::Eq(hn::TableLookupBytes(by_lower_half, hn::And(here, lower_half)), here);
    const auto fourth_behind = hn::LoadU(d, from + 4);
    const auto escape = hn::And(hn::Eq(here, letter_u), hn::Eq(fourth_behind, digit_3));
    return hn::Or(single, escape);
  };

  // Every word is written down, and the next one over it if it holds nothing: to ask first
  // would cost more, since no processor could guess the answer.
  MarkedWord* next = words;
  for (std::size_t at = 0; at < size; at += kWordBytes) {
    auto* bits = reinterpret_cast<std::uint8_t*>(&next->marks);
    const auto first = marks_at(bytes + at);
    hn::StoreMaskBits(d, first, bits);
    auto any = first;
    for (std::size_t part = lanes; part < kWordBytes; part += lanes) {
      const auto marks = marks_at(bytes + at + part);
      hn::StoreMaskBits(d, marks, bits + part / 8);
      any = hn::Or(any, marks);
    }
    next->at = static_cast<std::uint32_t>(at);
    next += hn::AllFalse(d, any) ? 0 : 1;
  }
  return static_cast<std::size_t>(next - words);
}

}  // namespace HWY_NAMESPACE
}  // namespace tagtill
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <hwy/targets.h>

#include <bit>

namespace tagtill {

static_assert(std::endian::native == std::endian::little,
              "the mask bits are stored as bytes and read as words");

HWY_EXPORT(find_marks_with_vectors);

std::size_t find_marks(const char* data, std::size_t size, MarkedWord* words) {
  const std::size_t count = HWY_DYNAMIC_DISPATCH(find_marks_with_vectors)(data, size, words);
  if (size % 64 != 0 && count > 0 && words[count - 1].at + 64 > size) {
    // What was read behind the end.
    const std::uint64_t inside = (std::uint64_t{1} << (size % 64)) - 1;
    words[count - 1].marks &= inside;
  }
  return count;
}

std::string highway_target() {
  const auto supported = hwy::SupportedTargets() & HWY_TARGETS;
  // Of the targets that were compiled, the best one has the lowest bit.
  return hwy::TargetName(supported & -supported);
}

std::string highway_version() {
  return std::to_string(HWY_MAJOR) + "." + std::to_string(HWY_MINOR) + "." +
         std::to_string(HWY_PATCH);
}

}  // namespace tagtill
#endif  // HWY_ONCE
