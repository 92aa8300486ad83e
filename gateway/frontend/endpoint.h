// The service and the endpoint that a request is for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/ids.h"
#include "gateway/config/config.h"
#include "gateway/http/exchange.h"

namespace gateway::frontend {

enum class Door {
  Sse,       ///< /sse: the legacy stream; a POST is served as on /mcp
  Messages,  ///< /messages: the legacy POSTs
  Mcp,       ///< /mcp: Streamable HTTP
  Health,    ///< /health
};

struct Endpoint {
  Door door = Door::Mcp;
  /// Absent for the gateway's own /health, and for /messages at a root path that names no
  /// service: there, the session determines it.
  std::optional<ServiceKey> service;
};

/// What a 404 may mention.
struct ServedHere {
  std::vector<std::string> services{};  ///< at the listener that was asked
  bool at_root = false;                 ///< one service, whose endpoints have no name before them
  bool admin_elsewhere = false;         ///< the admin pages are at another listener
  std::string_view base_path{};         ///< that may stand before any path
};

/// What an endpoint needs to know of a service.
struct NamedService {
  ServiceKey key{};
  std::string name;
};

/// Paths and hosts to endpoints. Pure.
class Endpoints {
 public:
  /// With `single`, the main listener serves the one service at its root. `base_path`
  /// is the public path before ours, which a proxy may remove or leave. `root` is served at the root beside the others.
  Endpoints(std::vector<NamedService> services, bool single, std::string base_path = {},
            std::optional<ServiceKey> root = {})
      : services_(std::move(services)), single_(single), base_path_(std::move(base_path)), root_(root) {}

  /// `tag` is 0 for the main listener, and a service's key for its own.
  [[nodiscard]] std::optional<Endpoint> find(http::ListenerTag tag, std::string_view host, std::string_view path) const;

  /// Whether the main listener serves one service at its root.
  [[nodiscard]] bool is_single() const { return single_; }

  /// What is served at a listener, for the response to other paths.
  [[nodiscard]] ServedHere served_at(http::ListenerTag tag, config::GatewayConfig const& config) const;

  /// The service whose host name this is: mcp-NAME.
  [[nodiscard]] std::optional<ServiceKey> by_host(std::string_view host) const;

  /// Where the client of a legacy stream, requested at `path`, sends its messages: a URL
  /// reference that works through the proxies before us.
  [[nodiscard]] std::string messages_reference(http::ListenerTag tag, std::string_view path) const;

  [[nodiscard]] static http::ListenerTag own_listener(ServiceKey service) { return http::ListenerTag{raw(service)}; }

 private:
  [[nodiscard]] std::optional<Endpoint> find_at_root(http::ListenerTag tag, std::string_view host,
                                                     std::string_view path) const;
  [[nodiscard]] std::optional<std::string_view> without_base_path(std::string_view path) const;
  [[nodiscard]] NamedService const* find(ServiceKey key) const;
  [[nodiscard]] std::optional<ServiceKey> by_name(std::string_view name) const;

  std::vector<NamedService> services_;
  bool single_;
  std::string base_path_;
  std::optional<ServiceKey> root_;
};

/// The value of `name` in a query, not decoded; empty when absent.
[[nodiscard]] std::string_view query_value(std::string_view query, std::string_view name);

/// The session that a legacy POST's query names; empty when it names none.
[[nodiscard]] std::string_view session_token(std::string_view query);

}  // namespace gateway::frontend
