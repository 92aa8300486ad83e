// Results and errors of one era, as clients of the other expect them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/mcp/method.h"

namespace gateway::mcp {

/// For how long and for whom a result may be kept. (MCP 2026-07-28, Caching.)
struct CacheHint {
  std::uint32_t ttl_ms = 0;  ///< 0: not at all
  bool is_public = false;    ///< the same for every user
};

/// Whether results of the method have a CacheHint: all six must, no other may.
[[nodiscard]] bool has_cache_hint(Method method);

/// What the stateless revision requires of a result besides what the server answered.
struct StatelessExtras {
  std::optional<CacheHint> cache;
  std::string_view server_info;  ///< raw object; empty: unknown
};

/// Appends a raw result for a client of the stateless revision: `resultType`, cache hints, and who answered in `_meta`.
/// What the result says itself is kept.
void append_for_stateless(std::string& out, std::string_view raw_result, StatelessExtras const& extras);

/// What the raw result of a server of the stateless revision is.
enum class ResultType : std::uint8_t {
  Complete,       ///< also where none is given
  InputRequired,  ///< the client is asked for something first
  Unknown,        ///< an invalid result to everybody who did not ask for it
};
[[nodiscard]] ResultType result_type(std::string_view raw_result);

/// Appends a raw result for a client of a revision with sessions: without what the stateless revision added.
void append_for_sessions(std::string& out, std::string_view raw_result);

/// A raw error for a client of the stateless revision: without codes that mean something else there. `raw_uri` is that
/// of the request, if any.
[[nodiscard]] std::string error_for_stateless(std::string_view raw_error, std::string_view raw_uri);

/// A raw error for a client of a revision with sessions.
[[nodiscard]] std::string error_for_sessions(std::string_view raw_error, Method method);

}  // namespace gateway::mcp
