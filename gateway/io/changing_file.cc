#include "gateway/io/changing_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace gateway::io {

namespace {

std::int64_t nanoseconds(timespec const& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

Error unreadable(std::string const& path, int error) {
  return Error{fmt::format("the file {} cannot be read: {}", path, std::strerror(error))};
}

Result<std::string> read_from(int fd, std::string const& path, std::size_t most_mib) {
  auto const most = most_mib * 1024 * 1024;
  struct stat file {};
  if (::fstat(fd, &file) != 0) return unreadable(path, errno);
  // Reading anything else could block the loop.
  if (!S_ISREG(file.st_mode)) return Error{fmt::format("{} is not a regular file", path)};
  std::string content(static_cast<std::size_t>(std::min<off_t>(file.st_size, static_cast<off_t>(most))) + 1, '\0');
  std::size_t size = 0;
  for (;;) {
    if (size == content.size()) {
      if (size > most) break;
      content.resize(std::min(2 * size, most + 1));
    }
    auto const got = ::read(fd, content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > most) return Error{fmt::format("the file {} is larger than {}MiB", path, most_mib)};
  content.resize(size);
  return content;
}

}  // namespace

ChangingFile::Stamp ChangingFile::stamp() const {
  struct stat file {};
  if (::stat(path_.c_str(), &file) != 0) return {.error = errno};
  return {.device = file.st_dev,
          .inode = file.st_ino,
          .size = file.st_size,
          .modified_ns = nanoseconds(file.st_mtim),
          .changed_ns = nanoseconds(file.st_ctim)};
}

std::optional<Result<std::string>> ChangingFile::read_if_changed() {
  auto const now = stamp();
  if (seen_ == now) return std::nullopt;
  // Taken before the file is read: a change in between is noticed by the next look.
  seen_ = now;
  auto const fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return unreadable(path_, errno);
  auto content = read_from(fd, path_, most_mib_);
  ::close(fd);
  return content;
}

}  // namespace gateway::io
