// What clients of a group say: who of its members is meant.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/base/json_text.h"
#include "gateway/groups/group.h"
#include "gateway/groups/merged_introduction.h"
#include "gateway/groups/tickets.h"
#include "gateway/mcp/router.h"
#include "gateway/mcp/tool_list.h"
#include "gateway/rpc/json_rebuild.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::groups {

using mcp::ClientMessage;
using mcp::Method;
using mcp::Outcome;
using mcp::ReplyTo;
using mcp::Session;
using rpc::ErrorCode;

namespace {

/// The message with other params, which `text` keeps.
ClientMessage with_params(ClientMessage const& message, std::string const& text) {
  auto changed = message;
  changed.params = text;
  changed.parsed = mcp::read_params(text);
  return changed;
}

/// The object with `value` in the place of one of its values, which is a view into it.
std::string with_value(std::string_view object, std::string_view old_value, std::string_view value) {
  auto const at = static_cast<std::size_t>(old_value.data() - object.data());
  std::string out;
  out.reserve(object.size() + value.size());
  out.append(object.substr(0, at)).append(value).append(object.substr(at + old_value.size()));
  return out;
}

}  // namespace

void Group::receive(Session& session, ClientMessage const& message, ReplyTo to, mcp::Via const& via) {
  switch (message.kind) {
    case rpc::MessageKind::Request: return on_request(session, message, to, via);
    case rpc::MessageKind::Notification: return on_note(session, message);
    case rpc::MessageKind::Response: return on_response(session, message);
  }
}

void Group::on_request(Session& session, ClientMessage const& message, ReplyTo to, mcp::Via const& via) {
  session.open.push_back({std::string(message.id), CallId{}});
  auto const method = message.known_method;
  auto const& params = message.parsed;
  if (params.ambiguous) {
    return fail(session, to, message.id, Outcome::Invalid, ErrorCode::InvalidRequest,
                "a member of params is given twice, or in another case");
  }
  using mcp::RequestRoute;
  auto const route =
      mcp::route_request(method, mcp::Sharing::Shared, mcp::era_of(session.transport), mcp::Era::Stateless);
  if (route == RequestRoute::AnswerEmpty)
    return finish(session, to, message.id, Outcome::Ok, rpc::Reply::Kind::Result, "{}");
  if (route == RequestRoute::Unknown) {
    return fail(session, to, message.id, Outcome::MethodNotFound, ErrorCode::MethodNotFound,
                fmt::format("Method not found: {}", message.method));
  }
  if (route == RequestRoute::Listen) return listen(session, message, to, via);
  if (route == RequestRoute::Unsubscribe) return unsubscribe(session, message, to, via);
  if (route == RequestRoute::Subscribe) return subscribe(session, message, to, via);
  if (method == Method::LoggingSetLevel) session.log_level = mcp::log_level_from(rpc::unquote(params.level));
  if (is_gathered(method)) return gather(session, message, to, via, all_members());
  if (method == Method::ToolsCall || method == Method::PromptsGet)
    return call_by_name(session, message, to, via, params.name);
  if (method == Method::ResourcesRead) return call_by_uri(session, message, to, via, params.uri);
  if (method == Method::CompletionComplete) return complete(session, message, to, via);
  // Nothing in it says who is meant.
  ask_in_turn(session, message, to, via, all_members());
}

std::optional<Catalog::Found> Group::find_name(Method method, std::string_view name) {
  if (method != Method::ToolsCall) return prompts_.find(name);
  auto found = tools_.find(name);
  // With prefix: always, a name that is not known may be one all the same.
  if (found && tools_.knows(found->member)) return found;
  learn_tools();
  return tools_.find(name);
}

void Group::call_by_name(Session& session, ClientMessage const& message, ReplyTo to, mcp::Via const& via,
                         std::string_view raw_name) {
  auto const name = rpc::unquote(raw_name);
  auto const found = find_name(message.known_method, name);
  if (found && found->own == name) return hand_on(session, found->member, message, to, via);
  if (found) {
    auto const text = with_value(message.params, raw_name, json_string(found->own));
    return hand_on(session, found->member, with_params(message, text), to, via);
  }
  if (message.known_method == Method::ToolsCall) {
    return fail(session, to, message.id, Outcome::RpcError, ErrorCode::InvalidParams,
                fmt::format("Unknown tool: {:.200}", name));
  }
  if (config_.prefix == config::NamePrefix::Always) {
    return fail(session, to, message.id, Outcome::RpcError, ErrorCode::InvalidParams,
                fmt::format("Unknown prompt: {:.200}", name));
  }
  std::vector<ServiceKey> unknown;
  for (std::size_t member = 0; member < members_.size(); ++member)
    if (!prompts_.knows(member)) unknown.push_back(members_[member].service);
  ask_in_turn(session, message, to, via, std::move(unknown));
}

void Group::call_by_uri(Session& session, ClientMessage const& message, ReplyTo to, mcp::Via const& via,
                        std::string_view raw_uri) {
  if (auto const owner = resources_.owner_of(rpc::unquote(raw_uri))) return hand_on(session, *owner, message, to, via);
  ask_in_turn(session, message, to, via, all_members());
}

/// Where no member lists it, at all who accept: many accept what they do not have, and say nothing of it then.
void Group::subscribe(Session& session, ClientMessage const& message, ReplyTo to, mcp::Via const& via) {
  auto const owner = resources_.owner_of(rpc::unquote(message.parsed.uri));
  auto members = owner ? std::vector{members_[*owner].service} : all_members();
  std::erase_if(members, [&](ServiceKey member) { return !via.members->allows(member, message); });
  if (members.empty()) {
    return fail(session, to, message.id, Outcome::Forbidden, ErrorCode::InvalidParams,
                "the resource is not allowed for this client");
  }
  gather(session, message, to, via, members);
}

void Group::unsubscribe(Session& session, ClientMessage const& message, ReplyTo to, mcp::Via const& via) {
  auto* const whole = find_whole(session.id);
  auto const at = whole == nullptr ? decltype(whole->subscribed)::node_type{}
                                   : whole->subscribed.extract(std::string(message.parsed.uri));
  gather(session, message, to, via, at ? at.mapped() : std::vector<ServiceKey>{});
}

/// What is completed is an argument of a prompt, or of a template.
void Group::complete(Session& session, ClientMessage const& message, ReplyTo to, mcp::Via const& via) {
  auto const ref = rpc::find_member(message.params, "ref");
  auto const raw_name = rpc::find_member(ref, "name");
  auto const raw_uri = rpc::find_member(ref, "uri");
  if (!rpc::is_string(raw_name) || rpc::is_string(raw_uri)) return call_by_uri(session, message, to, via, raw_uri);
  call_by_name(session, message, to, via, raw_name);
}

/// The answer is the member's own, with the client's id.
void Group::hand_on(Session& session, std::size_t member, ClientMessage const& message, ReplyTo to,
                    mcp::Via const& via) {
  auto const opened = part_at(session, member, message, via);
  if (opened.session == nullptr) {
    auto const& refusal = opened.refusal;
    auto const code = refusal.outcome == Outcome::Forbidden ? ErrorCode::InvalidParams : ErrorCode::InternalError;
    return fail(session, to, message.id, refusal.outcome, code, refusal.why);
  }
  via.members->deliver(*opened.session, message, {opened.session->id, to.ticket}, mcp::MemberDoor::Sees::WhatIsAllowed);
}

void Group::on_note(Session& session, ClientMessage const& message) {
  auto* const whole = find_whole(session.id);
  if (whole == nullptr) return;
  if (message.known_method == Method::Cancelled) return cancel(session, message);
  auto const is_for_all =
      message.known_method == Method::Initialized || message.known_method == Method::RootsListChanged;
  if (!is_for_all) return;  // of others, nothing says who is meant
  if (message.known_method == Method::Initialized) whole->initialized = true;
  auto const parts = whole->parts;
  for (auto const& part : parts) {
    auto* const each = around_.sessions.find(part.session);
    auto* const port = each == nullptr || !part.introduced ? nullptr : around_.port(each->service);
    if (port != nullptr) port->receive(*each, message, {each->id, 0}, {});
  }
}

/// Whoever has the request takes it back. One that several members answer is the group's.
void Group::cancel(Session& session, ClientMessage const& message) {
  auto const id = message.parsed.request_id;
  auto const gathering = std::ranges::find_if(
      gatherings_, [&](auto const& each) { return each.second.whole == session.id && each.second.id == id; });
  if (gathering != gatherings_.end()) {
    auto const to = gathering->second.to;
    cancel_errands(gathering->first);
    gatherings_.erase(gathering->first);
    session.close(id);
    return around_.clients.drop(to);
  }
  auto* const whole = find_whole(session.id);
  auto const parts = whole->parts;
  for (auto const& part : parts) {
    auto* const each = around_.sessions.find(part.session);
    auto* const port = each == nullptr || each->find_open(id) == nullptr ? nullptr : around_.port(each->service);
    if (port == nullptr) continue;
    session.close(id);
    return port->receive(*each, message, {each->id, 0}, {});
  }
}

void Group::cancel_errands(std::uint64_t gathering) {
  std::vector<std::pair<std::uint64_t, Errand>> open;
  for (auto const& [ticket, errand] : errands_)
    if (errand.gathering == gathering) open.emplace_back(ticket, errand);
  for (auto const& [ticket, errand] : open) {
    auto const* const part = find_part(errand.whole, errand.service);
    auto* const session = part == nullptr ? nullptr : around_.sessions.find(part->session);
    auto* const port = session == nullptr ? nullptr : around_.port(session->service);
    errands_.erase(ticket);
    if (port == nullptr) continue;
    auto const text = fmt::format(
        R"({{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{}}}}})", errand_id(ticket));
    auto const read = mcp::read_client_message(text);
    port->receive(*session, std::get<ClientMessage>(read), {session->id, 0}, {});
  }
}

void Group::on_response(Session& session, ClientMessage const& message) {
  auto const number = rpc::id_number(message.id);
  auto* const whole = find_whole(session.id);
  if (!number || whole == nullptr) return;
  auto const found = std::ranges::find(whole->questions, *number, &Question::id);
  if (found == whole->questions.end()) return;
  auto const question = std::move(*found);
  whole->questions.erase(found);
  auto* const part = around_.sessions.find(question.part);
  auto* const port = part == nullptr ? nullptr : around_.port(part->service);
  if (port == nullptr) return;
  auto theirs = message;
  theirs.id = question.own;
  port->receive(*part, theirs, {part->id, 0}, {});
}

void Group::fail(Session& session, ReplyTo to, std::string_view id, Outcome outcome, ErrorCode code,
                 std::string_view why) {
  finish(session, to, id, outcome, rpc::Reply::Kind::Error, rpc::error_object(code, why));
}

void Group::finish(Session& session, ReplyTo to, std::string_view id, Outcome outcome, rpc::Reply::Kind kind,
                   std::string_view body) {
  session.close(id);
  around_.clients.answer(to, outcome, {.id = id, .kind = kind, .body = body});
}

}  // namespace gateway::groups
