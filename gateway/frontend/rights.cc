#include "gateway/frontend/rights.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "gateway/base/ids.h"
#include "gateway/mcp/listen.h"
#include "gateway/mcp/visible_list.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::frontend {

using auth::Asset;
using mcp::Method;
using mcp::Outcome;

namespace {

Asset asset_of(Method list) {
  if (list == Method::ToolsList) return Asset::Tool;
  return list == Method::PromptsList ? Asset::Prompt : Asset::Resource;
}

std::string_view word_for(Asset asset) {
  switch (asset) {
    case Asset::Tool: return "tool";
    case Asset::Prompt: return "prompt";
    case Asset::Resource: return "resource";
    case Asset::Other: break;
  }
  return "method";
}

/// What a completion is for. Servers may differ on which of two members counts, so each is named. Where none is, a
/// server may find it elsewhere.
std::vector<Named> completed_in(std::string_view raw_params) {
  std::vector<Named> all;
  rpc::MemberWalk params(raw_params);
  while (auto const ref = params.next()) {
    if (!ref->resembles("ref")) continue;
    rpc::MemberWalk walk(ref->value);
    while (auto const member = walk.next()) {
      if (member->resembles("name")) all.push_back({Asset::Prompt, rpc::unquote(member->value)});
      if (member->resembles("uri")) all.push_back({Asset::Resource, rpc::unquote(member->value)});
    }
  }
  if (all.empty()) all.push_back({Asset::Other, "completion/complete"});
  return all;
}

/// None where the request is refused for not saying what to listen to.
std::vector<Named> listened_in(std::string_view raw_params) {
  std::vector<Named> all;
  if (auto const filter = mcp::read_listen_filter(raw_params)) {
    for (auto const& uri : filter->uris) all.push_back({Asset::Resource, rpc::unquote(uri)});
  }
  return all;
}

/// Requests that cost nearly nothing, or last as long as their client does, are not counted.
bool counts(Method method) {
  constexpr std::array kNotCounted{Method::Ping,
                                   Method::Initialize,
                                   Method::ServerDiscover,
                                   Method::LoggingSetLevel,
                                   Method::ResourcesUnsubscribe,
                                   Method::SubscriptionsListen};
  return std::ranges::find(kNotCounted, method) == kNotCounted.end();
}

std::string refused_text(Named const& named, Principal const& principal, std::vector<std::string> const& scopes) {
  auto const who = principal.id.name.empty() ? std::string("clients without a token") : '\'' + principal.id.name + '\'';
  auto const what = fmt::format("the {} '{:.200}' is not allowed for {}", word_for(named.asset), named.name, who);
  if (scopes.empty()) return what;
  return fmt::format("{}: a token with the scope {} is needed", what, fmt::join(scopes, " "));
}

std::string quota_text(Quotas::Exceeded const& exceeded) {
  if (!exceeded.retry_after) return "too many requests are in flight: try again when one of them has ended";
  return fmt::format("too many requests: try again in {:.1f} s", to_ms(*exceeded.retry_after) / 1000);
}

}  // namespace

std::vector<Named> named_in(mcp::ClientMessage const& message) {
  auto const& params = message.parsed;
  auto const method = message.known_method;
  if (method == Method::ToolsCall) return {{Asset::Tool, rpc::unquote(params.name)}};
  if (method == Method::PromptsGet) return {{Asset::Prompt, rpc::unquote(params.name)}};
  if (method == Method::ResourcesRead || method == Method::ResourcesSubscribe) {
    return {{Asset::Resource, rpc::unquote(params.uri)}};
  }
  if (method == Method::CompletionComplete) return completed_in(message.params);
  if (method == Method::SubscriptionsListen) return listened_in(message.params);
  if (method == Method::Other) return {{Asset::Other, std::string(message.method)}};
  return {};
}

Ruling judge_by_policy(auth::Policy const& policy, Principal const& principal, std::string_view service,
                       mcp::ClientMessage const& message) {
  Ruling ruling;
  if (mcp::is_list(message.known_method)) {
    auto names = policy.names(principal, service, asset_of(message.known_method));
    if (!names.allow_all()) ruling.names = std::move(names);
    return ruling;
  }
  for (auto const& named : named_in(message)) {
    if (policy.allows(principal, service, named.asset, named.name)) continue;
    ruling.scopes = policy.scopes_for(principal, service, named.asset, named.name);
    ruling.refused = {.outcome = ruling.scopes.empty() ? Outcome::Forbidden : Outcome::MissingScope,
                      .message = refused_text(named, principal, ruling.scopes),
                      .reason = ruling.scopes.empty() ? "forbidden" : "insufficient_scope"};
    return ruling;
  }
  return ruling;
}

std::optional<NameRules> Rights::visible(Principal const& principal, std::string_view service,
                                         mcp::ClientMessage const& list) const {
  if (!policy_.is_on()) return std::nullopt;
  return judge_by_policy(policy_, principal, service, list).names;
}

bool Rights::allows(Principal const& principal, std::string_view service, mcp::ClientMessage const& message) const {
  return !policy_.is_on() || !judge_by_policy(policy_, principal, service, message).refused;
}

Ruling Rights::judge(Visit const& visit, std::string_view service, mcp::ClientMessage const& message, TimePoint now) {
  if (message.kind == rpc::MessageKind::Response) return {};
  auto ruling = policy_.is_on() ? judge_by_policy(policy_, *visit.principal, service, message) : Ruling{};
  if (!ruling.refused && quotas_.any() && message.kind == rpc::MessageKind::Request && counts(message.known_method))
    take_quota(visit, service, message, now, ruling);
  return ruling;
}

void Rights::take_quota(Visit const& visit, std::string_view service, mcp::ClientMessage const& message, TimePoint now,
                        Ruling& ruling) {
  auto const& name = visit.principal->id.name;
  // Without authentication, a client is an address.
  auto const address = name.empty() ? fmt::format("{}", raw(visit.client())) : std::string{};
  auto const tool = message.known_method == Method::ToolsCall ? rpc::unquote(message.parsed.name) : std::string{};
  auto taken = quotas_.take({.principal = name.empty() ? std::string_view(address) : std::string_view(name),
                             .service = service,
                             .tool = tool},
                            now);
  if (auto* const places = std::get_if<Quotas::Places>(&taken)) return void(ruling.places = std::move(*places));
  auto const& exceeded = std::get<Quotas::Exceeded>(taken);
  ruling.refused = {.outcome = Outcome::Limited,
                    .message = quota_text(exceeded),
                    .reason = exceeded.reason,
                    .retry_after = exceeded.retry_after};
}

}  // namespace gateway::frontend
