// What a text looks like, by Unicode Technical Standard 39 (confusables), as ICU
// has it. ICU's uspoof.h stays in skeleton.cc.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tagtill {

// Used by one thread.
class SkeletonMaker {
 public:
  // Throws tagtill::Error (ExitCode::kFailed) if ICU has lost its data.
  SkeletonMaker();
  ~SkeletonMaker();
  SkeletonMaker(const SkeletonMaker&) = delete;
  SkeletonMaker& operator=(const SkeletonMaker&) = delete;

  // Texts (UTF-8) that look alike have the same skeleton: `paypal` with a Cyrillic
  // `а`, `l` and `I`, `rn` and `m`. It is for comparing, not for showing.
  [[nodiscard]] std::string skeleton(std::string_view text) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] std::string icu_version();

}  // namespace tagtill
