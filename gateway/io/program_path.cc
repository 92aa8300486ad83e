#include "gateway/io/program_path.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace gateway::io {

namespace {

/// What execvp takes when there is no PATH.
constexpr std::string_view kDefaultPath = "/bin:/usr/bin";

std::string_view search_path(std::vector<std::string> const& env) {
  constexpr std::string_view kName = "PATH=";
  for (std::string_view const entry : env)
    if (entry.starts_with(kName)) return entry.substr(kName.size());
  return kDefaultPath;
}

/// Empty when the file is a program.
std::optional<std::string> fault_of(std::string const& path, int directory) {
  struct stat file {};
  if (::fstatat(directory, path.c_str(), &file, 0) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return fmt::format("'{}' does not exist", path);
    return fmt::format("'{}': {}", path, std::strerror(errno));
  }
  if (S_ISDIR(file.st_mode)) return fmt::format("'{}' is a directory", path);
  if (!S_ISREG(file.st_mode)) return fmt::format("'{}' is not a regular file", path);
  if (::faccessat(directory, path.c_str(), X_OK, AT_EACCESS) != 0) return fmt::format("'{}' is not executable", path);
  return std::nullopt;
}

bool exists(std::string const& path, int directory) {
  return ::faccessat(directory, path.c_str(), F_OK, AT_EACCESS) == 0;
}

Result<std::string> find(std::string_view name, std::vector<std::string> const& env, int directory) {
  if (name.empty()) return Error{"its name is empty"};
  if (name.find('/') != std::string_view::npos) {
    std::string path(name);
    if (auto fault = fault_of(path, directory)) return Error{std::move(*fault)};
    return path;
  }

  auto const all = search_path(env);
  std::optional<std::string> nearest;  // the first file of that name, which is no program
  for (auto rest = all;;) {
    auto const place = rest.substr(0, rest.find(':'));
    // An empty place means the directory the program starts in.
    auto path = fmt::format("{}/{}", place.empty() ? "." : place, name);
    auto fault = fault_of(path, directory);
    if (!fault) return path;
    if (!nearest && exists(path, directory)) nearest = std::move(fault);
    if (place.size() == rest.size()) break;
    rest.remove_prefix(place.size() + 1);
  }
  if (nearest) return Error{std::move(*nearest)};
  return Error{fmt::format("not found in PATH ({})", all)};
}

/// What to write instead of a name that only another system or a shell understands; empty for others.
std::string_view of_elsewhere(std::string_view name) {
  auto const has_drive = name.size() > 2 && name[1] == ':' && name[2] == '/';
  if (has_drive || name.find('\\') != name.npos)
    return "it looks like a Windows path; expected the path of a program on this machine";
  if (name == "cmd" || name == "cmd.exe")
    return "it is the Windows shell: make what follows /c the command, and the rest its args";
  if (name.starts_with("~/")) return "~ is only expanded by shells: write ${HOME}/ instead of ~/";
  return {};
}

}  // namespace

Result<std::string> find_program(std::string_view name, std::vector<std::string> const& env, int directory) {
  auto found = find(name, env, directory);
  if (found) return found;
  if (auto const hint = of_elsewhere(name); !hint.empty()) return Error{fmt::format("not found; {}", hint)};
  // A whole command line, as a shell would take it.
  auto const first = name.substr(0, name.find(' '));
  if (first.size() == name.size() || !find(first, env, directory)) return found;
  return Error{
      fmt::format("not found; '{}' is a program: its arguments go into args, each as a text of its own", first)};
}

}  // namespace gateway::io
