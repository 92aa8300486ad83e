// The files a server consists of.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/sandbox/plan.h"

namespace gateway::sandbox {

/// What is looked up of a path; tests answer for a machine of their own.
struct Files {
  enum class Kind { None, File, Directory };
  std::function<Kind(std::string const& path)> kind;
  /// Without symbolic links; empty where it does not exist.
  std::function<std::string(std::string const& path)> real_path;
};

/// Those of this machine.
[[nodiscard]] Files files_of_machine();

/// What a system's programs read: libraries, time zones, certificates, names of users and hosts, /proc.
[[nodiscard]] std::vector<FileRule> system_files();

/// The server's own, to be read and executed. Its program and the files among its arguments each stand for the package
/// they belong to: the directory above node_modules or .venv; otherwise the nearest one with a package.json or
/// pyproject.toml; otherwise only the file. A program in a bin directory stands for what is next to it as well (lib, share).
/// `home` is never given as a whole, nor is /.
[[nodiscard]] std::vector<FileRule> own_files(std::string const& program, std::vector<std::string> const& args,
                                              std::string const& home, Files const& files);

/// The directories among the arguments.
[[nodiscard]] std::vector<std::string> directories_in(std::vector<std::string> const& args, Files const& files);

}  // namespace gateway::sandbox
