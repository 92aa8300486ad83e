// What clients of a group say: who of its members is meant.
#include <fmt/format.h>

#include <algorithm>
#include <array>
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

/// What is read of params, after one value in them was replaced: nothing but places has changed, so nothing is read again.
class Replacement {
 public:
  /// `text` is the params with `value` in the place of `old_value`, which is a view into `raw`.
  Replacement(std::string_view raw, std::string_view old_value, std::string_view value, std::string& text)
      : raw_(raw), at_(static_cast<std::size_t>(old_value.data() - raw.data())), old_(old_value), text_(text) {
    text_.reserve(raw.size() + value.size());
    text_.append(raw.substr(0, at_)).append(value).append(raw.substr(at_ + old_value.size()));
  }

  void move_all(mcp::Params& params) const {
    constexpr std::array kMembers{
        &mcp::Params::raw,    &mcp::Params::name,           &mcp::Params::arguments,       &mcp::Params::uri,
        &mcp::Params::cursor, &mcp::Params::request_id,     &mcp::Params::level,           &mcp::Params::task,
        &mcp::Params::meta,   &mcp::Params::progress_token, &mcp::Params::input_responses, &mcp::Params::request_state};
    for (auto const member : kMembers) move(params.*member);
    auto& envelope = params.envelope;
    for (auto* const view :
         {&envelope.version, &envelope.client_info, &envelope.capabilities, &envelope.log_level, &envelope.repeated})
      move(*view);
  }

 private:
  void move(std::string_view& view) const {
    auto const is_in_raw = !view.empty() && view.data() >= raw_.data() && view.data() < raw_.data() + raw_.size();
    if (!is_in_raw) return;                         // it is kept elsewhere
    auto const grown = text_.size() - raw_.size();  // wraps where it has shrunk, as the sums below do
    auto const begin = static_cast<std::size_t>(view.data() - raw_.data());
    auto const holds_it = begin <= at_ && begin + view.size() >= at_ + old_.size();
    view = {text_.data() + begin + (begin > at_ ? grown : 0), view.size() + (holds_it ? grown : 0)};
  }

  std::string_view raw_;
  std::size_t at_;
  std::string_view old_;
  std::string& text_;
};

/// The message with another value, raw, in the place of one in its params. `text` keeps them.
ClientMessage with_value(ClientMessage const& message, std::string_view old_value, std::string_view value,
                         std::string& text) {
  auto changed = message;
  Replacement const replaced(message.params, old_value, value, text);
  changed.params = text;
  replaced.move_all(changed.parsed);
  return changed;
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
  if (method == Method::ToolsCall) return call_tool(session, message, to, via);
  if (method == Method::PromptsGet) return get_prompt(session, message, to, via, params.name);
  if (method == Method::ResourcesRead) return call_by_uri(session, message, to, via, params.uri);
  if (method == Method::CompletionComplete) return complete(session, message, to, via);
  // Nothing in it says who is meant.
  ask_in_turn(session, message, to, via, all_members());
}

std::optional<Catalog::Found> Group::find_tool(std::string_view name) {
  // With prefix: always, a name that is not known may be one all the same, but of such a tool nobody knows what it does.
  auto const is_usable = [&](std::optional<Catalog::Found> const& found) {
    return found && (!shape_.is_read_only() || !tools_.name_of(found->member, found->own).empty());
  };
  auto found = tools_.find(name);
  if (found && tools_.knows(found->member) && is_usable(found)) return found;
  learn_tools();
  found = tools_.find(name);
  return is_usable(found) ? found : std::nullopt;
}

void Group::call_tool(Session& session, ClientMessage const& message, ReplyTo to, mcp::Via const& via) {
  auto const offered = rpc::unquote(message.parsed.name);
  auto const name = shape_.behind(offered);
  auto const found = name ? find_tool(*name) : std::nullopt;
  if (!found) {
    return fail(session, to, message.id, Outcome::RpcError, ErrorCode::InvalidParams,
                fmt::format("Unknown tool: {:.200}", offered));
  }
  if (shape_.has_arguments(*name)) return call_with_arguments(session, message, to, via, *name, *found);
  if (found->own == offered) return hand_on(session, found->member, message, to, via);
  std::string text;
  hand_on(session, found->member, with_value(message, message.parsed.name, json_string(found->own), text), to, via);
}

void Group::call_with_arguments(Session& session, ClientMessage const& message, ReplyTo to, mcp::Via const& via,
                                std::string_view name, Catalog::Found const& found) {
  auto const params = shape_.with_arguments(message.params, name, found.own);
  if (!params) {
    return fail(session, to, message.id, Outcome::Invalid, ErrorCode::InvalidParams,
                "expected params.arguments to be an object");
  }
  auto changed = message;
  changed.params = *params;
  changed.parsed = mcp::read_params(*params);
  hand_on(session, found.member, changed, to, via);
}

void Group::get_prompt(Session& session, ClientMessage const& message, ReplyTo to, mcp::Via const& via,
                       std::string_view raw_name) {
  auto const name = rpc::unquote(raw_name);
  auto const found = prompts_.find(name);
  if (found && found->own == name) return hand_on(session, found->member, message, to, via);
  if (found) {
    std::string text;
    return hand_on(session, found->member, with_value(message, raw_name, json_string(found->own), text), to, via);
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
  get_prompt(session, message, to, via, raw_name);
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
