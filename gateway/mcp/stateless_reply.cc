#include "gateway/mcp/stateless_reply.h"

#include <fmt/format.h>

#include "gateway/mcp/input_request.h"
#include "gateway/mcp/result_bridge.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::mcp {

namespace {

std::string result_of(Call const& call, std::string_view raw_result, Handshake const* handshake) {
  StatelessExtras extras;
  if (has_cache_hint(call.method)) {
    extras.cache = CacheHint{.ttl_ms = handshake != nullptr ? handshake->list_ttl_ms(call.method) : 0};
  }
  if (handshake != nullptr) extras.server_info = handshake->server_info();
  std::string out;
  out.reserve(raw_result.size() + extras.server_info.size() + 128);
  append_for_stateless(out, raw_result, extras);
  return out;
}

/// (MCP 2026-07-28, Basic: a server must not rely on capabilities that the client has not declared.)
std::string missing_capability(std::string_view raw_capabilities) {
  return rpc::error_object(rpc::ErrorCode::MissingClientCapability,
                           "the server needs a capability that the client has not declared",
                           fmt::format(R"({{"requiredCapabilities":{}}})", raw_capabilities));
}

}  // namespace

BridgedReply stateless_reply(Call const& call, Outcome outcome, rpc::Reply const& reply, Handshake const* handshake,
                             std::string_view raw_capabilities) {
  if (reply.kind == rpc::Reply::Kind::Result) return {outcome, reply.kind, result_of(call, reply.body, handshake)};
  auto const asks = may_need_input(call.method) ? input_required_by(reply.body) : std::string{};
  if (!asks.empty()) {
    constexpr std::string_view kVisit = R"({"mode":"url"})";
    if (can_be_asked(raw_capabilities, Method::ElicitationCreate, kVisit)) {
      return {Outcome::Ok, rpc::Reply::Kind::Result, result_of(call, asks, handshake)};
    }
    return {Outcome::Invalid, reply.kind, missing_capability(required_capability(Method::ElicitationCreate, kVisit))};
  }
  if (outcome == Outcome::Invalid) return {outcome, reply.kind, std::string(reply.body)};  // the gateway's own
  if (outcome == Outcome::RpcError && !call.stateless->lacking.empty()) {
    return {Outcome::Invalid, reply.kind, missing_capability(call.stateless->lacking)};
  }
  auto error = error_for_stateless(reply.body, call.stateless->uri);
  auto const unknown = rpc::error_code(error) == static_cast<int>(rpc::ErrorCode::MethodNotFound);
  return {unknown ? Outcome::MethodNotFound : outcome, reply.kind, std::move(error)};
}

}  // namespace gateway::mcp
