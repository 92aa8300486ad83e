#include "gateway/frontend/front_door.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "gateway/base/ascii.h"
#include "gateway/frontend/denial.h"
#include "gateway/frontend/http_span.h"
#include "gateway/frontend/http_tags.h"
#include "gateway/mcp/http_status.h"

namespace gateway::frontend {

using mcp::Session;
using mcp::Transport;
using rpc::ErrorCode;

namespace {

constexpr std::string_view kNoStore = "Cache-Control: no-store\r\n";

/// For clients without the required token.
std::string brief(health::HealthStatus status) { return fmt::format("{{\"status\":\"{}\"}}\n", to_text(status)); }

/// The fields of tool arguments that a browser asks to send: which there are, the tools' schemas say.
std::string param_headers_asked_for(http::RequestHead const& head) {
  constexpr std::string_view kPrefix = "mcp-param-";
  std::string names;
  auto rest = head.find("access-control-request-headers").value_or("");
  while (!rest.empty()) {
    auto const end = std::min(rest.find(','), rest.size());
    auto name = rest.substr(0, end);
    name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
    name = name.substr(0, name.find(' '));
    if (equal_ignoring_case(name.substr(0, kPrefix.size()), kPrefix)) names.append(", ").append(name);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return names;
}

/// The process whose session a request names.
std::optional<Generation> issuer_of(http::RequestHead const& head) {
  auto const token = head.look_up("mcp-session-id");
  if (token.value && !token.repeated) return LoopTokens::generation_of(*token.value);
  return LoopTokens::generation_of(session_token(head.query));
}

http::RouteTag route_of(Door door) {
  switch (door) {
    case Door::Sse: return tag_of(metrics::Route::Sse);
    case Door::Messages: return tag_of(metrics::Route::Messages);
    case Door::Mcp: return tag_of(metrics::Route::Mcp);
    case Door::Health: return tag_of(metrics::Route::Health);
  }
  return {};
}

}  // namespace

FrontDoor::FrontDoor(Desk& desk, health::HealthSource& health, metrics::Metrics& metrics, Quotas& quotas,
                     auth::Authenticator::Machine const& machine)
    : desk_(desk),
      health_(health),
      admission_(desk.config),
      denials_(desk.clock, desk.log, metrics),
      policy_(desk.config.policy),
      rights_(policy_, quotas),
      gatekeeper_(desk, denials_, metrics, policy_, machine, *this),
      posts_(desk),
      sse_(desk),
      streamable_(desk, posts_),
      stateless_(desk, posts_) {
  desk_.denials = &denials_;
  desk_.gatekeeper = &gatekeeper_;
  if (rights_.is_on()) desk_.rights = &rights_;
}

void FrontDoor::take_up(auth::Fetcher* fetcher) {
  admission_ = Admission(desk_.config);
  desk_.rights = rights_.is_on() ? &rights_ : nullptr;
  gatekeeper_.take_up(fetcher);
  std::vector<SessionId> strangers;
  desk_.sessions.for_each([&](Session const& session) {
    if (session.whole == SessionId{} && !gatekeeper_.may_come_back(session.principal)) strangers.push_back(session.id);
  });
  for (auto const id : strangers) end(id, mcp::SessionEnd::Reload);
}

// ── requests ─────────────────────────────────────────────────────────────────

void FrontDoor::on_request(http::Exchange& exchange, http::Request const& request) {
  admit(exchange, request, auth::Patience::CanWait);
}

/// Once another process has taken the place of this one, that has the current configuration: who may do what, and which
/// services there are, is for it to say, but of sessions and calls that are here still.
bool FrontDoor::pass_to_next(Visit const& visit) const {
  auto const issuer = issuer_of(visit.request.head);
  auto const is_of_next = issuer ? desk_.directory->tokens().own().is_before(*issuer)
                                 : visit.request.body.find("requestState") == std::string_view::npos;
  return is_of_next && desk_.pass_on(visit, issuer);
}

void FrontDoor::admit(http::Exchange& exchange, http::Request const& request, auth::Patience patience) {
  auto const admitted = admission_.judge(request.head, endpoints());
  std::string fields;
  if (!admitted.origin.empty()) {
    fields = fmt::format(
        "Access-Control-Allow-Origin: {}\r\nAccess-Control-Expose-Headers: Mcp-Session-Id, WWW-Authenticate, "
        "X-Request-Id, Retry-After\r\n"
        "Vary: Origin\r\n",
        admitted.origin);
  }
  Visit visit{exchange, request, {}, &gatekeeper_.nobody(), fields};
  if (desk_.phase != Phase::Serving && pass_to_next(visit)) return;
  if (!admitted.allowed) return forbid(visit, admitted);
  if (gatekeeper_.has_metadata_at(request.head.path)) return metadata(visit, admitted);
  auto const endpoint = endpoints().find(request.listener, request.head.host, request.head.path);
  if (!endpoint || (endpoint->service && !desk_.serves(*endpoint->service))) {
    // The process before may have a session of a service that is configured no more.
    auto const issuer = issuer_of(request.head);
    if (issuer && desk_.pass_on(visit, issuer)) return;
    return not_found(visit);
  }
  visit.endpoint = *endpoint;
  exchange.set_route(route_of(endpoint->door));
  if (request.head.method == http::Method::Options) return preflight(visit, admitted);

  auto const verdict = gatekeeper_.identify(visit, patience);
  if (std::holds_alternative<auth::Later>(verdict)) return;
  auto const* const denial = std::get_if<auth::Denial>(&verdict);
  if (endpoint->door == Door::Health) return health(visit, denial == nullptr);
  if (denial != nullptr) return gatekeeper_.refuse(visit, *denial);
  visit.principal = std::get<Principal const*>(verdict);
  if (!desk_.tracer.on()) return serve(visit);
  // Only after authentication: strangers do not decide what is recorded.
  auto const trace = trace_request(desk_, visit);
  visit.trace = &trace;
  serve(visit);
}

void FrontDoor::forbid(Visit const& visit, Admitted const& judged) {
  denials_.denied(visit, judged.reason, judged.shown);
  visit.reply_error(403, ErrorCode::BadRequest, forbidden_text(judged));
}

/// For everybody: it says how to become one who may enter.
void FrontDoor::metadata(Visit const& visit, Admitted const& admitted) {
  if (visit.request.head.method == http::Method::Options) return preflight(visit, admitted);
  if (!gatekeeper_.answer_metadata(visit)) not_found(visit);
}

/// A client without the required token does not learn which services there are.
void FrontDoor::not_found(Visit const& visit) {
  auto const& head = visit.request.head;
  ServedHere here;
  if (gatekeeper_.is_known(visit)) here = endpoints().served_at(visit.request.listener, desk_.config);
  visit.reply_error(404, ErrorCode::BadRequest, not_found_text(head.path, here));
}

void FrontDoor::serve(Visit const& visit) {
  auto const method = visit.request.head.method;
  switch (visit.endpoint.door) {
    case Door::Messages:
      if (method != http::Method::Post) return visit.reply_not_allowed("POST");
      return sse_.post(visit);
    case Door::Sse:
      if (method == http::Method::Get && !visit.request.head.find("mcp-session-id") &&
          !names_stateless_revision(visit.request.head)) {
        return sse_.get(visit, endpoints().messages_reference(visit.request.listener, visit.request.head.path));
      }
      [[fallthrough]];
    case Door::Mcp:
      if (method == http::Method::Post) return post(visit);
      if (names_stateless_revision(visit.request.head)) return visit.reply_not_allowed("POST");
      if (method == http::Method::Get) return streamable_.get(visit);
      if (method == http::Method::Delete) return streamable_.remove(visit);
      return visit.reply_not_allowed("GET, POST, DELETE");
    case Door::Health: return;
  }
}

/// Where the revision of a request decides which rules apply to it: before a session is
/// looked up, since the stateless revision has none.
void FrontDoor::post(Visit const& visit) {
  auto const accepted = accepted_by(visit);
  if (!accepted) return;
  auto const version = visit.request.head.look_up("mcp-protocol-version");
  if (may_be_stateless(version, visit.request.body) && stateless_.post(visit, *accepted)) return;
  streamable_.post(visit, *accepted, version);
}

/// The headers that identify the owners of a service's sessions; of all services if the
/// path names none, since a proxy may have removed the name.
std::string FrontDoor::key_headers(std::optional<ServiceKey> service) const {
  std::string names;
  for (auto const& listed : desk_.directory->services()) {
    if (!desk_.serves(listed.key) || (service && *service != listed.key)) continue;
    auto const name = desk_.service(listed.key).key_header();
    if (!name.empty()) names.append(", ").append(name);
    for (auto const& [variable, from] : listed.config.owner_env) {
      if (!from.header.empty()) names.append(", ").append(from.header);
    }
  }
  return names;
}

/// Allows what an MCP client may send, and the headers that the configuration expects.
void FrontDoor::preflight(Visit const& visit, Admitted const& admitted) {
  auto& exchange = visit.exchange;
  if (admitted.origin.empty()) {
    return exchange.respond(
        {.status = 204, .content_type = {}, .fields = "Allow: GET, POST, DELETE, OPTIONS\r\n", .body = {}});
  }
  auto const fields = fmt::format(
      "Access-Control-Allow-Origin: {}\r\nAccess-Control-Allow-Methods: GET, POST, DELETE, OPTIONS\r\n"
      "Access-Control-Allow-Headers: content-type, accept, authorization, x-api-key, mcp-session-id, "
      "mcp-protocol-version, mcp-method, mcp-name, last-event-id, x-request-id, traceparent, tracestate{}{}\r\n"
      "Access-Control-Max-Age: 3600\r\nVary: Origin, Access-Control-Request-Headers\r\n",
      admitted.origin, key_headers(visit.endpoint.service), param_headers_asked_for(visit.request.head));
  exchange.respond({.status = 204, .content_type = {}, .fields = fields, .body = {}});
}

void FrontDoor::health(Visit const& visit, bool detailed) {
  auto const method = visit.request.head.method;
  if (method != http::Method::Get && method != http::Method::Head) return visit.reply_not_allowed("GET, HEAD");
  if (desk_.pass_on(visit)) return;
  if (visit.endpoint.service) return service_health(visit, detailed);
  health_.ask_health(
      [this, id = visit.exchange.id(), fields = std::string(visit.fields), detailed](health::GatewayHealth const& all) {
        auto* const open = desk_.server->find(id);
        if (open == nullptr) return;
        auto const text = detailed ? to_json(all) : brief(all.status);
        std::string_view const body = text;
        open->respond({.status = http_status(all.status),
                       .content_type = "application/json",
                       .fields = fields + std::string(kNoStore),
                       .body = {&body, 1}});
      });
}

void FrontDoor::service_health(Visit const& visit, bool detailed) {
  auto const here = health_.health_here();
  auto const* const listed = desk_.directory->find(*visit.endpoint.service);
  if (listed == nullptr) return visit.reply(503);
  if (auto const* const group = desk_.directory->find_group(listed->key)) {
    std::vector<std::string> members;
    for (auto const& member : group->config.members) members.push_back(member.service);
    auto const status = health::status_of_group(here, members);
    auto const body = detailed ? to_json(here, group->config.name, members) : brief(status);
    return visit.reply_json(http_status(status), body, kNoStore);
  }
  auto const service = std::find_if(here.services.begin(), here.services.end(), [&](health::ServiceHealth const& each) {
    return each.name == listed->config.name;
  });
  if (service == here.services.end()) return visit.reply(503);
  auto const status = here.status == health::HealthStatus::Draining ? here.status : service->status;
  visit.reply_json(http_status(status), detailed ? to_json(here, *service) : brief(status), kNoStore);
}

/// The context of a stream is its session, that of a POST its ticket. The two may be the
/// same number: which one it is depends on which of them has this exchange.
void FrontDoor::on_gone(ExchangeId id, std::uint64_t context, Gone why) {
  gatekeeper_.on_gone(id);
  auto* const session = desk_.sessions.find(SessionId{context});
  auto const* const streams = session == nullptr ? nullptr : desk_.find_streams(session->id);
  if (streams == nullptr || streams->own != id) return streamable_.on_post_gone(context, id);
  if (session->transport == Transport::Sse) return sse_.on_gone(session->id, why);
  streamable_.on_stream_gone(session->id);
}

// ── answers ──────────────────────────────────────────────────────────────────

/// Where messages for the session go, if it is a part of one at a group; null for others.
mcp::ClientPort* FrontDoor::group_of(Session const& session) const {
  if (session.whole == SessionId{}) return nullptr;
  auto const* const whole = desk_.sessions.find(session.whole);
  return whole == nullptr ? nullptr : desk_.services.find(whole->service)->parts;
}

std::optional<int> FrontDoor::status_of(mcp::ReplyTo to, mcp::Outcome outcome) {
  auto const* const session = desk_.sessions.find(to.session);
  if (session == nullptr) return std::nullopt;
  if (auto* const group = group_of(*session)) return group->status_of(to, outcome);
  return session->transport == Transport::Sse
             ? mcp::kAcceptedStatus
             : posts_.status_of(to.ticket, mcp::http_status(outcome, era_of(session->transport)));
}

void FrontDoor::answer(mcp::ReplyTo to, mcp::Outcome outcome, rpc::Reply const& reply) {
  auto* const session = desk_.sessions.find(to.session);
  if (session == nullptr) return;
  if (auto* const group = group_of(*session)) return group->answer(to, outcome, reply);
  if (session->transport == Transport::Sse) return sse_.answer(*session, reply);
  streamable_.answer(*session, to.ticket, outcome, reply);
}

void FrontDoor::drop(mcp::ReplyTo to) {
  auto* const session = desk_.sessions.find(to.session);
  if (session == nullptr) return;
  if (auto* const group = group_of(*session)) return group->drop(to);
  if (session->transport != Transport::Sse) streamable_.drop(to.ticket);
}

void FrontDoor::during(mcp::ReplyTo to, rpc::PiecesView message) {
  auto* const session = desk_.sessions.find(to.session);
  if (session == nullptr) return;
  if (auto* const group = group_of(*session)) return group->during(to, message);
  if (session->transport == Transport::Sse) return sse_.notify(*session, message);
  streamable_.during(*session, to.ticket, message);
}

void FrontDoor::notify(SessionId id, rpc::PiecesView message) {
  auto* const session = desk_.sessions.find(id);
  if (session == nullptr) return;
  if (auto* const group = group_of(*session)) return group->notify(id, message);
  if (session->transport == Transport::Sse) return sse_.notify(*session, message);
  streamable_.notify(*session, message);
}

bool FrontDoor::ask(SessionId id, std::optional<mcp::ReplyTo> related, rpc::PiecesView message) {
  auto* const session = desk_.sessions.find(id);
  if (session == nullptr) return false;
  if (auto* const group = group_of(*session)) return group->ask(id, related, message);
  if (session->transport == Transport::Sse) return sse_.ask(*session, message);
  return streamable_.ask(*session, related ? std::optional(related->ticket) : std::nullopt, message);
}

// ── time ─────────────────────────────────────────────────────────────────────

void FrontDoor::tick() {
  gatekeeper_.tick();
  desk_.tick();
  posts_.tick();
}

void FrontDoor::end_sessions_of(ServiceKey service) {
  std::vector<SessionId> all;
  desk_.sessions.for_each([&](Session const& session) {
    if (session.service == service) all.push_back(session.id);
  });
  for (auto const id : all) end(id, mcp::SessionEnd::Reload);
}

void FrontDoor::end_all_sessions() {
  desk_.phase = Phase::Ending;
  std::vector<SessionId> all;
  desk_.sessions.for_each([&](Session const& session) {
    if (session.whole == SessionId{}) all.push_back(session.id);
  });
  for (auto const id : all) end(id, mcp::SessionEnd::Drain);
}

void FrontDoor::end(SessionId id, mcp::SessionEnd why) {
  auto* session = desk_.sessions.find(id);
  if (session == nullptr) return;
  if (auto* const group = group_of(*session)) return group->end(id, why);
  if (why == mcp::SessionEnd::Reload) {
    // Its calls are answered while there is somewhere to answer to; a session of one request ends with that.
    desk_.service(session->service).take_back(*session, why);
  }
  auto const own = std::exchange(desk_.streams_of(*session).own, {});
  if (auto* const open = desk_.server->find(own)) open->end_stream(desk_.stream_end());
  if (session->transport != Transport::Sse) streamable_.forget(*session, why);
  desk_.end_session(*session, why);
}

}  // namespace gateway::frontend
