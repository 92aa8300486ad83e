#include "gateway/config/bridge.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "gateway/config/values.h"

namespace gateway::config {

namespace {

constexpr std::string_view kUrlVariable = "MCP_REMOTE_URL";
constexpr std::string_view kHeaderVariable = "MCP_REMOTE_HEADER_";
/// By which libcurl finds proxies.
constexpr std::array<char const*, 7> kOfTheNetwork{"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                                   "ALL_PROXY",  "no_proxy",    "NO_PROXY"};

std::string_view word_of(RemoteTransport transport) {
  switch (transport) {
    case RemoteTransport::Auto: return "auto";
    case RemoteTransport::Http: return "http";
    case RemoteTransport::Sse: return "sse";
  }
  return "";
}

std::string reference_to(std::string_view variable) { return fmt::format("${{{}}}", variable); }

/// Keys are often in the query or the path.
bool may_hold_secret(ServiceConfig const& service) {
  auto const& url = service.url;
  auto const is_in_it = [&](Secret const& text) { return !text.empty() && url.find(text.reveal()) != url.npos; };
  return url.find_first_of("?@") != url.npos || std::ranges::any_of(service.put_in, is_in_it);
}

}  // namespace

void set_bridge(ServiceConfig& service, Environment const& environment) {
  service.command = environment.own_program;
  service.args = {"connect",           service.url,
                  "--transport",       std::string(word_of(service.transport)),
                  "--connect-timeout", duration_text(service.connect_timeout),
                  "--timeout",         "0s"};  // the gateway limits calls itself
  if (may_hold_secret(service)) {
    service.env.insert_or_assign(std::string(kUrlVariable), Secret{service.url});
    service.args[1] = reference_to(kUrlVariable);
  }
  if (!service.ca.empty()) service.args.insert(service.args.end(), {"--ca", service.ca});
  std::size_t number = 0;
  for (auto const& [name, value] : service.headers) {
    auto const variable = fmt::format("{}{}", kHeaderVariable, ++number);
    service.env.insert_or_assign(variable, value);
    service.args.insert(service.args.end(), {"--header", fmt::format("{}: {}", name, reference_to(variable))});
    // A scheme before a token is none of the secret: without it, it is still one.
    auto const space = value.reveal().find(' ');
    if (space != std::string::npos) service.put_in.emplace_back(value.reveal().substr(space + 1));
  }
  for (auto const* const variable : kOfTheNetwork)
    if (environment.variable(variable)) service.pass_env.emplace_back(variable);
}

}  // namespace gateway::config
