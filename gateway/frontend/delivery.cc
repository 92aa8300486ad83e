#include "gateway/frontend/delivery.h"

#include <fmt/format.h>

#include <chrono>
#include <iterator>

#include "gateway/frontend/audit.h"
#include "gateway/frontend/gatekeeper.h"
#include "gateway/frontend/member_visit.h"
#include "gateway/frontend/posts.h"
#include "gateway/frontend/rights.h"

namespace gateway::frontend {

namespace {

/// The header fields that tell a client how not to be refused. (RFC 9110, section 10.2.3, and RFC 6750, section 3)
void append_remedies(std::string& fields, Desk const& desk, Visit const& visit, Ruling const& ruling) {
  if (!ruling.scopes.empty()) fields.append(desk.gatekeeper->scope_challenge(visit, ruling.scopes));
  if (auto const wait = ruling.refused->retry_after) {
    fmt::format_to(std::back_inserter(fields), "Retry-After: {}\r\n",
                   std::chrono::ceil<std::chrono::seconds>(*wait).count());
  }
}

}  // namespace

void deliver_one(Desk& desk, Visit const& visit, mcp::Session& session, mcp::ClientMessage const& message,
                 mcp::ReplyTo to, Post* post, mcp::MemberDoor::Sees sees) {
  auto& service = desk.service(session.service);
  Carried const carried(desk, visit, message, era_of(session.transport));
  if (desk.rights == nullptr) return service.receive(session, message, to, carried.via());
  auto ruling =
      desk.rights->judge(visit, desk.services.find(session.service)->config->service_name(), message, desk.clock.now());
  auto via = carried.via();
  if (ruling.refused) via.refused = &*ruling.refused;
  if (ruling.names && sees == mcp::MemberDoor::Sees::WhatIsAllowed) via.names = &*ruling.names;
  if (!ruling.places.empty()) via.places = &ruling.places;
  if (ruling.refused && post != nullptr) append_remedies(post->fields, desk, visit, ruling);
  service.receive(session, message, to, via);
}

void deliver(Desk& desk, Visit const& visit, mcp::Session& session, std::span<mcp::ClientMessage const> messages,
             Post* post) {
  mcp::ReplyTo const to{.session = session.id, .ticket = post == nullptr ? 0 : post->ticket};
  // The answers of a batch are in one response, which can say of none of them what would help.
  auto* const answered = messages.size() == 1 ? post : nullptr;
  auto const is_group = desk.services.find(session.service)->parts != nullptr;
  for (auto const& message : messages) {
    if (!is_group) {
      deliver_one(desk, visit, session, message, to, answered);
      continue;
    }
    // What may be asked of whom is judged once it is known who is meant.
    MemberVisit members(desk, visit, answered);
    desk.service(session.service)
        .receive(session, message, to, {.request_id = visit.request.request_id, .members = &members});
  }
}

}  // namespace gateway::frontend
