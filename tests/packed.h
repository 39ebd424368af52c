// Packs bytes as recorded dumps are packed, with libarchive's writers (the product
// unpacks with the compression libraries themselves).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tagtill {

// The compressions by the names of libarchive: "gzip", "bzip2", "xz", "zstd", "lz4".
[[nodiscard]] const std::vector<std::string>& compressions();

// `options` as libarchive takes them, such as "compression-level=1".
[[nodiscard]] std::string compressed(std::string_view content, const std::string& compression,
                                     const std::string& options = "");

using ArchivedFiles = std::vector<std::pair<std::string, std::string>>;  // path, content

// `format`: "ustar", "pax", "gnutar", "v7tar", "zip". A path that ends with `/` is a
// folder, a content that begins with `-> ` makes a symbolic link.
[[nodiscard]] std::string archived(const ArchivedFiles& files, const std::string& format);

}  // namespace tagtill
