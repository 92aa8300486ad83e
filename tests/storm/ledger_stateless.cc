// What clients of the stateless revision may hear.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "tests/storm/ledger.h"

namespace gateway::storm {

namespace {

using nlohmann::json;

constexpr auto kSubscriptionId = "io.modelcontextprotocol/subscriptionId";

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// What an acknowledgement honours, as Listening names it.
std::set<std::string> honoured_in(json const& filter) {
  std::set<std::string> all;
  for (auto const& [name, value] : filter.items()) {
    if (name == "resourceSubscriptions") {
      for (auto const& uri : value) all.insert(uri.get<std::string>());
    } else if (value == true) {
      all.insert(name);
    }
  }
  return all;
}

std::string news_in(json const& message) {
  auto const method = message["method"].get<std::string>();
  if (method == "notifications/tools/list_changed") return "toolsListChanged";
  if (method == "notifications/prompts/list_changed") return "promptsListChanged";
  if (method == "notifications/resources/list_changed") return "resourcesListChanged";
  if (method == "notifications/resources/updated") return message["params"].value("uri", "");
  return method;
}

}  // namespace

void Seen::add(Seen const& more) {
  stateless += more.stateless;
  questions += more.questions;
  taken_up += more.taken_up;
  refused += more.refused;
  cancelled += more.cancelled;
  news += more.news;
  logs += more.logs;
}

/// A child of the stateless revision is given a call again with each retry; one with sessions, once.
void Ledger::reached_child(std::uint64_t number, bool child_has_sessions) {
  auto& asked = asked_.at(number);
  if (asked.reaches_nobody) throw Broken(fmt::format("request {} is not valid, and reached a child", number));
  if (child_has_sessions && ++asked.executed > 1) throw Broken(fmt::format("call {} was executed twice", number));
}

void Ledger::heard_stateless_answer(Session const& session, std::string_view message) {
  auto const& asked = asked_[session.request];
  if (raw_id(message) != asked.id) throw Broken(fmt::format("asked with id {}: {}", asked.id, message));
  if (asked.reaches_nobody) {
    ++seen_.refused;
    if (!has(message, "\"code\":-32602") && !has(message, "\"reason\":")) {
      throw Broken(fmt::format("request {} is not valid, and was answered: {}", asked.number, message));
    }
  }
  if (has(message, "\"inputRequests\"")) return heard_input_required(session, message);
  if (!has(message, "\"nonce\":")) return;
  ++seen_.stateless;
  if (asked.call != asked.number) ++seen_.taken_up;
}

/// Each question says which call has caused it.
void Ledger::heard_input_required(Session const& session, std::string_view message) {
  auto const result = json::parse(message)["result"];
  for (auto const& question : result["inputRequests"]) {
    ++seen_.questions;
    auto const method = question["method"].get<std::string>();
    auto const what = question["params"].value("mode", "") == "url" ? std::string("url") : method;
    if (session.offers.count(what) == 0) throw Broken(fmt::format("the client did not offer {}: {}", what, message));
    auto const& params = question["params"];
    if (params.contains("for_call") && !concerns(session.key, params["for_call"].get<std::uint64_t>())) {
      throw Broken(fmt::format("request {} was asked for another call: {}", session.request, message));
    }
  }
}

void Ledger::heard_stateless_note(Session const& session, std::string_view message) {
  if (!raw_id(message).empty()) throw Broken(fmt::format("a stateless client was sent a request: {}", message));
  if (asked_[session.request].answers > 0) throw Broken(fmt::format("told after the answer: {}", message));
  if (has(message, "notifications/progress")) return;
  if (!has(message, "notifications/message"))
    throw Broken(fmt::format("told what it does not listen for: {}", message));
  ++seen_.logs;
  auto const too_much = session.log_level == "error" && has(message, "\"level\":\"debug\"");
  if (session.log_level.empty() || too_much) throw Broken(fmt::format("a log message nobody wanted: {}", message));
}

/// The acknowledgement, events of what it honours, and the result.
void Ledger::heard_listened(Session& session, std::string_view text) {
  auto& listening = *session.listening;
  auto& asked = asked_[session.request];
  auto const message = json::parse(text);
  auto const broken = [&](std::string_view why) { throw Broken(fmt::format("{}: {}", why, text)); };
  if (std::exchange(listening.over, false)) broken("something came after the end of what was listened to");
  if (!message.contains("method")) {
    listening.over = true;
    if (message["id"].dump() != asked.id || ++asked.answers > 1) broken("the end of another listen");
    if (message.contains("error")) {
      if (listening.acknowledged) broken("an acknowledged listen ends with an error");
      return;
    }
    if (!listening.acknowledged) broken("a listen ends before it was acknowledged");
    if (message["result"]["_meta"][kSubscriptionId].dump() != asked.id) broken("not stamped with its id");
    return;
  }
  if (message["params"]["_meta"][kSubscriptionId].dump() != asked.id) broken("not stamped with its id");
  auto const is_acknowledgement = message["method"] == "notifications/subscriptions/acknowledged";
  if (is_acknowledgement == listening.acknowledged) broken("the acknowledgement is not the first, or comes twice");
  if (is_acknowledgement) {
    listening.acknowledged = true;
    auto const honoured = honoured_in(message["params"]["notifications"]);
    for (auto const& each : honoured) {
      if (listening.wanted.count(each) == 0) broken("honours what was not asked for");
    }
    listening.wanted = honoured;
    return;
  }
  ++seen_.news;
  if (listening.wanted.count(news_in(message)) == 0) broken("an event that was not asked for");
  listening.news.insert(news_in(message));
}

}  // namespace gateway::storm
