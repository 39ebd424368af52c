// What is wrong with files, in sentences: of catalogue, member and secret files (P7.3),
// and of dumps. The first hundred, and how many more there were.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace tagtill {

class FileErrors {
 public:
  static constexpr std::size_t kShown = 100;

  void add(std::string message) {
    if (shown_.size() < kShown) {
      shown_.push_back(std::move(message));
    }
    ++count_;
  }

  void add_all(const FileErrors& more) {
    for (const std::string& message : more.shown_) {
      add(message);
    }
    count_ += more.count_ - more.shown_.size();
  }

  // Those that were added after the first `count`.
  [[nodiscard]] FileErrors after(std::size_t count) const {
    FileErrors later;
    for (std::size_t i = count; i < shown_.size(); ++i) {
      later.add(shown_[i]);
    }
    later.count_ = count_ - count;
    return later;
  }

  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::size_t count() const { return count_; }
  // Without a line end; of P7.3 in the form `file:line: what is wrong`.
  [[nodiscard]] const std::vector<std::string>& shown() const { return shown_; }

 private:
  std::vector<std::string> shown_;
  std::size_t count_ = 0;
};

}  // namespace tagtill
