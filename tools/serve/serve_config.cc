#include "tools/serve/serve_config.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "engine/config_text.h"
#include "engine/errors.h"
#include "sinks/sink_url.h"
#include "sinks/webhook_signature.h"
#include "tools/quantities.h"
#include "tools/replay/file_conflicts.h"
#include "tools/serve/config_keys.h"
#include "tools/serve/nearest_name.h"
#include "tools/serve/toml_document.h"

namespace tagtill {
namespace {

constexpr std::size_t kTextBytesMax = 4096;
// Of problems that are kept to be put in order; there may be one in each few bytes of a text.
constexpr std::size_t kProblemsKept = 1000;

// `[state]`, `[[source]]`.
std::string header_of(const ConfigSection& section) {
  return section.count == nullptr ? fmt::format("[{}]", section.name)
                                  : fmt::format("[[{}]]", section.name);
}

std::string in_words(const TomlValue& value) {
  switch (value.kind) {
    case TomlValue::Kind::kText:
      return quoted(value.text);
    case TomlValue::Kind::kInteger:
      return fmt::format("{}", value.integer);
    case TomlValue::Kind::kNumber:
      return "a number with a fraction";
    case TomlValue::Kind::kFlag:
      return value.flag ? "true" : "false";
    case TomlValue::Kind::kTime:
      return "a date or time";
    case TomlValue::Kind::kList:
      return "a list";
    case TomlValue::Kind::kTable:
      break;
  }
  return "a table";
}

// `a.b=value` into the tree.
class Setting {
  static constexpr std::size_t kNamesMax = 3;

 public:
  // `number` is that of the setting, from 1.
  Setting(std::string_view setting, std::uint32_t number) : place_{.setting = number} {
    const std::size_t sign = std::min(setting.find('='), setting.size());
    has_value_ = sign < setting.size();
    path_ = setting.substr(0, sign);
    text_ = has_value_ ? setting.substr(sign + 1) : std::string_view();
  }

  // Returns what is wrong, or nothing.
  [[nodiscard]] std::string apply_to(TomlValue& root) const {
    if (!has_value_) {
      return "this is not of the form SECTION.KEY=VALUE";
    }
    std::vector<std::string_view> names;
    for (std::string_view rest = path_;;) {
      const std::size_t end = std::min(rest.find('.'), rest.size());
      names.push_back(rest.substr(0, end));
      if (end == rest.size()) {
        break;
      }
      rest.remove_prefix(end + 1);
    }
    if (names.size() > kNamesMax || std::ranges::find(names, "") != names.end()) {
      return "the key is not of the form SECTION.KEY or SECTION.NUMBER.KEY";
    }
    TomlValue* at = &root;
    for (const std::string_view name : names) {
      if (std::string problem = go_to(name, at); !problem.empty()) {
        return problem;
      }
    }
    *at = value();
    return {};
  }

 private:
  [[nodiscard]] std::string go_to(std::string_view name, TomlValue*& at) const {
    const bool is_number = name.find_first_not_of("0123456789") == std::string_view::npos;
    if (is_number) {
      return go_to_item(name, at);
    }
    if (at->kind == TomlValue::Kind::kList) {
      return "there can be several of these: say which by a number from 0, as in source.0.listen";
    }
    if (at->kind != TomlValue::Kind::kTable) {
      *at = {};
      at->place = place_;
    }
    TomlMember* member = at->find(name);
    if (member == nullptr) {
      TomlMember fresh{std::string(name), place_, {}};
      fresh.value.place = place_;
      member = &at->members.emplace_back(std::move(fresh));
    }
    at = &member->value;
    return {};
  }

  [[nodiscard]] std::string go_to_item(std::string_view name, TomlValue*& at) const {
    const bool is_new = at->kind == TomlValue::Kind::kTable && at->members.empty();
    if (is_new) {
      at->kind = TomlValue::Kind::kList;
    }
    std::size_t index = 0;
    std::from_chars(name.data(), name.data() + name.size(), index);
    if (at->kind != TomlValue::Kind::kList || name.size() > 4 || index > at->items.size()) {
      return fmt::format("there is no number {} of these: {}", name,
                         at->kind != TomlValue::Kind::kList
                             ? std::string("there can be one only, without a number")
                             : fmt::format("the next one is {}", at->items.size()));
    }
    if (index == at->items.size()) {
      at->items.emplace_back().place = place_;
    }
    at = &at->items[index];
    return {};
  }

  // Whatever is no single value of TOML is a text; and a key that takes a text takes it as it
  // was written.
  [[nodiscard]] TomlValue value() const {
    TomlValue value;
    value.kind = TomlValue::Kind::kText;
    value.text = text_;
    if (text_.find('\n') == std::string_view::npos) {
      std::optional<TomlProblem> problem;
      TomlValue document = parse_toml(fmt::format("v = {}", text_), problem);
      if (!problem && document.members.size() == 1) {
        value = std::move(document.members.front().value);
      }
    }
    if (value.kind != TomlValue::Kind::kText) {
      value.text = text_;
    }
    put_here(value);
    return value;
  }

  void put_here(TomlValue& value) const {
    value.place = place_;
    for (TomlValue& item : value.items) {
      put_here(item);
    }
    for (TomlMember& member : value.members) {
      member.place = place_;
      put_here(member.value);
    }
  }

  TomlPlace place_;
  bool has_value_;
  std::string_view path_;
  std::string_view text_;
};

// Makes a ServeConfig of a tree, and collects what is wrong.
class ConfigReader {
 public:
  ConfigReader(std::string name, std::span<const std::string> settings)
      : name_(std::move(name)),
        settings_(settings),
        shown_settings_(settings.begin(), settings.end()) {}

  void read(std::string_view text) {
    std::optional<TomlProblem> problem;
    TomlValue root = parse_toml(text, problem);
    if (problem) {
      // Nothing behind it is known; so that no key can be said to be missing.
      add(problem->place, problem->what);
      return;
    }
    for (std::uint32_t number = 1; number <= settings_.size(); ++number) {
      const std::string wrong = Setting(settings_[number - 1], number).apply_to(root);
      if (!wrong.empty()) {
        add({.setting = number}, wrong);
      }
    }
    read_root(root);
    find_missing_keys();
    check_secret();
    check_shards();
    check_sources();
    check_outputs();
    check_http();
  }

  // Of what the configuration names, on the disk.
  void look_at_files() {
    for (const ServeConfig::Source& source : config_.sources) {
      if (source.kind == "file" && !source.follow) {
        look_at_file(source.path, source.path);
      }
      for (const std::string* path :
           {&source.tls_certificate, &source.tls_key, &source.tls_client_ca}) {
        look_at_file(*path, *path);
      }
    }
    for (const ServeConfig::SinkEntry& sink : config_.sinks) {
      look_at_sink(sink);
    }
    look_for_conflicts();
  }

  void hand_on(FileErrors& errors) {
    std::stable_sort(problems_.begin(), problems_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [place, what] : problems_) {
      errors.add(place.setting == 0
                     ? fmt::format("{}:{}:{}: {}", name_, place.line, place.column, what)
                     : fmt::format("--set {}: {}", shown_settings_[place.setting - 1], what));
    }
    for (std::size_t i = problems_.size(); i < problem_count_; ++i) {
      errors.add({});
    }
  }

  [[nodiscard]] ServeConfig take() { return std::move(config_); }

 private:
  void add(TomlPlace place, std::string what) {
    if (problems_.size() < kProblemsKept) {
      problems_.emplace_back(place, std::move(what));
    }
    ++problem_count_;
  }

  // --- the tree --------------------------------------------------------------------------

  void read_root(TomlValue& root) {
    for (TomlMember& member : root.members) {
      const auto section = std::ranges::find(config_sections(), member.name, &ConfigSection::name);
      if (section == config_sections().end()) {
        add_unknown(member, "section", config_sections());
      } else if (section->count != nullptr) {
        read_entries(*section, member);
      } else if (member.value.kind != TomlValue::Kind::kTable) {
        add(member.place, fmt::format("{} is a section and not {}: write [{}] and its keys below",
                                      member.name, in_words(member.value), member.name));
      } else {
        headers_[section->name] = member.place;
        read_keys(*section, 0, member.value);
      }
    }
  }

  void read_entries(const ConfigSection& section, TomlMember& member) {
    if (member.value.kind != TomlValue::Kind::kList) {
      add(member.place, fmt::format("there can be several of these: write [[{}]], with two "
                                    "brackets on each side",
                                    section.name));
      return;
    }
    if (member.value.items.size() > kSectionEntriesMax) {
      add(member.place, fmt::format("there are {} of [[{}]], and {} are possible",
                                    member.value.items.size(), section.name, kSectionEntriesMax));
      return;
    }
    // At once: what is known by its place must not move.
    section.resize(config_, member.value.items.size());
    for (std::size_t i = 0; i < member.value.items.size(); ++i) {
      TomlValue& item = member.value.items[i];
      entry_places_[{section.name, i}] = item.place;
      if (item.kind != TomlValue::Kind::kTable) {
        add(item.place, fmt::format("a {} is a section and not {}: write [[{}]] and its keys below",
                                    section.name, in_words(item), section.name));
      } else {
        read_keys(section, i, item);
      }
    }
  }

  void read_keys(const ConfigSection& section, std::size_t index, TomlValue& table) {
    for (TomlMember& member : table.members) {
      const auto key = std::ranges::find(section.keys, member.name, &ConfigKey::name);
      if (key == section.keys.end()) {
        add_unknown(member, header_of(section) + " key", section.keys);
        continue;
      }
      if (key->masked != nullptr && member.value.place.setting > 0) {
        std::string& shown = shown_settings_[member.value.place.setting - 1];
        shown = shown.substr(0, shown.find('=') + 1) + "…";
      }
      const KeyPlace place = key->place(config_, index);
      std::visit([&](auto* value) { places_[value] = member.value.place; }, place);
      std::string wrong =
          std::visit([&](auto* value) { return read_value(*key, member.value, *value); }, place);
      if (!wrong.empty()) {
        refused_.push_back(address_of(place));
        add(member.value.place, fmt::format("{}.{}: {}", section.name, key->name, wrong));
      }
    }
  }

  template <typename Named>
  void add_unknown(const TomlMember& member, const std::string& what,
                   std::span<const Named> known) {
    std::vector<std::string_view> names;
    std::string list;
    for (const Named& each : known) {
      names.push_back(each.name);
      list += (list.empty() ? "" : ", ") + std::string(each.name);
    }
    const std::string nearest = nearest_name(member.name, names);
    add(member.place, fmt::format("there is no {} called {}. {}", what, quoted(member.name),
                                  nearest.empty() ? fmt::format("There are {}", list)
                                                  : fmt::format("Is {} meant?", nearest)));
  }

  // --- values: each returns what is wrong ---------------------------------------------------

  static std::string not_of_form(const ConfigKey& key, const TomlValue& value) {
    return fmt::format("{} is not {}", in_words(value), key_form(key));
  }

  static std::string read_value(const ConfigKey& key, const TomlValue& value, std::string& out) {
    const bool is_setting = value.place.setting > 0 && value.kind != TomlValue::Kind::kList &&
                            value.kind != TomlValue::Kind::kTable;
    if (value.kind != TomlValue::Kind::kText && !is_setting) {
      return not_of_form(key, value);
    }
    if (!is_utf8(value.text) || holds_control_character(value.text)) {
      return fmt::format("{} is not UTF-8 or holds a control character", quoted(value.text));
    }
    if (value.text.size() > kTextBytesMax) {
      return fmt::format("this has {} bytes, and {} are possible", value.text.size(),
                         kTextBytesMax);
    }
    if (key.type == KeyType::kChoice && !is_choice(key.choices, value.text)) {
      return not_of_form(key, value);
    }
    if (key.problem != nullptr && !value.text.empty()) {
      std::string problem = key.problem(value.text);
      if (!problem.empty()) {
        return problem;
      }
    }
    out = value.text;
    return {};
  }

  static bool is_choice(std::string_view choices, std::string_view value) {
    while (!value.empty() && !choices.empty()) {
      const std::size_t end = std::min(choices.find('|'), choices.size());
      if (choices.substr(0, end) == value) {
        return true;
      }
      choices.remove_prefix(std::min(end + 1, choices.size()));
    }
    return false;
  }

  static std::string read_value(const ConfigKey& key, const TomlValue& value, bool& out) {
    if (value.kind != TomlValue::Kind::kFlag) {
      return not_of_form(key, value);
    }
    out = value.flag;
    return {};
  }

  static std::string read_value(const ConfigKey& key, const TomlValue& value, std::uint64_t& out) {
    std::optional<std::uint64_t> number;
    if (value.kind == TomlValue::Kind::kInteger && value.integer >= 0) {
      number = static_cast<std::uint64_t>(value.integer);
    } else if (value.kind == TomlValue::Kind::kText && key.type == KeyType::kSize) {
      number = parse_size(value.text);
    } else if (value.kind == TomlValue::Kind::kText && key.type == KeyType::kNumberOrAuto &&
               value.text == "auto") {
      out = 0;
      return {};
    }
    if (!number || *number < key.least || *number > key.most) {
      return not_of_form(key, value);
    }
    out = *number;
    return {};
  }

  static std::string read_value(const ConfigKey& key, const TomlValue& value, Millis& out) {
    const std::optional<Millis> duration =
        value.kind == TomlValue::Kind::kText                            ? parse_duration(value.text)
        : value.kind == TomlValue::Kind::kInteger && value.integer == 0 ? std::optional<Millis>(0)
                                                                        : std::nullopt;
    if (!duration || *duration < static_cast<Millis>(key.least) ||
        *duration > static_cast<Millis>(key.most)) {
      return not_of_form(key, value);
    }
    out = *duration;
    return {};
  }

  // --- what must be there, and what goes together --------------------------------------------

  static const void* address_of(const KeyPlace& place) {
    return std::visit([](auto* value) -> const void* { return value; }, place);
  }
  // Something stood there and was refused: that has been said.
  [[nodiscard]] bool was_refused(const void* value) const {
    return std::ranges::find(refused_, value) != refused_.end();
  }
  [[nodiscard]] bool is_given(const void* value) const { return places_.contains(value); }

  // Where to point for a key: to its value, else to `otherwise`.
  [[nodiscard]] TomlPlace place_of(const void* value, TomlPlace otherwise = {}) const {
    const auto found = places_.find(value);
    return found == places_.end() ? otherwise : found->second;
  }
  [[nodiscard]] TomlPlace place_of_section(std::string_view section) const {
    const auto found = headers_.find(section);
    return found == headers_.end() ? TomlPlace{} : found->second;
  }
  [[nodiscard]] TomlPlace place_of_entry(std::string_view section, std::size_t index) const {
    const auto found = entry_places_.find({section, index});
    return found == entry_places_.end() ? TomlPlace{} : found->second;
  }

  void find_missing_keys() {
    for (const ConfigSection& section : config_sections()) {
      const std::size_t count = section.count == nullptr ? 1 : section.count(config_);
      for (std::size_t i = 0; i < count; ++i) {
        const TomlPlace place = section.count == nullptr ? place_of_section(section.name)
                                                         : place_of_entry(section.name, i);
        for (const ConfigKey& key : section.keys) {
          const KeyPlace value = key.place(config_, i);
          const auto* const* text = std::get_if<std::string*>(&value);
          if (key.required && text != nullptr && (*text)->empty() && !was_refused(*text)) {
            add(place_of(*text, place), fmt::format("{} {} is missing: it must be {}",
                                                    header_of(section), key.name, key_form(key)));
          }
        }
      }
    }
  }

  void check_secret() {
    const ServeConfig::Secret& secret = config_.secret;
    if (was_refused(&secret.file) || was_refused(&secret.credential)) {
      return;
    }
    if (secret.file.empty() == secret.credential.empty()) {
      add(place_of(&secret.credential, place_of_section("secret")),
          secret.file.empty() ? "[secret] is missing: give its file, or the name of a credential"
                              : "[secret] has a file and a credential: give one of them");
    }
  }

  void check_shards() {
    const std::uint64_t shards = config_.pipeline.shards;
    if ((shards & (shards - 1)) != 0) {
      add(place_of(&config_.pipeline.shards),
          fmt::format("pipeline.shards: {} is no power of two, as 1, 2, 4 and so on", shards));
    }
  }

  void check_sources() {
    if (config_.sources.empty()) {
      add({},
          "there is no source: add [[source]] with kind = \"tcp\" and listen = "
          "\"127.0.0.1:7077\", or of another kind");
    }
    for (std::size_t i = 0; i < config_.sources.size(); ++i) {
      const TomlPlace place = place_of_entry("source", i);
      const ServeConfig::Source& source = config_.sources[i];
      if (source.kind.empty()) {
        continue;
      }
      check_keys_of_kind(i);
      if ((source.kind == "file" || source.kind == "unix") && source.path.empty() &&
          !was_refused(&source.path)) {
        add(place_of(&source.path, place),
            fmt::format("[[source]] path is missing: a source of kind \"{}\" has one",
                        source.kind));
      }
      if (source.kind == "tcp") {
        check_tcp(source, place);
      }
      if (source.control && source.public_address && source.tls_client_ca.empty()) {
        add(place_of(&source.control, place),
            "[[source]] control: whoever reaches this address could make members of anybody: give "
            "tls_certificate, tls_key and tls_client_ca, or a Unix socket for control records");
      }
      check_same_source(i);
    }
  }

  void check_keys_of_kind(std::size_t index) {
    const ConfigSection& section =
        *std::ranges::find(config_sections(), "source", &ConfigSection::name);
    const std::string& kind = config_.sources[index].kind;
    for (const ConfigKey& key : section.keys) {
      const void* value = address_of(key.place(config_, index));
      if ((key.kinds & source_kind_bit(kind)) == 0 && is_given(value)) {
        add(place_of(value),
            fmt::format("source.{}: a source of kind \"{}\" has no such key", key.name, kind));
      }
    }
  }

  void check_tcp(const ServeConfig::Source& source, TomlPlace place) {
    if (source.listen.empty()) {
      if (!was_refused(&source.listen)) {
        add(place_of(&source.listen, place),
            "[[source]] listen is missing: a source of kind \"tcp\" has an address, as "
            "\"127.0.0.1:7077\"");
      }
      return;
    }
    const bool is_public = !parse_listen_address(source.listen).is_loopback;
    if (is_public && !source.public_address) {
      add(place_of(&source.listen, place),
          fmt::format("source.listen: others reach {} over the network, and whoever reaches a "
                      "source can forge purchases: listen at 127.0.0.1, or set public_address = "
                      "true and guard it",
                      source.listen));
    }
    if (source.tls_certificate.empty() != source.tls_key.empty()) {
      const bool has_key = source.tls_certificate.empty();
      add(place_of(has_key ? &source.tls_key : &source.tls_certificate, place),
          fmt::format("source.{} is of no use without {}: give both, or none for no TLS",
                      has_key ? "tls_key" : "tls_certificate",
                      has_key ? "tls_certificate" : "tls_key"));
    }
    if (!source.tls_certificate.empty() && !source.tls_key.empty() &&
        source.tls_client_ca.empty()) {
      add(place_of(&source.tls_certificate, place),
          "source.tls_certificate: TLS is for senders who show a certificate of their own: give "
          "tls_client_ca, which vouches for theirs");
    }
    if (!source.tls_client_ca.empty() && source.tls_certificate.empty() && source.tls_key.empty()) {
      add(place_of(&source.tls_client_ca, place),
          "source.tls_client_ca: senders show certificates only over TLS: give tls_certificate "
          "and tls_key as well");
    }
  }

  // What two sources cannot both have; empty: nothing.
  static std::string only_one_can_have(const ServeConfig::Source& source) {
    if (source.kind == "stdin") {
      return "standard input";
    }
    if (source.kind == "tcp") {
      return source.listen.empty() ? std::string() : listened_at(source.listen);
    }
    return source.path;
  }
  // Empty: any port that is free.
  static std::string listened_at(const std::string& listen) {
    const ListenAddress address = parse_listen_address(listen);
    return address.port == 0 ? std::string() : fmt::format("{}:{}", address.host, address.port);
  }

  void check_same_source(std::size_t index) {
    const std::string what = only_one_can_have(config_.sources[index]);
    for (std::size_t i = 0; i < index && !what.empty(); ++i) {
      if (only_one_can_have(config_.sources[i]) == what) {
        const ServeConfig::Source& source = config_.sources[index];
        add(place_of(
                &source.listen,
                place_of(&source.path, place_of(&source.kind, place_of_entry("source", index)))),
            fmt::format("two sources cannot have {}: another one does", what));
        return;
      }
    }
  }

  void check_outputs() {
    if (config_.sinks.empty() && config_.events_file.empty() &&
        !was_refused(&config_.events_file)) {
      add({}, "there is no output: add [[sink]] with url = \"sqlite:purchases.db\" or another one");
    }
    std::vector<std::pair<SinkUrl::Kind, std::string>> had;
    for (const ServeConfig::SinkEntry& sink : config_.sinks) {
      if (sink.url.empty()) {
        continue;
      }
      const SinkUrl url = parse_sink_url(sink.url);
      const std::pair<SinkUrl::Kind, std::string> place(url.kind, url.place());
      if (url.kind != SinkUrl::Kind::kNull && std::ranges::find(had, place) != had.end()) {
        add(place_of(&sink.url), "sink.url: two sinks cannot have one place: another one does");
      }
      had.push_back(place);
    }
  }

  void check_http() {
    const ServeConfig::Http& http = config_.http;
    if (http.listen.empty()) {
      return;
    }
    if (!parse_listen_address(http.listen).is_loopback && !http.public_address) {
      add(place_of(&http.listen),
          fmt::format("http.listen: others reach {} over the network, and what is shown there is "
                      "not for everybody: listen at 127.0.0.1, or set public_address = true",
                      http.listen));
    }
    const std::string at = listened_at(http.listen);
    for (const ServeConfig::Source& source : config_.sources) {
      if (!at.empty() && source.kind == "tcp" && only_one_can_have(source) == at) {
        add(place_of(&http.listen, place_of(&source.listen)),
            fmt::format("http.listen: a source listens at {}: give another port", at));
      }
    }
  }

  // --- on the disk -----------------------------------------------------------------------

  // `at`: the value that names the file.
  void look_at_file(const std::string& path, const std::string& at) {
    if (path.empty()) {
      return;
    }
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status {};
    int error = file < 0 || ::fstat(file, &status) != 0 ? errno : 0;
    if (file >= 0) {
      ::close(file);
    }
    if (error == 0 && S_ISDIR(status.st_mode)) {
      error = EISDIR;
    }
    if (error != 0) {
      add(place_of(&at), fmt::format("{} cannot be read: {}", quoted(path),
                                     std::generic_category().message(error)));
    }
  }

  void look_at_sink(const ServeConfig::SinkEntry& sink) {
    if (sink.url.empty()) {
      return;
    }
    const SinkUrl url = parse_sink_url(sink.url);
    look_at_file(url.webhook.http.ca_file, sink.url);
    for (const std::string& path : url.secret_files) {
      try {
        WebhookSecrets().add_file(path);
      } catch (const Error& error) {
        add(place_of(&sink.url), error.what());
      }
    }
  }

  void look_for_conflicts() {
    std::vector<FileRole> outputs;
    std::vector<FileRole> inputs;
    const auto add_role = [](std::vector<FileRole>& roles, std::string role,
                             const std::string& path) {
      if (!path.empty()) {
        roles.push_back({std::move(role), path});
      }
    };
    add_role(outputs, "[events] file", config_.events_file);
    add_role(outputs, "[dead_letters] file", config_.dead_letters_file);
    for (const ServeConfig::SinkEntry& sink : config_.sinks) {
      if (!sink.url.empty()) {
        add_role(outputs, fmt::format("[[sink]] {}", sink.url), parse_sink_url(sink.url).path);
      }
    }
    for (const std::string_view part : {"", "-wal", "-shm", "-lock"}) {
      if (!config_.state.path.empty()) {
        add_role(outputs, "[state] path", config_.state.path + std::string(part));
      }
    }
    add_role(inputs, "[offers] file", config_.offers_file);
    add_role(inputs, "[members] file", config_.members_file);
    add_role(inputs, "[secret] file", config_.secret.file);
    add_role(inputs, "the configuration", name_ == "-" ? std::string() : name_);
    for (const ServeConfig::Source& source : config_.sources) {
      if (source.kind == "file") {
        add_role(inputs, "[[source]] path", source.path);
      }
    }
    try {
      refuse_file_conflicts(outputs, inputs);
    } catch (const Error& error) {
      add({}, error.what());
    }
  }

  std::string name_;
  std::span<const std::string> settings_;
  std::vector<std::string> shown_settings_;
  ServeConfig config_;
  std::map<const void*, TomlPlace> places_;  // of values, by where they stand in config_
  std::vector<const void*> refused_;
  std::map<std::string_view, TomlPlace> headers_;
  std::map<std::pair<std::string_view, std::size_t>, TomlPlace> entry_places_;
  std::vector<std::pair<TomlPlace, std::string>> problems_;
  std::size_t problem_count_ = 0;
};

// The whole file, but one byte more than it may have at most. Sets errno and returns false when
// it cannot be read.
bool read_config_file(const std::string& path, std::string& out) {
  const int file =
      path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file < 0) {
    return false;
  }
  std::array<char, 16'384> piece;
  ssize_t got = 1;
  while (got != 0 && out.size() <= kTomlBytesMax) {
    got = ::read(file, piece.data(), piece.size());
    if (got < 0 && errno != EINTR) {
      break;
    }
    out.append(piece.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  }
  const int error = errno;
  if (path != "-") {
    ::close(file);
  }
  errno = error;
  return got >= 0;
}

}  // namespace

ServeConfig parse_serve_config(std::string_view text, const std::string& name,
                               std::span<const std::string> settings, FileErrors& errors) {
  ConfigReader reader(name, settings);
  reader.read(text);
  reader.hand_on(errors);
  return reader.take();
}

ServeConfig load_serve_config(const std::string& path, std::span<const std::string> settings,
                              FileErrors& errors) {
  std::string text;
  if (!read_config_file(path, text)) {
    errors.add(fmt::format("{}: cannot be read: {}", path, std::generic_category().message(errno)));
    return {};
  }
  ConfigReader reader(path, settings);
  reader.read(text);
  reader.look_at_files();
  reader.hand_on(errors);
  return reader.take();
}

std::string secret_path(const ServeConfig& config) {
  if (config.secret.credential.empty()) {
    return config.secret.file;
  }
  const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder == '\0') {
    throw Error(ExitCode::kBadConfig,
                fmt::format("[secret] credential: systemd has handed over none (there is no "
                            "$CREDENTIALS_DIRECTORY). Put LoadCredential={}:PATH into the unit, or "
                            "give [secret] file.",
                            config.secret.credential));
  }
  return fmt::format("{}/{}", folder, config.secret.credential);
}

std::string serve_config_toml(const ServeConfig& config) {
  ServeConfig shown = config;
  bool masked = false;
  std::string text;
  for (const ConfigSection& section : config_sections()) {
    const bool repeated = section.count != nullptr;
    const std::size_t count = repeated ? section.count(shown) : 1;
    for (std::size_t i = 0; i < count; ++i) {
      text += fmt::format("{}{}\n", text.empty() ? "" : "\n", header_of(section));
      for (const ConfigKey& key : section.keys) {
        if (section.name == "source" && (key.kinds & source_kind_bit(shown.sources[i].kind)) == 0) {
          continue;
        }
        const KeyPlace place = key.place(shown, i);
        if (key.masked != nullptr) {
          std::string& value = *std::get<std::string*>(place);
          std::string safe = key.masked(value);
          masked = masked || safe != value;
          value = std::move(safe);
        }
        text += fmt::format("{} = {}\n", key.name, key_value_toml(key, place));
      }
    }
  }
  return masked ? "# What stands as *** is masked: with this text alone nothing can be started.\n" +
                      text
                : text;
}

ListenAddress parse_listen_address(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    throw Error(ExitCode::kBadConfig,
                fmt::format("{} {}: give an address and a port, as \"127.0.0.1:7077\" or "
                            "\"[::1]:7077\".",
                            quoted(text), why));
  };
  ListenAddress address;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    refuse("has no port");
  }
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc{} || end != port.data() + port.size()) {
    refuse("has no port from 0 to 65535");
  }
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  address.host = host == "localhost" ? std::string("127.0.0.1")
                 : bracketed         ? std::string(host.substr(1, host.size() - 2))
                                     : std::string(host);
  in_addr four{};
  in6_addr six{};
  if (!bracketed && ::inet_pton(AF_INET, address.host.c_str(), &four) == 1) {
    address.is_loopback = (ntohl(four.s_addr) >> 24) == 127;
  } else if (bracketed && ::inet_pton(AF_INET6, address.host.c_str(), &six) == 1) {
    address.is_loopback = IN6_IS_ADDR_LOOPBACK(&six) != 0;
  } else {
    refuse("has no numeric address");
  }
  return address;
}

}  // namespace tagtill
