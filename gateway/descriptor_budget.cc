#include "gateway/descriptor_budget.h"

#include <fmt/format.h>

#include <algorithm>

namespace gateway {

namespace {

/// Its epoll, a pair for signals, and the bell of its mailbox.
constexpr std::size_t kOfLoop = 4;
/// What a loop opens for a moment: starting a child takes the other ends of three pipes and its
/// directory, sweeping up after one without the guard takes no more, nor does a page of metrics.
constexpr std::size_t kOfLoopAtWork = 4;
/// The socket, and the one kept for accepting and refusing.
constexpr std::size_t kOfListener = 2;
/// Its pidfd and three pipes.
constexpr std::size_t kOfChild = 4;
/// The guard's socket.
constexpr std::size_t kOfProgram = 1;
/// /proc, a process in it and a file of that one; and as much for who looks for orphans meanwhile.
constexpr std::size_t kOfLookers = 6;
/// A connection to the collector, and what looking up its name opens.
constexpr std::size_t kOfExporter = 8;

/// 64 open status pages, with what each asks for beside its stream, and who scrapes.
constexpr std::size_t kAdminConnections = 256;
constexpr std::size_t kFewestAdminConnections = 8;
/// Fewer connections than this are no service.
constexpr std::size_t kFewestConnections = 8;

/// What is there whoever connects.
std::size_t fixed(DescriptorNeeds const& needs) {
  return needs.open + kOfProgram + kOfLookers + needs.loops * (kOfLoop + kOfLoopAtWork) +
         needs.listeners * kOfListener + needs.shared_children * kOfChild + (needs.sends_spans ? kOfExporter : 0) +
         needs.log_outputs;
}

std::size_t less(std::size_t from, std::size_t what) { return from > what ? from - what : 0; }

}  // namespace

DescriptorNeeds descriptor_needs(config::Config const& config, std::size_t open) {
  auto const& gateway = config.gateway;
  DescriptorNeeds needs;
  needs.open = std::max(needs.open, open);
  needs.loops = gateway.loops;
  needs.listeners = gateway.loops + (gateway.admin_listen ? 1 : 0);
  needs.connections = gateway.limits.max_connections;
  needs.sends_spans = !gateway.traces.endpoint.empty();
  needs.log_outputs = static_cast<std::size_t>(std::ranges::count_if(
      gateway.log.outputs, [](auto const& output) { return output.kind != config::LogOutputKind::Stderr; }));
  for (auto const& service : config.services) {
    if (service.disabled) continue;
    if (service.listen) ++needs.listeners;
    if (!service.unmet.empty()) continue;
    if (service.isolation == config::Isolation::Shared) {
      needs.shared_children += service.replicas;
    } else {
      needs.private_children += service.max_children;
    }
  }
  return needs;
}

std::size_t wanted_descriptors(DescriptorNeeds const& needs) {
  return fixed(needs) + needs.private_children * kOfChild + kAdminConnections + needs.connections;
}

Result<DescriptorBudget> share_descriptors(std::size_t limit, DescriptorNeeds const& needs) {
  auto const rest = less(limit, fixed(needs));
  auto const of_children = std::min(needs.private_children * kOfChild,
                                    std::max(rest / 2, less(rest, kAdminConnections + needs.connections)));
  auto const of_connections = rest - of_children;
  auto const of_admin = std::clamp(std::max(of_connections / 8, less(of_connections, needs.connections)),
                                   kFewestAdminConnections, kAdminConnections);
  DescriptorBudget const budget{.needs = needs,
                                .limit = limit,
                                .connections = std::min(needs.connections, less(of_connections, of_admin)),
                                .admin_connections = of_admin,
                                .private_children = of_children / kOfChild};
  auto const fewest = std::min(needs.connections, kFewestConnections);
  if (budget.connections >= fewest) return budget;
  auto const of_fewest = fewest + kFewestAdminConnections;
  return Error{fmt::format(
      "cannot start: the system allows {} open files, but what is configured takes at least {}: raise the limit "
      "(ulimit -n, LimitNOFILE of systemd, ulimits of Docker), or run fewer services",
      limit, fixed(needs) + of_fewest + std::min(of_fewest, needs.private_children * kOfChild))};
}

}  // namespace gateway
