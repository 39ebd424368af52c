#include "engine/config_errors.h"

#include <algorithm>

#include "engine/config_text.h"

namespace tagtill {

void ConfigErrors::add(std::uint64_t line, std::string message) {
  if (in_pass_ < FileErrors::kShown) {
    kept_.emplace_back(line, std::move(message));
  }
  ++in_pass_;
  ++count_;
}

void ConfigErrors::add_for_file(std::string_view message) { add(0, std::string(message)); }

void ConfigErrors::hand_on(FileErrors& errors) {
  std::stable_sort(kept_.begin(), kept_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [line, message] : kept_) {
    std::string text = file_;
    if (line > 0) {
      text.append(":").append(std::to_string(line));
    }
    errors.add(text.append(": ").append(message));
  }
  // There are kShown kept ones before any that was not, so these are only counted.
  for (std::size_t i = kept_.size(); i < count_; ++i) {
    errors.add({});
  }
}

std::string describe(const ConfigValue& value) {
  switch (value.kind) {
    case ConfigKind::kString:
      return quoted(value.text);
    case ConfigKind::kList:
      return "a list";
    case ConfigKind::kObject:
      return "an object";
    case ConfigKind::kNull:
    case ConfigKind::kBool:
    case ConfigKind::kInteger:
    case ConfigKind::kNumber:
      break;
  }
  // As it stands in the line, which may be long: a number of a thousand digits.
  return value.text.size() <= 40 ? std::string(value.text)
                                 : std::string(value.text.substr(0, 40)) + "…";
}

std::string unknown_field_message(const ConfigField& field) {
  return field.name_escaped ? "the name of a field is written with an escape: write it plainly"
                            : "unknown field " + quoted(field.name);
}

std::string_view author_id_problem(const ConfigValue& value) {
  constexpr std::size_t kAuthorIdBytesMax = 128;
  if (value.kind != ConfigKind::kString) {
    return "must be a string";
  }
  if (value.text.empty() || value.text.size() > kAuthorIdBytesMax) {
    return "must be 1 to 128 bytes long";
  }
  if (holds_control_character(value.text)) {
    return "must not hold control characters";
  }
  return {};
}

}  // namespace tagtill
