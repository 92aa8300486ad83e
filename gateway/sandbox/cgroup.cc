#include "gateway/sandbox/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <mntent.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string_view>
#include <system_error>

#include "gateway/sandbox/errno_error.h"

namespace gateway::sandbox {

namespace {

constexpr std::string_view kGatewaysGroup = "/gateway";
constexpr std::string_view kOfChild = "child-";

/// Empty where version 2 is not mounted.
std::string mount_point() {
  std::unique_ptr<FILE, int (*)(FILE*)> const mounts(::setmntent("/proc/self/mounts", "re"), ::endmntent);
  while (auto const* const mount = mounts ? ::getmntent(mounts.get()) : nullptr)
    if (std::string_view(mount->mnt_type) == "cgroup2") return mount->mnt_dir;
  return {};
}

/// The group of this process as a directory; empty where there is none.
std::string own_group() {
  auto const root = mount_point();
  if (root.empty()) return {};
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::")) continue;
    auto const path = line.substr(3);
    return path == "/" ? root : root + path;
  }
  return {};
}

bool is_marked(std::string const& directory) {
  for (auto const* const name : {"user.delegate", "trusted.delegate"}) {
    char value = 0;
    if (::getxattr(directory.c_str(), name, &value, 1) == 1 && value == '1') return true;
  }
  return false;
}

bool is_delegated(std::string const& directory) {
  for (auto const* const file : {"", "/cgroup.procs", "/cgroup.subtree_control"})
    if (::access((directory + file).c_str(), W_OK) != 0) return false;
  return is_marked(directory);
}

Status write_to(std::string const& path, std::string const& text) {
  auto const fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno_error(fmt::format("'{}'", path));
  auto const written = ::write(fd, text.data(), text.size());
  auto const error = errno;
  ::close(fd);
  errno = error;
  if (written != static_cast<ssize_t>(text.size())) return errno_error(fmt::format("'{}'", path));
  return Done{};
}

bool has_controller(std::string const& directory, std::string_view name) {
  std::ifstream file(directory + "/cgroup.subtree_control");
  for (std::string controller; file >> controller;)
    if (controller == name) return true;
  return false;
}

bool is_own(std::string_view directory) { return directory.ends_with(kGatewaysGroup); }

/// Those that still have processes refuse.
void remove_empty_groups(std::string const& directory) {
  std::error_code none;
  for (auto const& entry : std::filesystem::directory_iterator(directory, none))
    if (entry.path().filename().string().starts_with(kOfChild)) ::rmdir(entry.path().c_str());
}

Status enter_new(std::string const& group, GroupLimits const& limits) {
  if (::mkdir(group.c_str(), 0755) != 0 && errno != EEXIST) return errno_error(fmt::format("'{}'", group));
  if (limits.memory) {
    if (auto done = write_to(group + "/memory.max", std::to_string(*limits.memory)); !done) return done;
    (void)write_to(group + "/memory.swap.max", "0");   // missing where there is no swap
    (void)write_to(group + "/memory.oom.group", "1");  // a child that lost a part of it would hang
  }
  if (limits.processes) {
    if (auto done = write_to(group + "/pids.max", std::to_string(*limits.processes)); !done) return done;
  }
  return write_to(group + "/cgroup.procs", "0");
}

}  // namespace

Delegated take_delegated_group() {
  auto directory = own_group();
  // A gateway that replaced itself is in there already.
  if (is_own(directory)) directory.resize(directory.size() - kGatewaysGroup.size());
  if (directory.empty() || !is_delegated(directory)) return {};
  auto const own = directory + std::string(kGatewaysGroup);
  if (::mkdir(own.c_str(), 0755) != 0 && errno != EEXIST) return {};
  if (!write_to(own + "/cgroup.procs", "0")) return {};
  for (auto const* const controller : {"+memory", "+pids"})
    (void)write_to(directory + "/cgroup.subtree_control", controller);
  return {.directory = directory,
          .memory = has_controller(directory, "memory"),
          .processes = has_controller(directory, "pids")};
}

Status enter_group(std::string const& directory, GroupLimits const& limits) {
  auto const group = fmt::format("{}/{}{}", directory, kOfChild, ::getpid());
  remove_empty_groups(directory);
  // Another child that starts at this moment may have removed ours before we were in it.
  constexpr int kAttempts = 20;
  auto entered = enter_new(group, limits);
  for (int i = 1; i < kAttempts && !entered; ++i) entered = enter_new(group, limits);
  return entered;
}

}  // namespace gateway::sandbox
