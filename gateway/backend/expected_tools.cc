#include "gateway/backend/expected_tools.h"

#include <fmt/format.h>

#include "gateway/base/counted.h"

namespace gateway::backend {

Lack lack_of(config::ExpectedTools const& expected, mcp::ToolList const& list) {
  Lack lack;
  for (auto const& name : expected.names) {
    if (list.contains(name)) continue;
    lack.why += (lack.why.empty() ? "it lacks the tools " : ", ") + name;
    ++lack.tools;
  }
  if (list.size() < expected.count) {
    lack.tools = expected.count - list.size();
    lack.why = fmt::format("it lists {}, expected {}", counted(list.size(), "tool"), expected.count);
  }
  return lack;
}

}  // namespace gateway::backend
