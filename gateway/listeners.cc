#include "gateway/listeners.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>

namespace gateway {

namespace {

/// Whatever other machines can reach requires tokens or client certificates.
Status may_listen(Listeners const& listeners, config::ListenAddress const& address,
                  std::optional<config::TlsConfig> const& tls) {
  auto const& auth = listeners.config.auth;
  auto const has_certificates = tls && tls->client_auth == config::ClientAuth::Required;
  if (is_loopback(address) || auth.required() || has_certificates || auth.allow_unauthenticated) return Done{};
  return Error{
      fmt::format("{} would be reachable from other machines without authentication: set gateway.auth.tokens or "
                  "--token-file, require client certificates (client_auth), listen on 127.0.0.1, or say "
                  "--allow-unauthenticated",
                  to_string(address))};
}

/// The error with the setting to change. Without a file there are only flags.
Error with_setting(Listeners const& listeners, Error const& error, std::string_view key, std::string_view flag) {
  if (listeners.single) return Error{fmt::format("{}; choose another with {}", error.what, flag)};
  auto const or_flag = flag.empty() ? std::string{} : fmt::format(" (or {})", flag);
  return Error{fmt::format("{}; choose another with {}{}", error.what, key, or_flag)};
}

void log_listening(Listeners const& listeners, std::string_view name, config::ListenAddress const& address,
                   std::uint16_t port, io::TlsServer const* tls) {
  listeners.loops.first().log().info(
      "listener.ready", "listening",
      {{"listener", name}, {"address", address.host}, {"port", port}, {"tls", tls != nullptr}});
}

io::TlsServer* tls_of(Listeners const& listeners, std::optional<config::TlsConfig> const& config) {
  return config ? listeners.tls.find(*config) : nullptr;
}

Status open_main(Listeners const& listeners, Listening& opened) {
  auto const& address = listeners.config.listen;
  if (auto const may = may_listen(listeners, address, listeners.config.tls); !may) return may;
  using Port = io::Listener::Port;
  auto& loops = listeners.loops;
  auto* const tls = tls_of(listeners, listeners.config.tls);
  auto const port =
      loops.first().listen(address, http::ListenerTag{}, loops.size() == 1 ? Port::Own : Port::FirstOfMany, tls);
  if (!port) return with_setting(listeners, port.error(), "gateway.listen", "--host, --port");
  for (std::size_t i = 1; i < loops.size(); ++i) {
    auto const same = loops.at(i).listen({address.host, *port}, http::ListenerTag{}, Port::OneOfMany, tls);
    if (!same) return same.error();
  }
  opened.main = {{address.host, *port}, tls != nullptr};
  log_listening(listeners, "main", address, *port, tls);
  return Done{};
}

Status open_admin(Listeners const& listeners, Listening& opened) {
  if (!listeners.config.admin_listen) return Done{};
  auto const& address = *listeners.config.admin_listen;
  if (auto const may = may_listen(listeners, address, listeners.config.admin_tls); !may) return may;
  auto* const tls = tls_of(listeners, listeners.config.admin_tls);
  auto const port =
      listeners.admin.listen(address.host, address.port, http::ListenerTag{}, io::Listener::Port::Own, tls);
  if (!port) return with_setting(listeners, port.error(), "gateway.admin_listen", "--admin");
  opened.admin = {{address.host, *port}, tls != nullptr};
  log_listening(listeners, "admin", address, *port, tls);
  return Done{};
}

Status open_of_services(Listeners const& listeners, Listening& opened) {
  for (auto const& [key, service, home, probe] : listeners.directory.services()) {
    if (!service.listen) continue;
    if (auto const may = may_listen(listeners, *service.listen, service.tls); !may) return may;
    auto* const tls = tls_of(listeners, service.tls);
    auto const port = listeners.loops.at(home).listen(*service.listen, frontend::Endpoints::own_listener(key),
                                                      io::Listener::Port::Own, tls);
    if (!port) return with_setting(listeners, port.error(), fmt::format("mcpServers.{}.listen", service.name), "");
    opened.of_services[service.name] = {{service.listen->host, *port}, tls != nullptr};
    log_listening(listeners, service.name, *service.listen, *port, tls);
  }
  return Done{};
}

}  // namespace

Result<Listening> open_listeners(Listeners const& listeners) {
  Listening opened;
  if (auto const done = open_main(listeners, opened); !done) return done.error();
  if (auto const done = open_admin(listeners, opened); !done) return done.error();
  if (auto const done = open_of_services(listeners, opened); !done) return done.error();
  return opened;
}

}  // namespace gateway
