#include "gateway/backend/client_relay.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "gateway/base/json_text.h"
#include "gateway/mcp/labels.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::backend {

using rpc::ErrorCode;

void ClientRelay::refuse(rpc::Message const& message, ErrorCode code, std::string_view why) {
  wire_.refuse(message.id, rpc::error_object(code, why));
}

void ClientRelay::ask(rpc::Message const& message) {
  auto const* const session = context_.sessions.find(session_);
  if (session == nullptr || mcp::era_of(session->transport) == mcp::Era::Stateless) {
    return refuse(message, ErrorCode::MethodNotFound,
                  fmt::format("{} is not available: the client cannot be told apart here", message.method));
  }
  mcp::ClientRequest request;
  request.child_id.assign(message.id);
  request.method = mcp::method_from(message.method);
  request.deadline = context_.loop.now() + config_.server_request_timeout;
  auto const id = fmt::format_int(requests_.open(std::move(request)));
  std::string_view const number(id.data(), id.size());
  auto const name = json_string(message.method);
  rpc::PiecesView pieces{R"({"jsonrpc":"2.0","id":)", number, R"(,"method":)", name};
  if (!message.params.empty()) {
    pieces.add(R"(,"params":)");
    pieces.add(message.params);
  }
  pieces.add("}");
  std::optional<mcp::ReplyTo> related;
  for (auto const& open : session->open) {
    if (auto const* const call = sent_.find(open.call)) related = call->to;
  }
  if (context_.clients.ask(session_, related, pieces)) return;
  (void)requests_.close_by_child_id(message.id);
  refuse(message, ErrorCode::InternalError, "the client has no stream open to be asked on");
}

void ClientRelay::answered(SessionId session, rpc::Message const& message) {
  auto const id = session == session_ ? rpc::id_number(message.id) : std::nullopt;
  auto const request = id ? requests_.close(*id) : std::nullopt;
  if (!request) return;
  if (message.error.empty()) {
    wire_.answer(request->child_id, message.result);
  } else {
    wire_.refuse(request->child_id, message.error);
  }
}

void ClientRelay::cancelled(std::string_view peer_id) {
  auto const request = requests_.close_by_child_id(peer_id);
  if (!request) return;
  metrics_.notified(metrics::Way::Out, label(mcp::Method::Cancelled));
  tell_cancelled(*request);
}

void ClientRelay::expire(TimePoint now) {
  while (auto const request = requests_.close_expired(now)) give_up(*request, "the client did not answer in time");
}

void ClientRelay::give_up_all(std::string_view why) {
  while (auto const request = requests_.close_expired(TimePoint::max())) give_up(*request, why);
}

void ClientRelay::give_up(mcp::ClientRequest const& request, std::string_view why) {
  wire_.give_up(request.child_id, request.method, why);
  tell_cancelled(request);
}

void ClientRelay::tell_cancelled(mcp::ClientRequest const& request) {
  auto const id = fmt::format_int(request.id);
  context_.clients.notify(
      session_,
      {R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)", {id.data(), id.size()}, "}}"});
}

}  // namespace gateway::backend
