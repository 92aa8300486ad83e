#include "gateway/io/successor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include "gateway/io/program_path.h"

// glibc 2.36 declares these without extern "C".
extern "C" {
#include <sys/pidfd.h>
}

extern char** environ;

namespace gateway::io {

namespace {

constexpr char const* kVariable = "MCP_GATEWAY_CHANNEL";

/// After stdio.
constexpr int kChannel = STDERR_FILENO + 1;

std::vector<char*> to_pointers(std::vector<std::string> const& texts) {
  std::vector<char*> result;
  for (auto const& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> successor_environment(std::vector<std::string> const& more) {
  std::vector<std::string> env;
  for (auto** entry = environ; *entry != nullptr; ++entry) env.emplace_back(*entry);
  env.insert(env.end(), more.begin(), more.end());
  env.push_back(fmt::format("{}={}", kVariable, kChannel));
  return env;
}

/// Where the program was found, as it was called: a link that leads to another version later is followed again then.
/// Empty where that is not this program, whose name may be any text.
std::string path_as_called(std::string const& name) {
  std::vector<std::string> env;
  if (auto const* const path = std::getenv("PATH")) env.push_back(fmt::format("PATH={}", path));
  auto const found = find_program(name, env, AT_FDCWD);
  if (!found) return {};
  struct stat own {};
  struct stat called {};
  auto const is_own = ::stat("/proc/self/exe", &own) == 0 && ::stat(found->c_str(), &called) == 0 &&
                      own.st_dev == called.st_dev && own.st_ino == called.st_ino;
  return is_own ? std::filesystem::absolute(*found).string() : std::string{};
}

}  // namespace

Result<ProgramStart> own_start() {
  std::array<char, 4096> path{};
  auto const length = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  if (length <= 0) return Error{fmt::format("/proc/self/exe cannot be read: {}", std::strerror(errno))};
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string const text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ProgramStart start{.path = path.data(), .argv = {}};
  for (std::size_t at = 0; at < text.size();) {
    auto const end = text.find('\0', at);
    start.argv.push_back(text.substr(at, end - at));
    if (end == text.npos) break;
    at = end + 1;
  }
  if (start.argv.empty()) return Error{"/proc/self/cmdline cannot be read"};
  if (auto called = path_as_called(start.argv.front()); !called.empty()) start.path = std::move(called);
  return start;
}

Result<Successor> start_successor(ProgramStart const& start, int channel, std::vector<std::string> const& env) {
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigfillset(&signals);
  ::posix_spawnattr_setsigdefault(&attributes, &signals);
  sigemptyset(&signals);
  ::posix_spawnattr_setsigmask(&attributes, &signals);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, channel, kChannel);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, kChannel + 1);
  auto const texts = successor_environment(env);
  Successor successor;
  auto const error = ::posix_spawn(&successor.pid, start.path.c_str(), &actions, &attributes,
                                   to_pointers(start.argv).data(), to_pointers(texts).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) return Error{fmt::format("cannot start '{}': {}", start.path, std::strerror(error))};
  successor.process = UniqueFd(::pidfd_open(successor.pid, 0));
  if (!successor.process) {
    Error lost{fmt::format("no pidfd: {}", std::strerror(errno))};
    ::kill(successor.pid, SIGKILL);
    return lost;
  }
  return successor;
}

std::optional<UniqueFd> inherited_channel() {
  auto const* const value = std::getenv(kVariable);
  if (value == nullptr) return std::nullopt;
  std::string_view const text = value;
  int fd = -1;
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), fd);
  auto const is_number = problem == std::errc{} && end == text.data() + text.size();
  ::unsetenv(kVariable);
  int type = 0;
  socklen_t size = sizeof type;
  auto const is_channel =
      is_number && ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
  if (!is_channel) return std::nullopt;  // somebody else's variable
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return UniqueFd(fd);
}

void signal_process(Successor const& successor, int signal) {
  if (successor.process) ::pidfd_send_signal(successor.process.get(), signal, nullptr, 0);
}

}  // namespace gateway::io
