// A strict little reader of the text exposition format 0.0.4, written from its description alone.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace exposition {

struct Family {
  std::string type;
  std::string help;
  std::map<std::string, double> samples;  // by name and labels, as name{a="b"}
};

inline bool is_name(const std::string& text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos &&
         (text[0] < '0' || text[0] > '9');
}

// `a="b",c="d"`, each value unescaped; a failure for anything else.
inline std::vector<std::pair<std::string, std::string>> read_labels(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> labels;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t equals = text.find("=\"", at);
    if (equals == std::string::npos) {
      ADD_FAILURE() << "labels: " << text;
      break;
    }
    const std::string name = text.substr(at, equals - at);
    EXPECT_TRUE(is_name(name)) << text;
    std::string value;
    for (at = equals + 2; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\') {
        ++at;
        EXPECT_TRUE(at < text.size() && (text[at] == '\\' || text[at] == '"' || text[at] == 'n'))
            << text;
        value += text[at] == 'n' ? '\n' : text[at];
      } else {
        value += text[at];
      }
    }
    EXPECT_LT(at, text.size()) << "a label does not end: " << text;
    for (const auto& label : labels) {
      EXPECT_NE(label.first, name) << text;
    }
    labels.emplace_back(name, value);
    ++at;
    if (at < text.size()) {
      EXPECT_EQ(text[at], ',') << text;
      ++at;
      EXPECT_LT(at, text.size()) << "a comma too many: " << text;
    }
  }
  return labels;
}

inline double read_value(const std::string& text) {
  if (text == "NaN" || text == "+Inf" || text == "-Inf") {
    return std::stod(text);
  }
  EXPECT_EQ(text.find_first_not_of("0123456789+-.e"), std::string::npos) << text;
  std::size_t used = 0;
  const double value = std::stod(text, &used);
  EXPECT_EQ(used, text.size()) << text;
  return value;
}

// The family that a sample belongs to: its own name, or without the ending of a histogram.
inline std::string family_of(const std::string& sample, const std::map<std::string, Family>& all) {
  if (all.contains(sample)) {
    return sample;
  }
  for (const std::string ending : {"_bucket", "_sum", "_count"}) {
    if (sample.ends_with(ending)) {
      std::string base = sample.substr(0, sample.size() - ending.size());
      if (all.contains(base) && all.at(base).type == "histogram") {
        return base;
      }
    }
  }
  return "";
}

// What must hold of a histogram: for each set of labels buckets that do not fall, up to +Inf,
// which is the count; and a sum.
inline void check_histogram(const std::string& name, const Family& family) {
  std::map<std::string, std::vector<std::pair<double, double>>> buckets;
  std::map<std::string, double> counts;
  std::set<std::string> sums;
  for (const auto& [sample, value] : family.samples) {
    const std::size_t brace = sample.find('{');
    const std::string plain = sample.substr(0, brace);
    std::string others;
    double bound = -1;
    if (brace != std::string::npos) {
      for (const auto& [label, text] :
           read_labels(sample.substr(brace + 1, sample.size() - brace - 2))) {
        if (label == "le") {
          bound = read_value(text);
        } else {
          others.append(label).append("=").append(text).append(";");
        }
      }
    }
    EXPECT_EQ(plain == name + "_bucket", bound >= 0) << sample;
    if (plain == name + "_bucket") {
      buckets[others].emplace_back(bound, value);
    } else if (plain == name + "_count") {
      counts[others] = value;
    } else if (plain == name + "_sum") {
      sums.insert(others);
    } else {
      ADD_FAILURE() << "a histogram has no " << sample;
    }
  }
  EXPECT_EQ(buckets.size(), counts.size()) << name;
  EXPECT_EQ(buckets.size(), sums.size()) << name;
  for (auto& [others, of_labels] : buckets) {
    std::sort(of_labels.begin(), of_labels.end());
    for (std::size_t i = 1; i < of_labels.size(); ++i) {
      EXPECT_LT(of_labels[i - 1].first, of_labels[i].first) << name;
      EXPECT_LE(of_labels[i - 1].second, of_labels[i].second) << name;
    }
    EXPECT_EQ(of_labels.back().first, std::stod("inf")) << name;
    EXPECT_EQ(of_labels.back().second, counts[others]) << name;
    EXPECT_TRUE(sums.contains(others)) << name;
  }
}

// The families by name. Every fault is a failure of the test.
inline std::map<std::string, Family> read(const std::string& text) {
  std::map<std::string, Family> families;
  EXPECT_TRUE(text.empty() || text.ends_with('\n'));
  std::istringstream lines(text);
  std::string current;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "#") {
      std::string what;
      std::string name;
      words >> what >> name;
      EXPECT_TRUE(is_name(name)) << line;
      std::string rest;
      std::getline(words >> std::ws, rest);
      if (what == "HELP") {
        EXPECT_FALSE(families.contains(name)) << "twice: " << line;
        EXPECT_FALSE(rest.empty()) << line;
        families[name].help = rest;
        current = name;
      } else {
        EXPECT_EQ(what, "TYPE") << line;
        EXPECT_EQ(name, current) << line;
        EXPECT_TRUE(families[name].type.empty()) << line;
        EXPECT_TRUE(rest == "counter" || rest == "gauge" || rest == "histogram") << line;
        families[name].type = rest;
      }
      continue;
    }
    const std::size_t brace = line.find('{');
    const std::size_t closed = line.rfind('}');
    const std::size_t space = brace == std::string::npos ? line.find(' ') : closed + 1;
    if (space >= line.size() || line[space] != ' ') {
      ADD_FAILURE() << "no sample: " << line;
      continue;
    }
    const std::string sample = line.substr(0, space);
    const std::string name = sample.substr(0, sample.find('{'));
    EXPECT_TRUE(is_name(name)) << line;
    if (brace != std::string::npos) {
      EXPECT_FALSE(read_labels(line.substr(brace + 1, closed - brace - 1)).empty()) << line;
    }
    EXPECT_EQ(family_of(name, families), current) << "not behind its type: " << line;
    Family& family = families[current];
    EXPECT_FALSE(family.samples.contains(sample)) << "twice: " << line;
    family.samples[sample] = read_value(line.substr(space + 1));
    if (family.type == "counter") {
      EXPECT_TRUE(name.ends_with("_total")) << line;
      EXPECT_GE(family.samples[sample], 0) << line;
    } else {
      EXPECT_FALSE(name.ends_with("_total")) << line;
    }
  }
  for (const auto& [name, family] : families) {
    EXPECT_TRUE(name.starts_with("tagtill_")) << name;
    EXPECT_FALSE(family.samples.empty()) << name;
    EXPECT_FALSE(family.type.empty()) << name;
    if (family.type == "histogram") {
      check_histogram(name, family);
    }
  }
  return families;
}

}  // namespace exposition
