// JSON-RPC error codes: the only place with the numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::rpc {

/// JSON-RPC 2.0 section 5.1, two of MCP's SDKs that clients know, and those of MCP
/// 2026-07-28. The gateway's own failures are InternalError with `data.reason`: MCP
/// 2026-07-28 forbids new codes in the implementation range.
enum class ErrorCode : int {
  ParseError = -32700,
  InvalidRequest = -32600,
  MethodNotFound = -32601,
  InvalidParams = -32602,
  InternalError = -32603,
  SessionNotFound = -32001,
  BadRequest = -32000,
  HeaderMismatch = -32020,
  MissingClientCapability = -32021,
  UnsupportedProtocolVersion = -32022,
};

/// The raw `error` object: {"code":…,"message":…} with `data` when given raw.
[[nodiscard]] std::string error_object(ErrorCode code, std::string_view message, std::string_view raw_data = {});

/// A whole error message. Without an id the member is left out: MCP's schema
/// does not allow null there.
[[nodiscard]] std::string error_message(std::string_view raw_id, ErrorCode code, std::string_view message,
                                        std::string_view raw_data = {});

/// `data.retry_after_ms` of a raw `error` object, for which it was made here; empty when it has none.
[[nodiscard]] std::optional<std::uint64_t> retry_after_ms(std::string_view raw_error);

/// The code in a raw `error` object; 0 when it has none that is a whole number.
[[nodiscard]] int error_code(std::string_view raw_error);

}  // namespace gateway::rpc
