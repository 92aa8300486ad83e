#include "gateway/frontend/delivery.h"

#include "gateway/frontend/audit.h"

namespace gateway::frontend {

void deliver(Desk& desk, Visit const& visit, mcp::Session& session, std::span<mcp::ClientMessage const> messages,
             std::uint64_t ticket) {
  auto& service = desk.service(session.service);
  for (auto const& message : messages) {
    service.receive(session, message, {.session = session.id, .ticket = ticket},
                    Carried(desk, visit, message, era_of(session.transport)).via());
  }
}

}  // namespace gateway::frontend
