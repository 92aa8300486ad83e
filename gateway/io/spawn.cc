#include "gateway/io/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include "gateway/io/child_process.h"
#include "gateway/io/program_path.h"

// glibc 2.36 declares these without extern "C".
extern "C" {
#include <sys/pidfd.h>
}

namespace gateway::io {

namespace {

/// More in a pipe means fewer turns for a large message. But a child that writes much at once wakes us only when it is
/// done or the pipe is full, and what is larger than a CPU's cache is fetched from memory twice.
constexpr int kPipeBytes = 256 * 1024;

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};

/// Above the descriptors the child's are put on, should ours have been closed.
UniqueFd above_stdio(int fd) {
  if (fd < 0 || fd > STDERR_FILENO) return UniqueFd(fd);
  UniqueFd const low(fd);
  return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Error{fmt::format("no pipe: {}", std::strerror(errno))};
  Pipe made{above_stdio(ends[0]), above_stdio(ends[1])};
  if (!made.reader || !made.writer) return Error{fmt::format("no pipe: {}", std::strerror(errno))};
  return made;
}

/// The child's end stays blocking: it is a description of its own.
UniqueFd our_end(UniqueFd end) {
  ::fcntl(end.get(), F_SETFL, O_NONBLOCK);
  return end;
}

/// The opened directory the child starts in; holds nothing for our own.
Result<UniqueFd> open_directory(std::string const& path) {
  if (path.empty()) return UniqueFd();
  UniqueFd directory(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (directory && ::faccessat(directory.get(), ".", X_OK, AT_EACCESS) == 0) return directory;
  switch (errno) {
    case ENOENT: return Error{fmt::format("its working directory '{}' does not exist", path)};
    case ENOTDIR: return Error{fmt::format("its working directory '{}' is not a directory", path)};
    default: return Error{fmt::format("its working directory '{}': {}", path, std::strerror(errno))};
  }
}

/// What exec wants: pointers, closed by a null.
std::vector<char*> pointers(std::vector<std::string> const& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 2);
  for (auto const& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> marked_environment(std::vector<std::string> env, std::string const& mark) {
  auto const name = std::string_view(mark).substr(0, mark.find('=') + 1);
  std::erase_if(env, [name](std::string const& entry) { return entry.starts_with(name); });
  env.push_back(mark);
  return env;
}

/// How the child differs from us before it becomes its program.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_init(&actions_);
    sigset_t signals;
    sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(SpawnPlan const&) = delete;
  SpawnPlan& operator=(SpawnPlan const&) = delete;

  void enter(int directory) { ::posix_spawn_file_actions_addfchdir_np(&actions_, directory); }
  void put(int fd, int at) { ::posix_spawn_file_actions_adddup2(&actions_, fd, at); }

  /// Zero and the pid, or the error number. Closes what we inherited without
  /// CLOEXEC too.
  int run(std::string const& path, char* const* argv, char* const* env, pid_t& pid) {
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    return ::posix_spawn(&pid, path.c_str(), &actions_, &attributes_, argv, env);
  }

 private:
  posix_spawnattr_t attributes_;
  posix_spawn_file_actions_t actions_;
};

/// A path and arguments.
struct Program {
  std::string path;
  std::vector<std::string> argv;
};

/// What is executed to become `path` with the arguments of `spec`. /proc/self/exe is the file this process was started
/// from, also when another was put in its place since.
Program program_of(ChildSpec const& spec, std::string const& path) {
  if (spec.sandbox.empty()) return {path, spec.argv};
  Program own{"/proc/self/exe", {"mcp-gateway", kEnterSandbox}};
  own.argv.insert(own.argv.end(), spec.sandbox.begin(), spec.sandbox.end());
  own.argv.insert(own.argv.end(), {"--", path});
  own.argv.insert(own.argv.end(), spec.argv.begin(), spec.argv.end());
  return own;
}

std::string why_not_executed(std::string const& path, int error) {
  // The file itself was there a moment ago.
  if (error == ENOENT) return fmt::format("the interpreter that '{}' names does not exist", path);
  if (error == ENOEXEC) return fmt::format("'{}' is neither a program nor a script with a #! line", path);
  return fmt::format("'{}': {}", path, std::strerror(error));
}

Result<Spawned> spawn_with_pipes(ChildSpec const& spec, std::string const& mark, std::string const& path,
                                 int directory) {
  auto input = make_pipe();
  if (!input) return input.error();
  auto output = make_pipe();
  if (!output) return output.error();
  auto errors = make_pipe();
  if (!errors) return errors.error();

  SpawnPlan plan;
  if (directory >= 0) plan.enter(directory);
  plan.put(input->reader.get(), STDIN_FILENO);
  plan.put(output->writer.get(), STDOUT_FILENO);
  plan.put(errors->writer.get(), STDERR_FILENO);
  auto const env = marked_environment(spec.env, mark);
  Spawned child;
  auto const program = program_of(spec, path);
  auto const error = plan.run(program.path, pointers(program.argv).data(), pointers(env).data(), child.pid);
  if (error != 0) return Error{why_not_executed(program.path, error)};

  child.process = UniqueFd(::pidfd_open(child.pid, 0));
  if (!child.process) {
    Error lost{fmt::format("no pidfd: {}", std::strerror(errno))};
    ::kill(-child.pid, SIGKILL);  // ChildGuard::reap_orphans waits for it
    return lost;
  }
  // Refused when the user's share of pipe memory is used up; the usual size does.
  ::fcntl(input->writer.get(), F_SETPIPE_SZ, kPipeBytes);
  ::fcntl(output->reader.get(), F_SETPIPE_SZ, kPipeBytes);
  child.input = our_end(std::move(input->writer));
  child.output = our_end(std::move(output->reader));
  child.errors = our_end(std::move(errors->reader));
  return child;
}

}  // namespace

Result<Spawned> spawn(ChildSpec const& spec, std::string const& mark) {
  if (spec.argv.empty()) return Error{"cannot start a program: the command is empty"};
  auto const cannot = [&spec](Error const& error) {
    return Error{fmt::format("cannot start '{}': {}", spec.argv.front(), error.what)};
  };

  auto const directory = open_directory(spec.cwd);
  if (!directory) return cannot(directory.error());
  auto const fd = directory->get();
  auto const path = find_program(spec.argv.front(), spec.env, fd < 0 ? AT_FDCWD : fd);
  if (!path) return cannot(path.error());
  auto child = spawn_with_pipes(spec, mark, *path, fd);
  if (!child) return cannot(child.error());
  return child;
}

}  // namespace gateway::io
