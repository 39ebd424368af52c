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

void find_marks_with_vectors(const char* data, std::size_t size, std::uint64_t* newlines,
                             std::uint64_t* signs) {
  const hn::CappedTag<std::uint8_t, 64> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(data);
  auto* newline_bits = reinterpret_cast<std::uint8_t*>(newlines);
  auto* sign_bits = reinterpret_cast<std::uint8_t*>(signs);

  const auto line_feed = hn::Set(d, '\n');
  const auto hash = hn::Set(d, '#');
  const auto fullwidth_first = hn::Set(d, 0xEF);
  const auto fullwidth_third = hn::Set(d, 0x83);
  const auto letter_u = hn::Set(d, 'u');
  const auto digit_0 = hn::Set(d, '0');
  const auto digit_3 = hn::Set(d, '3');
  const auto all_but_bit_1 = hn::Set(d, 0xFD);  // makes '2' a '0'

  const std::size_t words = (size + 63) / 64;
  for (std::size_t at = 0; at < words * 64; at += lanes) {
    const auto here = hn::LoadU(d, bytes + at);
    const auto third = hn::LoadU(d, bytes + at + 2);
    const auto fourth = hn::LoadU(d, bytes + at + 3);
    const auto fifth = hn::LoadU(d, bytes + at + 4);
    const auto fullwidth = hn::And(hn::Eq(here, fullwidth_first), hn::Eq(third, fullwidth_third));
    const auto escape = hn::And(hn::And(hn::Eq(here, letter_u), hn::Eq(fifth, digit_3)),
                                hn::Eq(hn::And(fourth, all_but_bit_1), digit_0));
    const auto sign = hn::Or(hn::Or(hn::Eq(here, hash), fullwidth), escape);
    hn::StoreMaskBits(d, hn::Eq(here, line_feed), newline_bits + at / 8);
    hn::StoreMaskBits(d, sign, sign_bits + at / 8);
  }
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

void find_marks(const char* data, std::size_t size, std::uint64_t* newlines, std::uint64_t* signs) {
  HWY_DYNAMIC_DISPATCH(find_marks_with_vectors)(data, size, newlines, signs);
  if (size % 64 != 0) {
    const std::uint64_t inside = (std::uint64_t{1} << (size % 64)) - 1;
    newlines[size / 64] &= inside;
    signs[size / 64] &= inside;
  }
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
