#include "gateway/frontend/session_desk.h"

#include <set>
#include <string>
#include <utility>

#include "gateway/auth/digest.h"
#include "gateway/frontend/event_size.h"
#include "gateway/frontend/owner_variables.h"
#include "gateway/frontend/visit.h"
#include "gateway/http/request_text.h"
#include "gateway/mcp/labels.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::frontend {

namespace {

/// The value of a header; empty when it is absent, and when it is repeated, since the
/// proxies before us and the servers behind us may each use a different one.
std::string_view only_value(http::RequestHead const& head, std::string_view lower_name) {
  if (lower_name.empty()) return {};
  auto const [value, repeated] = head.look_up(lower_name);
  return repeated ? std::string_view{} : value.value_or("");
}

}  // namespace

bool Desk::pass_on(Visit const& visit, std::optional<Generation> issuer) const {
  auto const own = directory->tokens().own();
  auto const of_former = issuer && issuer->is_before(own);
  auto const of_next = issuer ? own.is_before(*issuer) : phase != Phase::Serving;
  if (!(of_former && has_former) && !(of_next && has_next)) return false;
  visit.exchange.pass_on(of_former ? http::Process::Former : http::Process::Next,
                         http::request_text(visit.request.head, visit.request.body));
  return true;
}

/// Calls that are sessions of their own belong together by their owner, or else by their client. Other sessions of
/// nobody in particular may each have another version.
ServiceKey Desk::version_for(Visit const& visit, ServiceKey service_key, Choice const& by) {
  if (!versions.are_at(service_key)) return service_key;
  auto const& principal = visit.principal->id.name;
  auto const key_at = [&](ServiceKey at) { return only_value(visit.request.head, service(at).key_header()); };
  if (by.mark.shows_state) {  // the child that asked has the call
    auto const text = rpc::unquote(by.state);
    for (auto const version : versions.of(service_key)) {
      if (seal.open(text,
                    {.service = version, .principal = principal, .key = key_at(version), .request = by.mark.digest}))
        return version;
    }
  }
  auto const key = key_at(service_key);
  auto const& name = services.find(service_key)->config->name;
  if (!principal.empty() || !key.empty()) return versions.choose(service_key, owner_number(name, principal, key));
  if (has_token(by.transport)) return versions.choose(service_key, {});
  return versions.choose(service_key, owner_number(name, std::to_string(raw(visit.client())), {}));
}

Desk::Owner Desk::owner_at(Visit const& visit, ServiceKey key, Choice const& by) const {
  Owner owner;
  if (auto const& here = *services.find(key)->config; !here.owner_env.empty()) {
    auto found = owner_variables(here, visit);
    if (auto* const lacking = std::get_if<mcp::Refusal>(&found)) {
      owner.refusal = std::move(*lacking);
      return owner;
    }
    owner.own = std::get<mcp::OwnVariables>(std::move(found));
  }
  owner.key = only_value(visit.request.head, service(key).key_header());
  owner.refusal = refusal_at(visit, key, owner, by);
  return owner;
}

std::optional<mcp::Refusal> Desk::refusal_at(Visit const& visit, ServiceKey key, Owner const& owner,
                                             Choice const& by) const {
  return service(key).refusal({.principal = visit.principal->id.name,
                               .key = owner.key,
                               .own = owner.own.digest,
                               .era = era_of(by.transport),
                               .comes_back = by.mark.shows_state});
}

Desk::Opened Desk::open_session(Visit const& visit, mcp::Transport transport, mcp::RequestMark const& mark,
                                std::string_view state) {
  Choice const by{.transport = transport, .mark = mark, .state = state};
  auto const key = version_for(visit, *visit.endpoint.service, by);
  auto const& head = visit.request.head;
  auto owner = owner_at(visit, key, by);
  // A retry of a call that was begun here is no new one.
  auto const open = phase == Phase::Serving || (phase == Phase::Retiring && mark.shows_state);
  while (owner.refusal && owner.refusal->room_helps && open && make_room_at(key))
    owner.refusal = refusal_at(visit, key, owner, by);
  if (owner.refusal) return {nullptr, *std::move(owner.refusal)};
  auto share = open ? take_share() : Allowance::Share{};
  if (!share) return {nullptr, {mcp::Outcome::Busy, "no more sessions can be opened now"}};

  auto& session = sessions.open(key, transport, clock.now());
  session.share = std::move(share);
  session.principal = visit.principal->id;
  session.client = visit.client();
  session.mark = mark;
  session.key.assign(owner.key);
  session.own = std::move(owner.own);
  streams.put(session.id, std::make_unique<ClientStreams>())->max_event_bytes = max_event_bytes(config.limits, head);
  // At any log level: audit, traces and warnings contain it, and the level may change.
  if (has_token(transport)) session.log_id = auth::short_hash(session.token);
  service(key).attach(session);
  session.own.lines.clear();  // only its child needs them
  log.debug("session.open", "session opened", {{"session", session.log_id}, {"transport", label(transport)}});
  return {&session, {}};
}

mcp::MemberDoor::Opened Desk::open_part(Visit const& visit, mcp::Session const& whole, ServiceKey member,
                                        mcp::ClientMessage const& message) {
  if (!serves(member)) return {nullptr, {mcp::Outcome::Unavailable, "the server is not there"}};
  Choice const by{.transport = whole.transport, .mark = whole.mark, .state = message.parsed.request_state};
  auto const key = version_for(visit, member, by);
  auto owner = owner_at(visit, key, by);
  while (owner.refusal && owner.refusal->room_helps && phase == Phase::Serving && make_room_at(key))
    owner.refusal = refusal_at(visit, key, owner, by);
  if (owner.refusal) return {nullptr, *std::move(owner.refusal)};
  auto& session = sessions.open_part(key, whole, clock.now());
  session.key.assign(owner.key);
  session.own = std::move(owner.own);
  service(key).attach(session);
  session.own.lines.clear();
  return {&session, {}};
}

void Desk::end_session(mcp::Session& session, mcp::SessionEnd why) {
  log.debug("session.end", "session ended", {{"session", session.log_id}, {"reason", label(why)}});
  service(session.service).detach(session, why);
  session.share = {};  // now, not when it is buried: another session may need it
  turn.bury(streams.take(session.id));
  turn.bury(sessions.close(session.id));
}

std::optional<std::string> Desk::replace_if_too_large(SessionId id, rpc::Reply const& reply) {
  auto const* const its = find_streams(id);
  if (its == nullptr || its->max_event_bytes == 0) return std::nullopt;
  auto error = error_if_too_large(its->max_event_bytes, reply);
  auto const* const session = sessions.find(id);
  if (error && session != nullptr) {
    log.warn("answer.too_large", "an answer was replaced by an error: its client takes no event of that size",
             {{"session", session->log_id}, {"bytes", reply.body.size()}, {"limit", its->max_event_bytes}});
  }
  return error;
}

/// A session whose client holds a stream or waits for an answer is not idle.
bool Desk::is_idle(mcp::Session const& session) const {
  return streams_of(session).own == ExchangeId{} && session.open.empty();
}

Allowance::Share Desk::take_share() {
  auto share = allowance.take();
  // In a loop, since another event loop may have taken the share that was freed.
  while (!share && make_room()) share = allowance.take();
  return share;
}

bool Desk::make_room() {
  // The oldest are at the front; those that are not idle are moved to the back.
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    auto* const session = sessions.oldest();
    if (session == nullptr) return false;
    if (is_idle(*session)) {
      end_session(*session, mcp::SessionEnd::Evicted);
      return true;
    }
    sessions.touch(*session, clock.now());
  }
  return false;
}

/// Like `make_room`, for a service at its own limit. Sessions of it that are not idle keep
/// their place in the order, which is that of all services.
bool Desk::make_room_at(ServiceKey service) {
  std::set<SessionId> wholes;  // sessions at groups that have a part there
  sessions.for_each([&](mcp::Session const& session) {
    if (session.service == service && session.whole != SessionId{}) wholes.insert(session.whole);
  });
  auto* const longest = sessions.oldest_if([&](mcp::Session const& session) {
    return (session.service == service || wholes.contains(session.id)) && is_idle(session);
  });
  if (longest == nullptr) return false;
  end_session(*longest, mcp::SessionEnd::Evicted);
  return true;
}

void Desk::tick() {
  while (auto* const session = sessions.oldest()) {
    if (clock.now() - session->last_used < config.limits.session_idle_timeout) return;
    if (is_idle(*session)) {
      end_session(*session, mcp::SessionEnd::Idle);
    } else {
      sessions.touch(*session, clock.now());
    }
  }
}

}  // namespace gateway::frontend
