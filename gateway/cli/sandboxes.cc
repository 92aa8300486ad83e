#include "gateway/cli/sandboxes.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ostream>

#include "gateway/backend/environment.h"
#include "gateway/backend/sandboxing.h"
#include "gateway/sandbox/describe.h"

namespace gateway::cli {

namespace {

bool wants_sandbox(config::ServiceConfig const& service) { return !service.disabled && service.sandbox; }

bool wants_groups(config::ServiceConfig const& service) {
  return wants_sandbox(service) && (service.sandbox->max_memory > 0 || service.sandbox->max_processes > 0);
}

sandbox::Decision decide_here(config::ServiceConfig const& service, sandbox::Support const& support) {
  return backend::decide_sandbox(service, backend::child_environment(service, environ), support);
}

}  // namespace

AskedOfSystem asked_of_system(config::Config const& config) {
  if (std::ranges::any_of(config.services, wants_groups)) return AskedOfSystem::ControlGroups;
  return std::ranges::any_of(config.services, wants_sandbox) ? AskedOfSystem::Sandboxes : AskedOfSystem::Nothing;
}

sandbox::Support support_for(config::Config const& config) {
  auto const asked = asked_of_system(config);
  if (asked == AskedOfSystem::Nothing) return {};
  auto const* const list = std::getenv(sandbox::kWithout);
  auto const groups =
      asked == AskedOfSystem::ControlGroups ? sandbox::ControlGroups::Take : sandbox::ControlGroups::Leave;
  return sandbox::without(sandbox::probe_support(groups), list == nullptr ? "" : list);
}

void find_sandbox_faults(config::Config& config, sandbox::Support const& support) {
  for (auto& service : config.services) {
    if (!wants_sandbox(service)) continue;
    for (auto& why : decide_here(service, support).missing) service.faults.push_back(std::move(why));
  }
}

std::string missing_path(config::ServiceConfig const& service, sandbox::Support const& support) {
  if (!wants_sandbox(service)) return {};
  for (auto const& rule : decide_here(service, support).plan.files) {
    if (rule.must_exist && ::access(rule.path.c_str(), F_OK) != 0)
      return fmt::format("its sandbox allows '{}', which does not exist", rule.path);
  }
  return {};
}

void tell_sandbox(config::ServiceConfig const& service, sandbox::Support const& support, std::ostream& out) {
  if (!wants_sandbox(service)) return;
  auto const sandbox = decide_here(service, support);
  if (sandbox.missing.empty()) out << fmt::format("sandbox: {}: {}\n", service.name, describe(sandbox.plan));
  for (auto const& what : sandbox.lacking) out << fmt::format("sandbox: {}: goes without {}\n", service.name, what);
}

}  // namespace gateway::cli
