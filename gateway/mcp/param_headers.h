// Tool arguments that a client repeats in header fields, as the tool's schema asks for with "x-mcp-header".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/mcp/header_value.h"

namespace gateway::mcp {

/// One argument that has a header field.
struct ParamHeader {
  std::string field;              ///< the field's name in lower case, with "mcp-param-"
  std::vector<std::string> path;  ///< of the argument: the names of properties from the outermost on
};

/// The annotated properties of a tool's inputSchema: strings, integers and booleans that are reached through
/// `properties` alone. An invalid annotation is ignored, as a client must not offer such a tool.
/// (MCP 2026-07-28, Streamable HTTP, Custom Headers from Tool Parameters.)
[[nodiscard]] std::vector<ParamHeader> param_headers(std::string_view raw_input_schema);

/// What is wrong with the header fields of a call, as a sentence; nothing when each agrees with its argument. An
/// argument that is absent or null must have none.
[[nodiscard]] std::optional<std::string> mismatch(std::vector<ParamHeader> const& headers,
                                                  std::string_view raw_arguments, FindHeader const& find);

/// What the field says for these arguments, before it is encoded; nothing where the argument is absent or null, and the
/// field must be too.
[[nodiscard]] std::optional<std::string> argument_of(ParamHeader const& header, std::string_view raw_arguments);

}  // namespace gateway::mcp
