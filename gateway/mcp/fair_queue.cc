#include "gateway/mcp/fair_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gateway::mcp {

void FairQueue::push(WaitingCall waiting) {
  auto const client = waiting.call.client;
  auto const session = waiting.call.to.session;
  by_age_.push_back(std::move(waiting));
  auto const [party, comes] = parties_.try_emplace(client);
  if (comes) party->second.turn = turns_.insert(turns_.end(), client);
  ++party->second.waiting;
  auto const [line, begins] = lines_.try_emplace({session, client});
  if (begins) line->second.turn = party->second.turns.insert(party->second.turns.end(), session);
  line->second.calls.push_back(std::prev(by_age_.end()));
}

std::optional<WaitingCall> FairQueue::next_of(ClientId client) {
  auto& party = parties_.at(client);
  turns_.splice(turns_.end(), turns_, party.turn);
  auto& line = lines_.at({party.turns.front(), client});
  party.turns.splice(party.turns.end(), party.turns, line.turn);
  return release(line.calls.front());
}

std::vector<FairQueue::Line const*> FairQueue::lines_of(SessionId session) const {
  std::vector<Line const*> lines;
  auto at = lines_.lower_bound({session, ClientId{}});
  for (; at != lines_.end() && at->first.first == session; ++at) lines.push_back(&at->second);
  return lines;
}

std::optional<WaitingCall> FairQueue::take(SessionId session, std::string_view client_id) {
  for (auto const* const line : lines_of(session)) {
    auto const found = std::find_if(line->calls.begin(), line->calls.end(),
                                    [&](Place place) { return place->call.client_id == client_id; });
    if (found != line->calls.end()) return release(*found);
  }
  return std::nullopt;
}

std::vector<WaitingCall> FairQueue::take_all_of(SessionId session) {
  std::vector<Place> places;
  for (auto const* const line : lines_of(session)) {
    places.insert(places.end(), line->calls.begin(), line->calls.end());
  }
  std::vector<WaitingCall> taken;
  taken.reserve(places.size());
  for (auto const place : places) taken.push_back(release(place));
  return taken;
}

std::optional<WaitingCall> FairQueue::take_expired(TimePoint now) {
  for (auto place = by_age_.begin(); place != by_age_.end(); ++place) {
    if (place->call.deadline <= now) return release(place);
    if (place->call.deadline != TimePoint::max()) break;
  }
  return std::nullopt;
}

std::optional<WaitingCall> FairQueue::make_room_for(ClientId client, SessionId session) {
  auto const most = std::max_element(parties_.begin(), parties_.end(),
                                     [](auto const& a, auto const& b) { return a.second.waiting < b.second.waiting; });
  if (most == parties_.end()) return std::nullopt;
  if (most->first != client && most->second.waiting > size_of(client) + 1) {
    return release(lines_.at({longest_line_of(most->first, most->second), most->first}).calls.back());
  }
  auto const own = parties_.find(client);
  if (own == parties_.end()) return std::nullopt;
  auto const& longest = lines_.at({longest_line_of(client, own->second), client});
  if (longest.calls.size() <= size_of(session) + 1) return std::nullopt;
  return release(longest.calls.back());
}

std::vector<WaitingCall> FairQueue::take_all() {
  std::vector<WaitingCall> taken(std::make_move_iterator(by_age_.begin()), std::make_move_iterator(by_age_.end()));
  by_age_.clear();
  turns_.clear();
  parties_.clear();
  lines_.clear();
  return taken;
}

std::size_t FairQueue::size_of(SessionId session) const {
  std::size_t size = 0;
  for (auto const* const line : lines_of(session)) size += line->calls.size();
  return size;
}

std::optional<Method> FairQueue::oldest_of(SessionId session) const {
  auto const lines = lines_of(session);
  return lines.empty() ? std::nullopt : std::optional(lines.front()->calls.front()->call.method);
}

std::size_t FairQueue::size_of(ClientId client) const {
  auto const party = parties_.find(client);
  return party == parties_.end() ? 0 : party->second.waiting;
}

/// The first of them where several have as many.
SessionId FairQueue::longest_line_of(ClientId client, Party const& party) const {
  auto const size = [&](SessionId session) { return lines_.at({session, client}).calls.size(); };
  return *std::max_element(party.turns.begin(), party.turns.end(),
                           [&](SessionId a, SessionId b) { return size(a) < size(b); });
}

WaitingCall FairQueue::release(Place place) {
  auto const party = parties_.find(place->call.client);
  auto const line = lines_.find({place->call.to.session, place->call.client});
  auto& calls = line->second.calls;
  calls.erase(std::find(calls.begin(), calls.end(), place));
  if (calls.empty()) {
    party->second.turns.erase(line->second.turn);
    lines_.erase(line);
  }
  if (--party->second.waiting == 0) {
    turns_.erase(party->second.turn);
    parties_.erase(party);
  }
  auto waiting = std::move(*place);
  by_age_.erase(place);
  return waiting;
}

}  // namespace gateway::mcp
