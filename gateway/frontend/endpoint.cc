#include "gateway/frontend/endpoint.h"

#include <fmt/format.h>

#include "gateway/frontend/admission.h"

namespace gateway::frontend {

namespace {

std::optional<Door> door_from(std::string_view path) {
  if (path == "/sse") return Door::Sse;
  if (path == "/messages" || path == "/message") return Door::Messages;
  if (path == "/mcp") return Door::Mcp;
  if (path == "/health") return Door::Health;
  return std::nullopt;
}

bool equal_names(std::string_view a, std::string_view b) {
  return a.size() == b.size() && host_name(a) == host_name(b);
}

}  // namespace

std::optional<ServiceKey> Endpoints::by_name(std::string_view name) const {
  for (auto const& service : services_) {
    if (service.name == name) return service.key;
  }
  return std::nullopt;
}

NamedService const* Endpoints::find(ServiceKey key) const {
  for (auto const& service : services_) {
    if (service.key == key) return &service;
  }
  return nullptr;
}

std::optional<ServiceKey> Endpoints::by_host(std::string_view host) const {
  constexpr std::string_view kPrefix = "mcp-";
  if (host.size() <= kPrefix.size() || (host[0] | 0x20) != 'm') return std::nullopt;
  auto const name = host_name(host);
  if (!name.starts_with(kPrefix)) return std::nullopt;
  for (auto const& service : services_) {
    if (equal_names(service.name, std::string_view(name).substr(kPrefix.size()))) return service.key;
  }
  return std::nullopt;
}

std::optional<std::string_view> Endpoints::without_base_path(std::string_view path) const {
  if (base_path_.empty() || !path.starts_with(base_path_)) return std::nullopt;
  path.remove_prefix(base_path_.size());
  if (!path.starts_with('/')) return std::nullopt;
  return path;
}

std::optional<Endpoint> Endpoints::find(http::ListenerTag tag, std::string_view host, std::string_view path) const {
  if (auto const found = find_at_root(tag, host, path)) return found;
  auto const rest = without_base_path(path);
  return rest ? find_at_root(tag, host, *rest) : std::nullopt;
}

/// A path with the base path works whether a proxy removes the base path, leaves it, or
/// is not there, since paths are served with it and without. On a service's own
/// listener, the public prefix is unknown, and a relative reference works with any.
std::string Endpoints::messages_reference(http::ListenerTag tag, std::string_view path) const {
  if (tag != http::ListenerTag{} || base_path_.empty()) return path.ends_with('/') ? "../messages" : "messages";
  auto const below = path.substr(0, path.rfind("sse"));
  return fmt::format("{}{}messages", without_base_path(path) ? "" : base_path_, below);
}

std::optional<Endpoint> Endpoints::find_at_root(http::ListenerTag tag, std::string_view host,
                                                std::string_view path) const {
  // "/mcp/" is served like "/mcp": a redirect would lose the POST's body.
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);

  if (auto const door = door_from(path)) {
    if (tag != http::ListenerTag{}) {
      auto const* const own = find(ServiceKey{static_cast<std::uint32_t>(tag)});
      return own == nullptr ? std::nullopt : std::optional(Endpoint{*door, own->key});
    }
    if (single_ && !services_.empty()) return Endpoint{*door, services_.front().key};
    if (auto const service = by_host(host)) return Endpoint{*door, service};
    if (*door == Door::Messages || *door == Door::Health) return Endpoint{*door, std::nullopt};
    return root_ ? std::optional(Endpoint{*door, root_}) : std::nullopt;
  }

  constexpr std::string_view kAlias = "/servers/";
  if (path.starts_with(kAlias)) path.remove_prefix(kAlias.size() - 1);
  auto const slash = path.find('/', 1);
  if (slash == std::string_view::npos) return std::nullopt;
  auto const service = by_name(path.substr(1, slash - 1));
  auto const door = door_from(path.substr(slash));
  if (!service || !door) return std::nullopt;
  if (tag != http::ListenerTag{} && tag != own_listener(*service)) return std::nullopt;
  return Endpoint{*door, service};
}

ServedHere Endpoints::served_at(http::ListenerTag tag, config::GatewayConfig const& config) const {
  auto const own = tag != http::ListenerTag{};
  std::vector<std::string> names;
  for (auto const& service : services_) {
    if (!own || tag == own_listener(service.key)) names.push_back(service.name);
  }
  return {.services = std::move(names),
          .at_root = own || single_,
          .admin_elsewhere = config.admin_listen.has_value(),
          .base_path = config.base_path};
}

std::string_view query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    auto const end = query.find('&');
    auto const pair = query.substr(0, end);
    auto const equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return {};
}

std::string_view session_token(std::string_view query) {
  auto const token = query_value(query, "sessionId");
  return token.empty() ? query_value(query, "session_id") : token;
}

}  // namespace gateway::frontend
