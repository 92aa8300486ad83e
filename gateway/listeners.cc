#include "gateway/listeners.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "gateway/base/ip_range.h"

namespace gateway {

namespace {

using config::ListenAddress;
using io::Listener;

Status may_listen_at(config::AuthConfig const& auth, ListenAddress const& address,
                     std::optional<config::TlsConfig> const& tls) {
  auto const has_certificates = tls && tls->client_auth == config::ClientAuth::Required;
  if (is_loopback(address) || auth.required() || has_certificates || auth.allow_unauthenticated) return Done{};
  return Error{
      fmt::format("{} would be reachable from other machines without authentication: set gateway.auth.tokens or "
                  "--token-file, require client certificates (client_auth), listen on 127.0.0.1, or say "
                  "--allow-unauthenticated",
                  to_string(address))};
}

/// Whose connections may not stay when a listener's rules change. Certificates were verified by those before; and who
/// can be trusted on this machine alone is not asked for anything.
std::optional<http::Server::Expelled> expelled(std::optional<config::TlsConfig> const& before,
                                               std::optional<config::TlsConfig> const& now,
                                               std::optional<ListenAddress> const& address) {
  auto const rules = [](std::optional<config::TlsConfig> const& tls) {
    auto const of = tls.value_or(config::TlsConfig{});
    return std::tuple(of.client_auth, of.client_ca, of.client_name, of.client_prefix);
  };
  if (rules(before) != rules(now)) return http::Server::Expelled::All;
  if (!address || is_loopback(*address)) return http::Server::Expelled::Others;
  return std::nullopt;
}

/// A setting whose address cannot be had.
struct Setting {
  std::string name;       ///< of the listener
  std::string key;        ///< in the file
  std::string_view flag;  ///< empty where there is none
};

class Planner {
 public:
  explicit Planner(WantedListeners wanted) : wanted_(std::move(wanted)) {
    plan_.opened.resize(wanted_.directory.loops());
    for (auto& [name, socket] : wanted_.inherited) {
      if (auto bound = Listener::bound(std::move(socket))) inherited_.push_back({std::move(name), *std::move(bound)});
    }
  }

  Status main() {
    auto const* const before = wanted_.before_config;
    auto const& [address, tls] = std::tie(wanted_.config.listen, wanted_.config.tls);
    if (before != nullptr) {
      if (auto const which = expelled(before->tls, tls, address))
        plan_.expelled.emplace_back(http::ListenerTag{}, *which);
    }
    if (before != nullptr && before->listen == address) {
      plan_.listening.main = {wanted_.listening.main.address, tls.has_value()};
      return Done{};
    }
    if (before != nullptr) plan_.closed.push_back(http::ListenerTag{});
    auto first = bind({"main", "gateway.listen", "--host, --port"}, address);
    if (!first) return first.error();
    auto const port = first->port;
    plan_.opened[0].push_back({http::ListenerTag{}, *std::move(first)});
    ListenAddress const chosen{.host = address.host, .port = port};
    for (std::size_t loop = 1; loop < plan_.opened.size(); ++loop) {
      auto another = take_inherited("main", chosen);
      if (!another) {
        auto bound = Listener::bind(address.host, port, Listener::Port::OneOfMany);
        if (!bound) return bound.error();
        another = *std::move(bound);
      }
      plan_.opened[loop].push_back({http::ListenerTag{}, *std::move(another)});
    }
    // The process before had more loops: what waits in their sockets is accepted, too.
    while (auto more = take_inherited("main", chosen))
      plan_.opened[0].push_back({http::ListenerTag{}, *std::move(more)});
    plan_.listening.main = opened("main", address, port, tls);
    return Done{};
  }

  Status admin() {
    auto const& config = wanted_.config;
    auto const* const before = wanted_.before_config;
    auto const was = before != nullptr && before->admin_listen.has_value();
    auto const stays = was && before->admin_listen == config.admin_listen;
    plan_.admin_closed = was && !stays;
    if (was) plan_.admin_expelled = expelled(before->admin_tls, config.admin_tls, config.admin_listen);
    if (!config.admin_listen) return Done{};
    auto const& address = *config.admin_listen;
    if (stays) {
      plan_.listening.admin = {wanted_.listening.admin->address, config.admin_tls.has_value()};
      return Done{};
    }
    auto socket = bind({"admin", "gateway.admin_listen", "--admin"}, address);
    if (!socket) return socket.error();
    plan_.listening.admin = opened("admin", address, socket->port, config.admin_tls);
    plan_.admin_opened = *std::move(socket);
    return Done{};
  }

  Status services() {
    if (wanted_.before != nullptr) {
      for (auto const& was : wanted_.before->services()) {
        auto const* const now = wanted_.directory.find(was.key);
        if (!was.config.listen) continue;
        auto const tag = frontend::Endpoints::own_listener(was.key);
        if (now == nullptr || now->config.listen != was.config.listen) plan_.closed.push_back(tag);
        if (now == nullptr) continue;
        if (auto const which = expelled(was.config.tls, now->config.tls, now->config.listen))
          plan_.expelled.emplace_back(tag, *which);
      }
    }
    for (auto const& listed : wanted_.directory.services())
      if (auto const done = service(listed); !done) return done;
    return Done{};
  }

  [[nodiscard]] ListenerPlan take() { return std::move(plan_); }

 private:
  Status service(frontend::ListedService const& listed) {
    auto const& service = listed.config;
    if (!service.listen) return Done{};
    auto const* const was = wanted_.before == nullptr ? nullptr : wanted_.before->find(listed.key);
    if (was != nullptr && was->config.listen == service.listen) {
      plan_.listening.of_services[service.name] = {wanted_.listening.of_services.at(service.name).address,
                                                   service.tls.has_value()};
      return Done{};
    }
    auto socket = bind({name_of_own_listener(service.name), fmt::format("mcpServers.{}.listen", service.name), ""},
                       *service.listen);
    if (!socket) return socket.error();
    plan_.listening.of_services[service.name] = opened(service.name, *service.listen, socket->port, service.tls);
    plan_.opened[listed.home].push_back({frontend::Endpoints::own_listener(listed.key), *std::move(socket)});
    return Done{};
  }

  OpenListener opened(std::string const& name, ListenAddress const& address, std::uint16_t port,
                      std::optional<config::TlsConfig> const& tls) {
    OpenListener const open{{address.host, port}, tls.has_value()};
    plan_.named.push_back({name, open});
    return open;
  }

  /// The port may be ours already, at another address.
  Result<Listener::Socket> bind(Setting const& setting, ListenAddress const& address) {
    if (auto inherited = take_inherited(setting.name, address)) return *std::move(inherited);
    auto const use = is_ours(address.port) ? Listener::Port::OneOfMany : Listener::Port::Own;
    auto socket = Listener::bind(address.host, address.port, use);
    if (socket) return socket;
    auto const& what = socket.error().what;
    if (wanted_.single) return Error{fmt::format("{}; choose another with {}", what, setting.flag)};
    auto const or_flag = setting.flag.empty() ? std::string{} : fmt::format(" (or {})", setting.flag);
    return Error{fmt::format("{}; choose another with {}{}", what, setting.key, or_flag)};
  }

  /// A socket of the process before that listens there. Its name only matters where the system chose its port.
  std::optional<Listener::Socket> take_inherited(std::string_view name, ListenAddress const& address) {
    auto const host = parse_ip_range(address.host);
    auto const found = std::ranges::find_if(inherited_, [&](Inherited const& each) {
      auto const same_port = address.port == 0 ? each.name == name : each.bound.socket.port == address.port;
      return same_port && host && each.bound.host == host->first;
    });
    if (found == inherited_.end()) return std::nullopt;
    auto socket = std::move(found->bound.socket);
    inherited_.erase(found);
    return socket;
  }

  /// Whether listeners of ours, or of the process before, have the port, at another address, and all of them are closed.
  [[nodiscard]] bool is_ours(std::uint16_t port) const {
    auto const is_inherited = [&](Inherited const& each) { return each.bound.socket.port == port; };
    if (std::ranges::any_of(inherited_, is_inherited)) return true;
    if (wanted_.before == nullptr || port == 0) return false;
    auto const& listening = wanted_.listening;
    auto const& before = *wanted_.before_config;
    auto held = false;
    auto stays = false;
    auto const look = [&](OpenListener const& listener, bool is_closed) {
      if (listener.address.port != port) return;
      held = true;
      stays |= !is_closed;
    };
    look(listening.main, before.listen != wanted_.config.listen);
    if (listening.admin) look(*listening.admin, before.admin_listen != wanted_.config.admin_listen);
    for (auto const& was : wanted_.before->services()) {
      if (!was.config.listen) continue;
      auto const* const now = wanted_.directory.find(was.key);
      look(listening.of_services.at(was.config.name), now == nullptr || now->config.listen != was.config.listen);
    }
    return held && !stays;
  }

  struct Inherited {
    std::string name;
    Listener::Bound bound;
  };

  WantedListeners wanted_;
  std::vector<Inherited> inherited_;  ///< not taken yet
  ListenerPlan plan_;
};

}  // namespace

Status may_listen(config::GatewayConfig const& config, std::vector<config::ServiceConfig> const& services) {
  auto may = may_listen_at(config.auth, config.listen, config.tls);
  if (may && config.admin_listen) may = may_listen_at(config.auth, *config.admin_listen, config.admin_tls);
  for (auto const& service : services)
    if (may && service.listen && !service.disabled) may = may_listen_at(config.auth, *service.listen, service.tls);
  return may;
}

Result<ListenerPlan> plan_listeners(WantedListeners wanted) {
  Planner planner(std::move(wanted));
  if (auto const done = planner.main(); !done) return done.error();
  if (auto const done = planner.admin(); !done) return done.error();
  if (auto const done = planner.services(); !done) return done.error();
  return planner.take();
}

}  // namespace gateway
