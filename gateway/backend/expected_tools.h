// Whether a service offers the tools it should.
#pragma once

#include <cstddef>
#include <string>

#include "gateway/mcp/tool_list.h"
#include "gateway/ops/config.h"

namespace gateway::backend {

/// What a list lacks; `why` is empty when that is nothing.
struct Lack {
  std::size_t tools = 0;
  std::string why;
};
[[nodiscard]] Lack lack_of(ops::ExpectedTools const& expected, mcp::ToolList const& list);

}  // namespace gateway::backend
