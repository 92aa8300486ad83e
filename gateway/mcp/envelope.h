// What every request of the stateless revision says about its client, in `_meta` of its params, since there is no
// session that could remember it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/mcp/log_level.h"
#include "gateway/rpc/json_scanner.h"

namespace gateway::mcp {

/// The one revision without `initialize` and sessions.
inline constexpr std::string_view kStatelessRevision = "2026-07-28";

/// The keys of `_meta` that make up the envelope. Others with this prefix, such as related-task, do not belong to it.
namespace envelope_key {
inline constexpr std::string_view kProtocolVersion = "io.modelcontextprotocol/protocolVersion";
inline constexpr std::string_view kClientInfo = "io.modelcontextprotocol/clientInfo";
inline constexpr std::string_view kClientCapabilities = "io.modelcontextprotocol/clientCapabilities";
inline constexpr std::string_view kLogLevel = "io.modelcontextprotocol/logLevel";
/// Not of a request: who answers, in `_meta` of a result.
inline constexpr std::string_view kServerInfo = "io.modelcontextprotocol/serverInfo";
}  // namespace envelope_key

/// Whether the member of a `_meta` is part of the envelope.
[[nodiscard]] bool is_of_envelope(rpc::Member const& member);

/// The members of a `_meta` that make up the envelope, as raw values; empty when absent.
struct RawEnvelope {
  std::string_view version;
  std::string_view client_info;
  std::string_view capabilities;
  std::string_view log_level;
  std::string_view repeated;  ///< the key of one that is given twice

  /// Stores a member of a `_meta`. False when it is not part of the envelope.
  bool take(rpc::Member const& member);
  [[nodiscard]] bool is_empty() const {
    return version.empty() && client_info.empty() && capabilities.empty() && log_level.empty();
  }
};

/// Views of the `_meta` they were read from.
struct Envelope {
  std::string version;                ///< the revision, as a string
  std::string_view capabilities;      ///< raw object
  std::string_view client_info;       ///< raw object; empty when absent
  std::optional<LogLevel> log_level;  ///< none: the client wants no log messages
};

/// Why an envelope is invalid: a sentence for the client.
struct InvalidEnvelope {
  std::string why;
};

/// What the envelope says. Nothing when `_meta` does not name a protocol version: a request of a revision with sessions,
/// or one that lacks its envelope. (MCP 2026-07-28, basic: a version and capabilities are required.)
[[nodiscard]] std::variant<std::monostate, Envelope, InvalidEnvelope> read_envelope(RawEnvelope const& raw);

}  // namespace gateway::mcp
