// Whether a service offers the tools it should.
#pragma once

#include <cstddef>
#include <string>

#include "gateway/config/config.h"
#include "gateway/mcp/tool_list.h"

namespace gateway::backend {

/// What a list lacks; `why` is empty when that is nothing.
struct Lack {
  std::size_t tools = 0;
  std::string why;
};
[[nodiscard]] Lack lack_of(config::ExpectedTools const& expected, mcp::ToolList const& list);

}  // namespace gateway::backend
