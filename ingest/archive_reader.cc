#include "ingest/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

namespace tagtill {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kPieceBytes = std::size_t{256} * 1024;

// A tar archive ends with two blocks of zeros; some packers leave one.
constexpr std::size_t kTarEndBytes = 512;

// A zip archive ends with this record, and a comment of up to 64 KiB behind it.
constexpr std::string_view kZipEnd = "PK\x05\x06"sv;
constexpr std::size_t kZipEndBytes = 22;
constexpr std::size_t kZipTailBytes = kZipEndBytes + 0xFFFF;
constexpr std::size_t kZipFilesAt = 10;
constexpr std::size_t kZipCommentAt = 20;      // how long it is
constexpr std::size_t kZipFilesMany = 0xFFFF;  // the true number stands elsewhere

}  // namespace

class ArchiveReader::Impl {
 public:
  explicit Impl(std::unique_ptr<ByteSource> below)
      : below_(std::move(below)), piece_(kPieceBytes), archive_(archive_read_new()) {
    if (archive_ == nullptr) {
      throw std::bad_alloc();
    }
    archive_read_support_format_tar(archive_);
    archive_read_support_format_zip_streamable(archive_);
    // What stands behind the end mark of a tar archive is another one.
    archive_read_set_format_option(archive_, "tar", "read_concatenated_archives", "1");
    if (archive_read_open(archive_, this, nullptr, &Impl::give_piece, nullptr) != ARCHIVE_OK) {
      end_with(what_libarchive_says());
    }
  }
  ~Impl() { archive_read_free(archive_); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  bool next() {
    while (!ended_) {
      archive_entry* entry = nullptr;
      switch (archive_read_next_header(archive_, &entry)) {
        case ARCHIVE_OK:
        case ARCHIVE_WARN:  // the header may be odd, the file can be read
          ++entries_;
          if (archive_entry_filetype(entry) == AE_IFREG &&
              archive_entry_hardlink(entry) == nullptr) {
            begin_file(entry);
            return true;
          }
          break;
        case ARCHIVE_RETRY:  // goes on at the next header that it finds
          if (damage_.empty()) {
            damage_ = what_libarchive_says() + " (behind byte " + std::to_string(taken_) + ")";
          }
          break;
        case ARCHIVE_EOF:
          end_with(damage_.empty() ? what_the_end_lacks() : damage_);
          break;
        default:
          end_with(what_libarchive_says());
          break;
      }
    }
    return false;
  }

  // Not by archive_read_data: where that meets a cut, it drops what it has copied
  // so far.
  std::size_t read(std::span<char> to) {
    while (part_.empty() && !file_ended_) {
      next_part();
    }
    const std::size_t size = part_.copy(to.data(), to.size());
    part_.remove_prefix(size);
    given_ += size;
    return size;
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& file_failure() const { return file_failure_; }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] std::uint64_t stored_bytes() const { return below_->stored_bytes(); }

 private:
  static la_ssize_t give_piece(archive* archive, void* self, const void** piece) {
    return static_cast<Impl*>(self)->give_piece(archive, piece);
  }

  la_ssize_t give_piece(archive* archive, const void** piece) {
    const std::size_t got = below_->read(piece_);
    if (got == 0 && !below_->failure().empty()) {
      archive_set_error(archive, EIO, "%s", below_->failure().c_str());
      return ARCHIVE_FATAL;
    }
    keep_tail({piece_.data(), got});
    taken_ += got;
    *piece = piece_.data();
    return static_cast<la_ssize_t>(got);
  }

  // The last bytes of the archive tell whether it is whole.
  void keep_tail(std::string_view piece) {
    if (piece.size() < kZipTailBytes) {
      const std::size_t kept = std::min(tail_.size(), kZipTailBytes - piece.size());
      tail_.erase(0, tail_.size() - kept);
    } else {
      tail_.clear();
      piece.remove_prefix(piece.size() - kZipTailBytes);
    }
    tail_.append(piece);
  }

  void begin_file(archive_entry* entry) {
    ++files_;
    file_ended_ = false;
    file_failure_.clear();
    part_ = {};
    given_ = 0;
    const char* name = archive_entry_pathname_utf8(entry);
    if (name == nullptr) {
      name = archive_entry_pathname(entry);
    }
    name_ = name != nullptr ? std::string(name) : "file " + std::to_string(files_);
  }

  void next_part() {
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t at = 0;
    const int result = archive_read_data_block(archive_, &bytes, &size, &at);
    file_ended_ = result != ARCHIVE_OK;
    if (result == ARCHIVE_OK && at > 0 && static_cast<std::uint64_t>(at) > given_) {
      // A small archive can claim exabytes of them.
      file_ended_ = true;
      file_failure_ = "it is a sparse file, and here is a hole in it";
    } else if (result == ARCHIVE_OK) {
      part_ = {static_cast<const char*>(bytes), size};
    } else if (result != ARCHIVE_EOF) {
      file_failure_ = what_libarchive_says();
    }
  }

  void end_with(std::string failure) {
    ended_ = true;
    failure_ = std::move(failure);
  }

  std::string what_libarchive_says() {
    if (!below_->failure().empty()) {
      return below_->failure();
    }
    const char* text = archive_error_string(archive_);
    return text != nullptr ? text : "libarchive gives no reason";
  }

  // libarchive is content with an archive that stops between two files.
  std::string what_the_end_lacks() {
    const void* piece = nullptr;
    while (give_piece(archive_, &piece) > 0) {
    }
    if (!below_->failure().empty()) {
      return below_->failure();
    }
    if ((archive_format(archive_) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP) {
      return what_the_zip_end_lacks();
    }
    const std::string_view end =
        std::string_view(tail_).substr(tail_.size() - std::min(tail_.size(), kTarEndBytes));
    return end.find_first_not_of('\0') == std::string_view::npos
               ? ""
               : "it stops without the mark of its end, so files may be missing";
  }

  // 16 bits, little-endian.
  [[nodiscard]] std::size_t number_at(std::size_t at) const {
    return static_cast<unsigned char>(tail_[at]) |
           static_cast<std::size_t>(static_cast<unsigned char>(tail_[at + 1])) << 8;
  }

  [[nodiscard]] bool is_zip_end(std::size_t at) const {
    return tail_.size() - at >= kZipEndBytes &&
           number_at(at + kZipCommentAt) == tail_.size() - at - kZipEndBytes;
  }

  std::string what_the_zip_end_lacks() {
    std::size_t end = tail_.rfind(kZipEnd);
    while (end != std::string::npos && !is_zip_end(end)) {  // the comment may hold anything
      end = end == 0 ? std::string::npos : tail_.rfind(kZipEnd, end - 1);
    }
    if (end == std::string::npos) {
      return "it stops without its directory, so files may be missing";
    }
    const std::size_t said = number_at(end + kZipFilesAt);
    return said == kZipFilesMany || entries_ >= said
               ? ""
               : "its directory names " + std::to_string(said) + " entries, and " +
                     std::to_string(entries_) + " were found";
  }

  std::unique_ptr<ByteSource> below_;
  std::vector<char> piece_;
  std::string tail_;           // the last kZipTailBytes
  std::uint64_t taken_ = 0;    // bytes of the archive
  std::uint64_t entries_ = 0;  // files and others
  std::uint64_t files_ = 0;
  std::string damage_;  // what was passed over
  std::string name_;
  bool file_ended_ = true;
  std::string_view part_;    // of the file: bytes of libarchive's
  std::uint64_t given_ = 0;  // bytes of the file
  std::string file_failure_;
  bool ended_ = false;
  std::string failure_;
  archive* archive_;
};

ArchiveReader::ArchiveReader(std::unique_ptr<ByteSource> below)
    : impl_(std::make_unique<Impl>(std::move(below))) {}
ArchiveReader::~ArchiveReader() = default;

bool ArchiveReader::next() { return impl_->next(); }
const std::string& ArchiveReader::name() const { return impl_->name(); }
std::size_t ArchiveReader::read(std::span<char> to) { return impl_->read(to); }
const std::string& ArchiveReader::file_failure() const { return impl_->file_failure(); }
const std::string& ArchiveReader::failure() const { return impl_->failure(); }
std::uint64_t ArchiveReader::stored_bytes() const { return impl_->stored_bytes(); }

std::string archive_library_versions() { return archive_version_details(); }

}  // namespace tagtill
