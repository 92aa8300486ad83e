#include "gateway/cli/read_config_file.h"

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

/// For a file that is not there. A bare word may have been meant for a program.
std::string is_missing(std::string const& path) {
  if (path.find_first_of("./") == path.npos) {
    return fmt::format("it is not there; a server's command stands behind --: mcp-gateway run -- {}", path);
  }
  return path.starts_with('/') ? "it is not there" : fmt::format("it is not there; looked for {}", absolute(path));
}

std::string why_unreadable(std::string const& path, int error) {
  if (error == ENOENT || error == ENOTDIR) return is_missing(path);
  struct stat file {};
  if (error == EACCES && ::stat(path.c_str(), &file) == 0) {
    return fmt::format("this user (uid {}) may not read it: it belongs to uid {} and has mode {:04o}", ::geteuid(), file.st_uid,
                       file.st_mode & 07777U);
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
