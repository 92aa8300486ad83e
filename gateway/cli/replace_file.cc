#include "gateway/cli/replace_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace gateway::cli {

namespace {

Error cannot_write(std::string const& path, int why) {
  return Error{fmt::format("cannot write {}: {}", path, std::strerror(why))};
}

/// The file itself, where `path` is a link to it.
std::string target_of(std::string const& path) {
  std::error_code none;
  auto const target = std::filesystem::canonical(path, none);
  return none ? path : target.string();
}

bool write_all_to(int file, std::string_view rest) {
  while (!rest.empty()) {
    auto const written = ::write(file, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file) == 0;
}

/// Of a file that is replaced. Only root may give a file away; for another it stays the writer's, as with an editor.
bool keep_rights(int file, struct stat const& former) {
  if (::geteuid() == 0 && ::fchown(file, former.st_uid, former.st_gid) != 0) return false;
  return ::fchmod(file, former.st_mode & 07777U) == 0;
}

enum class Former { Replaced, Refused };

Status write_beside(std::string const& path, std::string_view text, mode_t mode, Former former) {
  auto const target = target_of(path);
  auto beside = target + ".XXXXXX";
  io::UniqueFd const file(::mkostemp(beside.data(), O_CLOEXEC));
  if (!file) return cannot_write(path, errno);
  struct stat there {};
  auto const is_there = former == Former::Replaced && ::stat(target.c_str(), &there) == 0;
  auto const has_rights = is_there ? keep_rights(file.get(), there) : ::fchmod(file.get(), mode) == 0;
  auto const is_written = has_rights && write_all_to(file.get(), text);
  // A link fails where something has the name already, and a rename would not.
  auto const is_named = is_written && (former == Former::Replaced ? ::rename(beside.c_str(), target.c_str()) == 0
                                                                  : ::link(beside.c_str(), target.c_str()) == 0);
  auto const why = errno;
  if (!is_named || former == Former::Refused) ::unlink(beside.c_str());
  if (is_named) return Done{};
  return cannot_write(path, why);
}

}  // namespace

Status replace_file(std::string const& path, std::string_view text, mode_t mode) {
  return write_beside(path, text, mode, Former::Replaced);
}

Result<io::UniqueFd> hold_file(std::string const& path) {
  for (;;) {
    io::UniqueFd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    struct stat held {};
    if (!file || ::fstat(file.get(), &held) != 0) return io::UniqueFd{};
    if (!S_ISREG(held.st_mode)) return Error{fmt::format("{}: expected a file, found something else", path)};
    if (::flock(file.get(), LOCK_EX) != 0) return Error{fmt::format("{}: {}", path, std::strerror(errno))};
    struct stat now {};
    // Who had it before has replaced it.
    if (::stat(path.c_str(), &now) == 0 && now.st_dev == held.st_dev && now.st_ino == held.st_ino) return file;
  }
}

Status create_file(std::string const& path, std::string_view text, mode_t mode) {
  return write_beside(path, text, mode, Former::Refused);
}

}  // namespace gateway::cli
