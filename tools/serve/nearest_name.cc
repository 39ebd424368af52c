#include "tools/serve/nearest_name.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace tagtill {
namespace {

constexpr std::size_t kNameBytesMax = 64;

// Edits between the two; rows are the lengths of a's beginnings.
std::size_t edits_between(std::string_view a, std::string_view b) {
  std::array<std::vector<std::size_t>, 3> rows;  // this one, the last, the one before
  for (auto& row : rows) {
    row.resize(b.size() + 1);
  }
  for (std::size_t i = 0; i <= a.size(); ++i) {
    std::rotate(rows.begin(), rows.end() - 1, rows.end());
    auto& [row, last, before] = rows;
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        row[j] = i + j;
        continue;
      }
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return rows[0].back();
}

}  // namespace

std::string nearest_name(std::string_view name, std::span<const std::string_view> names) {
  std::string nearest;
  if (name.size() > kNameBytesMax) {
    return nearest;
  }
  std::size_t fewest = (name.size() + 2) / 3 + 1;
  for (const std::string_view other : names) {
    const std::size_t edits = edits_between(name, other);
    if (edits < fewest) {
      fewest = edits;
      nearest = other;
    }
  }
  return nearest;
}

}  // namespace tagtill
