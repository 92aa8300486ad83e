// What is done to a process before it becomes a child's program.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/sandbox/cgroup.h"

namespace gateway::sandbox {

enum class FileAccess {
  Read,     ///< files and directories
  Execute,  ///< and programs
  Write,    ///< files and directories, also new ones; no programs
};

struct FileRule {
  FileAccess access = FileAccess::Read;
  std::string path{};
  bool must_exist = true;

  bool operator==(FileRule const&) const = default;
};

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;

  bool operator==(Account const&) const = default;
};

/// Limits of each process, except that `processes` counts those of the user namespace or user.
struct ResourceLimits {
  std::optional<std::uint64_t> open_files{};
  std::optional<std::uint64_t> processes{};
  std::optional<std::uint64_t> file_size{};
  std::optional<std::uint64_t> data{};
  std::optional<std::uint64_t> cpu_seconds{};
  std::uint64_t core = 0;

  bool operator==(ResourceLimits const&) const = default;
};

/// A whole sandbox, decided: it names nothing that has to be looked up, and no secrets. Not mentioned, because they are
/// always there: no new privileges, no capabilities, and the list of refused system calls.
struct Plan {
  std::string groups{};              ///< a directory of control groups to make one in; empty: none
  GroupLimits group{};               ///< of that group
  std::optional<Account> account{};  ///< the user to become
  bool user_namespace = false;       ///< one of its own, with the same user
  bool network_namespace = false;    ///< one of its own, with loopback; needs the former
  int landlock = 0;                  ///< the version of Landlock to use; 0: none
  bool files_listed = false;         ///< `files` are all it reaches; needs Landlock
  std::vector<FileRule> files{};
  std::optional<std::vector<std::uint16_t>> connect_ports{};  ///< needs Landlock's version 4
  std::optional<std::vector<std::uint16_t>> bind_ports{};     ///< the same
  bool refuse_internet = false;                               ///< no sockets of IPv4 and IPv6
  bool refuse_unix = false;                                   ///< no Unix sockets but pairs
  bool refuse_truncate = false;   ///< no truncate(2), which Landlock before version 3 does not see
  bool allow_namespaces = false;  ///< its processes may create some
  ResourceLimits limits{};

  bool operator==(Plan const&) const = default;
};

/// As arguments of the program that carries it out, and back. A path may hold any byte. The error names the word that is
/// not understood.
[[nodiscard]] std::vector<std::string> to_words(Plan const& plan);
[[nodiscard]] Result<Plan> from_words(std::vector<std::string> const& words);

}  // namespace gateway::sandbox
