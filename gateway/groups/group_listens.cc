// subscriptions/listen at a group: it is open at each member.
#include <algorithm>
#include <utility>

#include "gateway/groups/group.h"
#include "gateway/groups/tickets.h"
#include "gateway/mcp/params.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::groups {

using mcp::Outcome;
using mcp::ReplyTo;
using mcp::Session;

namespace {

constexpr std::string_view kAcknowledged = "notifications/subscriptions/acknowledged";

/// Raw members of an object.
std::string_view inside(std::string_view object) {
  return object.size() < 2 ? std::string_view{} : object.substr(1, object.size() - 2);
}

}  // namespace

void Group::listen(Session& session, mcp::ClientMessage const& message, ReplyTo to, mcp::Via const& via) {
  auto const wanted = mcp::read_listen_filter(message.params);
  if (!wanted) {
    return fail(session, to, message.id, Outcome::RpcError, rpc::ErrorCode::InvalidParams,
                "params.notifications must be an object: what to listen for");
  }
  std::vector<std::pair<std::size_t, SessionId>> parts;
  for (std::size_t member = 0; member < members_.size(); ++member) {
    auto const opened = part_at(session, member, message, via);
    if (opened.session != nullptr) parts.emplace_back(member, opened.session->id);
  }
  auto& listen = listens_[session.id];
  listen = {.to = to,
            .id = std::string(message.id),
            .wanted = *wanted,
            .unacknowledged = parts.size(),
            .open = parts.size(),
            .until = around_.clock.now() + config_.member_wait};
  if (parts.empty() || wanted->empty()) return end_listen(session.id);
  for (auto const& [member, id] : parts) {
    auto* const part = around_.sessions.find(id);
    if (part == nullptr || !listens_.contains(session.id)) continue;
    auto its = *wanted;
    std::erase_if(its.uris, [this, at = member](std::string const& uri) {
      return resources_.owner_of(rpc::unquote(uri)).value_or(at) != at;
    });
    auto const text = mcp::listen_params(its, inside(message.parsed.meta));
    auto theirs = message;
    theirs.params = text;
    theirs.parsed = mcp::read_params(text);
    via.members->deliver(*part, theirs, {id, to.ticket}, mcp::MemberDoor::Sees::WhatIsAllowed);
  }
}

/// What the group tells itself it can promise for members that come later, too.
void Group::acknowledge(Listen& listen) {
  if (std::exchange(listen.acknowledged, true)) return;
  around_.clients.during(listen.to, {mcp::listen_acknowledgement(listen.id, listen.wanted)});
}

/// Takes the acknowledgement of one member. The client gets one from the group, before anything else.
bool Group::take_listen_message(Session const& part, ReplyTo to, rpc::PiecesView message) {
  auto const found = listens_.find(part.whole);
  auto* const session = around_.sessions.find(part.whole);
  if (found == listens_.end() || session == nullptr || found->second.to.ticket != to.ticket) return false;
  auto& listen = found->second;
  auto const text = message.joined();
  auto const read = text.find(kAcknowledged) == text.npos ? std::nullopt : rpc::read_child_line(text);
  if (!read || read->method != kAcknowledged) {
    acknowledge(listen);
    return false;
  }
  auto const honoured = mcp::read_listen_filter(read->params, mcp::kAnyNumber);
  if (honoured && !honoured->empty()) listen.heard_by.push_back(part.id);
  if (listen.unacknowledged > 0 && --listen.unacknowledged == 0) acknowledge(listen);
  return true;
}

/// A member that told something and does so no more ends the whole: the client listens again, and hears what is new. One
/// that never does is done without.
bool Group::take_listen_end(Session const& part, ReplyTo to, Outcome outcome, rpc::Reply const& reply) {
  auto const found = listens_.find(part.whole);
  if (found == listens_.end() || found->second.to.ticket != to.ticket) return false;
  auto& listen = found->second;
  auto const had_told = std::ranges::find(listen.heard_by, part.id) != listen.heard_by.end();
  if (listen.open > 0) --listen.open;
  if (had_told && outcome == Outcome::Ok) {
    end_listen(part.whole);
    return true;
  }
  if (outcome != Outcome::Ok && listen.unacknowledged > 0) --listen.unacknowledged;
  if (outcome != Outcome::Ok && listen.open == 0 && listen.heard_by.empty() && !listen.acknowledged) {
    auto* const session = around_.sessions.find(part.whole);
    auto const closed = std::move(listens_.extract(found).mapped());
    if (session != nullptr) finish(*session, closed.to, closed.id, outcome, reply.kind, reply.body);
    return true;
  }
  auto* const session = around_.sessions.find(part.whole);
  if (listen.unacknowledged == 0 && session != nullptr) acknowledge(listen);
  return true;
}

void Group::end_listen(SessionId id) {
  auto const found = listens_.find(id);
  auto* const session = around_.sessions.find(id);
  if (found == listens_.end() || session == nullptr) return;
  acknowledge(found->second);
  auto const listen = std::move(listens_.extract(found).mapped());
  finish(*session, listen.to, listen.id, Outcome::Ok, rpc::Reply::Kind::Result, mcp::listen_result(listen.id));
}

}  // namespace gateway::groups
