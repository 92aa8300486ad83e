// Which revision's rules a POSTed message comes under, where one URL serves all of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/mcp/client_message.h"
#include "gateway/mcp/envelope.h"
#include "gateway/mcp/header_value.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::mcp {

/// The header fields that decide, as they came.
struct RoutingHeaders {
  HeaderValue version;  ///< MCP-Protocol-Version
  HeaderValue method;   ///< Mcp-Method
  HeaderValue name;     ///< Mcp-Name
};

/// The rules of the revisions with sessions, which check their own headers.
struct WithSession {};

/// The rules of the stateless revision; its headers agree with its body.
struct Stateless {
  std::optional<Envelope> envelope;  ///< always there for a request
};

/// Neither: answered with HTTP status 400 and this error.
struct EraRejection {
  rpc::ErrorCode code = rpc::ErrorCode::InvalidRequest;
  std::string why;
  std::string raw_data;  ///< of the error; empty when there is none
};

using EraVerdict = std::variant<WithSession, Stateless, EraRejection>;

/// Whether a request is one of the stateless revision by its header alone, which decides where there is no message to
/// look into: GET, DELETE, a batch, a response.
[[nodiscard]] bool is_stateless(HeaderValue const& version);

/// The same of a batch, or if an envelope of one of its members names that revision. `body` is an array; it need not be
/// valid JSON.
[[nodiscard]] bool is_stateless_batch(HeaderValue const& version, std::string_view body);

/// Decides by the body first: its envelope names the revision, and header fields must agree with it. A session id
/// plays no part, so that a stateless request with a stale one is served.
/// (MCP 2026-07-28, Streamable HTTP: Protocol Version Header, Standard Request Headers.)
[[nodiscard]] EraVerdict era_of(ClientMessage const& message, RoutingHeaders const& headers);

/// The `data` of an error for a version that is not served.
[[nodiscard]] std::string unsupported_version_data(std::string_view requested);

}  // namespace gateway::mcp
