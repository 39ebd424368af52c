// The files of the live page, page/, as they are in the program (tools/CMakeLists.txt).
#pragma once

#include <string_view>

namespace tagtill::page {

extern const std::string_view kIndexHtml;
extern const std::string_view kPageCss;
extern const std::string_view kPageJs;
extern const std::string_view kIconSvg;

}  // namespace tagtill::page
