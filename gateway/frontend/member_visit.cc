#include "gateway/frontend/member_visit.h"

#include "gateway/frontend/delivery.h"
#include "gateway/frontend/gatekeeper.h"
#include "gateway/frontend/rights.h"

namespace gateway::frontend {

mcp::MemberDoor::Opened MemberVisit::open(mcp::Session const& whole, ServiceKey member,
                                          mcp::ClientMessage const& message) {
  if (!desk_.gatekeeper->admits(visit_, member)) {
    return {nullptr,
            {mcp::Outcome::Forbidden, "the member of the group that this is at is not allowed for this client"}};
  }
  return desk_.open_part(visit_, whole, member, message);
}

void MemberVisit::deliver(mcp::Session& part, mcp::ClientMessage const& message, mcp::ReplyTo to, Sees sees) {
  deliver_one(desk_, visit_, part, message, to, post_, sees);
}

std::optional<NameRules> MemberVisit::names(ServiceKey member, mcp::ClientMessage const& list) const {
  if (desk_.rights == nullptr) return std::nullopt;
  return desk_.rights->visible(*visit_.principal, desk_.services.find(member)->config->service_name(), list);
}

bool MemberVisit::allows(ServiceKey member, mcp::ClientMessage const& message) const {
  auto const* const here = desk_.services.find(member);
  if (desk_.rights == nullptr || here == nullptr) return true;
  return desk_.rights->allows(*visit_.principal, here->config->service_name(), message);
}

bool MemberVisit::charge(ServiceKey member, mcp::ClientMessage const& message) {
  auto const* const here = desk_.services.find(member);
  if (desk_.rights == nullptr || here == nullptr) return true;
  return !desk_.rights->judge(visit_, here->config->service_name(), message, desk_.clock.now()).refused;
}

}  // namespace gateway::frontend
