#include "gateway/frontend/streamable.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/frontend/delivery.h"
#include "gateway/frontend/denials.h"
#include "gateway/frontend/http_tags.h"
#include "gateway/mcp/http_status.h"
#include "gateway/mcp/version.h"

namespace gateway::frontend {

using mcp::Outcome;
using mcp::Session;
using rpc::ErrorCode;

namespace {

/// MCP 2025-11-25, Transports, Session Management.
bool is_visible_ascii(std::string_view token) {
  return !token.empty() && std::all_of(token.begin(), token.end(), [](char c) { return c >= 0x21 && c <= 0x7E; });
}

bool begins_with_priming_event(Session const& session) {
  return has_priming_events(session.revision) && session.transport == mcp::Transport::Http;
}

constexpr std::string_view kVersionField = "mcp-protocol-version";

http::StreamTag post_stream_tag(Session const& session) {
  return stream_tag(session.service, metrics::StreamKind::HttpPost);
}

}  // namespace

// ── requests ─────────────────────────────────────────────────────────────────

/// From 2025-06-18 on the header is on every request but the first, which names
/// the version in its body. Absent means 2025-03-26.
bool Streamable::version_is_fine(Visit const& visit, http::FoundField const& version) {
  if (!version.value || (!version.repeated && mcp::revision_from(*version.value))) return true;
  visit.reply_error(400, ErrorCode::BadRequest,
                    fmt::format("Bad Request: Unsupported protocol version: {} (supported: 2024-11-05, 2025-03-26, "
                                "2025-06-18, 2025-11-25)",
                                *version.value));
  return false;
}

/// A session of another service or principal does not exist here. An invalid id gets
/// another status than an expired one, which makes its client initialize again.
Session* Streamable::session_of(Visit const& visit, http::FoundField const& token) {
  if (token.repeated || !is_visible_ascii(*token.value)) {
    visit.reply_error(400, ErrorCode::BadRequest,
                      "Bad Request: Mcp-Session-Id must stand once, and hold visible ASCII characters only");
    return nullptr;
  }
  if (desk_.pass_on(visit, LoopTokens::generation_of(*token.value))) return nullptr;
  auto* const session = desk_.sessions.find(*token.value);
  auto const known = session != nullptr && session->transport == mcp::Transport::Http &&
                     desk_.versions.is_reached(session->service, *visit.endpoint.service) &&
                     session->principal == visit.principal->id;
  if (!known) {
    if (session != nullptr && session->principal != visit.principal->id) desk_.denials->denied(visit, "other_session");
    visit.reply_error(404, ErrorCode::SessionNotFound, "Session not found");
    return nullptr;
  }
  desk_.sessions.touch(*session, desk_.clock.now());
  return session;
}

void Streamable::post(Visit const& visit, Accepts accepted, http::FoundField const& version) {
  auto const token = visit.request.head.look_up("mcp-session-id");
  if (!token.value) return post_without_session(visit, accepted, version);
  if (auto* const session = session_of(visit, token)) post_to_session(visit, *session, accepted, version);
}

void Streamable::post_to_session(Visit const& visit, Session& session, Accepts accepted,
                                 http::FoundField const& version) {
  if (!version_is_fine(visit, version)) return;
  auto const incoming = Incoming::read(visit.request.body, session, desk_.config.limits);
  if (auto const* const unreadable = std::get_if<rpc::Unreadable>(&incoming)) {
    desk_.probe(session.service).error_answered(static_cast<int>(unreadable->code));
    return visit.reply_unreadable(*unreadable);
  }
  serve(visit, session, std::get<Incoming>(incoming), accepted, false);
}

/// An `initialize` opens a session. Anything else is served on its own, with a session
/// that ends with the answer: plain curl commands need that.
void Streamable::post_without_session(Visit const& visit, Accepts accepted, http::FoundField const& version) {
  Session nobody;  // what it is read against: no open requests, no version agreed
  auto const read = Incoming::read(visit.request.body, nobody, desk_.config.limits);
  if (auto const* const unreadable = std::get_if<rpc::Unreadable>(&read)) {
    desk_.probe(*visit.endpoint.service).error_answered(static_cast<int>(unreadable->code));
    return visit.reply_unreadable(*unreadable);
  }
  auto const& incoming = std::get<Incoming>(read);

  auto const initializes = incoming.messages.front().method == "initialize" && incoming.requests() == 1;
  if (!initializes && !version_is_fine(visit, version)) return;
  // Notifications and answers without a session have no effect.
  if (incoming.requests() == 0) return visit.reply(202);

  if (desk_.pass_on(visit)) return;
  auto const transport = initializes ? mcp::Transport::Http : mcp::Transport::OneShot;
  auto const [session, refusal] = desk_.open_session(visit, transport);
  if (session == nullptr) return visit.reply_refused(refusal, incoming.messages.front().id);
  serve(visit, *session, incoming, accepted, initializes);
}

void Streamable::serve(Visit const& visit, Session& session, Incoming const& incoming, Accepts accepted,
                       bool initializes) {
  Post* post = nullptr;
  if (auto const owed = incoming.requests(); owed > 0) {
    post = &posts_.open(visit, {.session = session.id,
                                .tag = post_stream_tag(session),
                                .accepted = accepted,
                                .owed = owed,
                                .batch = incoming.batch,
                                .head_waits = initializes,
                                .resumable = session.transport == mcp::Transport::Http,
                                .primed = begins_with_priming_event(session),
                                .ends_session = session.transport == mcp::Transport::OneShot});
  } else {
    visit.reply(202);
  }
  deliver(desk_, visit, session, incoming.messages, post);
}

void Streamable::get(Visit const& visit) {
  if (!accepts(visit.request.head).sse) {
    return visit.reply_error(406, ErrorCode::BadRequest,
                             "this is an event stream: Accept must admit text/event-stream");
  }
  auto const token = visit.request.head.look_up("mcp-session-id");
  if (!token.value) return visit.reply_not_allowed("POST, DELETE");
  auto* const session = session_of(visit, token);
  if (session == nullptr || !version_is_fine(visit, visit.request.head.look_up(kVersionField))) return;

  auto const last = visit.request.head.find("last-event-id");
  auto const id = last ? EventId::from(*last) : std::nullopt;
  auto const of_post = id && id->stream != 0;
  if (of_post && posts_.resume(visit, session->id, post_stream_tag(*session), *id)) return;
  // A client that asks for the rest of an answer does not want to end the session's own stream.
  if (of_post && desk_.server->find(desk_.streams_of(*session).own) != nullptr) {
    return visit.reply_error(409, ErrorCode::BadRequest,
                             "Conflict: nothing is known of that stream, and this session's own is open");
  }
  open_standalone(visit, *session, of_post ? std::nullopt : id);
}

/// The newest stream is used: an older one may be broken, which the client knows long before
/// a keep-alive fails. The older one is ended, since a message is sent on one stream only.
/// (MCP 2025-11-25, Transports, Multiple Connections.)
void Streamable::open_standalone(Visit const& visit, Session& session, std::optional<EventId> last) {
  auto& stream = visit.exchange;
  auto& streams = desk_.streams_of(session);
  auto const older = std::exchange(streams.own, stream.id());
  auto const sent = streams.standalone_events;
  EventId const from{0, last ? std::min(last->number, sent) : sent};
  stream.set_context(raw(session.id));
  stream.open_stream(visit.fields, stream_tag(session.service, metrics::StreamKind::HttpGet));
  if (begins_with_priming_event(session)) {
    send_priming_event(stream, from);
    streams.can_come_back = true;
  } else {
    stream.send_comment("open");
  }
  streams.replay_after(from, stream);
  if (auto* const lost = desk_.server->find(older)) lost->end_stream(desk_.stream_end());
}

void Streamable::close_standalone(Session& session) {
  auto const stream = std::exchange(desk_.streams_of(session).own, {});
  if (auto* const open = desk_.server->find(stream)) open->end_stream(desk_.stream_end());
}

void Streamable::remove(Visit const& visit) {
  auto const token = visit.request.head.look_up("mcp-session-id");
  if (!token.value) return visit.reply_error(400, ErrorCode::BadRequest, "Bad Request: Mcp-Session-Id is missing");
  auto* const session = session_of(visit, token);
  if (session == nullptr) return;
  forget(*session, mcp::SessionEnd::Client);
  desk_.end_session(*session, mcp::SessionEnd::Client);
  visit.reply(200);
}

// ── ends ─────────────────────────────────────────────────────────────────────

void Streamable::forget(Session& session, mcp::SessionEnd why) {
  desk_.service(session.service).take_back(session, why);
  close_standalone(session);
  posts_.drop_all_of(session.id);
}

/// Disconnecting does not cancel a request; only a cancelled notification does.
/// (MCP 2025-11-25, Transports, Disconnection.)
void Streamable::on_post_gone(std::uint64_t ticket, ExchangeId gone) {
  auto const* const post = posts_.lose(ticket, gone);
  if (post == nullptr) return;
  auto* const session = desk_.sessions.find(post->terms.session);
  if (session == nullptr) return;
  // Nobody can come back to a session whose id was never sent.
  if (post->terms.ends_session || post->terms.head_waits) {
    desk_.end_session(*session, mcp::SessionEnd::Client);
    posts_.forget(ticket);
  }
}

void Streamable::on_stream_gone(SessionId id) {
  if (auto* const session = desk_.sessions.find(id)) {
    desk_.streams_of(*session).own = {};
    desk_.sessions.touch(*session, desk_.clock.now());
  }
}

void Streamable::drop(std::uint64_t ticket) {
  if (auto* const post = posts_.find(ticket)) posts_.drop(*post);
}

// ── answers ──────────────────────────────────────────────────────────────────

void Streamable::answer(Session& session, std::uint64_t ticket, Outcome outcome, rpc::Reply const& reply) {
  // Its client has not been idle: it was waiting for this.
  if (has_token(session.transport)) desk_.sessions.touch(session, desk_.clock.now());
  auto* const post = posts_.find(ticket);
  if (post == nullptr) return;
  if (post->terms.head_waits && outcome == Outcome::Ok) {
    post->fields.append("Mcp-Session-Id: ").append(session.token).append("\r\n");
    post->terms.primed = begins_with_priming_event(session);  // now that the revision is agreed
  } else if (post->terms.head_waits) {
    post->terms.ends_session = true;
  }
  posts_.answer(*post, mcp::http_status(outcome, era_of(session.transport)), reply);
}

void Streamable::during(Session& session, std::uint64_t ticket, rpc::PiecesView message) {
  auto* const post = posts_.find(ticket);
  if (post == nullptr) return notify(session, message);
  (void)posts_.send(*post, message);
}

void Streamable::notify(Session& session, rpc::PiecesView message) {
  auto& streams = desk_.streams_of(session);
  auto* const open = desk_.server->find(streams.own);
  // Without a stream, kept only for a client that had one and may come back.
  if (open == nullptr && !streams.can_come_back) return;
  streams.can_come_back = true;
  EventId const id{0, ++streams.standalone_events};
  streams.keep(id, message.joined(), desk_.config.limits);
  if (open != nullptr)
    open->send_event({.event = "message", .id = id.text(), .data = message, .plain = message.plain()});
}

bool Streamable::ask(Session& session, std::optional<std::uint64_t> ticket, rpc::PiecesView message) {
  auto* const post = ticket ? posts_.find(*ticket) : nullptr;
  if (post != nullptr && posts_.send(*post, message)) return true;
  if (desk_.server->find(desk_.streams_of(session).own) == nullptr) return false;
  notify(session, message);
  return true;
}

}  // namespace gateway::frontend
