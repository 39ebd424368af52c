#include "engine/id_table.h"

#include <algorithm>
#include <charconv>

namespace tagtill {
namespace {

template <typename Class>
std::uint32_t place_of(const Class& texts, const Id& id) {
  return texts.by_text.find(
      id.hash, [&](std::uint32_t index) { return texts.records[index].text() == id.text; });
}

template <typename Class>
std::uint32_t add(Class& texts, const Id& id) {
  const std::uint32_t index = texts.records.add({});
  auto& record = texts.records[index];
  record.references = 0;
  record.length = static_cast<std::uint8_t>(id.text.size());
  std::copy(id.text.begin(), id.text.end(), record.bytes.begin());
  texts.by_text.add(id.hash, index,
                    [&](std::uint32_t other) { return hash_bytes(texts.records[other].text()); });
  return index;
}

}  // namespace

IdKey IdTable::find_text(const Id& id) const {
  const Length length = length_for(id.text.size());
  const std::uint32_t index =
      visit(*this, length, [&](const auto& texts) { return place_of(texts, id); });
  return index == HashIndex::kNone ? kNoId : key_of(length, index);
}

IdKey IdTable::acquire_text(const Id& id) {
  const Length length = length_for(id.text.size());
  const std::uint32_t index = visit(*this, length, [&](auto& texts) {
    const std::uint32_t known = place_of(texts, id);
    return known != HashIndex::kNone ? known : add(texts, id);
  });
  const IdKey key = key_of(length, index);
  ++references(key);
  return key;
}

std::uint32_t& IdTable::references(IdKey key) {
  return visit(*this, length_of(key), [&](auto& texts) -> std::uint32_t& {
    return texts.records[index_of(key)].references;
  });
}

void IdTable::release_text(IdKey key) {
  visit(*this, length_of(key), [&](auto& texts) {
    auto& record = texts.records[index_of(key)];
    if (--record.references == 0) {
      texts.by_text.remove(hash_bytes(record.text()), index_of(key));
      texts.records.remove(index_of(key));
    }
  });
}

std::uint64_t IdTable::holders() {
  std::uint64_t holders = 0;
  for (const Length length : {Length::kShort, Length::kMiddle, Length::kLong}) {
    visit(*this, length, [&](auto& texts) {
      texts.records.for_each([&](std::uint32_t i) { holders += texts.records[i].references; });
    });
  }
  return holders;
}

std::string_view IdTable::text(IdKey key, IdDigits& digits) const {
  if (key <= Id::kNumberMax) {
    const auto [end, error] = std::to_chars(digits.begin(), digits.end(), key);
    return {digits.data(), static_cast<std::size_t>(end - digits.data())};
  }
  return visit(*this, length_of(key),
               [&](const auto& texts) { return texts.records[index_of(key)].text(); });
}

std::size_t IdTable::memory_bytes() const {
  std::size_t bytes = 0;
  for (const Length length : {Length::kShort, Length::kMiddle, Length::kLong}) {
    bytes += visit(*this, length, [](const auto& texts) {
      return texts.records.memory_bytes() + texts.by_text.memory_bytes();
    });
  }
  return bytes;
}

}  // namespace tagtill
