#include "gateway/cli/startable.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "gateway/backend/environment.h"
#include "gateway/io/program_path.h"
#include "gateway/io/unique_fd.h"

namespace gateway::cli {

std::string why_not_startable(config::ServiceConfig const& service) {
  io::UniqueFd folder;
  if (!service.cwd.empty()) {
    folder = io::UniqueFd(::open(service.cwd.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder)
      return fmt::format("cannot start '{}' in '{}': {}", service.command, service.cwd, std::strerror(errno));
  }
  auto const environment = backend::child_environment(service, environ);
  auto const program = io::find_program(service.command, environment, folder ? folder.get() : AT_FDCWD);
  return program ? std::string{} : fmt::format("cannot start '{}': {}", service.command, program.error().what);
}

}  // namespace gateway::cli
