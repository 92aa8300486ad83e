#include "gateway/deploy/instance.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <sstream>

extern char** environ;

namespace gateway::deploy {

namespace {

namespace fs = std::filesystem;

std::optional<int> number_in(std::string_view text) {
  int number = 0;
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size() || number <= 0) return std::nullopt;
  return number;
}

/// The words of a process's command line; none when it is gone, or not ours.
std::vector<std::string> command_line_of(fs::path const& process) {
  struct stat about {};
  if (::stat(process.c_str(), &about) != 0 || about.st_uid != ::geteuid()) return {};
  auto const text = content_of_file(process / "cmdline");
  std::vector<std::string> words;
  if (!text) return words;
  std::istringstream in(*text);
  for (std::string word; std::getline(in, word, '\0');) words.push_back(word);
  return words;
}

/// The release in `.../releases/N/config.json`, if the file lies in `releases`.
std::optional<unsigned> release_in(fs::path const& config, fs::path const& releases) {
  if (config.filename() != "config.json" || config.parent_path().parent_path() != releases) return std::nullopt;
  auto const number = number_in(config.parent_path().filename().string());
  return number ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
}

/// The guard of a gateway has the same command line, and ends by itself.
bool is_guard(fs::path const& process) {
  auto const name = content_of_file(process / "comm");
  return name && name->starts_with("mcp-gw-guard");
}

bool has_ended(int handle, std::chrono::milliseconds patience) {
  pollfd watched{.fd = handle, .events = POLLIN, .revents = 0};
  return ::poll(&watched, 1, static_cast<int>(patience.count())) > 0;
}

void send(int handle, int number) { (void)::syscall(SYS_pidfd_send_signal, handle, number, nullptr, 0); }

}  // namespace

std::vector<Instance> instances_of(StateFolder const& state, std::string const& profile) {
  std::vector<Instance> found;
  std::error_code none;
  for (auto const& entry : fs::directory_iterator("/proc", none)) {
    auto const pid = number_in(entry.path().filename().string());
    if (!pid) continue;
    auto const words = command_line_of(entry.path());
    if (words.size() < 4 || words[1] != "run" || words[2] != "--config") continue;
    auto const release = release_in(words[3], state.releases(profile));
    if (release && !is_guard(entry.path())) found.push_back({.pid = *pid, .release = *release});
  }
  return found;
}

Result<int> start_instance(Start const& start) {
  // MCP_ENV is not to lay anything over what was released.
  std::vector<std::string> words{"mcp-server", "run", "--config", start.config, "--profile", ""};
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, start.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawn_file_actions_addchdir_np(&actions, start.folder.c_str());
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigaddset(&signals, SIGPIPE);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  auto const why = ::posix_spawn(&pid, start.program.c_str(), &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (why != 0) return Error{fmt::format("cannot start {} in {}: {}", start.program, start.folder, std::strerror(why))};
  return pid;
}

std::string how_it_ended(int pid) {
  int status = 0;
  if (::waitpid(pid, &status, WNOHANG) != pid) return {};
  if (WIFSIGNALED(status)) return fmt::format("it was ended by signal {}", WTERMSIG(status));
  return fmt::format("it ended with exit code {}", WEXITSTATUS(status));
}

End end_instance(int pid, std::chrono::milliseconds patience) {
  constexpr std::chrono::seconds kAfterKill{10};
  io::UniqueFd const handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!handle) return End::Gone;
  auto end = End::Gone;
  send(handle.get(), SIGTERM);
  if (!has_ended(handle.get(), patience)) {
    send(handle.get(), SIGKILL);
    end = has_ended(handle.get(), kAfterKill) ? End::Killed : End::Stays;
  }
  (void)::waitpid(pid, nullptr, WNOHANG);
  return end;
}

bool is_taken(std::string const& host, std::uint16_t port) {
  auto const is_v6 = host.find(':') != host.npos;
  sockaddr_storage address{};
  socklen_t size = sizeof(sockaddr_in);
  if (is_v6) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    ::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr);
    size = sizeof(sockaddr_in6);
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    ::inet_pton(AF_INET, host.c_str(), &v4.sin_addr);
  }
  io::UniqueFd const fd(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return false;
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0) return true;
  pollfd watched{.fd = fd.get(), .events = POLLOUT, .revents = 0};
  int error = 0;
  socklen_t length = sizeof error;
  return errno == EINPROGRESS && ::poll(&watched, 1, 1000) > 0 &&
         ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
}

}  // namespace gateway::deploy
