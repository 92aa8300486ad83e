#include "gateway/groups/group.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/groups/tickets.h"
#include "gateway/mcp/session.h"
#include "gateway/rpc/message.h"

namespace gateway::groups {

using mcp::Method;
using mcp::ReplyTo;
using mcp::Session;

Group::Group(Surroundings around, config::GroupConfig config, std::vector<Member> members)
    : around_(std::move(around)),
      config_(std::move(config)),
      members_(std::move(members)),
      shape_(config_.tools),
      tools_(config_),
      prompts_(config_),
      resources_(members_.size()) {}

// ── another configuration ────────────────────────────────────────────────────

void Group::take_up(config::GroupConfig config, std::vector<Member> members) {
  auto const same = config == config_ && std::ranges::equal(members, members_, {}, &Member::service, &Member::service);
  if (same) return;
  std::vector<std::uint64_t> open;
  for (auto const& [id, gathering] : gatherings_)
    if (!gathering.in_turn) open.push_back(id);
  for (auto const id : open) end_gathering(id);  // it counts members as they are now
  config_ = std::move(config);
  members_ = std::move(members);
  shape_ = ToolShape(config_.tools);
  tools_ = Catalog(config_);
  prompts_ = Catalog(config_);
  resources_ = ResourceOwners(members_.size());
  std::vector<SessionId> all;
  for (auto& [id, whole] : wholes_) {
    all.push_back(id);
    for (auto& part : whole.parts) {
      if (part.session == SessionId{} || member_of(part.service) < members_.size()) continue;
      if (auto* const session = around_.sessions.find(part.session)) {
        if (auto* const port = around_.port(session->service)) port->take_back(*session, mcp::SessionEnd::Reload);
      }
      end_part(part, mcp::SessionEnd::Reload);
      lose_errands(id, part.service);
    }
  }
  learned_.clear();
  for (auto const id : all) {
    for (auto const list : kChangingLists) tell_changed(id, list);
    end_listen(id);  // its client listens again, then also at members that are new
  }
}

// ── sessions ─────────────────────────────────────────────────────────────────

void Group::attach(Session& session) { wholes_.try_emplace(session.id); }

void Group::detach(Session& session, mcp::SessionEnd why) {
  auto const found = wholes_.find(session.id);
  if (found == wholes_.end()) return;
  auto whole = std::move(found->second);
  wholes_.erase(found);
  listens_.erase(session.id);
  std::erase_if(errands_, [&](auto const& each) { return each.second.whole == session.id; });
  std::erase_if(gatherings_, [&](auto const& each) { return each.second.whole == session.id; });
  for (auto& part : whole.parts) end_part(part, why);
}

/// What its members owe is answered as they say. What several owe is not answered any more.
void Group::take_back(Session& session, mcp::SessionEnd why) {
  auto* const whole = find_whole(session.id);
  if (whole == nullptr) return;
  std::vector<std::uint64_t> open;
  for (auto const& [id, gathering] : gatherings_)
    if (gathering.whole == session.id) open.push_back(id);
  for (auto const id : open) {
    auto const gathering = std::move(gatherings_.extract(id).mapped());
    fail(session, gathering.to, gathering.id, mcp::Outcome::Cancelled, rpc::ErrorCode::InternalError,
         "the session has ended");
  }
  auto const parts = whole->parts;
  for (auto const& part : parts) {
    auto* const each = around_.sessions.find(part.session);
    auto* const port = each == nullptr ? nullptr : around_.port(each->service);
    if (port != nullptr) port->take_back(*each, why);
  }
}

void Group::end_part(Part& part, mcp::SessionEnd why) {
  auto const id = std::exchange(part.session, SessionId{});
  part.introduced = false;
  part.late.clear();
  auto* const session = around_.sessions.find(id);
  if (session == nullptr) return;
  if (auto* const port = around_.port(session->service)) port->detach(*session, why);
  around_.turn.bury(around_.sessions.close(id));
}

Group::Whole* Group::find_whole(SessionId id) {
  auto const found = wholes_.find(id);
  return found == wholes_.end() ? nullptr : &found->second;
}

Group::Part& Group::part_of(Whole& whole, ServiceKey service) {
  auto const found = std::ranges::find(whole.parts, service, &Part::service);
  if (found != whole.parts.end()) return *found;
  return whole.parts.emplace_back(Part{.service = service});
}

Group::Part* Group::find_part(SessionId id, ServiceKey service) {
  auto* const whole = find_whole(id);
  if (whole == nullptr) return nullptr;
  auto const found = std::ranges::find(whole->parts, service, &Part::service);
  return found == whole->parts.end() ? nullptr : &*found;
}

std::vector<ServiceKey> Group::all_members() const {
  std::vector<ServiceKey> all;
  for (auto const& member : members_) all.push_back(member.service);
  return all;
}

/// Past the last one where the service is no member.
std::size_t Group::member_of(ServiceKey service) const {
  return static_cast<std::size_t>(std::ranges::find(members_, service, &Member::service) - members_.begin());
}

/// Of the member: the session may be at another version of it.
ServiceKey Group::key_of(Session const& part) const {
  auto const found = wholes_.find(part.whole);
  if (found == wholes_.end()) return {};
  auto const its = std::ranges::find(found->second.parts, part.id, &Part::session);
  return its == found->second.parts.end() ? ServiceKey{} : its->service;
}

Session* Group::whole_of(Session const& part) { return around_.sessions.find(part.whole); }

mcp::MemberDoor::Opened Group::part_at(Session& session, std::size_t member, mcp::ClientMessage const& message,
                                       mcp::Via const& via) {
  auto* const whole = find_whole(session.id);
  if (whole == nullptr || via.members == nullptr) return {nullptr, {mcp::Outcome::Busy, "the session has ended"}};
  auto const key = members_[member].service;
  auto& part = part_of(*whole, key);
  if (auto* const open = around_.sessions.find(part.session)) return {open, {}};
  auto const opened = via.members->open(session, key, message);
  if (opened.session == nullptr) return opened;
  part.session = opened.session->id;
  part.introduced = false;
  // A client that has introduced itself does so at a member that comes later.
  if (!whole->introduction.empty() && message.known_method != Method::Initialize) {
    run_errand({.whole = session.id,
                .service = key,
                .method = Method::Initialize,
                .text = message_text("initialize", whole->introduction)},
               via);
  }
  return opened;
}

// ── what members say: mcp::ClientPort ────────────────────────────────────────

std::optional<int> Group::status_of(ReplyTo to, mcp::Outcome outcome) {
  auto const* const part = around_.sessions.find(to.session);
  if (part == nullptr || is_errand(to.ticket)) return std::nullopt;
  return around_.clients.status_of({part->whole, to.ticket}, outcome);
}

void Group::answer(ReplyTo to, mcp::Outcome outcome, rpc::Reply const& reply) {
  if (is_errand(to.ticket)) return errand_answered(to.ticket, outcome, reply);
  auto* const part = around_.sessions.find(to.session);
  auto* const whole = part == nullptr ? nullptr : whole_of(*part);
  if (whole == nullptr || take_listen_end(*part, to, outcome, reply)) return;
  whole->close(reply.id);
  around_.clients.answer({whole->id, to.ticket}, outcome, reply);
}

void Group::drop(ReplyTo to) {
  if (is_errand(to.ticket)) return void(errands_.erase(to.ticket));
  if (auto const* const part = around_.sessions.find(to.session)) around_.clients.drop({part->whole, to.ticket});
}

void Group::during(ReplyTo to, rpc::PiecesView message) {
  auto const* const part = around_.sessions.find(to.session);
  if (part == nullptr || (!is_errand(to.ticket) && take_listen_message(*part, to, message))) return;
  if (auto const request = request_of(to, part->whole)) around_.clients.during(*request, message);
}

/// The client's request that a request at a part is for. Nothing where it is for several, or the group's own.
std::optional<ReplyTo> Group::request_of(ReplyTo to, SessionId whole) const {
  if (!is_errand(to.ticket)) return ReplyTo{whole, to.ticket};
  auto const errand = errands_.find(to.ticket);
  auto const gathering = errand == errands_.end() ? gatherings_.end() : gatherings_.find(errand->second.gathering);
  if (gathering == gatherings_.end() || !gathering->second.in_turn) return std::nullopt;
  return ReplyTo{whole, gathering->second.to.ticket};
}

/// A question of a member is known to the client by another id.
void Group::notify(SessionId id, rpc::PiecesView message) {
  auto const* const part = around_.sessions.find(id);
  if (part == nullptr) return;
  constexpr std::string_view kNews = "notifications/";
  auto const text = message.joined();
  auto const read = text.find(kNews) == text.npos ? std::nullopt : rpc::read_child_line(text);
  if (!read || read->method != "notifications/cancelled") {
    if (read) forget_late(*part, mcp::method_from(read->method));
    return around_.clients.notify(part->whole, message);
  }
  auto* const whole = find_whole(part->whole);
  auto const own = rpc::find_member(read->params, "requestId");
  if (whole == nullptr) return;
  auto const found = std::ranges::find_if(
      whole->questions, [&](Question const& question) { return question.part == id && question.own == own; });
  if (found == whole->questions.end()) return;
  auto const renamed = with_id(text, own, found->id);
  whole->questions.erase(found);
  around_.clients.notify(part->whole, {renamed});
}

/// A list that came late is not what the member offers any more.
void Group::forget_late(Session const& part, Method news) {
  auto* const its = find_part(part.whole, key_of(part));
  if (its == nullptr) return;
  if (news == Method::ToolsListChanged) its->late.erase(Method::ToolsList);
  if (news == Method::PromptsListChanged) its->late.erase(Method::PromptsList);
  if (news != Method::ResourcesListChanged) return;
  its->late.erase(Method::ResourcesList);
  its->late.erase(Method::ResourceTemplatesList);
}

bool Group::ask(SessionId id, std::optional<ReplyTo> related, rpc::PiecesView message) {
  auto const* const part = around_.sessions.find(id);
  auto* const whole = part == nullptr ? nullptr : find_whole(part->whole);
  auto const text = message.joined();
  auto const read = whole == nullptr ? std::nullopt : rpc::read_child_line(text);
  if (!read || read->id.empty()) return false;
  auto const question = ++whole->last_question;
  auto const about = related ? request_of(*related, part->whole) : std::nullopt;
  if (!around_.clients.ask(part->whole, about, {with_id(text, read->id, question)})) return false;
  whole->questions.push_back({.id = question, .part = id, .own = std::string(read->id)});
  return true;
}

/// The member cannot keep it: its configuration has changed, or it is stopped. The client's next request opens another.
void Group::end(SessionId id, mcp::SessionEnd why) {
  auto* const session = around_.sessions.find(id);
  if (session == nullptr) return;
  auto const whole = session->whole;
  auto const service = key_of(*session);
  if (auto* const port = around_.port(session->service); port != nullptr && why == mcp::SessionEnd::Reload)
    port->take_back(*session, why);
  auto* const part = find_part(whole, service);
  if (part == nullptr) return;
  part->missed.clear();
  std::erase_if(find_whole(whole)->questions, [&](Question const& question) { return question.part == id; });
  end_part(*part, why);
  lose_errands(whole, service);
  for (auto const list : kChangingLists) tell_changed(whole, list);
}

void Group::tick() {
  auto const now = around_.clock.now();
  std::vector<std::uint64_t> late;
  for (auto const& [id, gathering] : gatherings_)
    if (!gathering.in_turn && gathering.until <= now) late.push_back(id);
  for (auto const id : late) end_gathering(id);
  std::vector<SessionId> listening;
  for (auto const& [id, listen] : listens_)
    if (!listen.acknowledged && listen.until <= now) listening.push_back(id);
  for (auto const id : listening)
    if (auto const found = listens_.find(id); found != listens_.end()) acknowledge(found->second);
  for (auto& [id, whole] : wholes_)
    if (whole.look_again <= now) look_again(id, whole);
  if (!steps_.empty()) around_.turn.defer(*this);
}

}  // namespace gateway::groups
