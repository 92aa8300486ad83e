#include "gateway/frontend/stateless_http.h"

#include <utility>

#include "gateway/frontend/delivery.h"
#include "gateway/frontend/http_tags.h"
#include "gateway/frontend/incoming.h"

namespace gateway::frontend {

namespace {

mcp::HeaderValue value_of(http::RequestHead const& head, std::string_view lower_name) {
  auto const [value, repeated] = head.look_up(lower_name);
  return {value, repeated};
}

}  // namespace

mcp::RoutingHeaders routing_headers(http::RequestHead const& head) {
  return {.version = value_of(head, "mcp-protocol-version"),
          .method = value_of(head, "mcp-method"),
          .name = value_of(head, "mcp-name")};
}

bool may_be_stateless(http::Request const& request) {
  if (mcp::is_stateless(value_of(request.head, "mcp-protocol-version"))) return true;
  return request.body.find(mcp::envelope_key::kProtocolVersion) != std::string_view::npos;
}

void StatelessHttp::post(Visit const& visit, Accepts accepted, rpc::Message message, mcp::Stateless const& terms) {
  // Its only notification is of no use here: a request is cancelled by closing its connection.
  if (message.kind == rpc::MessageKind::Notification || !terms.envelope) return visit.reply(202);
  auto const [session, refusal] = desk_.open_session(visit, mcp::Transport::Stateless);
  if (session == nullptr) return visit.reply_refused(refusal, message.id);
  session->revision = mcp::kNewest;
  session->log_level = terms.envelope->log_level;
  auto const& post = posts_.open(visit, {.session = session->id,
                                         .tag = stream_tag(session->service, metrics::StreamKind::HttpPost),
                                         .accepted = accepted,
                                         .ends_session = true});
  Incoming incoming;
  incoming.messages.push_back(std::move(message));
  deliver(desk_, visit, *session, incoming, post.ticket);
}

void StatelessHttp::reject(Visit const& visit, rpc::Message const& message, mcp::EraRejection const& rejection) {
  desk_.probe(*visit.endpoint.service).error_answered(static_cast<int>(rejection.code));
  visit.reply_json(400, rpc::error_message(message.id, rejection.code, rejection.why, rejection.raw_data));
}

}  // namespace gateway::frontend
