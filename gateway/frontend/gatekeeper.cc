#include "gateway/frontend/gatekeeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "gateway/base/json_text.h"
#include "gateway/frontend/denial.h"
#include "gateway/frontend/shown_token.h"

namespace gateway::frontend {

using auth::Denial;

namespace {

/// The endpoint of a service whose metadata a client of this door is told.
std::string_view endpoint_of(Door door) { return door == Door::Mcp ? "/mcp" : "/sse"; }

bool asks_for_certificates(Desk const& desk) {
  auto const asks = [](std::optional<config::TlsConfig> const& tls) { return tls && tls->asks_clients(); };
  return asks(desk.config.tls) || std::ranges::any_of(desk.directory->services(), [&](ListedService const& listed) {
           return asks(listed.config.tls);
         });
}

/// A client shows the same token with each request, and a JWT is long.
auth::Digest const& digest_of(http::Exchange& exchange, std::string_view token) {
  auto& memo = exchange.memo();
  if (memo.of != token) {
    memo.result = auth::sha256(token);
    memo.of = token;
  }
  return memo.result;
}

}  // namespace

Gatekeeper::Gatekeeper(Desk& desk, Denials& denials, metrics::Metrics& metrics, auth::Policy const& policy,
                       auth::Authenticator::Machine const& machine, Owner& owner)
    : desk_(desk),
      denials_(denials),
      metrics_(metrics),
      policy_(policy),
      owner_(owner),
      address_(desk.config),
      certificates_(asks_for_certificates(desk)),
      auth_(desk.config.auth, policy, machine, *this) {
  policy_.find_rules(nobody_);
}

void Gatekeeper::take_up(auth::Fetcher* fetcher) {
  nobody_ = {};
  policy_.find_rules(nobody_);
  address_ = PublicAddress(desk_.config);
  certificates_ = asks_for_certificates(desk_);
  auth_.take_up(desk_.config.auth, fetcher);
  serve(waiting_.take_all(), auth::Patience::CanWait);
}

// ── who it is ────────────────────────────────────────────────────────────────

auth::Verdict Gatekeeper::identify(Visit& visit, auth::Patience patience) {
  if (!auth_.required() && !certificates_) {
    if (!may_enter(visit, nobody_)) return Denial::Forbidden;
    return &nobody_;
  }
  auto const& head = visit.request.head;
  // A token decides, where tokens mean something.
  auto const token = auth_.required() ? shown_token(head) : std::string_view{};
  if (token.empty()) return admitted(visit, identify_by_certificate(visit));
  auto const origin = address_.origin(head, visit.exchange.address());
  auto const verdict = auth_.check(token, digest_of(visit.exchange, token), resource_of(visit, origin), patience);
  if (auto const* const later = std::get_if<auth::Later>(&verdict)) {
    if (!waiting_.keep(later->wait, visit.exchange.id(), visit.request)) return Denial::Unavailable;
    return verdict;
  }
  return admitted(visit, verdict);
}

/// The same, if the principal may be there.
auth::Verdict Gatekeeper::admitted(Visit& visit, auth::Verdict const& verdict) const {
  auto const* const known = std::get_if<Principal const*>(&verdict);
  if (known == nullptr) return verdict;
  if (*known == &nobody_) return may_enter(visit, nobody_) ? verdict : Denial::Forbidden;
  visit.principal = *known;
  if (!has_scopes(visit, **known)) return Denial::MissingScope;
  if (!may_enter(visit, **known)) {
    return entry_scopes(visit).empty() ? Denial::Forbidden : Denial::MissingScope;
  }
  return verdict;
}

/// Of a request without a token.
auth::Verdict Gatekeeper::identify_by_certificate(Visit const& visit) {
  auto const* const certificate = certificates_ ? visit.exchange.certificate() : nullptr;
  auto const* const rules = certificates_ ? tls_of(visit) : nullptr;
  if (certificate != nullptr && rules != nullptr) return auth_.check(*certificate, *rules);
  // It was opened before the listener required one.
  if (rules != nullptr && rules->client_auth == config::ClientAuth::Required) return Denial::NoToken;
  return auth_.required() ? auth::Verdict(denial_without_token(visit.request.head)) : &nobody_;
}

/// Of the listener that the request came in by; null without.
config::TlsConfig const* Gatekeeper::tls_of(Visit const& visit) const {
  auto const tag = visit.request.listener;
  auto const* const own = tag == http::ListenerTag{} ? nullptr : desk_.directory->find(ServiceKey{raw(tag)});
  auto const& tls = own == nullptr ? desk_.config.tls : own->config.tls;
  return tls ? &*tls : nullptr;
}

bool Gatekeeper::is_known(Visit const& visit) {
  auto const token = auth_.required() ? shown_token(visit.request.head) : std::string_view{};
  if (token.empty()) return std::holds_alternative<Principal const*>(identify_by_certificate(visit));
  auto const origin = address_.origin(visit.request.head, visit.exchange.address());
  auto const verdict = auth_.check(token, digest_of(visit.exchange, token),
                                   {.origin = origin, .base_path = desk_.config.base_path, .is_gateway = true},
                                   auth::Patience::HasWaited);
  return std::holds_alternative<Principal const*>(verdict);
}

/// Null where the request names none, and neither does its session.
ListedService const* Gatekeeper::service_of(Visit const& visit) const {
  auto service = visit.endpoint.service;
  if (!service) {
    auto const* const session = desk_.sessions.find(session_token(visit.request.head.query));
    if (session != nullptr) service = session->service;
  }
  return service ? desk_.directory->find(*service) : nullptr;
}

auth::Resource Gatekeeper::resource_of(Visit const& visit, std::string const& origin) const {
  auth::Resource resource{.origin = origin, .base_path = desk_.config.base_path};
  auto const* const service = service_of(visit);
  resource.is_gateway = service == nullptr;
  if (service != nullptr && !desk_.directory->endpoints().is_single())
    resource.service = service->config.service_name();
  return resource;
}

bool Gatekeeper::admits(Visit const& visit, ServiceKey service) const {
  if (!auth_.required() && !certificates_ && !policy_.is_on()) return true;
  auto there = visit;
  there.endpoint.service = service;
  return has_scopes(there, *visit.principal) && may_enter(there, *visit.principal);
}

bool Gatekeeper::has_scopes(Visit const& visit, Principal const& principal) const {
  auto const credential = principal.id.credential;
  auto const is_of_issuer = credential == Credential::Jwt || credential == Credential::OpaqueToken;
  if (is_of_issuer && !principal.scopes.has_each(desk_.config.auth.oauth.required_scopes)) return false;
  auto const* const service = service_of(visit);
  return service == nullptr || principal.scopes.has_each(service->config.required_scopes);
}

bool Gatekeeper::may_enter_by_policy(Visit const& visit, Principal const& principal) const {
  auto const* const service = service_of(visit);
  if (service == nullptr) return true;
  auto const* const group = desk_.directory->find_group(service->key);
  if (group == nullptr) return may_enter_service(*service, principal);
  return std::ranges::any_of(group->members, [&](ServiceKey member) {
    auto const* const its = desk_.directory->find(member);
    return its != nullptr && may_enter_service(*its, principal);
  });
}

/// The scopes with which the policy would let the visit's principal use the service.
std::vector<std::string> Gatekeeper::entry_scopes(Visit const& visit) const {
  auto const* const service = service_of(visit);
  if (!policy_.is_on() || service == nullptr || visit.principal == nullptr) return {};
  return policy_.scopes_for(*visit.principal, service->config.service_name(), auth::Asset::Other, {});
}

// ── what those are told who do not get in ────────────────────────────────────

std::vector<std::string> Gatekeeper::needed_scopes(ListedService const* service) const {
  auto scopes = desk_.config.auth.oauth.required_scopes;
  auto const add = [&](config::ServiceConfig const& config) {
    for (auto const& scope : config.required_scopes)
      if (std::ranges::find(scopes, scope) == scopes.end()) scopes.push_back(scope);
  };
  if (service != nullptr) {
    add(service->config);
  } else {
    for (auto const& listed : desk_.directory->services()) add(listed.config);
  }
  return scopes;
}

void Gatekeeper::refuse(Visit const& visit, Denial denial) {
  denials_.denied(visit, label(denial));
  auto const status = http_status(denial);
  auto const body = rpc::error_message({}, rpc::ErrorCode::BadRequest, unauthorized_text(denial));
  if (denial == Denial::Unavailable) return visit.reply_json(status, body);
  if (denial == Denial::Forbidden) return visit.reply_json(status, body);
  auto const* const service = service_of(visit);
  auto scopes = service == nullptr ? std::vector<std::string>{} : needed_scopes(service);
  if (denial == Denial::MissingScope && has_scopes(visit, *visit.principal)) scopes = entry_scopes(visit);
  visit.reply_json(status, body, challenge_for(visit, denial, scopes));
}

std::string Gatekeeper::challenge_for(Visit const& visit, Denial denial, std::vector<std::string> const& scopes) const {
  auto const origin = address_.origin(visit.request.head, visit.exchange.address());
  auto const has_metadata = !desk_.config.auth.oauth.issuers.empty() && !origin.empty();
  auto const metadata =
      has_metadata ? auth::metadata_url(resource_of(visit, origin), endpoint_of(visit.endpoint.door)) : std::string{};
  return challenge(denial,
                   {.realm = "mcp-gateway", .scopes = fmt::format("{}", fmt::join(scopes, " ")), .metadata = metadata});
}

bool Gatekeeper::answer_metadata(Visit const& visit) {
  auto const& head = visit.request.head;
  auto const path = head.path.substr(auth::kMetadataPath.size());
  auto const is_root = path.empty() || path == "/" || path == desk_.config.base_path;
  auto const endpoint = is_root ? std::optional(Endpoint{Door::Mcp, std::nullopt})
                                : desk_.directory->endpoints().find(visit.request.listener, head.host, path);
  auto const origin = address_.origin(head, visit.exchange.address());
  if (!endpoint || (!is_root && (!endpoint->service || endpoint->door == Door::Health)) || origin.empty()) return false;
  if (head.method != http::Method::Get && head.method != http::Method::Head) {
    visit.reply_not_allowed("GET, HEAD");
    return true;
  }
  auto described = visit;
  described.endpoint = *endpoint;
  auto const resource = resource_of(described, origin);
  std::vector<std::string> issuers;
  for (auto const& issuer : desk_.config.auth.oauth.issuers) issuers.push_back(issuer.issuer);
  visit.reply_json(
      200,
      fmt::format(R"({{"resource":{},"authorization_servers":{},"scopes_supported":{},"bearer_methods_supported":)"
                  R"(["header"],"resource_name":{}}})",
                  json_string(auth::url_of(resource, endpoint_of(endpoint->door))), json_list(issuers),
                  json_list(needed_scopes(service_of(described))),
                  json_string(resource.service.empty() ? "mcp-gateway" : resource.service)),
      "Cache-Control: max-age=300\r\n");
  return true;
}

// ── answers of others ────────────────────────────────────────────────────────

/// Logged when something changes: an issuer that is away for hours is one line.
void Gatekeeper::on_source_read(auth::Source const& source, std::string_view trouble) {
  if (!desk_.is_first) return;
  metrics_.auth_source_read(source.kind, trouble.empty());
  auto const [known, is_new] = troubles_.try_emplace(fmt::format("{} {}", source.kind, source.which));
  auto const is_file = source.kind == "tokens_file";
  auto const had_trouble = !known->second.empty();
  if (known->second == trouble && !is_new && !is_file) return;
  known->second.assign(trouble);
  if (!trouble.empty()) {
    return desk_.log.error(
        "auth.source", "credentials could not be read, and those known before stay in use",
        {{"source", source.kind}, {"name", source.which}, {"err.kind", "credentials"}, {"err.msg", trouble}});
  }
  if (had_trouble || is_new || is_file)
    desk_.log.info("auth.source", "credentials were read", {{"source", source.kind}, {"name", source.which}});
}

void Gatekeeper::on_decided(auth::WaitId wait) { serve(waiting_.take(wait), auth::Patience::HasWaited); }

void Gatekeeper::serve(std::vector<WaitingRequests::Kept> const& all, auth::Patience patience) {
  auto const head = std::make_unique<http::RequestHead>();
  for (auto const& kept : all) {
    auto* const exchange = desk_.server->find(kept.exchange);
    if (exchange == nullptr) continue;  // its client has left
    read_kept(kept, *head);
    owner_.on_waited(*exchange,
                     {.head = *head, .body = kept.body, .listener = kept.listener, .request_id = kept.request_id},
                     patience);
  }
}

}  // namespace gateway::frontend
