#include "gateway/frontend/stateless_http.h"

#include "gateway/frontend/delivery.h"
#include "gateway/frontend/http_tags.h"
#include "gateway/frontend/incoming.h"
#include "gateway/mcp/input_request.h"
#include "gateway/mcp/method.h"
#include "gateway/mcp/request_state.h"

namespace gateway::frontend {

using rpc::ErrorCode;

namespace {

mcp::RoutingHeaders routing_headers(http::RequestHead const& head) {
  return {.version = value_of(head, "mcp-protocol-version"),
          .method = value_of(head, "mcp-method"),
          .name = value_of(head, "mcp-name")};
}

/// A slash is rare in most messages, so it is what is searched for.
bool mentions_envelope(std::string_view body) {
  constexpr auto kKey = mcp::envelope_key::kProtocolVersion;
  constexpr auto kSlash = kKey.find('/');
  for (auto at = body.find('/'); at != std::string_view::npos; at = body.find('/', at + 1)) {
    if (at >= kSlash && body.substr(at - kSlash).starts_with(kKey)) return true;
  }
  return false;
}

}  // namespace

bool names_stateless_revision(http::RequestHead const& head) {
  return mcp::is_stateless(value_of(head, "mcp-protocol-version"));
}

bool may_be_stateless(http::FoundField const& version, std::string_view body) {
  return mcp::is_stateless({version.value, version.repeated}) || mentions_envelope(body);
}

bool StatelessHttp::post(Visit const& visit, Accepts accepted) {
  auto const body = without_byte_order_mark(visit.request.body);
  if (rpc::is_batch(body)) {
    if (!mcp::is_stateless_batch(value_of(visit.request.head, "mcp-protocol-version"), body)) return false;
    reject(visit, {}, {ErrorCode::InvalidRequest, "revision 2026-07-28 has no batches", {}});
    return true;
  }
  auto const read = mcp::read_client_message(body, &envelopes_);
  if (auto const* const unreadable = std::get_if<rpc::Unreadable>(&read)) {
    desk_.probe(*visit.endpoint.service).error_answered(static_cast<int>(unreadable->code));
    visit.reply_unreadable(*unreadable);
    return true;
  }
  auto const& message = std::get<mcp::ClientMessage>(read);
  auto const verdict = mcp::era_of(message, routing_headers(visit.request.head));
  if (std::holds_alternative<mcp::WithSession>(verdict)) return false;
  if (auto const* const rejection = std::get_if<mcp::EraRejection>(&verdict)) {
    reject(visit, message, *rejection);
    return true;
  }
  auto const& terms = std::get<mcp::Stateless>(verdict);
  if (message.kind == rpc::MessageKind::Notification || !terms.envelope) {
    // The only one there is cancels a request over stdio. Here, closing the connection does.
    visit.reply(202);
    return true;
  }
  serve(visit, accepted, message, *terms.envelope);
  return true;
}

void StatelessHttp::serve(Visit const& visit, Accepts accepted, mcp::ClientMessage const& message,
                          mcp::Envelope const& envelope) {
  auto const method = message.known_method;
  if (method == mcp::Method::SubscriptionsListen && !accepted.sse) {
    return visit.reply_error(
        406, ErrorCode::BadRequest,
        "subscriptions/listen is answered by an event stream: Accept must admit text/event-stream");
  }
  auto const mark = mcp::may_need_input(method) ? mcp::mark_of(method, message.parsed) : mcp::RequestMark{};
  auto const issuer = mark.shows_state ? mcp::StateSeal::issuer_of(message.parsed.request_state) : std::nullopt;
  if (desk_.pass_on(visit, issuer)) return;
  auto const [session, refusal] =
      desk_.open_session(visit, mcp::Transport::Stateless, mark, message.parsed.request_state);
  if (session == nullptr) return visit.reply_refused(refusal, message.id);
  session->revision = mcp::kNewest;
  session->log_level = envelope.log_level;
  session->capabilities.assign(envelope.capabilities);
  auto& post = posts_.open(visit, {.session = session->id,
                                   .tag = stream_tag(session->service, metrics::StreamKind::HttpPost),
                                   .accepted = accepted,
                                   .ends_session = true});
  deliver(desk_, visit, *session, {&message, 1}, &post);
}

void StatelessHttp::reject(Visit const& visit, rpc::Message const& message, mcp::EraRejection const& rejection) {
  desk_.probe(*visit.endpoint.service).error_answered(static_cast<int>(rejection.code));
  visit.reply_json(400, rpc::error_message(message.id, rejection.code, rejection.why, rejection.raw_data));
}

}  // namespace gateway::frontend
