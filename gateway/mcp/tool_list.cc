#include "gateway/mcp/tool_list.h"

#include <utility>

#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::mcp {

namespace {
/// More than any child has. Some give the same cursor for ever.
constexpr std::size_t kMaxPages = 1000;
}  // namespace

std::optional<std::string> ToolList::add_page(std::string_view raw_result) {
  auto const tools = rpc::find_member(raw_result, "tools");
  rpc::ElementWalk walk(tools);
  while (auto const tool = walk.next()) {
    auto const name = rpc::find_member(*tool, "name");
    if (rpc::is_string(name)) add(rpc::unquote(name), rpc::find_member(*tool, "inputSchema"));
    if (!raw_.empty()) raw_.push_back(',');
    raw_.append(*tool);
  }
  ++pages_;

  auto const next = rpc::find_member(raw_result, "nextCursor");
  if (rpc::is_string(next) && pages_ < kMaxPages) {
    single_page_.clear();
    return std::string(next);
  }
  if (pages_ == 1) single_page_.assign(raw_result);
  return std::nullopt;
}

void ToolList::add(std::string name, std::string_view raw_input_schema) {
  if (raw_input_schema.find("x-mcp-header") != std::string_view::npos) {  // in few
    auto headers = param_headers(raw_input_schema);
    if (!headers.empty()) headers_.insert_or_assign(name, std::move(headers));
  }
  names_.insert(std::move(name));
}

std::vector<ParamHeader> const* ToolList::headers_of(std::string_view name) const {
  auto const found = headers_.find(name);
  return found == headers_.end() ? nullptr : &found->second;
}

bool ToolList::is_for_everybody() const { return rpc::find_member(single_page_, "cacheScope") == R"("public")"; }

}  // namespace gateway::mcp
