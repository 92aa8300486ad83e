#include "gateway/backend/affinity.h"

#include <fmt/format.h>

namespace gateway::backend {

/// No part can hold the character between them: a principal's name has no control characters. Whoever comes with
/// other variables than before gets another child: the one with the old is given up when it is unused.
std::string Affinity::name_of(mcp::SessionOwner const& owner) const {
  return fmt::format("{}\n{}\n{}", owner.principal, config_.affinity.header.empty() ? "" : owner.key, owner.own);
}

std::optional<mcp::Refusal> Affinity::refusal(mcp::SessionOwner const& owner) const {
  auto const& header = config_.affinity.header;
  if (!header.empty() && owner.key.empty()) {
    return mcp::Refusal{mcp::Outcome::Invalid,
                        fmt::format("Bad Request: the header {} must say, once, whose session this is", header)};
  }
  if (header.empty() && owner.principal.empty() && owner.own.empty()) {
    return mcp::Refusal{mcp::Outcome::Invalid, "Bad Request: a bearer token must say whose session this is"};
  }
  if (owned_.has_place_for(name_of(owner))) return std::nullopt;
  return mcp::Refusal{mcp::Outcome::Busy, "no more sessions can be opened now"};
}

Multiplexer& Affinity::place(mcp::Session const& session) {
  return owned_.child_of(name_of({.principal = session.principal.name, .key = session.key, .own = session.own.digest}),
                         session.own.lines);
}

}  // namespace gateway::backend
