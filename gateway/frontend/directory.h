// Which services there are, and where each lives.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/generation.h"
#include "gateway/base/ids.h"
#include "gateway/base/side_table.h"
#include "gateway/config/config.h"
#include "gateway/frontend/endpoint.h"
#include "gateway/frontend/loop_tokens.h"
#include "gateway/http/request_head.h"
#include "gateway/metrics/metrics.h"

namespace gateway::frontend {

/// A service as the whole program knows it.
struct ListedService {
  ServiceKey key{};
  config::ServiceConfig config{};
  std::size_t home = 0;                    ///< the loop it lives on
  metrics::ServiceProbe* probe = nullptr;  ///< belongs to the thread of that loop
};

/// Services that are joined to one endpoint. It is a service to clients, and has no children.
struct ListedGroup {
  ListedService service{};  ///< of its configuration only what clients see
  config::GroupConfig config{};
  std::vector<ServiceKey> members{};  ///< in the order of the configuration, without those that are not served
};

/// All services, in the order of the configuration. Immutable, so that all loops and the
/// admin pages can use it without locks. A changed set of services is another
/// directory, which can replace this one: so others only keep keys of it, and a key
/// that is not found any more is a normal case.
class Directory {
 public:
  /// What holds for all services.
  struct Layout {
    std::size_t loops = 1;
    bool single = false;      ///< one service, its endpoints at the root of the main listener
    std::string base_path{};  ///< see Endpoints
    Generation generation{};  ///< of this process
    ServiceKey last_key{};    ///< the last that former directories gave out
    /// Of services that former directories had, by name: what is counted of a service belongs to one thread for good.
    std::map<std::string, std::size_t, std::less<>> homes{};
  };

  /// The only places where keys and homes are assigned. At first, service by service, the next loop in turn.
  struct Listed {
    std::vector<ListedService> services{};
    std::vector<ListedGroup> groups{};
  };
  static Listed list(std::vector<config::ServiceConfig> configs, std::vector<config::GroupConfig> const& groups,
                     std::size_t loops, metrics::Metrics& metrics);
  /// For the directory that replaces this one: a service of a name that is listed here keeps its key and home. Others
  /// get keys that no service ever had, so that what still refers to one that is gone does not find another, and the home
  /// that a service of their name had, or one on the loop that has fewest services then. Versions of a service, and the
  /// members of a group, are on one loop.
  [[nodiscard]] Listed list_next(std::vector<config::ServiceConfig> configs,
                                 std::vector<config::GroupConfig> const& groups, metrics::Metrics& metrics) const;
  /// Of these groups the names of those whose members live on several loops by now, where they cannot be joined.
  [[nodiscard]] std::vector<std::string> split_groups(std::vector<config::GroupConfig> const& groups) const;

  /// That of the directory that replaces this one.
  [[nodiscard]] Layout next_layout(std::string base_path) const;

  Directory(Listed listed, Layout layout);
  Directory(Directory const&) = delete;
  Directory& operator=(Directory const&) = delete;

  [[nodiscard]] std::span<ListedService const> services() const { return services_; }
  [[nodiscard]] std::span<ListedGroup const> groups() const { return groups_; }
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::vector<config::ServiceConfig> configs() const;
  [[nodiscard]] std::size_t loops() const { return loops_; }
  /// The last key that was given out, here or in a former directory.
  [[nodiscard]] ServiceKey last_key() const { return last_key_; }
  [[nodiscard]] LoopTokens tokens() const { return LoopTokens(loops_, generation_); }
  [[nodiscard]] Endpoints const& endpoints() const { return endpoints_; }

  /// A service or a group. Null when there is none.
  [[nodiscard]] ListedService const* find(ServiceKey key) const;
  /// Null when there is no such service.
  [[nodiscard]] ListedService const* find(std::string_view name) const;
  /// Null when it is no group.
  [[nodiscard]] ListedGroup const* find_group(ServiceKey key) const;

  /// The loop that serves a request. Nothing for a request that any loop can answer,
  /// because it names no service.
  [[nodiscard]] std::optional<std::size_t> home_of(http::ListenerTag listener, http::RequestHead const& head) const;

 private:
  [[nodiscard]] ListedGroup list_group(config::GroupConfig const& config, std::vector<ListedService> const& services,
                                       ServiceKey& last, metrics::Metrics& metrics) const;

  std::vector<ListedService> services_;
  std::vector<ListedGroup> groups_;
  SideTable<ListedService const*, ServiceKey> by_key_;
  std::size_t loops_;
  Generation generation_;
  ServiceKey last_key_;
  std::map<std::string, std::size_t, std::less<>> homes_;  ///< also of services that are gone
  Endpoints endpoints_;
};

}  // namespace gateway::frontend
