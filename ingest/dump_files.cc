#include "ingest/dump_files.h"

#include <utility>

#include "ingest/archive_reader.h"
#include "ingest/head_source.h"
#include "ingest/packing.h"
#include "ingest/unpacked_source.h"

namespace tagtill {
namespace {

// The file at which an archive stands. The archive must outlive it.
class ArchivedFile : public ByteSource {
 public:
  explicit ArchivedFile(ArchiveReader& archive) : archive_(archive) {}

  std::size_t read(std::span<char> to) override { return archive_.read(to); }
  [[nodiscard]] const std::string& failure() const override { return archive_.file_failure(); }
  [[nodiscard]] std::uint64_t stored_bytes() const override { return archive_.stored_bytes(); }

 private:
  ArchiveReader& archive_;
};

}  // namespace

DumpFiles::DumpFiles(std::string path, FileErrors& problems, const Interrupt& interrupt)
    : path_(std::move(path)), problems_(problems), interrupt_(interrupt) {}

DumpFiles::~DumpFiles() {
  file_.reset();
  while (!archives_.empty()) {  // an inner one reads from the outer one
    archives_.pop_back();
  }
}

bool DumpFiles::next() {
  if (!started_) {
    started_ = true;
    std::string failure;
    std::unique_ptr<ByteSource> source = open_file_source(path_, interrupt_, failure);
    if (source == nullptr) {
      problems_.add("The dump " + path_ + " cannot be opened: " + failure + ". It was left out.");
      return false;
    }
    if (open(path_, std::move(source))) {
      return true;
    }
  }
  say_failure();
  file_.reset();
  while (!archives_.empty()) {
    Archive& archive = archives_.back();
    if (archive.reader->next()) {
      // A copy: open() may move the archives.
      if (open(archive.name + ":" + archive.reader->name(),
               std::make_unique<ArchivedFile>(*archive.reader))) {
        return true;
      }
      continue;
    }
    if (!archive.reader->failure().empty()) {
      problems_.add("The archive " + archive.name + " cannot be read to its end: " +
                    archive.reader->failure() + ". What stands before was used.");
    }
    stored_before_ = archive.reader->stored_bytes();
    archives_.pop_back();
  }
  return false;
}

// Takes off what `source` is packed in. True if file_ can be read now; false if it
// was an archive, which archives_ now ends with, or cannot be read.
bool DumpFiles::open(std::string name, std::unique_ptr<ByteSource> source) {
  for (int compressions = 0;; ++compressions) {
    auto head = std::make_unique<HeadSource>(std::move(source), kPackingHeadBytes);
    const Packing packing = packing_of(head->head());
    if (const std::string_view unread = unread_packing(head->head()); !unread.empty()) {
      problems_.add("The dump " + name + " is packed as " + std::string(unread) +
                    ", which is not read here. It was left out; unpack it first.");
      return false;
    }
    source = std::move(head);
    if (packing == Packing::kPlain) {
      file_ = std::move(source);
      name_ = std::move(name);
      given_ = 0;
      return true;
    }
    if (is_archive(packing)) {
      if (archives_.size() == kArchivesMax) {
        problems_.add("The dump " + name +
                      " is an archive in an archive in an archive. It was left out; unpack "
                      "the outer one first.");
        return false;
      }
      auto reader = std::make_unique<ArchiveReader>(std::move(source));
      archives_.push_back({std::move(name), std::move(reader)});
      return false;
    }
    if (compressions == kCompressionsMax) {
      problems_.add("The dump " + name +
                    " is compressed more than twice over. It was left out; unpack it first.");
      return false;
    }
    source = std::make_unique<UnpackedSource>(packing, std::move(source));
  }
}

std::size_t DumpFiles::read(std::span<char> to) {
  const std::size_t got = file_->read(to);
  given_ += got;
  return got;
}

bool DumpFiles::has_broken_off() const { return file_ != nullptr && !file_->failure().empty(); }

void DumpFiles::say_failure() {
  if (file_ == nullptr) {
    return;
  }
  if (has_broken_off()) {
    problems_.add("The dump " + name_ + " cannot be read from byte " + std::to_string(given_) +
                  " on: " + file_->failure() + ". What stands before was used.");
  }
  stored_before_ = file_->stored_bytes();
}

std::uint64_t DumpFiles::stored_bytes() const {
  if (file_ != nullptr) {
    return file_->stored_bytes();
  }
  return archives_.empty() ? stored_before_ : archives_.back().reader->stored_bytes();
}

}  // namespace tagtill
