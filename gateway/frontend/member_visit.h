// One request at a group, on its way to a member.
#pragma once

#include "gateway/frontend/session_desk.h"
#include "gateway/frontend/visit.h"
#include "gateway/mcp/client_message.h"
#include "gateway/mcp/ports.h"

namespace gateway::frontend {

struct Post;

/// For the length of its delivery.
class MemberVisit final : public mcp::MemberDoor {
 public:
  /// References outlive it. `post` is owed the answer; null where it goes elsewhere, or is one of several.
  MemberVisit(Desk& desk, Visit const& visit, Post* post) : desk_(desk), visit_(visit), post_(post) {}

  [[nodiscard]] Opened open(mcp::Session const& whole, ServiceKey member, mcp::ClientMessage const& message) override;
  void deliver(mcp::Session& part, mcp::ClientMessage const& message, mcp::ReplyTo to, Sees sees) override;
  [[nodiscard]] std::optional<NameRules> names(ServiceKey member, mcp::ClientMessage const& list) const override;
  [[nodiscard]] bool allows(ServiceKey member, mcp::ClientMessage const& message) const override;
  [[nodiscard]] bool charge(ServiceKey member, mcp::ClientMessage const& message) override;

 private:
  Desk& desk_;
  Visit const& visit_;
  Post* post_;
};

}  // namespace gateway::frontend
