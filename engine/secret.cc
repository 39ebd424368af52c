#include "engine/secret.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace tagtill {
namespace {

// All of the file, but at most one byte more than a secret and its line end may
// have: enough to tell that there is too much. False: errno says why.
bool read_all(int file, std::string& out) {
  out.resize(kSecretBytesMax + 3);
  std::size_t held = 0;
  while (held < out.size()) {
    const ssize_t got = ::read(file, out.data() + held, out.size() - held);
    if (got == 0) {
      break;
    }
    if (got > 0) {
      held += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      return false;
    }
  }
  out.resize(held);
  return true;
}

void remove_line_end(std::string& text) {
  if (text.ends_with('\n')) {
    text.pop_back();
    if (text.ends_with('\r')) {
      text.pop_back();
    }
  }
}

std::string octal(unsigned mode) {
  std::string out = "0000";
  for (std::size_t i = out.size(); i-- > 0; mode >>= 3) {
    out[i] = static_cast<char>('0' + (mode & 7));
  }
  return out;
}

void warn_if_open_to_others(int file, const std::string& path, std::string* warning) {
  struct stat status {};
  if (warning == nullptr || ::fstat(file, &status) != 0 || !S_ISREG(status.st_mode) ||
      (status.st_mode & 077) == 0) {
    return;
  }
  *warning = path + ": others than its owner may touch this secret (mode " +
             octal(status.st_mode & 07777) + "), and could confirm purchases with it: chmod 600 it";
}

}  // namespace

std::string load_secret(const std::string& path, FileErrors& errors, std::string* warning) {
  const auto refuse = [&](const std::string& what) {
    errors.add(path + ": " + what);
    return std::string();
  };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file < 0) {
    return refuse("cannot be opened: " + std::generic_category().message(errno));
  }
  std::string secret;
  const int error = read_all(file, secret) ? 0 : errno;
  warn_if_open_to_others(file, path, warning);
  ::close(file);
  if (error != 0) {
    return refuse("cannot be read: " + std::generic_category().message(error));
  }
  remove_line_end(secret);
  if (secret.size() < kSecretBytesMin) {
    return refuse("the secret has " + std::to_string(secret.size()) +
                  " bytes, but needs at least " + std::to_string(kSecretBytesMin) +
                  ": write random ones, as of `openssl rand -hex 32`");
  }
  if (secret.size() > kSecretBytesMax) {
    return refuse("the secret is longer than " + std::to_string(kSecretBytesMax) +
                  " bytes: is this the right file?");
  }
  return secret;
}

}  // namespace tagtill
