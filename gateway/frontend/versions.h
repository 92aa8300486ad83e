// Versions of a service on one loop: which of them a new session gets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/ids.h"
#include "gateway/base/side_table.h"
#include "gateway/frontend/directory.h"

namespace gateway::frontend {

/// The part of owners each version of a service has, in percent.
using VersionWeights = std::vector<std::pair<ServiceKey, std::size_t>>;

/// A number that stays the same for an owner of sessions at a service.
[[nodiscard]] std::uint64_t owner_number(std::string_view service, std::string_view principal, std::string_view key);

/// An owner keeps its version while weights do. Where that of one version grows, owners move to it, and none from it.
/// A version gets sessions once it has been healthy, and while it serves; those that would be its go to the first one
/// with a weight that does.
class Versions {
 public:
  /// Other services, or other versions of them. Weights that were set stay where the configured ones do.
  void take_up(Directory const& directory, std::size_t loop);
  /// From now on. Versions that are not named get nothing.
  void set_weights(ServiceKey service, VersionWeights const& weights);
  /// What is known of a version's health. Gives whether it is another one now that gets sessions, or does not.
  bool report(ServiceKey version, bool is_healthy, bool serves);

  /// Whether there are several at this endpoint.
  [[nodiscard]] bool are_at(ServiceKey service) const { return sets_.find(service) != nullptr; }
  /// Of all services here.
  [[nodiscard]] std::vector<ServiceKey> all() const;
  /// Those at an endpoint; the service alone where it has one.
  [[nodiscard]] std::vector<ServiceKey> of(ServiceKey service) const;
  /// Whether a session of `version` is reached at the endpoint of `service`.
  [[nodiscard]] bool is_reached(ServiceKey version, ServiceKey service) const;
  /// The one for a new session. Without an owner, sessions are spread evenly.
  [[nodiscard]] ServiceKey choose(ServiceKey service, std::optional<std::uint64_t> owner);

 private:
  struct Version {
    ServiceKey key{};
    std::size_t configured = 0;
    std::size_t weight = 0;
    bool is_admitted = false;
  };
  struct Set {
    ServiceKey service{};
    std::vector<Version> versions{};
    std::uint64_t spread = 0;  ///< sessions without an owner so far
  };
  [[nodiscard]] static bool is_same(Set const& before, Set const& after);
  [[nodiscard]] Set const* set_of(ServiceKey service) const;

  std::vector<ServiceKey> services_;  ///< that have several
  SideTable<Set, ServiceKey> sets_;
};

}  // namespace gateway::frontend
