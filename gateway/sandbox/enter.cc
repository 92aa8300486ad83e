#include "gateway/sandbox/enter.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "gateway/sandbox/cgroup.h"
#include "gateway/sandbox/landlock.h"
#include "gateway/sandbox/namespaces.h"
#include "gateway/sandbox/plan.h"
#include "gateway/sandbox/privileges.h"
#include "gateway/sandbox/system_calls.h"

namespace gateway::sandbox {

namespace {

Status change_user(Plan const& plan) {
  limit_capabilities();  // while it may
  if (plan.account) return become(*plan.account);
  drop_groups();
  return Done{};
}

Status change_namespaces(Plan const& plan) {
  if (!plan.user_namespace) return Done{};
  if (auto done = enter_namespaces(plan.network_namespace ? Network::Own : Network::Shared); !done) return done;
  limit_capabilities();
  return Done{};
}

/// The order matters: each step takes away what a later one no longer needs.
Status apply(Plan const& plan) {
  if (!plan.groups.empty()) {
    if (auto done = enter_group(plan.groups, plan.group); !done) return done;
  }
  if (auto done = change_user(plan); !done) return done;
  if (auto done = change_namespaces(plan); !done) return done;
  if (auto done = allow_no_new_privileges(); !done) return done;
  if (auto done = restrict_reach(plan); !done) return done;
  if (auto done = drop_capabilities(); !done) return done;
  if (auto done = refuse_system_calls(plan); !done) return done;
  return set_limits(plan.limits);  // last, since this program may need more than its successor
}

int failed(std::string_view what) {
  auto const line = fmt::format("{}{}\n", kFailureFront, what);
  (void)!::write(STDERR_FILENO, line.data(), line.size());
  return kFailureStatus;
}

}  // namespace

int enter(char* const* words) {
  std::vector<std::string> of_plan;
  while (*words != nullptr && std::string_view(*words) != "--") of_plan.emplace_back(*words++);
  if (words[0] == nullptr || words[1] == nullptr || words[2] == nullptr) return failed("no program");
  auto const plan = from_words(of_plan);
  if (!plan) return failed(plan.error().what);
  if (auto const applied = apply(*plan); !applied) return failed(applied.error().what);
  ::execve(words[1], words + 2, environ);
  auto const hint = errno == EACCES && plan->files_listed ? "; if it is not among its files, add it to execute" : "";
  return failed(fmt::format("'{}' cannot be executed: {}{}", words[1], std::strerror(errno), hint));
}

}  // namespace gateway::sandbox
