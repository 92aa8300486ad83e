#include "tests/storm/stateless_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace gateway::storm {

namespace {

using nlohmann::json;

constexpr std::size_t kRemembered = 24;
constexpr std::array<std::string_view, 4> kOffers{"sampling/createMessage", "elicitation/create", "url", "roots/list"};

std::string capabilities_of(std::set<std::string> const& offers) {
  auto capabilities = json::object();
  if (offers.count("sampling/createMessage") > 0) capabilities["sampling"] = json::object();
  if (offers.count("roots/list") > 0) capabilities["roots"] = json::object();
  if (offers.count("elicitation/create") > 0) capabilities["elicitation"]["form"] = json::object();
  if (offers.count("url") > 0) capabilities["elicitation"]["url"] = json::object();
  return capabilities.dump();
}

std::string response_to(std::string_view method, std::size_t by) {
  if (method == "elicitation/create") return fmt::format(R"({{"action":"accept","content":{{"by":{}}}}})", by);
  if (method == "roots/list") return fmt::format(R"({{"roots":[],"by":{}}})", by);
  return fmt::format(R"({{"role":"assistant","content":{{"type":"text","text":"x"}},"by":{}}})", by);
}

std::string next_state(json const& result) {
  return result.contains("requestState") ? result["requestState"].dump() : std::string();
}

/// A requestState of the gateway says so in its fourth part, in the clear.
TimePoint expiry_in(std::string_view state) {
  for (auto part = 0; part < 3 && !state.empty(); ++part)
    state.remove_prefix(std::min(state.find('.'), state.size() - 1) + 1);
  TimePoint::rep ticks = 0;
  std::from_chars(state.data(), state.data() + state.size(), ticks, 16);
  return TimePoint(TimePoint::duration(ticks));
}

}  // namespace

std::string circle_of(config::ServiceConfig const& service, Session const& session) {
  switch (service.isolation) {
    case config::Isolation::Shared: break;
    case config::Isolation::Affinity: return fmt::format("{} {}", session.principal, session.owner);
    case config::Isolation::Session:
      return session.stateless ? "clients of " + session.principal : fmt::format("session {}", session.key);
  }
  return {};
}

bool StatelessCalls::has_sessions(Session const& session) const {
  return !speaks_stateless(gateway_.config().services[session.service].name);
}

StatelessCalls::Trip* StatelessCalls::trip_of(std::uint64_t call) {
  auto const found = std::find_if(trips_.begin(), trips_.end(), [&](Trip const& each) { return each.call == call; });
  return found == trips_.end() ? nullptr : &*found;
}

StatelessCalls::Request StatelessCalls::next(Session& session) {
  session.stateless = true;
  session.has_own_child = false;
  auto request = any(session);
  session.circle = circle_of(gateway_.config().services[session.service], session);
  return request;
}

StatelessCalls::Request StatelessCalls::any(Session& session) {
  for (auto const offer : kOffers) {
    if (!choices_.once_in(3)) session.offers.emplace(offer);
  }
  constexpr std::array<std::string_view, 4> kLevels{"", "", "debug", "error"};
  session.log_level = kLevels[choices_.below(4)];
  if (!trips_.empty() && choices_.once_in(2)) {
    auto const recent = std::min<std::size_t>(trips_.size(), 8);
    return retry(session, trips_[trips_.size() - 1 - choices_.below(static_cast<std::uint32_t>(recent))]);
  }
  return choices_.once_in(10) ? listen(session) : begin(session);
}

/// The same few ids as everybody's.
Asked& StatelessCalls::ask(Session& session) {
  auto const id = choices_.once_in(4) ? fmt::format("\"{}\"", choices_.below(3)) : fmt::format("{}", choices_.below(6));
  auto& asked = ledger_.ask(session.key, id);
  session.request = asked.number;
  if (choices_.once_in(3)) asked.progress = fmt::format("\"t{}\"", choices_.below(3));
  return asked;
}

std::string StatelessCalls::meta(Session const& session) {
  auto const& asked = ledger_.asked()[session.request];
  auto text = fmt::format(
      R"("_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{})",
      capabilities_of(session.offers));
  if (!session.log_level.empty()) text += fmt::format(R"(,"io.modelcontextprotocol/logLevel":"{}")", session.log_level);
  if (!asked.progress.empty()) text += fmt::format(R"(,"progressToken":{})", asked.progress);
  return text + "}";
}

std::string StatelessCalls::text(Session const& session, std::string_view method, std::string_view name,
                                 std::string_view params) {
  auto const& asked = ledger_.asked()[session.request];
  auto const body = fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{{{},{}}}}})", asked.id, method,
                                params, meta(session));
  auto head = fmt::format("POST /{}/mcp HTTP/1.1\r\nHost: localhost\r\nX-Owner: {}\r\n",
                          gateway_.config().services[session.service].name, session.owner);
  if (!session.principal.empty()) head += fmt::format("Authorization: Bearer {}\r\n", session.principal);
  if (!name.empty()) head += fmt::format("Mcp-Name: {}\r\n", name);
  constexpr std::array<std::string_view, 3> kAccepts{"application/json, text/event-stream", "application/json",
                                                     "text/event-stream"};
  auto const accepted = session.listening ? kAccepts[0] : kAccepts[choices_.once_in(3) ? choices_.below(3) : 0];
  return fmt::format(
      "{}MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {}\r\nAccept: {}\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n\r\n{}",
      head, method, accepted, body.size(), body);
}

StatelessCalls::Request StatelessCalls::begin(Session& session) {
  auto& asked = ask(session);
  auto const nonce = fmt::format(R"("nonce":{})", asked.number);
  auto const plain = [&](std::string_view method) { return Request{asked.number, text(session, method, {}, nonce)}; };
  Begun begun{.call = asked.number, .method = "tools/call", .name = "echo", .params = R"("name":"echo",)" + nonce};
  switch (choices_.below(16)) {
    case 0: return plain("tools/list");
    case 1: return plain("server/discover");
    case 2: return plain("ping");
    case 3: return plain("no/such");
    case 4: asked.reaches_nobody = true; return {asked.number, text(session, begun.method, "other", begun.params)};
    case 5: begun.method = "prompts/get"; break;
    case 6:
      begun.method = "resources/read";
      begun.name = "r://1";
      begun.params = R"("uri":"r://1",)" + nonce;
      break;
    default: break;
  }
  Request request{asked.number, text(session, begun.method, begun.name, begun.params)};
  begun_.push_back(std::move(begun));
  if (begun_.size() > 4 * kRemembered) begun_.pop_front();
  return request;
}

StatelessCalls::Request StatelessCalls::listen(Session& session) {
  session.listening.emplace();
  auto& wanted = session.listening->wanted;
  auto filter = json::object();
  for (auto const* name : {"toolsListChanged", "promptsListChanged", "resourcesListChanged"}) {
    auto const wants = choices_.once_in(2);
    if (wants) wanted.insert(name);
    if (wants || choices_.once_in(3)) filter[name] = wants;
  }
  for (auto left = choices_.below(3); left > 0; --left) {
    auto const uri = fmt::format("r://{}", choices_.below(3));
    wanted.insert(uri);
    filter["resourceSubscriptions"].push_back(uri);
  }
  auto const number = ask(session).number;
  return {number, text(session, "subscriptions/listen", {},
                       choices_.once_in(12) ? R"("x":1)" : fmt::format(R"("notifications":{})", filter.dump()))};
}

// ── who was asked something ──────────────────────────────────────────────────

void StatelessCalls::heard(Session const& session, std::string_view message) {
  auto const& asked = ledger_.asked()[session.request];
  auto* const trip = trip_of(asked.call);
  if (message.find("\"input_required\"") == std::string_view::npos) {
    if (trip == nullptr) return;
    if (asked.good_until > gateway_.clock().now() &&
        message.find("requestState is invalid") != std::string_view::npos) {
      throw Broken(fmt::format("the state of call {} was good, and is refused: {}", asked.call, message));
    }
    return;
  }
  auto const begun =
      std::find_if(begun_.begin(), begun_.end(), [&](Begun const& each) { return each.call == asked.call; });
  if (begun == begun_.end()) return;
  auto const result = json::parse(message)["result"];
  Trip next{.call = asked.call,
            .method = begun->method,
            .name = begun->name,
            .params = begun->params,
            .state = next_state(result),
            .questions = {},
            .old_state = trip == nullptr ? std::string() : trip->state,
            .shown_by = {},
            .good_until = expiry_in(next_state(result))};
  auto const questions = result.value("inputRequests", json::object());
  for (auto const& [key, question] : questions.items()) {
    next.questions.push_back({key, question["method"].get<std::string>()});
  }
  std::erase_if(trips_, [&](Trip const& each) { return each.call == asked.call; });
  trips_.push_back(std::move(next));
  if (trips_.size() > kRemembered) trips_.pop_front();
}

StatelessCalls::Request StatelessCalls::retry(Session& session, Trip& trip) {
  auto const& first = ledger_.sessions()[ledger_.asked()[trip.call].session];
  session.service = first.service;
  session.principal = first.principal;
  session.owner = first.owner;
  session.offers = first.offers;
  auto const how = choices_.below(12);
  return how < 8 || trip.state.empty() ? come_back(session, trip, how) : intrude(session, trip, how);
}

StatelessCalls::Request StatelessCalls::come_back(Session& session, Trip& trip, std::uint32_t how) {
  auto& first = ledger_.asked()[trip.call];
  auto& asked = ask(session);
  asked.call = trip.call;
  ++first.retries;
  auto state = trip.state;
  if (how == 7 && !trip.old_state.empty()) {  // which another has followed
    state = trip.old_state;
    asked.reaches_nobody = has_sessions(session);
  } else {
    if (trip.shown_by) {
      ledger_.asked()[*trip.shown_by].good_until = {};  // whichever comes first
    } else if (gateway_.config().services[session.service].isolation == config::Isolation::Shared) {
      asked.good_until = trip.good_until;  // one of a client's own may have made room for others
    }
    trip.shown_by = asked.number;
  }
  auto const add = fmt::format(R"("inputResponses":{})", responses_to(trip, first.session, how < 5));
  auto const shown = state.empty() ? add : fmt::format(R"({},"requestState":{})", add, state);
  auto const params = choices_.once_in(2) ? shown + "," + trip.params : trip.params + "," + shown;
  return {asked.number, text(session, trip.method, trip.name, params)};
}

/// Answers to all that is asked, or to some; the rest is left out or no answer.
std::string StatelessCalls::responses_to(Trip const& trip, std::size_t by, bool all) {
  std::string out = "{";
  for (auto const& question : trip.questions) {
    auto const how = all ? 0 : choices_.below(3);
    if (how == 1) continue;
    if (out.size() > 1) out += ",";
    out += fmt::format(R"("{}":{})", question.key, how == 2 ? R"({"error":1})" : response_to(question.method, by));
  }
  return out + "}";
}

std::string StatelessCalls::forged(Trip const& trip) {
  if (choices_.once_in(4)) return choices_.once_in(2) ? R"("x")" : "7";
  auto state = trip.state;
  auto& some = state[1 + choices_.below(static_cast<std::uint32_t>(state.size() - 2))];
  some = some == '0' ? '1' : '0';
  return state;
}

StatelessCalls::Request StatelessCalls::intrude(Session& session, Trip& trip, std::uint32_t how) {
  auto const& other = trips_[choices_.below(static_cast<std::uint32_t>(trips_.size()))];
  auto const& tokens = gateway_.config().gateway.auth.tokens;
  auto& asked = ask(session);
  asked.reaches_nobody = has_sessions(session);
  auto state = trip.state;
  auto params = trip.params;
  if (how == 8 && has_sessions(session)) {
    state = forged(trip);
    asked.call = trip.call;
  } else if (how == 9 && other.call != trip.call && !other.state.empty() && has_sessions(session)) {
    state = other.state;
    asked.call = trip.call;
  } else if (how == 10 && !tokens.empty() && has_sessions(session)) {
    auto const was_first = session.principal == tokens[0].token.reveal();
    session.principal = tokens[was_first ? 1 : 0].token.reveal();
    asked.call = trip.call;
  } else {  // for another call
    params = fmt::format(R"("name":"echo","nonce":{})", asked.number);
  }
  params += fmt::format(R"(,"inputResponses":{},"requestState":{})", responses_to(trip, session.key, true), state);
  auto const is_other = asked.call != trip.call;
  return {asked.number, text(session, is_other ? std::string_view("tools/call") : trip.method,
                             is_other ? "echo" : trip.name, params)};
}

}  // namespace gateway::storm
