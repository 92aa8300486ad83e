#include "gateway/mcp/fair_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gateway::mcp {

void FairQueue::push(WaitingCall waiting) {
  auto const session = waiting.call.to.session;
  by_age_.push_back(std::move(waiting));
  auto const [at, fresh] = lines_.try_emplace(session);
  if (fresh) at->second.turn = turns_.insert(turns_.end(), session);
  at->second.calls.push_back(std::prev(by_age_.end()));
}

std::optional<WaitingCall> FairQueue::pop() {
  if (turns_.empty()) return std::nullopt;
  auto& line = lines_.at(turns_.front());
  turns_.splice(turns_.end(), turns_, line.turn);
  return release(line.calls.front());
}

std::optional<WaitingCall> FairQueue::take(SessionId session, std::string_view client_id) {
  auto const line = lines_.find(session);
  if (line == lines_.end()) return std::nullopt;
  auto const& calls = line->second.calls;
  auto const found =
      std::find_if(calls.begin(), calls.end(), [&](Place place) { return place->call.client_id == client_id; });
  if (found == calls.end()) return std::nullopt;
  return release(*found);
}

std::vector<WaitingCall> FairQueue::take_all_of(SessionId session) {
  std::vector<WaitingCall> taken;
  while (size_of(session) > 0) taken.push_back(release(lines_.at(session).calls.front()));
  return taken;
}

std::optional<WaitingCall> FairQueue::take_expired(TimePoint now) {
  for (auto place = by_age_.begin(); place != by_age_.end(); ++place) {
    if (place->call.deadline <= now) return release(place);
    if (place->call.deadline != TimePoint::max()) break;
  }
  return std::nullopt;
}

std::optional<WaitingCall> FairQueue::make_room_for(SessionId session) {
  auto const longest = std::max_element(lines_.begin(), lines_.end(), [](auto const& a, auto const& b) {
    return a.second.calls.size() < b.second.calls.size();
  });
  if (longest == lines_.end() || longest->second.calls.size() <= size_of(session) + 1) return std::nullopt;
  return release(longest->second.calls.back());
}

std::vector<WaitingCall> FairQueue::take_all() {
  std::vector<WaitingCall> taken(std::make_move_iterator(by_age_.begin()), std::make_move_iterator(by_age_.end()));
  by_age_.clear();
  turns_.clear();
  lines_.clear();
  return taken;
}

std::size_t FairQueue::size_of(SessionId session) const {
  auto const line = lines_.find(session);
  return line == lines_.end() ? 0 : line->second.calls.size();
}

WaitingCall FairQueue::release(Place place) {
  auto const at = lines_.find(place->call.to.session);
  auto& calls = at->second.calls;
  calls.erase(std::find(calls.begin(), calls.end(), place));
  if (calls.empty()) {
    turns_.erase(at->second.turn);
    lines_.erase(at);
  }
  auto waiting = std::move(*place);
  by_age_.erase(place);
  return waiting;
}

}  // namespace gateway::mcp
