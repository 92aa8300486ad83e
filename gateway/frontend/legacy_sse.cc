#include "gateway/frontend/legacy_sse.h"

#include <fmt/format.h>

#include "gateway/frontend/delivery.h"
#include "gateway/frontend/denials.h"
#include "gateway/frontend/http_tags.h"
#include "gateway/frontend/incoming.h"

namespace gateway::frontend {

using mcp::Session;
using mcp::SessionEnd;
using rpc::ErrorCode;

namespace {

/// A shutdown ends streams together with their sessions, so it does not get here with one.
SessionEnd session_end(http::RequestHandler::Gone why) {
  switch (why) {
    case http::RequestHandler::Gone::Slow:
    case http::RequestHandler::Gone::Stalled: return SessionEnd::Slow;
    case http::RequestHandler::Gone::Client:
    case http::RequestHandler::Gone::Shutdown: break;
  }
  return SessionEnd::Client;
}

}  // namespace

http::Exchange* LegacySse::stream(Session const& session) { return desk_.server->find(desk_.streams_of(session).own); }

void LegacySse::get(Visit const& visit, std::string_view messages_at) {
  if (!accepts(visit.request.head).sse) {
    return visit.reply_error(406, ErrorCode::BadRequest,
                             "this is an event stream: Accept must admit text/event-stream");
  }
  if (desk_.pass_on(visit)) return;
  auto const [session, refusal] = desk_.open_session(visit, mcp::Transport::Sse);
  if (session == nullptr) return visit.reply_refused(refusal);
  session->revision = mcp::Revision::R2024_11_05;
  desk_.streams_of(*session).own = visit.exchange.id();
  visit.exchange.set_context(raw(session->id));
  visit.exchange.open_stream(visit.fields, frontend::stream_tag(session->service, metrics::StreamKind::Sse));

  auto const endpoint = fmt::format("{}?sessionId={}", messages_at, session->token);
  std::string_view const data = endpoint;
  visit.exchange.send_event({.event = "endpoint", .id = {}, .data = {&data, 1}});
}

void LegacySse::post(Visit const& visit) {
  auto const token = session_token(visit.request.head.query);
  if (token.empty()) return visit.reply_error(400, ErrorCode::BadRequest, "the query names no sessionId");
  if (desk_.pass_on(visit, LoopTokens::generation_of(token))) return;
  auto* const session = desk_.sessions.find(token);
  auto const known = session != nullptr && session->transport == mcp::Transport::Sse &&
                     session->principal == visit.principal->id &&
                     (!visit.endpoint.service || desk_.versions.is_reached(session->service, *visit.endpoint.service));
  if (!known) {
    if (session != nullptr && session->principal != visit.principal->id) desk_.denials->denied(visit, "other_session");
    return visit.reply_error(404, ErrorCode::SessionNotFound, "Session not found");
  }
  if (!is_json(visit.request.head)) {
    return visit.reply_error(415, ErrorCode::BadRequest, "Content-Type must be application/json");
  }
  auto incoming = Incoming::read(visit.request.body, *session, desk_.config.limits);
  if (auto const* const unreadable = std::get_if<rpc::Unreadable>(&incoming)) {
    desk_.probe(session->service).error_answered(static_cast<int>(unreadable->code));
    return visit.reply_unreadable(*unreadable);
  }
  // A client may send its next message, which may be the answer a call waits
  // for, only after this one was accepted.
  visit.reply(202);
  session->last_used = desk_.clock.now();
  deliver(desk_, visit, *session, std::get<Incoming>(incoming).messages, nullptr);
}

void LegacySse::on_gone(SessionId id, http::RequestHandler::Gone why) {
  auto* const session = desk_.sessions.find(id);
  if (session == nullptr) return;
  desk_.streams_of(*session).own = {};
  desk_.end_session(*session, session_end(why));
}

void LegacySse::answer(Session& session, rpc::Reply const& reply) {
  auto const too_large = desk_.replace_if_too_large(session.id, reply);
  notify(session, too_large ? rpc::Reply{reply.id, rpc::Reply::Kind::Error, *too_large}.pieces() : reply.pieces());
}

void LegacySse::notify(Session& session, rpc::PiecesView message) {
  if (auto* const open = stream(session)) open->send_event({.data = message, .plain = message.plain()});
}

bool LegacySse::ask(Session& session, rpc::PiecesView message) {
  if (stream(session) == nullptr) return false;
  notify(session, message);
  return true;
}

}  // namespace gateway::frontend
