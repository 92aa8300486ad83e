// The lists of a group's members as one.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/name_rules.h"
#include "gateway/groups/catalog.h"
#include "gateway/groups/tool_shape.h"
#include "gateway/mcp/method.h"
#include "gateway/mcp/version.h"

namespace gateway::groups {

/// What a member answered to a request for one of its lists.
struct MemberList {
  std::size_t member = 0;
  std::vector<std::string> pages{};    ///< raw results
  std::optional<NameRules> visible{};  ///< what of it the client may see; nothing: all
};

/// The names of the things in a raw result of tools/list or prompts/list, the URIs or URI templates of the others.
[[nodiscard]] std::vector<std::string> names_in(mcp::Method list, std::string_view raw_result);

/// One page with everything, for a client of that era. Names are those of the catalog, for tools and prompts, and tools
/// are as `shape` has them; of resources with one URI the first member's is taken. `left_out` are the members that did not
/// answer.
[[nodiscard]] std::string merged_list(mcp::Method list, mcp::Era era, std::span<MemberList const> lists,
                                      Catalog const& catalog, ToolShape const& shape,
                                      std::vector<std::string> const& left_out);

}  // namespace gateway::groups
