#include "gateway/cli/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "gateway/http/client.h"

namespace gateway::cli {

namespace {

constexpr std::string_view kUsualHost = "127.0.0.1";
constexpr std::string_view kUsualPort = "9090";

bool is_number(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == text.npos; }

/// Host and port, each the usual one where it is missing. A URL without a port is taken
/// at its word: 80 or 443.
std::string authority_of(std::string_view text, bool is_url) {
  if (text.empty()) return fmt::format("{}:{}", kUsualHost, kUsualPort);
  if (!is_url && is_number(text)) return fmt::format("{}:{}", kUsualHost, text);
  if (text.starts_with(':')) return fmt::format("{}{}", kUsualHost, text);
  auto const bracket = text.rfind(']');
  auto const colon = text.rfind(':');
  auto const has_port = colon != text.npos && (bracket == text.npos || colon > bracket);
  return has_port || is_url ? std::string(text) : fmt::format("{}:{}", text, kUsualPort);
}

/// Where in `path` one of the gateway's pages begins, which then is its end.
std::size_t page_in(std::string_view path) {
  constexpr std::array<std::string_view, 6> kPages{"/health",  "/livez",   "/readyz",
                                                   "/version", "/metrics", "/api/status"};
  for (auto const page : kPages) {
    if (path.ends_with(page)) return path.size() - page.size();
  }
  return path.size();
}

bool is_port(std::string_view text) {
  return is_number(text) && text.size() <= 5 && std::stoi(std::string(text)) <= 65535;
}

/// Who listens at every address can be asked at the loopback one.
Result<std::string> reachable(config::ListenAddress listen, bool has_tls, std::string_view key) {
  if (listen.port == 0)
    return Error{fmt::format("{}: expected a port to ask at, found 0, by which the system chooses one", key)};
  if (listen.host == "0.0.0.0") listen.host = "127.0.0.1";
  if (listen.host == "::") listen.host = "::1";
  return fmt::format("{}://{}", has_tls ? "https" : "http", config::to_string(listen));
}

}  // namespace

Result<std::string> admin_address(config::Config const& config) {
  if (!config.gateway.admin_listen) return Error{"gateway.admin_listen: expected an address to ask at, found off"};
  return reachable(*config.gateway.admin_listen, config.gateway.admin_tls.has_value(), "gateway.admin_listen");
}

Result<std::string> main_address(config::Config const& config) {
  return reachable(config.gateway.listen, config.gateway.tls.has_value(), "gateway.listen");
}

Result<std::string> service_address(config::Config const& config, std::string_view service) {
  auto const found = std::ranges::find(config.services, service, &config::ServiceConfig::name);
  if (found == config.services.end())
    return Error{fmt::format("expected a URL, or the name of a service of the configuration, found '{:.60}'", service)};
  if (found->disabled) return Error{fmt::format("{} is disabled in the configuration", service)};
  if (found->listen) {
    auto address = reachable(*found->listen, found->tls.has_value(), fmt::format("mcpServers.{}.listen", service));
    return address ? Result<std::string>(*address + "/mcp") : address;
  }
  auto address = main_address(config);
  if (!address) return address;
  return fmt::format("{}{}/{}/mcp", *address, config.gateway.base_path, service);
}

Result<std::string> url_of(std::string_view address, std::string_view page, NamedPage named) {
  constexpr std::string_view kHttp = "http://";
  constexpr std::string_view kHttps = "https://";
  auto rest = address;
  auto const has_tls = rest.starts_with(kHttps);
  auto const is_url = has_tls || rest.starts_with(kHttp);
  auto const scheme = has_tls ? kHttps : kHttp;
  if (is_url) rest.remove_prefix(scheme.size());
  auto const slash = std::min(rest.find('/'), rest.size());
  auto path = rest.substr(slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  auto const before = page_in(path);
  if (named == NamedPage::Ask && before < path.size()) page = path.substr(before);

  auto url = fmt::format("{}{}{}{}", scheme, authority_of(rest.substr(0, slash), is_url), path.substr(0, before), page);
  auto const parsed = parse_web_url(url);
  if (parsed && is_port(parsed->port)) return url;
  return Error{
      fmt::format("expected the address of a gateway, such as 9090, HOST:9090 or https://HOST:9090, port 1..65535, "
                  "found '{:.100}'",
                  address)};
}

}  // namespace gateway::cli
