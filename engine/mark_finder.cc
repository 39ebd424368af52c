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

  const auto line_feed = hn::Set(d, '\n');
  const auto hash = hn::Set(d, '#');
  const auto fullwidth_first = hn::Set(d, 0xEF);
  const auto letter_u = hn::Set(d, 'u');
  const auto digit_3 = hn::Set(d, '3');
  const auto digit_0 = hn::Set(d, '0');
  const auto all_but_bit_1 = hn::Set(d, 0xFD);  // makes '2' a '0'
  // At the lower half of `\n` and of `#` each of them, elsewhere what has another one: so
  // that a byte is one of the two if it stands at its own lower half.
  alignas(16) static constexpr std::uint8_t kByLowerHalf[16] = {1, 0, 0,    '#', 0, 0, 0, 0,
                                                                0, 0, '\n', 0,   0, 0, 0, 0};
  const auto by_lower_half = hn::LoadDup128(d, kByLowerHalf);
  const auto lower_half = hn::Set(d, 0x0F);

  const auto escapes_at = [&](const std::uint8_t* from, auto here) HWY_ATTR {
    const auto fourth = hn::And(hn::LoadU(d, from + 3), all_but_bit_1);
    const auto fifth = hn::LoadU(d, from + 4);
    return hn::And(hn::And(hn::Eq(here, letter_u), hn::Eq(fifth, digit_3)),
                   hn::Eq(fourth, digit_0));
  };
  const auto marks_at = [&](const std::uint8_t* from) HWY_ATTR {
    const auto here = hn::LoadU(d, from);
    const auto single =
        hn::Eq(hn::TableLookupBytes(by_lower_half, hn::And(here, lower_half)), here);
    return hn::Or(hn::Or(single, hn::Eq(here, fullwidth_first)), escapes_at(from, here));
  };
  const auto newlines_at = [&](const std::uint8_t* from)
                               HWY_ATTR { return hn::Eq(hn::LoadU(d, from), line_feed); };
  const auto signs_at = [&](const std::uint8_t* from) HWY_ATTR {
    const auto here = hn::LoadU(d, from);
    return hn::Or(hn::Or(hn::Eq(here, hash), hn::Eq(here, fullwidth_first)),
                  escapes_at(from, here));
  };

  MarkedWord* next = words;
  for (std::size_t at = 0; at < size; at += kWordBytes) {
    auto any = marks_at(bytes + at);
    for (std::size_t part = lanes; part < kWordBytes; part += lanes) {
      any = hn::Or(any, marks_at(bytes + at + part));
    }
    // Most words hold nothing, so to ask first costs less than to write it down.
    if (HWY_LIKELY(hn::AllFalse(d, any))) {
      continue;
    }
    auto* newline_bits = reinterpret_cast<std::uint8_t*>(&next->newlines);
    auto* sign_bits = reinterpret_cast<std::uint8_t*>(&next->signs);
    for (std::size_t part = 0; part < kWordBytes; part += lanes) {
      hn::StoreMaskBits(d, newlines_at(bytes + at + part), newline_bits + part / 8);
      hn::StoreMaskBits(d, signs_at(bytes + at + part), sign_bits + part / 8);
    }
    next->at = static_cast<std::uint32_t>(at);
    ++next;
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
    words[count - 1].newlines &= inside;
    words[count - 1].signs &= inside;
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
