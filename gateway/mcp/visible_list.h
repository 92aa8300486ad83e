// What of a list a client may see.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/name_rules.h"
#include "gateway/mcp/method.h"

namespace gateway::mcp {

/// How such a result is laid out.
struct ListShape {
  std::string_view list;  ///< the member of the result
  std::string_view name;  ///< the member of each element that names it
};
/// Nothing for other methods.
[[nodiscard]] std::optional<ListShape> list_shape(Method method);

/// Whether its result is a list of things with names: tools, prompts, resources or resource templates.
[[nodiscard]] bool is_list(Method method);

/// The raw result of such a method without what the rules do not allow; everything else stays byte for byte, except that
/// `cacheScope` becomes private (MCP 2026-07-28, Caching: not to be shared between users). Nothing where the result
/// cannot be understood, so that nothing is shown by mistake.
[[nodiscard]] std::optional<std::string> visible_list(Method method, std::string_view raw_result,
                                                      NameRules const& names);

}  // namespace gateway::mcp
