#include "gateway/mcp/tool_list.h"

#include "gateway/rpc/json_scanner.h"

namespace gateway::mcp {

std::optional<std::string> ToolList::add_page(std::string_view raw_result) {
  auto const tools = rpc::find_member(raw_result, "tools");
  rpc::ElementWalk walk(tools);
  while (auto const tool = walk.next()) {
    names_.insert(rpc::unquote(rpc::find_member(*tool, "name")));
  }
  raw_.append(tools);
  ++pages_;

  auto const next = rpc::find_member(raw_result, "nextCursor");
  if (rpc::is_string(next)) {
    single_page_.clear();
    return std::string(next);
  }
  if (pages_ == 1) single_page_.assign(raw_result);
  return std::nullopt;
}

}  // namespace gateway::mcp
