#include "gateway/cli/traffic_split.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "gateway/cli/deployments.h"
#include "gateway/cli/target.h"
#include "gateway/deploy/exit_codes.h"

namespace gateway::cli {

namespace {

using TrafficJson = nlohmann::ordered_json;

constexpr std::chrono::seconds kHaproxyPatience{5};

/// What was set last.
Result<std::vector<std::string>> kept_shares(deploy::StateFolder const& state) {
  auto const text = deploy::content_of_file(state.traffic());
  if (!text) return text.error();
  auto const json = TrafficJson::parse(*text, nullptr, false);
  std::vector<std::string> words;
  if (json.is_object() && json.contains("shares") && json["shares"].is_object())
    for (auto const& [server, percent] : json["shares"].items())
      words.push_back(fmt::format("{}:{}", server, percent.dump()));
  return words;
}

}  // namespace

deploy::TrafficFailure split_traffic(Arguments const& arguments, std::vector<deploy::Share> const& shares,
                                     std::ostream& errors) {
  auto const& asked = arguments.deployment;
  auto const patience = or_usual(
      arguments.command == "set-traffic-split" ? asked.timeout : std::chrono::milliseconds{0}, kHaproxyPatience);
  auto const backend = or_variable(asked.backend, "MCP_HAPROXY_BACKEND", "mcp");
  deploy::Haproxy haproxy(or_variable(asked.socket, "MCP_HAPROXY_SOCKET", "/run/haproxy/admin.sock"), backend,
                          patience);
  if (auto failure = haproxy.set(shares); failure.exit_code != 0) return failure;
  std::vector<deploy::ServerState> servers;
  (void)haproxy.read(servers);
  for (auto const& server : servers) {
    if (server.weight > 0 && !server.is_up)
      errors << fmt::format("note: HAProxy takes {}/{} for down, so it gets nothing until it is up\n", backend,
                            server.name);
  }
  TrafficJson kept{{"backend", backend}, {"shares", TrafficJson::object()}};
  for (auto const& share : shares) kept["shares"][share.server] = share.percent;
  auto const written = deploy::write_whole(state_of(arguments).traffic(), kept.dump(2) + "\n");
  if (written) return {};
  return {deploy::kCheckFailed, fmt::format("traffic is split, but not kept: {}", written.error().what)};
}

int set_traffic_split(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  auto const failed = [&errors](int code, std::string_view why) {
    errors << fmt::format("set-traffic-split: {}\n", why);
    return code;
  };
  auto words = arguments.deployment.shares;
  if (arguments.deployment.restore) {
    auto const kept = kept_shares(state_of(arguments));
    if (!kept) return failed(deploy::kWrongUsage, kept.error().what);
    words = *kept;
  }
  auto const shares = deploy::read_shares(words);
  if (!shares) return failed(deploy::kWrongUsage, shares.error().what);
  if (auto const failure = split_traffic(arguments, *shares, errors); failure.exit_code != 0)
    return failed(failure.exit_code, failure.what);
  if (arguments.deployment.json) {
    TrafficJson json = TrafficJson::object();
    for (auto const& share : *shares) json[share.server] = share.percent;
    out << json.dump() << '\n';
  } else {
    out << fmt::format("traffic: {}\n", deploy::to_text(*shares));
  }
  return deploy::kWell;
}

}  // namespace gateway::cli
