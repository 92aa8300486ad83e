#include "gateway/mcp/answer_outcome.h"

#include <string_view>

#include "gateway/base/byte_scan.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::mcp {

namespace {

/// Whether the name occurs in the text, unless it is spelled with escapes. Its capital is rare in most texts.
bool mentions_is_error(std::string_view text) {
  auto const* const end = text.data() + text.size();
  for (auto const* p = text.data(); (p = find_byte(p, end, [](auto x) { return equals(x, 'E'); })) != end; ++p) {
    auto const at = static_cast<std::size_t>(p - text.data());
    if (at >= 2 && text.substr(at - 2).starts_with("isError")) return true;
  }
  return false;
}

/// Whether a tools/call result says of itself that the tool failed.
bool is_tool_error(std::string_view result) {
  // A search is cheaper than a walk, and most results lack the member.
  return mentions_is_error(result) && rpc::find_member(result, "isError") == "true";
}

/// To a client of its own revision a stateless child says what HTTP has statuses for. (MCP 2026-07-28, Streamable HTTP,
/// Sending Messages to the Server.)
Outcome outcome_of_error(std::string_view raw_error) {
  switch (static_cast<rpc::ErrorCode>(rpc::error_code(raw_error))) {
    case rpc::ErrorCode::MethodNotFound: return Outcome::MethodNotFound;
    case rpc::ErrorCode::HeaderMismatch:
    case rpc::ErrorCode::MissingClientCapability:
    case rpc::ErrorCode::UnsupportedProtocolVersion: return Outcome::Invalid;
    case rpc::ErrorCode::ParseError:
    case rpc::ErrorCode::InvalidRequest:
    case rpc::ErrorCode::InvalidParams:
    case rpc::ErrorCode::InternalError:
    case rpc::ErrorCode::SessionNotFound:
    case rpc::ErrorCode::BadRequest: break;
  }
  return Outcome::RpcError;
}

}  // namespace

Outcome answer_outcome(Call const& call, rpc::Message const& answer, Era child) {
  if (!answer.error.empty()) {
    auto const both_stateless = call.era() == Era::Stateless && child == Era::Stateless;
    return both_stateless ? outcome_of_error(answer.error) : Outcome::RpcError;
  }
  if (call.method == Method::ToolsCall && is_tool_error(answer.result)) return Outcome::ToolError;
  return Outcome::Ok;
}

}  // namespace gateway::mcp
