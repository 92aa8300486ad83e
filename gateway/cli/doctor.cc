#include "gateway/cli/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <utility>
#include <vector>

#include "gateway/cli/check_connect.h"
#include "gateway/cli/diagnosis.h"
#include "gateway/cli/http_get.h"
#include "gateway/cli/load_config.h"
#include "gateway/cli/sandboxes.h"
#include "gateway/io/child_guard.h"

namespace gateway::cli {

namespace {

constexpr std::chrono::seconds kPublicPatience{10};
constexpr std::chrono::seconds kStreamPatience{5};

void tell_times(ListedTools const& server, std::ostream& out) {
  auto const& times = server.times;
  auto const from_to = [](Duration from, Duration to) { return std::max(to_ms(to - from), 0.0); };
  out << fmt::format(
      "{:<16} start {:.0f} ms, first word {:.0f}, handshake {:.0f}, lists {:.0f}; {} tools, about {} tokens\n",
      server.service, to_ms(times.started), from_to(times.started, times.first_word),
      from_to(times.first_word, times.ready), from_to(times.ready, times.listed), sizes_of(server.raw_tools).size(),
      tokens_in(server.raw_tools.size()));
}

std::string_view command_of(config::Config const& config, std::string_view service) {
  auto const found = std::ranges::find(config.services, service, &config::ServiceConfig::name);
  return found == config.services.end() ? std::string_view{} : std::string_view(found->command);
}

void tell_advice(std::vector<std::string> const& advice, std::ostream& out) {
  for (auto const& each : advice) out << "  advice: " << each << '\n';
}

/// What clients meet at the public address.
class Outside {
 public:
  Outside(config::Config const& config, GatewayAddress const& address, std::ostream& out)
      : config_(config), address_(address), out_(out) {}

  bool look() {
    auto const health = get("/health");
    if (!health) {
      return fail(health.error().what,
                  "is the gateway running, does the proxy lead to it, and does its name resolve from here?");
    }
    auto const page = nlohmann::json::parse(health->body, nullptr, false);
    if (!page.is_object() || !page.contains("status")) {
      return fail(fmt::format("/health answers with status {}, and not as a gateway does", health->status),
                  health->status == 403 ? "add the public name to gateway.allowed_hosts"
                                        : "the proxy has to pass the path on as it is, or strip gateway.base_path");
    }
    out_ << fmt::format("ok    {}/health says {}\n", address_.text, page["status"].get<std::string>());
    auto const streams = look_at_streams();
    return (config_.gateway.auth.oauth.issuers.empty() || look_at_oauth()) && streams;
  }

 private:
  Result<http::Answered> get(std::string_view path) const {
    auto const url = url_of(address_.text, path, NamedPage::Replace);
    if (!url) return url.error();
    return http_get(*url, address_.trust, kPublicPatience);
  }

  bool fail(std::string_view what, std::string_view advice) {
    out_ << fmt::format("FAIL  {}\n  advice: {}\n", what, advice);
    return false;
  }

  [[nodiscard]] config::ServiceConfig const* first_service() const {
    auto const& services = config_.services;
    auto const first = std::ranges::find_if(services, [](auto const& each) { return !each.disabled; });
    return first == services.end() ? nullptr : &*first;
  }

  /// The gateway sends the first event of a legacy stream at once, and never the end.
  bool look_at_streams() {
    auto const* const service = first_service();
    if (service == nullptr) return true;
    auto const path = fmt::format("/{}/sse", service->name);
    auto const url = url_of(address_.text, path, NamedPage::Replace);
    if (!url) return fail(url.error().what, "");
    auto const answer = http_get_stream(*url, address_.trust, "event: endpoint", kStreamPatience);
    if (!answer)
      return fail(fmt::format("{} sends nothing within {} s, and /health is answered: something on the way holds "
                              "streams back",
                              path, kStreamPatience.count()),
                  "turn off the buffering of responses in the proxy, such as proxy_buffering off; docs/proxies.md has "
                  "the settings");
    if (answer->status == 401 || answer->status == 403) {
      out_ << fmt::format("skip  {} needs a token: whether streams come through is not known\n", path);
      return true;
    }
    if (answer->status != 200)
      return fail(fmt::format("{} answers with status {}", path, answer->status),
                  "the proxy has to pass the path on as it is, or strip gateway.base_path");
    out_ << fmt::format("ok    {} streams without delay\n", path);
    return true;
  }

  /// From the protected resource to the metadata of its authorization servers. (RFC 9728 and RFC 8414.)
  bool look_at_oauth() {
    auto const* const first = first_service();
    if (first == nullptr) return true;
    auto const path = fmt::format("/.well-known/oauth-protected-resource/{}/mcp", first->name);
    auto const answer = get(path);
    auto const metadata = answer ? nlohmann::json::parse(answer->body, nullptr, false)
                                 : nlohmann::json(nlohmann::json::value_t::discarded);
    if (!metadata.is_object() || !metadata.contains("authorization_servers")) {
      return fail(fmt::format("{} has no metadata of a protected resource", path),
                  "the proxy has to pass /.well-known/ on to the gateway, and gateway.public_url has to be set");
    }
    out_ << fmt::format("ok    {} names {}\n", path, metadata["authorization_servers"].dump());
    auto all_well = true;
    for (auto const& issuer : metadata["authorization_servers"])
      if (issuer.is_string()) all_well = look_at_issuer(issuer.get<std::string>()) && all_well;
    return all_well;
  }

  bool look_at_issuer(std::string issuer) {
    while (issuer.ends_with('/')) issuer.pop_back();
    for (auto const* const page : {"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"}) {
      auto const answer = http_get(issuer + page, address_.trust, kPublicPatience);
      if (!answer || answer->status != 200) continue;
      auto const metadata = nlohmann::json::parse(answer->body, nullptr, false);
      if (!metadata.is_object() || !metadata.contains("token_endpoint")) continue;
      out_ << fmt::format("ok    {}{} has a token endpoint\n", issuer, page);
      return true;
    }
    return fail(fmt::format("the issuer {} has no metadata with a token endpoint", issuer),
                "clients have to reach it, too: look at its address in gateway.auth.oauth.issuers");
  }

  config::Config const& config_;
  GatewayAddress const& address_;
  std::ostream& out_;
};

}  // namespace

int doctor(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  auto config = load_config(arguments.config(), errors);
  if (!config || !keep_services(*config, arguments.services, errors)) return kUsageError;
  auto const support = support_for(*config);
  find_sandbox_faults(*config, support);
  auto guard = io::ChildGuard::start();
  if (!guard) {
    errors << "cannot start: " << guard.error().what << '\n';
    return 1;
  }
  std::vector<ListedTools> servers;
  auto well = check_connect(*config, support, std::move(*guard), nullptr, out, &servers);
  if (!servers.empty()) out << "\nwhere time goes\n";
  for (auto const& server : servers) {
    tell_times(server, out);
    tell_advice(advice_for(server, command_of(*config, server.service)), out);
  }
  tell_advice(advice_for_all(servers), out);
  if (!arguments.address.text.empty()) {
    out << "\nfrom outside\n";
    well = Outside(*config, arguments.address, out).look() && well;
  }
  return well ? 0 : 1;
}

}  // namespace gateway::cli
