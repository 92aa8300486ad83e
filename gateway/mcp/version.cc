#include "gateway/mcp/version.h"

#include <algorithm>
#include <array>

namespace gateway::mcp {

namespace {
constexpr std::array<std::string_view, 4> kRevisions{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"};
}

std::string_view to_text(Revision revision) { return kRevisions[static_cast<std::size_t>(revision)]; }

std::optional<Revision> revision_from(std::string_view text) {
  auto const found = std::find(kRevisions.begin(), kRevisions.end(), text);
  if (found == kRevisions.end()) return std::nullopt;
  return static_cast<Revision>(found - kRevisions.begin());
}

Revision negotiate(std::string_view asked_by_client, Revision child) {
  auto const asked = revision_from(asked_by_client);
  return asked ? std::min(*asked, child) : child;
}

}  // namespace gateway::mcp
