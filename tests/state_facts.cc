#include "tests/state_facts.h"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace state_facts {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  unsigned byte() {
    if (at_ == bytes_.size()) {
      throw std::runtime_error("the bytes end");
    }
    return static_cast<unsigned char>(bytes_[at_++]);
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const unsigned next = byte();
      value += static_cast<std::uint64_t>(next % 128) << shift;
      if (next < 128) {
        return value;
      }
    }
  }
  std::string number() { return std::to_string(varint()); }
  std::int64_t zigzag() {
    const std::uint64_t value = varint();
    return value % 2 == 0 ? static_cast<std::int64_t>(value / 2)
                          : -static_cast<std::int64_t>(value / 2) - 1;
  }
  std::string raw(std::uint64_t count) {
    std::string out;
    while (count-- > 0) {
      out += static_cast<char>(byte());
    }
    return out;
  }
  std::string text() { return raw(varint()); }
  std::string low_first(unsigned count) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < count; ++i) {
      value += static_cast<std::uint64_t>(byte()) << (8 * i);
    }
    return std::to_string(value);
  }
  std::string code() { return low_first(5); }
  std::string id() {
    const unsigned head = byte();
    return head < 129 ? raw(head) : low_first(head - 129);
  }
  [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : in_(bytes) {}

  void configuration() {
    expect_version(in_.byte(), 1);
    for (std::string line; !(line = in_.text()).empty();) {
      say("offer " + line);
    }
    for (std::string author; !(author = in_.id()).empty();) {
      facts_.people.push_back(author);
      const unsigned head = in_.byte();
      const std::string region = head >= 128 ? in_.raw(2) : "-";
      say("of " + author + ": member " + in_.raw(head % 128) + " " + region);
    }
  }

  void state() {
    expect_version(in_.varint(), 2);
    clock_ = static_cast<std::int64_t>(in_.varint()) - 1;
    say("clock " + std::to_string(clock_));
    say("longest window " + in_.number());
    const std::uint64_t counts = in_.varint();
    for (std::uint64_t i = 0; i < counts; ++i) {
      say("count " + std::to_string(i) + ": " + in_.number());
    }
    stocks_and_terms();
    each_author([this](const std::string& author) { windows(author); });
    each_author([this](const std::string& author) { parked(author); });
    each_author([this](const std::string& author) {
      const std::string post = in_.id();
      say("of " + author + ": post " + post + " at " + age());
    });
    each_author([this](const std::string& author) { notices(author); });
    each_author([this](const std::string& author) {
      const std::string offer = offers_.at(in_.varint());
      say("of " + author + ": confirmed " + offer + " " + in_.number());
    });
    if (in_.byte() == 1) {
      set_aside();
    }
    controls();
    if (!in_.at_end()) {
      throw std::runtime_error("bytes are left");
    }
  }

  Facts take() {
    std::sort(facts_.all.begin(), facts_.all.end());
    return std::move(facts_);
  }

 private:
  static void expect_version(std::uint64_t version, std::uint64_t expected) {
    if (version != expected) {
      throw std::runtime_error("another version");
    }
  }

  void say(std::string fact) { facts_.all.push_back(std::move(fact)); }

  std::string age() { return std::to_string(clock_ - static_cast<std::int64_t>(in_.varint())); }

  template <typename F>
  void each_author(F f) {
    for (std::string author; !(author = in_.id()).empty();) {
      facts_.people.push_back(author);
      f(author);
    }
  }

  void stocks_and_terms() {
    for (std::string id; !(id = in_.text()).empty();) {
      const std::string sold = in_.number();
      const std::string held = in_.number();
      say("stock " + id + ": sold " + sold + " of " + in_.number());
      say("held " + id + ": " + held);
      offers_.push_back(id);
    }
    for (std::uint64_t place = 0; (place = in_.varint()) != 0;) {
      terms_.emplace_back(offers_.at(place - 1), in_.text());
    }
  }

  // The order of an author's windows is part of the fact.
  void windows(const std::string& author) {
    std::string fact = "of " + author + ": windows";
    for (std::uint64_t left = in_.varint(); left > 0; --left) {
      const unsigned head = in_.byte();
      fact += " [state " + std::to_string(head) + ", intent " + in_.id();
      fact += " at " + age();
      fact += ", code " + in_.code();
      const auto& [offer, line] = terms_.at(in_.varint());
      if (head == 0) {
        fact += ", holds " + offer;
      }
      fact += ", terms " + line;
      if (head % 4 == 0) {
        fact += ", account " + in_.text();
      }
      fact += "]";
    }
    say(fact);
  }

  void parked(const std::string& author) {
    std::string fact = "of " + author + ": parked";
    for (std::uint64_t left = in_.varint(); left > 0; --left) {
      fact += " [post " + in_.id();
      fact += " at " + age();
      fact += ", code " + in_.code();
      fact += ", followers " + in_.number();
      fact += ", place " + in_.number() + "]";
    }
    say(fact);
  }

  void notices(const std::string& author) {
    std::string fact = "of " + author + ": notices";
    for (std::uint64_t left = in_.varint(); left > 0; --left) {
      fact += " [" + in_.id();
      fact += clock_ < 0 ? "]" : " at " + age() + "]";
    }
    say(fact);
  }

  void set_aside() {
    const std::string head = std::to_string(in_.byte());
    const std::string author = in_.id();
    facts_.people.push_back(author);
    std::string fact = "of " + author + ": set aside " + head + " " + in_.id();
    fact += " at " + std::to_string(in_.zigzag());
    fact += ", followers " + in_.number() + ", tags";
    for (std::uint64_t left = in_.varint(); left > 0; --left) {
      fact += " " + in_.text();
    }
    say(fact);
  }

  void controls() {
    each_author([this](const std::string& author) {
      const unsigned head = in_.byte();
      std::string fact = "of " + author + ": control " + std::to_string(head);
      if (head % 4 == 1) {
        const unsigned membership = in_.byte();
        const std::string region = membership >= 128 ? in_.raw(2) : "-";
        fact += " " + in_.raw(membership % 128) + " " + region;
        fact += " at " + std::to_string(static_cast<std::int64_t>(in_.varint()) - 1);
      }
      say(fact);
    });
    for (std::string id; !(id = in_.text()).empty();) {
      say("control of offer " + id + ": " + in_.text());
    }
    if (const std::uint64_t before = in_.varint(); before > 0) {
      say("frozen before " + std::to_string(before - 1));
    }
  }

  Reader in_;
  Facts facts_;
  std::int64_t clock_ = -1;
  std::vector<std::string> offers_;
  std::vector<std::pair<std::string, std::string>> terms_;  // offer id, line
};

std::size_t times(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace

Facts of_state(std::string_view saved) {
  Decoder decoder(saved);
  decoder.state();
  return decoder.take();
}

Facts of_snapshot(std::string_view bytes) {
  Decoder decoder(bytes);
  decoder.configuration();
  decoder.state();
  return decoder.take();
}

Facts without(Facts facts, const std::string& author) {
  const std::string begin = "of " + author + ": ";
  std::string gone;
  std::erase_if(facts.all, [&](const std::string& fact) {
    if (!fact.starts_with(begin)) {
      return false;
    }
    gone += fact;
    return true;
  });
  std::erase(facts.people, author);
  for (std::string& fact : facts.all) {
    if (const std::size_t colon = fact.rfind(": "); fact.starts_with("held ")) {
      const std::string offer = fact.substr(5, colon - 5);
      const std::size_t held = std::stoul(fact.substr(colon + 2));
      fact = "held " + offer + ": " +
             std::to_string(held - times(gone, ", holds " + offer + ", terms "));
    }
  }
  std::sort(facts.all.begin(), facts.all.end());
  return facts;
}

}  // namespace state_facts
