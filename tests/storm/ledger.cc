#include "tests/storm/ledger.h"

#include <fmt/format.h>

#include <charconv>

namespace gateway::storm {

std::optional<std::uint64_t> number_after(std::string_view text, std::string_view key) {
  auto const at = text.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t number = 0;
  auto const* const from = text.data() + at + key.size();
  if (std::from_chars(from, text.data() + text.size(), number).ec != std::errc{}) return std::nullopt;
  return number;
}

std::string raw_id(std::string_view text) {
  constexpr std::string_view kKey = "\"id\":";
  auto const at = text.find(kKey);
  if (at == std::string_view::npos) return {};
  auto const value = text.substr(at + kKey.size());
  auto const end = value.starts_with('"') ? value.find('"', 1) + 1 : value.find_first_of(",}");
  return std::string(value.substr(0, end));
}

void Ledger::tell(std::string_view who, std::size_t which, std::string_view what) const {
  if (telling_ == Telling::Aloud) fmt::print(stderr, "{} {}: {}\n", who, which, what.substr(0, 400));
}

void Ledger::heard(Heard const& heard) {
  auto const& [session, message, event_id, asked] = heard;
  tell("heard by session", session, message);
  if (sessions_[session].stateless && !event_id.empty()) throw Broken(fmt::format("an event with an id: {}", message));
  if (sessions_[session].listening) return heard_listened(sessions_[session], message);
  if (!event_id.empty()) {
    auto const [known, fresh] = sessions_[session].events.try_emplace(event_id, message);
    if (!fresh && known->second == message) return;  // replayed
    if (!fresh) throw Broken(fmt::format("event {} is two things: {} and {}", event_id, known->second, message));
  }
  // What a client is asked by an answer has methods, too.
  auto const asks = message.find("\"inputRequests\":") != std::string_view::npos;
  if (asks || message.find("\"method\":") == std::string_view::npos) return heard_answer(heard);
  heard_note(session, message);
}

/// The answer of a child carries the number of what it answers. The gateway's own says
/// only the id.
void Ledger::heard_answer(Heard const& heard) {
  auto const& [session, message, event_id, can_answer] = heard;
  auto const id = raw_id(message);
  if (sessions_[session].stateless) heard_stateless_answer(sessions_[session], message);
  auto const number = number_after(message, "\"nonce\":");
  if (!number) return heard_own_answer(heard, id);
  if (*number >= asked_.size()) throw Broken(fmt::format("an answer to nothing: {}", message));
  if (!concerns(session, *number)) {
    throw Broken(
        fmt::format("session {} was given the answer of session {}: {}", session, asked_[*number].session, message));
  }
  auto& asked = asked_[sessions_[session].stateless ? sessions_[session].request : *number];
  if (asked.id != id) throw Broken(fmt::format("asked with id {}, answered with {}: {}", asked.id, id, message));
  if (++asked.answers > 1) throw Broken(fmt::format("answered twice: {}", message));
  --sessions_[session].owed[id];
}

void Ledger::heard_own_answer(Heard const& heard, std::string const& id) {
  auto const& [session, message, event_id, can_answer] = heard;
  if (id == "null" || id.empty()) return;  // a refusal of something that could not be read
  if (--sessions_[session].owed[id] < 0) {
    throw Broken(fmt::format("session {} was answered more often than it asked with id {}: {}", session, id, message));
  }
  if (can_answer.empty()) return;
  for (auto const number : can_answer) {
    if (asked_[number].id == id && asked_[number].answers++ == 0) return;
  }
  throw Broken(
      fmt::format("the POST of session {} asked nothing with id {}, or was answered twice: {}", session, id, message));
}

bool Ledger::concerns(std::size_t session, std::uint64_t call) const {
  auto const& hears = sessions_[session];
  return hears.stateless ? asked_[hears.request].call == call : asked_.at(call).session == session;
}

void Ledger::heard_note(std::size_t session, std::string_view message) {
  if (auto const number = number_after(message, "\"about\":")) {
    if (!concerns(session, *number)) {
      throw Broken(fmt::format("session {} was told what concerns session {}: {}", session, asked_.at(*number).session,
                               message));
    }
    auto const& asked = asked_[sessions_[session].stateless ? sessions_[session].request : *number];
    if (message.find("notifications/progress") != std::string_view::npos && asked.progress.empty()) {
      throw Broken(fmt::format("progress that nobody wanted: {}", message));
    }
    if (message.find("notifications/progress") != std::string_view::npos &&
        message.find("\"progressToken\":" + asked.progress) == std::string_view::npos) {
      throw Broken(fmt::format("progress with another token than {}: {}", asked.progress, message));
    }
  }
  if (sessions_[session].stateless) return heard_stateless_note(sessions_[session], message);
  if (auto const call = number_after(message, "\"for_call\":"); call && !concerns(session, *call)) {
    throw Broken(fmt::format("session {} was asked for call {} of another: {}", session, *call, message));
  }
  if (auto const key = number_after(message, "\"for\":"); key && *key != session) {
    throw Broken(fmt::format("session {} was asked what was meant for session {}: {}", session, *key, message));
  }
  if (sessions_[session].has_own_child) return;
  constexpr std::string_view kUri = "\"uri\":\"";
  auto const uri = message.find(kUri);
  if (uri == std::string_view::npos) return;
  auto const value = message.substr(uri + kUri.size());
  if (sessions_[session].subscribed.count(std::string(value.substr(0, value.find('"')))) == 0) {
    throw Broken(fmt::format("session {} was told of a resource it never subscribed to: {}", session, message));
  }
}

}  // namespace gateway::storm
