#include "gateway/backend/greeting.h"

#include <fmt/format.h>

#include "gateway/mcp/envelope.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::backend {

namespace {

/// Why it cannot be used; empty where it answered, or where its run is over and somebody else says why.
std::string failure_of(std::string_view method, mcp::Outcome outcome, rpc::Reply const& reply) {
  switch (outcome) {
    case mcp::Outcome::RpcError:
    case mcp::Outcome::MethodNotFound:
      return fmt::format("it refused {}: {}", method, rpc::unquote(rpc::find_member(reply.body, "message")));
    case mcp::Outcome::Busy: return "it closed its stdin";
    case mcp::Outcome::Ok:
    case mcp::Outcome::ToolError:
    case mcp::Outcome::Timeout:
    case mcp::Outcome::ChildExited:
    case mcp::Outcome::Unavailable:
    case mcp::Outcome::Cancelled:
    case mcp::Outcome::Invalid: return {};
  }
  return {};
}

bool has_answered(mcp::Outcome outcome) { return outcome == mcp::Outcome::Ok || outcome == mcp::Outcome::ToolError; }

}  // namespace

void Greeting::ended(mcp::Call const&, mcp::Outcome outcome, rpc::Reply const& reply) {
  auto const failure = failure_of("initialize", outcome, reply);
  if (!failure.empty()) return owner_.on_greeting_failed(failure);
  if (!has_answered(outcome)) return;
  auto handshake = mcp::Handshake::from(reply.body, sharing_);
  if (!handshake) {
    return owner_.on_greeting_failed("its answer to initialize has no protocolVersion or capabilities");
  }
  owner_.on_greeted(*std::move(handshake));
}

void Discovery::ended(mcp::Call const&, mcp::Outcome outcome, rpc::Reply const& reply) {
  auto const failure = failure_of("server/discover", outcome, reply);
  if (!failure.empty()) return owner_.on_greeting_failed(failure);
  if (!has_answered(outcome)) return;
  auto handshake = mcp::Handshake::from_discovery(reply.body, name_);
  if (!handshake) {
    return owner_.on_greeting_failed(fmt::format(
        "its answer to server/discover has no capabilities, or does not support {}", mcp::kStatelessRevision));
  }
  owner_.on_greeted(*std::move(handshake));
}

}  // namespace gateway::backend
