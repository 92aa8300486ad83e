// The header fields in which a client of the stateless revision repeats parts of its request, for proxies that do not
// read bodies. A server that does read the body must check that they agree. (MCP 2026-07-28, Streamable HTTP.)
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::mcp {

/// A header field of an HTTP request, without surrounding white space.
struct HeaderValue {
  std::optional<std::string_view> value;  ///< of the first field of that name
  bool repeated = false;                  ///< there are others
};

/// Looks up a header field by its name in lower case.
using FindHeader = std::function<HeaderValue(std::string_view)>;

/// The string that a value of Mcp-Name or Mcp-Param-* stands for: the value itself, or what =?base64?…?= encodes.
/// Nothing when that is not valid base64 of valid UTF-8.
[[nodiscard]] std::optional<std::string> decoded(std::string_view header_value);

}  // namespace gateway::mcp
