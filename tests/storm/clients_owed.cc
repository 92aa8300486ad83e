// What the clients of a storm are owed, and whether they were given it.
#include <fmt/format.h>

#include <string>

#include "tests/storm/clients.h"

namespace gateway::storm {

void Clients::expect_all_answered() const {
  for (auto const& line : lines_) {
    auto const here = line.client != nullptr && !line.client->left() && !line.client->closed() && !line.spoiled;
    if (!here) continue;
    for (std::size_t at = 0; at < line.sent.size(); ++at) {
      auto const& answers = line.client->answers;
      if (at >= answers.size())
        throw Broken(fmt::format("request {} of {} on a connection was never answered", at, line.sent.size()));
      expect_answered(line, at);
      if (!answers[at].complete) break;  // a stream: what is behind it waits
    }
  }
}

void Clients::expect_answered(Line const& line, std::size_t at) const {
  auto const& request = line.sent[at];
  auto const& answer = line.client->answers[at];
  auto const is_open = answer.is_stream && !answer.complete;
  if (request.kind == Request::Kind::Listen && is_open) {
    auto const& listening = *ledger_.sessions()[request.session].listening;
    if (!listening.acknowledged) throw Broken(fmt::format("the listen of session {} waits", request.session));
    if (listening.over) throw Broken(fmt::format("the stream of session {} does not end", request.session));
  }
  if (request.kind == Request::Kind::Post && is_open) {
    std::string what;
    for (auto const number : request.asked)
      what += fmt::format(" {} (answered {} times)", number, ledger_.asked()[number].answers);
    throw Broken(fmt::format("the answer to a POST of session {} does not end; it asked{}", request.session, what));
  }
  if (request.kind != Request::Kind::Post || answer.status != 200) return;
  if (answer.is_stream && ledger_.sessions()[request.session].resumes) return;
  for (auto const number : request.asked) {
    auto const& asked = ledger_.asked()[number];
    if (asked.answers == 0 && ledger_.is_owed(asked)) {
      throw Broken(
          fmt::format("request {} of session {} was never answered: {}", asked.id, asked.session, answer.body));
    }
  }
}

/// What the newest request of a connection listens for, if that goes on.
Listening* Clients::listening_on(Line const& line) const {
  if (line.client == nullptr || line.sent.empty() || line.heard + 1 != line.sent.size()) return nullptr;
  if (line.sent.back().kind != Request::Kind::Listen) return nullptr;
  auto& listening = ledger_.sessions()[line.sent.back().session].listening;
  return listening && listening->acknowledged && !listening->over ? &*listening : nullptr;
}

void Clients::await_news() {
  for (auto const& line : lines_) {
    if (auto* const listening = listening_on(line)) listening->news.clear();
  }
}

void Clients::expect_news() const {
  for (auto const& line : lines_) {
    auto const* const listening = listening_on(line);
    if (listening == nullptr || line.client->closed()) continue;
    auto const& session = ledger_.sessions()[line.sent.back().session];
    for (auto const& each : listening->wanted) {
      if (listening->news.count(each) == 0) {
        throw Broken(fmt::format("session {} listens for {} and was not told", session.key, each));
      }
    }
  }
}

void Clients::await_ends() {
  for (auto& line : lines_) line.awaits_end = listening_on(line) != nullptr && !line.client->closed();
}

void Clients::expect_ends() const {
  for (auto const& line : lines_) {
    if (line.awaits_end && listening_on(line) != nullptr) {
      throw Broken(fmt::format("the listen of session {} has no end", line.sent.back().session));
    }
  }
}

}  // namespace gateway::storm
