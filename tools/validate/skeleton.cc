#include "tools/validate/skeleton.h"

#include <unicode/uspoof.h>
#include <unicode/uversion.h>

#include <cstdint>

#include "engine/errors.h"

namespace tagtill {
namespace {

void check(UErrorCode error) {
  if (U_FAILURE(error) != 0) {
    throw Error(ExitCode::kFailed, std::string("ICU cannot compare how tags look: ") +
                                       u_errorName(error) + ". Is the package libicu72 whole?");
  }
}

}  // namespace

struct SkeletonMaker::Impl {
  USpoofChecker* checker = nullptr;
};

SkeletonMaker::SkeletonMaker() : impl_(std::make_unique<Impl>()) {
  UErrorCode error = U_ZERO_ERROR;
  impl_->checker = uspoof_open(&error);
  check(error);
}

SkeletonMaker::~SkeletonMaker() { uspoof_close(impl_->checker); }

std::string SkeletonMaker::skeleton(std::string_view text) const {
  const auto length = static_cast<std::int32_t>(text.size());
  std::string skeleton(text.size() * 2 + 16, '\0');
  for (;;) {
    UErrorCode error = U_ZERO_ERROR;
    const std::int32_t needed =
        uspoof_getSkeletonUTF8(impl_->checker, 0, text.data(), length, skeleton.data(),
                               static_cast<std::int32_t>(skeleton.size()), &error);
    const bool fits = error != U_BUFFER_OVERFLOW_ERROR;
    if (fits) {
      check(error);
    }
    skeleton.resize(static_cast<std::size_t>(needed));
    if (fits) {
      return skeleton;
    }
  }
}

std::string icu_version() {
  UVersionInfo version;
  char text[U_MAX_VERSION_STRING_LENGTH];
  u_getVersion(version);
  u_versionToString(version, text);
  return text;
}

}  // namespace tagtill
