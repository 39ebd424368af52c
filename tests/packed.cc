#include "tests/packed.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <locale.h>
#include <sys/stat.h>

#include <memory>

namespace tagtill {
namespace {

constexpr std::string_view kLink = "-> ";

using Writer = std::unique_ptr<archive, decltype(&archive_write_free)>;
using Entry = std::unique_ptr<archive_entry, decltype(&archive_entry_free)>;

void check(const Writer& writer, la_ssize_t result) {
  ASSERT_GE(result, ARCHIVE_OK) << archive_error_string(writer.get());
}

void open(const Writer& writer, std::string& out) {
  archive_write_set_bytes_in_last_block(writer.get(), 1);
  check(writer, archive_write_open(
                    writer.get(), &out, nullptr,
                    [](archive*, void* to, const void* bytes, std::size_t size) {
                      static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
                      return static_cast<la_ssize_t>(size);
                    },
                    nullptr));
}

void add(const Writer& writer, const std::string& path, std::string_view content) {
  const Entry entry(archive_entry_new(), &archive_entry_free);
  archive_entry_set_pathname(entry.get(), path.c_str());
  archive_entry_set_perm(entry.get(), 0644);
  if (path.ends_with('/')) {
    archive_entry_set_filetype(entry.get(), AE_IFDIR);
  } else if (content.starts_with(kLink)) {
    archive_entry_set_filetype(entry.get(), AE_IFLNK);
    archive_entry_set_symlink(entry.get(), std::string(content.substr(kLink.size())).c_str());
    content = {};
  } else {
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
  }
  check(writer, archive_write_header(writer.get(), entry.get()));
  if (!content.empty()) {
    check(writer, archive_write_data(writer.get(), content.data(), content.size()));
  }
}

}  // namespace

const std::vector<std::string>& compressions() {
  static const std::vector<std::string> kAll = {"gzip", "bzip2", "xz", "zstd", "lz4"};
  return kAll;
}

std::string compressed(std::string_view content, const std::string& compression,
                       const std::string& options) {
  std::string out;
  const Writer writer(archive_write_new(), &archive_write_free);
  check(writer, archive_write_set_format_raw(writer.get()));
  check(writer, archive_write_add_filter_by_name(writer.get(), compression.c_str()));
  if (!options.empty()) {
    check(writer, archive_write_set_options(writer.get(), options.c_str()));
  }
  open(writer, out);
  add(writer, "-", content);
  check(writer, archive_write_close(writer.get()));
  return out;
}

std::string archived(const ArchivedFiles& files, const std::string& format) {
  // The writers ask the locale in what characters the paths are.
  const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  const locale_t before = ::uselocale(utf8);
  std::string out;
  const Writer writer(archive_write_new(), &archive_write_free);
  check(writer, archive_write_set_format_by_name(writer.get(), format.c_str()));
  open(writer, out);
  for (const auto& [path, content] : files) {
    add(writer, path, content);
  }
  check(writer, archive_write_close(writer.get()));
  ::uselocale(before);
  ::freelocale(utf8);
  return out;
}

}  // namespace tagtill
