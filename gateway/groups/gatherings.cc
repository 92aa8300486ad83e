// What several members of a group answer together, or one after the other until one can, and what the group asks itself.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/base/json_text.h"
#include "gateway/groups/group.h"
#include "gateway/groups/merged_introduction.h"
#include "gateway/groups/tickets.h"
#include "gateway/mcp/labels.h"
#include "gateway/mcp/tool_list.h"
#include "gateway/mcp/visible_list.h"
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

/// How long a member that could not answer is left alone.
constexpr Duration kLookAgain = seconds{1};

constexpr std::size_t kMostPages = 1000;

/// What the member cannot answer, as its error says. Otherwise it could not be asked.
bool is_refused(Outcome outcome) {
  return outcome == Outcome::RpcError || outcome == Outcome::MethodNotFound || outcome == Outcome::Forbidden ||
         outcome == Outcome::MissingScope || outcome == Outcome::Invalid;
}

bool has_empty_result(Method method) {
  return method == Method::LoggingSetLevel || method == Method::ResourcesSubscribe ||
         method == Method::ResourcesUnsubscribe;
}

/// Whether a member that could not answer it is asked by the group.
bool is_asked_again(Method method) { return mcp::is_list(method) || method == Method::Initialize; }

std::string with_cursor(std::string_view params, std::string_view cursor) {
  std::string out;
  if (params.empty()) params = "{}";
  rpc::append_without(out, params, [](rpc::Member const& member) { return member.is("cursor"); });
  out.pop_back();
  rpc::ObjectWriter writer(out, out == "{");
  writer.member("cursor").append(cursor);
  writer.close();
  return out;
}

std::string_view list_changed(Method list) {
  if (list == Method::ToolsList) return "notifications/tools/list_changed";
  if (list == Method::PromptsList) return "notifications/prompts/list_changed";
  return "notifications/resources/list_changed";
}

Method method_of_change(Method list) {
  if (list == Method::ToolsList) return Method::ToolsListChanged;
  return list == Method::PromptsList ? Method::PromptsListChanged : Method::ResourcesListChanged;
}

}  // namespace

// ── requests for all members ─────────────────────────────────────────────────

void Group::gather(Session& session, ClientMessage const& message, ReplyTo to, mcp::Via const& via,
                   std::vector<ServiceKey> const& members) {
  auto const method = message.known_method;
  if (!message.parsed.cursor.empty()) {
    return fail(session, to, message.id, Outcome::RpcError, ErrorCode::InvalidParams,
                "this list has one page: there is no such cursor");
  }
  auto* const whole = find_whole(session.id);
  if (method == Method::Initialize && whole != nullptr) whole->introduction.assign(message.params);
  auto const id = ++last_;
  auto& gathering = gatherings_[id];
  gathering = {.whole = session.id,
               .to = to,
               .id = std::string(message.id),
               .method = method,
               .era = mcp::era_of(session.transport),
               .text = message_text(message.method, message.params),
               .until = around_.clock.now() + config_.member_wait};
  std::vector<Step> errands;
  for (auto const key : members) {
    auto const member = member_of(key);
    if (member == members_.size()) continue;
    auto const* const port = around_.port(key);
    if (port != nullptr && !may_answer(port->offered().capabilities, method)) continue;
    auto const opened = part_at(session, member, message, via);
    if (opened.session == nullptr) {
      if (opened.refusal.outcome != Outcome::Forbidden) gathering.left_out.push_back(key);
      continue;
    }
    if (mcp::is_list(method)) {
      auto& list = gathering.lists.emplace_back(MemberList{.member = member});
      list.visible = via.members->names(key, message);
      list.pages = take_late(session.id, key, method);
      if (!list.pages.empty()) continue;
    }
    errands.push_back({.whole = session.id, .service = key, .method = method, .gathering = id, .text = gathering.text});
  }
  gathering.waiting = errands.size();
  for (auto const& errand : errands) run_errand(errand, via);
  auto const found = gatherings_.find(id);
  if (found == gatherings_.end()) return;
  found->second.begun = true;
  end_gathering_if_done(id);
}

/// What came too late for the request before; empty where nothing did, or not all of it.
std::vector<std::string> Group::take_late(SessionId whole, ServiceKey service, Method method) {
  auto* const part = find_part(whole, service);
  if (part == nullptr || std::ranges::find(part->missed, method) != part->missed.end()) return {};
  auto const found = part->late.extract(method);
  return found ? found.mapped() : std::vector<std::string>{};
}

/// The first one is asked now, as its client's own request.
void Group::ask_in_turn(Session& session, ClientMessage const& message, ReplyTo to, mcp::Via const& via,
                        std::vector<ServiceKey> members) {
  std::erase_if(members, [&](ServiceKey key) {
    auto const* const port = around_.port(key);
    return port == nullptr || !may_answer(port->offered().capabilities, message.known_method) ||
           !via.members->allows(key, message) || part_at(session, member_of(key), message, via).session == nullptr;
  });
  if (members.empty()) {
    return fail(session, to, message.id, Outcome::RpcError, ErrorCode::InvalidParams,
                fmt::format("no member of the group '{}' can answer {}", config_.name, message.method));
  }
  auto const first = members.front();
  members.erase(members.begin());
  // Nobody is there to judge for when it is their turn.
  std::erase_if(members, [&](ServiceKey key) { return !via.members->charge(key, message); });
  auto const id = ++last_;
  gatherings_[id] = {.whole = session.id,
                     .to = to,
                     .id = std::string(message.id),
                     .method = message.known_method,
                     .era = mcp::era_of(session.transport),
                     .text = message_text(message.method, message.params),
                     .waiting = 1,
                     .begun = true,
                     .in_turn = true,
                     .next = std::move(members)};
  auto* const part = around_.sessions.find(find_part(session.id, first)->session);
  auto const ticket = kErrandBit | ++last_;
  errands_[ticket] = {.whole = session.id, .service = first, .method = message.known_method, .gathering = id};
  auto const own_id = errand_id(ticket);
  auto theirs = message;
  theirs.id = own_id;
  via.members->deliver(*part, theirs, {part->id, ticket}, mcp::MemberDoor::Sees::WhatIsAllowed);
}

void Group::run_errand(Step const& step, mcp::Via const& via) {
  auto* const part = find_part(step.whole, step.service);
  auto* const session = part == nullptr ? nullptr : around_.sessions.find(part->session);
  auto* const port = session == nullptr ? nullptr : around_.port(session->service);
  auto const ticket = kErrandBit | ++last_;
  errands_[ticket] = {.whole = step.whole, .service = step.service, .method = step.method, .gathering = step.gathering};
  auto read = mcp::read_client_message(step.text);
  auto* const message = std::get_if<ClientMessage>(&read);
  // What a member gave as its cursor may be no JSON.
  if (port == nullptr || message == nullptr) {
    auto const error = rpc::error_object(
        ErrorCode::InternalError, port == nullptr ? "the server is not there" : "the server gave an unreadable cursor");
    return errand_answered(ticket, Outcome::Unavailable, {.id = {}, .kind = rpc::Reply::Kind::Error, .body = error});
  }
  auto const id = errand_id(ticket);
  message->id = id;
  // Of a list the group has to know everything, and leaves out itself what its client may not see.
  if (via.members != nullptr && step.gathering != 0)
    return via.members->deliver(*session, *message, {session->id, ticket}, mcp::MemberDoor::Sees::Everything);
  port->receive(*session, *message, {session->id, ticket}, {.request_id = via.request_id});
}

// ── answers ──────────────────────────────────────────────────────────────────

void Group::errand_answered(std::uint64_t ticket, Outcome outcome, rpc::Reply const& reply) {
  auto const found = errands_.find(ticket);
  if (found == errands_.end()) return;
  auto const errand = found->second;
  errands_.erase(found);
  auto const ok = reply.kind == rpc::Reply::Kind::Result;
  if (ok && errand.method == Method::Initialize) introduced(errand.whole, errand.service);
  auto const gathering = gatherings_.find(errand.gathering);
  if (gathering == gatherings_.end()) return take_answer_late(errand, ok, reply.body);
  if (gathering->second.in_turn) return take_turn(errand.gathering, errand, outcome, reply);
  take_answer(gathering->second, errand, outcome, reply);
  end_gathering_if_done(errand.gathering);
}

/// Of a member, one page or all.
void Group::take_answer(Gathering& gathering, Errand const& errand, Outcome outcome, rpc::Reply const& reply) {
  --gathering.waiting;
  if (reply.kind != rpc::Reply::Kind::Result) {
    gathering.error.assign(reply.body);
    gathering.outcome = outcome;
    if (outcome == Outcome::Limited) gathering.limited.push_back(errand.service);
    if (!is_refused(outcome) && outcome != Outcome::Limited) gathering.left_out.push_back(errand.service);
    return;
  }
  auto const member = member_of(errand.service);
  auto its = std::ranges::find(gathering.lists, member, &MemberList::member);
  if (its == gathering.lists.end()) its = gathering.lists.insert(its, {.member = member});
  its->pages.emplace_back(reply.body);
  auto const cursor = mcp::is_list(errand.method) ? rpc::find_member(reply.body, "nextCursor") : std::string_view{};
  if (!rpc::is_string(cursor) || its->pages.size() >= kMostPages) return;
  auto const read = mcp::read_client_message(gathering.text);
  auto const& message = std::get<ClientMessage>(read);
  ++gathering.waiting;
  steps_.push_back({.whole = errand.whole,
                    .service = errand.service,
                    .method = errand.method,
                    .gathering = errand.gathering,
                    .text = message_text(message.method, with_cursor(message.params, cursor))});
  around_.turn.defer(*this);
}

/// The client was answered without it, or the group asked by itself. The client is told, and gets the list that has come
/// when it asks again: it could come too late once more.
void Group::take_answer_late(Errand const& errand, bool ok, std::string_view result) {
  auto* const part = find_part(errand.whole, errand.service);
  if (part == nullptr) return;
  if (mcp::is_list(errand.method)) {
    if (ok) return take_page_late(*part, errand, result);
    return void(part->late.erase(errand.method));
  }
  if (!ok || errand.method != Method::Initialize) return;
  if (std::erase(part->missed, errand.method) == 0) return;
  for (auto const list : kChangingLists) tell_changed(errand.whole, list);
}

void Group::take_page_late(Part& part, Errand const& errand, std::string_view result) {
  if (std::ranges::find(part.missed, errand.method) == part.missed.end()) return;
  auto& pages = part.late[errand.method];
  pages.emplace_back(result);
  auto const cursor = rpc::find_member(result, "nextCursor");
  if (rpc::is_string(cursor) && pages.size() < kMostPages) {
    steps_.push_back({.whole = errand.whole,
                      .service = errand.service,
                      .method = errand.method,
                      .text = message_text(mcp::label(errand.method), with_cursor({}, cursor))});
    return around_.turn.defer(*this);
  }
  std::erase(part.missed, errand.method);
  learn(errand.service, errand.method, pages);
  tell_changed(errand.whole, errand.method == Method::ResourceTemplatesList ? Method::ResourcesList : errand.method);
}

/// One member after the other. The last error is the client's answer, if none can.
void Group::take_turn(std::uint64_t id, Errand const& errand, Outcome outcome, rpc::Reply const& reply) {
  auto& gathering = gatherings_.at(id);
  auto* const session = around_.sessions.find(gathering.whole);
  if (session == nullptr) return void(gatherings_.erase(id));
  if (is_refused(outcome) && !gathering.next.empty()) {
    auto const next = gathering.next.front();
    gathering.next.erase(gathering.next.begin());
    steps_.push_back(
        {.whole = gathering.whole, .service = next, .method = errand.method, .gathering = id, .text = gathering.text});
    return around_.turn.defer(*this);
  }
  auto const ended = std::move(gatherings_.extract(id).mapped());
  finish(*session, ended.to, ended.id, outcome, reply.kind, reply.body);
}

void Group::end_gathering_if_done(std::uint64_t id) {
  auto const& gathering = gatherings_.at(id);
  if (gathering.begun && gathering.waiting == 0) end_gathering(id);
}

/// What has come of its list is kept for when it is whole.
void Group::leave_out(Gathering& gathering, ServiceKey service) {
  auto const method = gathering.method;
  auto const list = std::ranges::find(gathering.lists, member_of(service), &MemberList::member);
  auto pages = list == gathering.lists.end() ? std::vector<std::string>{} : std::move(list->pages);
  if (list != gathering.lists.end()) list->pages.clear();
  auto* const part = is_asked_again(method) ? find_part(gathering.whole, service) : nullptr;
  if (part == nullptr) return;
  if (std::ranges::find(part->missed, method) == part->missed.end()) part->missed.push_back(method);
  if (mcp::is_list(method)) part->late[method] = std::move(pages);
}

/// With what has come by now.
void Group::end_gathering(std::uint64_t id) {
  auto gathering = std::move(gatherings_.extract(id).mapped());
  for (auto const& [ticket, errand] : errands_)
    if (errand.gathering == id) gathering.left_out.push_back(errand.service);
  for (auto const& step : steps_)
    if (step.gathering == id) gathering.left_out.push_back(step.service);
  for (auto const service : gathering.left_out) leave_out(gathering, service);
  std::erase_if(gathering.lists, [](MemberList const& list) { return list.pages.empty(); });
  auto* const session = around_.sessions.find(gathering.whole);
  if (session == nullptr) return;
  if (!gathering.left_out.empty()) {
    around_.log.warn("group.left_out", "a member of the group did not answer in time: it is left out for now",
                     {{"group", config_.name},
                      {"method", mcp::label(gathering.method)},
                      {"server", name_of(gathering.left_out.front())},
                      {"members", gathering.left_out.size()}});
  }
  auto const has_failed = has_empty_result(gathering.method) || !gathering.limited.empty();
  if (has_failed && gathering.lists.empty() && !gathering.error.empty())
    return finish(*session, gathering.to, gathering.id, gathering.outcome, rpc::Reply::Kind::Error, gathering.error);
  auto const result = gathering.method == Method::Initialize || gathering.method == Method::ServerDiscover
                          ? introduction_of(gathering, *session)
                          : result_of(gathering);
  finish(*session, gathering.to, gathering.id, Outcome::Ok, rpc::Reply::Kind::Result, result);
}

std::string Group::result_of(Gathering const& gathering) {
  if (has_empty_result(gathering.method)) {
    if (gathering.method == Method::ResourcesSubscribe) keep_subscription(gathering);
    return "{}";
  }
  for (auto const& list : gathering.lists) learn(members_[list.member].service, gathering.method, list.pages);
  auto lists = gathering.lists;
  std::ranges::sort(lists, {}, &MemberList::member);
  std::vector<std::string> left_out;
  for (auto const service : gathering.left_out) left_out.emplace_back(name_of(service));
  for (auto const service : gathering.limited) left_out.emplace_back(name_of(service));
  return merged_list(gathering.method, gathering.era, lists,
                     gathering.method == Method::PromptsList ? prompts_ : tools_, shape_, left_out);
}

void Group::keep_subscription(Gathering const& gathering) {
  auto* const whole = find_whole(gathering.whole);
  if (whole == nullptr) return;
  auto const read = mcp::read_client_message(gathering.text);
  auto& at = whole->subscribed[std::string(std::get<ClientMessage>(read).parsed.uri)];
  for (auto const& list : gathering.lists) at.push_back(members_[list.member].service);
}

std::string Group::introduction_of(Gathering const& gathering, Session& session) {
  std::vector<MemberIntroduction> members;
  for (auto const& list : gathering.lists) members.push_back({members_[list.member].alias, list.pages.front()});
  auto own = mcp::Handshake::from(merged_introduction(config_.name, around_.version, members), mcp::Sharing::Shared);
  if (gathering.method == Method::ServerDiscover) return std::string(own->discover_result());
  auto const read = mcp::read_client_message(gathering.text);
  session.revision = mcp::negotiate(mcp::asked_revision(std::get<ClientMessage>(read).params), mcp::kNewest);
  session.initialized = true;
  return std::string(own->result_for(session.revision));
}

std::string_view Group::name_of(ServiceKey service) const {
  auto const member = member_of(service);
  return member < members_.size() ? std::string_view(members_[member].name) : std::string_view{};
}

// ── what is known of members ─────────────────────────────────────────────────

void Group::learn(ServiceKey service, Method method, std::vector<std::string> const& pages) {
  auto const member = member_of(service);
  if (member == members_.size() || !mcp::is_list(method)) return;
  std::size_t hash = 0;
  for (auto const& page : pages) hash = hash * 31 + std::hash<std::string>{}(page);
  if (std::exchange(learned_[{service, method}], hash) == hash) return;
  std::vector<std::string> names;
  for (auto const& page : pages) {
    std::ranges::move(method == Method::ToolsList ? shape_.names_in(page) : names_in(method, page),
                      std::back_inserter(names));
  }
  auto const adds = members_[member].is_exclusive;
  if (method == Method::ToolsList) return tools_.learn(member, std::move(names), adds);
  if (method == Method::PromptsList) return prompts_.learn(member, std::move(names), adds);
  if (method == Method::ResourcesList) return resources_.learn_uris(member, std::move(names));
  resources_.learn_templates(member, names);
}

/// Without asking: what the services know of themselves.
void Group::learn_tools() {
  for (std::size_t member = 0; member < members_.size(); ++member) {
    auto const* const port = around_.port(members_[member].service);
    auto const* const tools = port == nullptr ? nullptr : port->offered().tools;
    if (tools == nullptr) continue;
    auto const hash = std::hash<std::string>{}(tools->single_page()) + tools->size();
    if (std::exchange(learned_[{members_[member].service, Method::ToolsCall}], hash) == hash && tools_.knows(member))
      continue;
    auto names = shape_.names_in(R"({"tools":)" + tools->as_array() + "}");
    tools_.learn(member, std::move(names), members_[member].is_exclusive);
    learned_.erase({members_[member].service, Method::ToolsList});
  }
}

/// A member answers no more: its part of a session has ended.
void Group::lose_errands(SessionId whole, ServiceKey service) {
  std::vector<std::uint64_t> lost;
  for (auto const& [ticket, errand] : errands_)
    if (errand.whole == whole && errand.service == service) lost.push_back(ticket);
  auto const error = rpc::error_object(ErrorCode::InternalError, "the server is not there any more");
  for (auto const ticket : lost)
    errand_answered(ticket, Outcome::Unavailable, {.id = {}, .kind = rpc::Reply::Kind::Error, .body = error});
}

/// It gets the word that its client has introduced itself, and what the client has subscribed to there before.
void Group::introduced(SessionId whole, ServiceKey service) {
  auto* const part = find_part(whole, service);
  if (part == nullptr || part->introduced) return;
  part->introduced = true;
  auto const* const its = find_whole(whole);
  if (its == nullptr || !its->initialized) return;
  steps_.push_back({.whole = whole, .service = service, .method = Method::Initialized});
  for (auto const& [uri, at] : its->subscribed) {
    if (std::ranges::find(at, service) == at.end()) continue;
    steps_.push_back({.whole = whole,
                      .service = service,
                      .method = Method::ResourcesSubscribe,
                      .text = message_text("resources/subscribe", fmt::format(R"({{"uri":{}}})", uri))});
  }
  around_.turn.defer(*this);
}

void Group::tell_changed(SessionId whole, Method list) {
  auto const* const session = around_.sessions.find(whole);
  if (session == nullptr) return;
  if (auto const found = listens_.find(whole); found != listens_.end()) {
    auto const& listen = found->second;
    auto const change = method_of_change(list);
    if (listen.acknowledged && listen.wanted.includes(change))
      around_.clients.during(listen.to, {mcp::listened_notification(listen.id, change, {})});
  } else if (session->initialized) {
    around_.clients.notify(whole, {R"({"jsonrpc":"2.0","method":")", list_changed(list), "\"}"});
  }
}

/// What a member missed is asked again, until it has answered.
void Group::look_again(SessionId id, Whole& whole) {
  whole.look_again = around_.clock.now() + kLookAgain;
  auto const* const session = around_.sessions.find(id);
  if (session == nullptr || !session->initialized) return;
  for (auto& part : whole.parts) {
    if (part.session == SessionId{}) continue;
    for (auto const method : part.missed) {
      auto const is_asked = std::ranges::any_of(errands_, [&](auto const& each) {
        return each.second.whole == id && each.second.service == part.service && each.second.method == method;
      });
      if (is_asked) continue;
      part.late.erase(method);
      auto const params = method == Method::Initialize ? std::string_view(whole.introduction) : std::string_view{};
      steps_.push_back(
          {.whole = id, .service = part.service, .method = method, .text = message_text(mcp::label(method), params)});
    }
  }
}

void Group::run_deferred() {
  for (auto const& step : std::exchange(steps_, {})) {
    if (step.gathering != 0 && !gatherings_.contains(step.gathering)) continue;  // its client took it back
    if (step.method != Method::Initialized) {
      run_errand(step, {});
      continue;
    }
    auto* const part = find_part(step.whole, step.service);
    auto* const session = part == nullptr ? nullptr : around_.sessions.find(part->session);
    auto* const port = session == nullptr ? nullptr : around_.port(session->service);
    if (port == nullptr) continue;
    auto const read = mcp::read_client_message(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
    port->receive(*session, std::get<ClientMessage>(read), {session->id, 0}, {});
  }
}

}  // namespace gateway::groups
