#include "gateway/mcp/call_table.h"

#include <utility>

namespace gateway::mcp {

CallId CallTable::open(Call&& call) {
  if (size_ * 2 >= slots_.size()) grow();
  // A call that hangs keeps its place; the ids that would stand there are passed
  // over. At most half of the places are taken, so a free one is near.
  while (slot(CallId{next_}).id != CallId{}) ++next_;
  auto const id = CallId{next_++};
  shares_.take(call.client);
  auto& taken = slot(id);
  taken.id = id;
  taken.call = std::move(call);
  ++size_;
  return id;
}

Call* CallTable::find(CallId id) {
  auto& found = slot(id);
  return id != CallId{} && found.id == id ? &found.call : nullptr;
}

std::optional<Call> CallTable::close(CallId id) {
  auto* const call = find(id);
  if (call == nullptr) return std::nullopt;
  std::optional<Call> closed(std::move(*call));
  slot(id).id = CallId{};
  --size_;
  if (!closed->written_off) shares_.give_back(closed->client);
  return closed;
}

std::optional<Call> CallTable::abandon(CallId id, TimePoint deadline) {
  auto* const call = find(id);
  if (call == nullptr) return std::nullopt;
  Call left;
  if (!call->suspended) left.question = call->question;  // what is left of it is a client's again
  left.method = call->method;
  left.to = call->to;
  left.client = call->client;
  left.started = call->started;
  left.sent = call->sent;
  left.deadline = left.hard_deadline = deadline;
  left.abandoned = true;
  left.written_off = call->written_off;
  return std::exchange(*call, std::move(left));
}

std::optional<Call> CallTable::suspend(CallId id, QuestionId watcher) {
  auto* const call = find(id);
  if (call == nullptr) return std::nullopt;
  Call rest;
  rest.question = watcher;
  rest.suspended = true;
  rest.client_asked = true;
  rest.permit = std::exchange(call->permit, CircuitPermit{});  // it goes on
  rest.method = call->method;
  rest.to.session = call->to.session;
  rest.client = call->client;
  rest.started = call->started;
  rest.sent = call->sent;
  rest.deadline = rest.hard_deadline = TimePoint::max();
  return std::exchange(*call, std::move(rest));
}

QuestionId CallTable::resume(CallId id, Call& call) {
  auto* const rest = find(id);
  if (rest == nullptr || !rest->suspended) return {};
  auto const watcher = rest->question;
  call.client = rest->client;  // the place it holds is still that client's
  call.permit = rest->permit;
  *rest = std::move(call);
  return watcher;
}

std::optional<Call> CallTable::drop(CallId id, TimePoint until) {
  auto dropped = close(id);
  if (dropped && dropped->is_of_client()) dropped_.add(dropped->to.session, until);
  return dropped;
}

bool CallTable::only_of(SessionId session, TimePoint now) const {
  auto only = dropped_.only_of(session, now);
  for_each([&](CallId, Call const& call) { only &= !call.is_of_client() || call.to.session == session; });
  return only;
}

void CallTable::grow() {
  auto old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
  for (auto& entry : old) {
    // Ids that differ in the smaller table's low bits differ in the larger's.
    if (entry.id != CallId{}) slot(entry.id) = std::move(entry);
  }
}

}  // namespace gateway::mcp
