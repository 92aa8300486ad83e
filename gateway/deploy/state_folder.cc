#include "gateway/deploy/state_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "gateway/auth/digest.h"

namespace gateway::deploy {

namespace {

constexpr mode_t kMine = 0600;

Error cannot(std::string_view what, std::filesystem::path const& file, int why) {
  return Error{fmt::format("cannot {} {}: {}", what, file.string(), std::strerror(why))};
}

Status write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    auto const written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Error{std::strerror(errno)};
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return Done{};
}

/// Without it, a file that was renamed may be gone after a power failure.
void keep_names_of(std::filesystem::path const& folder) {
  io::UniqueFd const fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) (void)::fsync(fd.get());
}

}  // namespace

std::string usual_state_folder() {
  auto const* const named = std::getenv("MCP_GATEWAY_STATE");
  if (named != nullptr && *named != '\0') return named;
  auto const* const home = std::getenv("HOME");
  // Not the directory of the systemd service: that one belongs to the user its servers run as.
  if (::geteuid() == 0 || home == nullptr) return "/var/lib/mcp-deployments";
  return fmt::format("{}/.local/state/mcp-deployments", home);
}

StateFolder::StateFolder(std::filesystem::path const& root) {
  std::error_code unknown;
  root_ = std::filesystem::absolute(root, unknown).lexically_normal();
}

Status make_folder_of(std::filesystem::path const& file) {
  auto const folder = file.parent_path();
  if (folder.empty()) return Done{};
  auto const before = ::umask(077);
  std::error_code why;
  std::filesystem::create_directories(folder, why);
  ::umask(before);
  if (why) return cannot("create the folder", folder, why.value());
  return Done{};
}

Status write_whole(std::filesystem::path const& file, std::string_view content) {
  if (auto const made = make_folder_of(file); !made) return made.error();
  auto beside = file;
  beside += fmt::format(".{}.new", ::getpid());
  io::UniqueFd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, kMine));
  if (!fd || ::fchmod(fd.get(), kMine) != 0) return cannot("write", beside, errno);
  auto const written = write_all(fd.get(), content);
  if (!written || ::fsync(fd.get()) != 0 || ::rename(beside.c_str(), file.c_str()) != 0) {
    auto const why = errno;
    ::unlink(beside.c_str());
    return cannot("write", file, why);
  }
  keep_names_of(file.has_parent_path() ? file.parent_path() : ".");
  return Done{};
}

Result<io::UniqueFd> take_lock(std::filesystem::path const& file) {
  if (auto const made = make_folder_of(file); !made) return made.error();
  io::UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMine));
  if (!fd) return cannot("open", file, errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) return cannot("lock", file, errno);
  return Error{fmt::format("another deploy, rollback or stop is under way, which holds {}", file.string())};
}

std::string sha256_of(std::string_view content) { return auth::to_hex(auth::sha256(content)); }

Result<std::string> sha256_of_file(std::filesystem::path const& file) {
  io::UniqueFd const fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat about {};
  if (!fd || ::fstat(fd.get(), &about) != 0) return cannot("read", file, errno);
  if (about.st_size == 0) return sha256_of({});
  auto const size = static_cast<std::size_t>(about.st_size);
  auto* const bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (bytes == MAP_FAILED) return cannot("read", file, errno);
  auto hex = sha256_of({static_cast<char const*>(bytes), size});
  ::munmap(bytes, size);
  return hex;
}

Result<std::string> content_of_file(std::filesystem::path const& file) {
  io::UniqueFd const fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return cannot("read", file, errno);
  std::string content;
  char piece[16384];
  while (true) {
    auto const size = ::read(fd.get(), piece, sizeof piece);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return cannot("read", file, errno);
    if (size == 0) return content;
    content.append(piece, static_cast<std::size_t>(size));
  }
}

}  // namespace gateway::deploy
