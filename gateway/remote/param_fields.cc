#include "gateway/remote/param_fields.h"

#include <fmt/format.h>

#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::remote {

void ParamFields::learn(std::string_view raw_result) {
  rpc::ElementWalk walk(rpc::find_member(raw_result, "tools"));
  while (auto const tool = walk.next()) {
    auto headers = mcp::param_headers(rpc::find_member(*tool, "inputSchema"));
    auto const name = rpc::unquote(rpc::find_member(*tool, "name"));
    if (headers.empty())
      tools_.erase(name);
    else
      tools_.insert_or_assign(name, std::move(headers));
  }
}

std::vector<std::string> ParamFields::of(Outgoing const& call) const {
  std::vector<std::string> fields;
  auto const found = tools_.find(call.tool);
  if (found == tools_.end()) return fields;
  for (auto const& header : found->second)
    if (auto const value = mcp::argument_of(header, call.raw_arguments))
      fields.push_back(fmt::format("{}: {}", header.field, header_value_for(*value)));
  return fields;
}

}  // namespace gateway::remote
