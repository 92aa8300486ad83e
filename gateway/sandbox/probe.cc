#include <sys/wait.h>
#include <unistd.h>

#include "gateway/sandbox/landlock.h"
#include "gateway/sandbox/namespaces.h"
#include "gateway/sandbox/privileges.h"
#include "gateway/sandbox/support.h"
#include "gateway/sandbox/system_calls.h"

namespace gateway::sandbox {

namespace {

/// Whether a process can enter namespaces: distributions and containers forbid it in many ways.
bool can_enter(Network network) {
  auto const pid = ::fork();
  if (pid == 0) ::_exit(enter_namespaces(network) ? 0 : 1);
  int status = 0;
  return pid > 0 && ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

Support probe_support(ControlGroups groups) {
  Support support;
  support.system_calls = has_system_call_filters();
  support.landlock = landlock_version();
  support.network_namespaces = can_enter(Network::Own);
  support.user_namespaces = support.network_namespaces || can_enter(Network::Shared);
  support.is_root = ::geteuid() == 0;
  support.capabilities_for_user = missing_for_another_user();
  if (groups == ControlGroups::Take) support.groups = take_delegated_group();
  return support;
}

}  // namespace gateway::sandbox
