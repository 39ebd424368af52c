#include "ingest/dump_identity.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string_view>

#include "engine/sha256.h"

namespace tagtill {
namespace {

constexpr std::uint64_t kEndBytes = 65'536;

class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

bool add_piece(int file, std::uint64_t at, std::uint64_t bytes, Sha256& hash) {
  std::string piece(static_cast<std::size_t>(bytes), '\0');
  std::size_t held = 0;
  while (held < piece.size()) {
    const ssize_t got =
        ::pread(file, piece.data() + held, piece.size() - held, static_cast<off_t>(at + held));
    if (got == 0 || (got < 0 && errno != EINTR)) {
      return false;
    }
    held += got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  hash.add(piece);
  return true;
}

std::optional<DumpIdentity> identify(int file, std::uint64_t bytes) {
  Sha256 hash;
  hash.add(std::to_string(bytes));
  const std::uint64_t end = std::min(bytes, kEndBytes);
  if (!add_piece(file, 0, end, hash) || !add_piece(file, bytes - end, end, hash)) {
    return std::nullopt;
  }
  return DumpIdentity{bytes, as_hex(hash.take())};
}

std::optional<std::uint64_t> size_of(const std::string& path) {
  struct stat status {};
  // First, for to open a pipe would take what somebody else waits for.
  if (path == "-" || ::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace

std::optional<DumpIdentity> identify_dump(const std::string& path) {
  const std::optional<std::uint64_t> size = size_of(path);
  if (!size) {
    return std::nullopt;
  }
  const OpenFile file(path);
  return file.descriptor() < 0 ? std::nullopt : identify(file.descriptor(), *size);
}

std::optional<DumpIdentity> identify_dump(const std::string& path, std::uint64_t bytes) {
  const std::optional<std::uint64_t> size = size_of(path);
  if (!size || *size < bytes) {
    return std::nullopt;
  }
  const OpenFile file(path);
  return file.descriptor() < 0 ? std::nullopt : identify(file.descriptor(), bytes);
}

}  // namespace tagtill
