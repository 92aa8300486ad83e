#include "gateway/cli/read_config_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string_view>

namespace gateway::cli {

namespace {

std::string absolute(std::string const& path) {
  std::error_code unknown;
  return std::filesystem::absolute(path, unknown).lexically_normal().string();
}

/// The folder on the way to a file into which this user may not go; empty where there is none.
std::string closed_folder(std::string const& path) {
  std::filesystem::path way;
  for (auto const& part : std::filesystem::path(absolute(path)).parent_path()) {
    way /= part;
    if (::faccessat(AT_FDCWD, way.c_str(), X_OK, AT_EACCESS) != 0 && errno == EACCES) return way.string();
  }
  return {};
}

/// Where a symbolic link leads that leads nowhere.
std::string dead_link(std::string const& path) {
  std::error_code none;
  auto const target = std::filesystem::read_symlink(path, none);
  return none ? std::string{} : target.string();
}

/// For a file that is not there. A bare word may have been meant for a program.
std::string is_missing(std::string const& path) {
  if (auto const target = dead_link(path); !target.empty())
    return fmt::format("it is a symbolic link to '{}', which does not exist", target);
  if (path.find_first_of("./") == path.npos) {
    return fmt::format("it is not there; a server's command stands behind --: mcp-gateway run -- {}", path);
  }
  return path.starts_with('/') ? "it is not there" : fmt::format("it is not there; looked for {}", absolute(path));
}

std::string why_unreadable(std::string const& path, int error) {
  if (error == ENOENT || error == ENOTDIR) return is_missing(path);
  struct stat file {};
  if (error == EACCES && ::stat(path.c_str(), &file) == 0) {
    return fmt::format("this user (uid {}) may not read it: it belongs to uid {} and has mode {:04o}", ::geteuid(),
                       file.st_uid, file.st_mode & 07777U);
  }
  if (auto const folder = closed_folder(path); error == EACCES && !folder.empty()) {
    return fmt::format("this user (uid {}) has no permission to enter the directory '{}'", ::geteuid(), folder);
  }
  return std::strerror(error);
}

Result<std::string> content_of(std::istream& in) {
  std::ostringstream text;
  // An empty file fails the second, and is no failure.
  if (in.peek() != std::istream::traits_type::eof()) text << in.rdbuf();
  if (in.bad() || text.bad()) return Error{"reading it failed"};
  return text.str();
}

}  // namespace

std::string name_of_config(std::string const& path) { return path == "-" ? "stdin" : path; }

Result<std::string> read_config_file(std::string const& path) {
  auto const failed = [&](std::string_view why) {
    return Error{fmt::format("cannot read the configuration '{}': {}", path, why)};
  };
  if (path == "-") return content_of(std::cin);
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) return failed(why_unreadable(path, errno));
  if (S_ISDIR(file.st_mode)) return failed("it is a folder; expected a file in it");
  if (::access(path.c_str(), R_OK) != 0) return failed(why_unreadable(path, errno));
  std::ifstream in(path, std::ios::binary);
  auto text = content_of(in);
  return text ? text : failed(text.error().what);
}

}  // namespace gateway::cli
