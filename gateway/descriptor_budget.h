// How the descriptors the system allows are shared out: connections get what the rest leaves.
#pragma once

#include <cstddef>

#include "gateway/base/result.h"
#include "gateway/config/config.h"

namespace gateway {

/// What a gateway needs descriptors for, as numbers.
struct DescriptorNeeds {
  std::size_t open = 3;  ///< before there is anything of ours: stdio, and what was inherited
  std::size_t loops = 1;
  std::size_t listeners = 1;         ///< sockets that listen; each loop has one of its own at the main port
  std::size_t shared_children = 0;   ///< there all the time
  std::size_t private_children = 0;  ///< of a session or owner: so many at once at most
  std::size_t connections = 0;       ///< of clients: so many at once at most
  bool sends_spans = false;
  std::size_t log_outputs = 0;  ///< files and sockets besides stderr

  bool operator==(DescriptorNeeds const&) const = default;
};

/// What the configuration asks for, in a process that has `open` descriptors already.
[[nodiscard]] DescriptorNeeds descriptor_needs(config::Config const& config, std::size_t open);

/// The limit with which nobody gets less than the configuration asks for.
[[nodiscard]] std::size_t wanted_descriptors(DescriptorNeeds const& needs);

/// What is in force.
struct DescriptorBudget {
  DescriptorNeeds needs;              ///< what was asked for
  std::size_t limit = 0;              ///< of the system
  std::size_t connections = 0;        ///< of clients
  std::size_t admin_connections = 0;  ///< these are never taken by clients
  std::size_t private_children = 0;   ///< can always be started
  std::size_t of_children = 0;        ///< the limit of each child: the one this program was started with; 0: as its own

  bool operator==(DescriptorBudget const&) const = default;
};

/// Shares `limit` out. What the program itself holds and its shared children take comes first, with
/// what starting a child, looking at processes and sending spans takes for a moment. Where the rest is
/// too small, children that come with sessions keep at most half of it. The error is a sentence: with
/// so few nobody could be served.
[[nodiscard]] Result<DescriptorBudget> share_descriptors(std::size_t limit, DescriptorNeeds const& needs);

/// Whether the configuration asks for more.
[[nodiscard]] inline bool is_short(DescriptorBudget const& budget) {
  return budget.connections < budget.needs.connections || budget.private_children < budget.needs.private_children;
}

}  // namespace gateway
