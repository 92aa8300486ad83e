#include "tests/storm/children.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace gateway::storm {

namespace {

/// The gateway forgets a call that was taken back after a minute; what a child then
/// still says of it nobody can tell from what concerns others.
constexpr Duration kFresh = seconds(30);
/// The gateway's with clients that are asked something, and what it takes to gather questions.
constexpr Duration kPatience = milliseconds(5'100);
/// So long after its answer a call counts as open, where it is asked whose a question or a log line is.
constexpr Duration kAfterwards = milliseconds(250);
constexpr std::array<std::string_view, 4> kChildRevisions{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"};

std::string value_after(std::string_view text, std::string_view key) {
  auto const at = text.find(key);
  if (at == std::string_view::npos) return {};
  auto const value = text.substr(at + key.size());
  return std::string(value.substr(0, value.starts_with('"') ? value.find('"', 1) + 1 : value.find_first_of(",}")));
}

constexpr std::string_view kNoMeta = R"("x":1)";

/// Of what is said about something that is listened to.
std::string meta_of(std::string_view listen) {
  return fmt::format(R"("_meta":{{"io.modelcontextprotocol/subscriptionId":{}}})", listen);
}

/// Lists and the like have no reason to ask, and the gateway does not look for it there.
bool may_ask(std::string_view quoted_method) {
  return quoted_method == "\"tools/call\"" || quoted_method == "\"prompts/get\"" ||
         quoted_method == "\"resources/read\"";
}

}  // namespace

void Children::behave() {
  behaves_ = true;
  for (auto* const child : gateway_.spawner().alive()) {
    child->unblock();
    say(*child, "");
    auto const listens = minds_[child->number()].honours;
    if ((!child->accepts_input() || !listens) && !child->told_to_stop()) child->die(1);
  }
}

void Children::listen() {
  for (auto* const child : gateway_.spawner().alive()) {
    auto& mind = minds_[child->number()];
    while (!child->heard.empty()) {
      auto const line = std::move(child->heard.front());
      child->heard.pop_front();
      hear(*child, mind, line);
    }
    expect_told(*child, mind);
    if (!behaves_) continue;
    while (!mind.pending.empty()) answer(*child, mind, 0);
    if (child->told_to_stop()) child->die();
  }
}

void Children::say(harness::ScriptedChild& child, std::string_view line) {
  ledger_.tell("said by child", child.number(), line);
  child.say(line);
  minds_[child.number()].cuts = false;
}

void Children::hear(harness::ScriptedChild& child, Mind& mind, std::string const& line) {
  ledger_.tell("heard by child", child.number(), line);
  auto const method = value_after(line, "\"method\":");
  if (method.empty()) return hear_answer(child, mind, line);
  if (method == "\"notifications/cancelled\"") {
    auto const id = value_after(line, "\"requestId\":");
    for (auto& pending : mind.pending) pending.cancelled |= pending.id == id;
    std::erase(mind.listens, id);
  }
  if (raw_id(line).empty()) return;
  if (auto const number = number_after(line, "\"nonce\":")) take_call(child, mind, *number);
  if (speaks_stateless(child.command()) && hear_stateless(child, mind, line, method)) return;
  if (method == "\"initialize\"") return shake_hands(child, mind, line);
  if (method == "\"server/discover\"") return be_discovered(child, line);
  mind.pending.push_back({raw_id(line), method, number_after(line, "\"nonce\":"),
                          value_after(line, "\"progressToken\":"), gateway_.clock().now()});
  auto const own = !mind.pending.back().number;
  if (own && !choices_.once_in(8)) answer(child, mind, mind.pending.size() - 1);
}

/// Given by whoever's call has caused the question.
void Children::hear_answer(harness::ScriptedChild& child, Mind& mind, std::string const& line) {
  auto const question = mind.open.extract(raw_id(line));
  if (question.empty()) {
    if (mind.closed.count(raw_id(line)) > 0) throw Broken("a child's question was answered twice: " + line);
    return;
  }
  mind.closed.insert(question.key());
  auto const by = number_after(line, "\"by\":");
  if (!by) return;
  auto const& call = question.mapped().call;
  auto const whose = call ? std::optional(ledger_.asked()[*call].session) : mind.owner;
  if (whose && *by != *whose) {
    throw Broken(fmt::format("child {} asked session {} and was given an answer of session {}: {}", child.number(),
                             *whose, *by, line));
  }
}

void Children::take_call(harness::ScriptedChild& child, Mind& mind, std::uint64_t number) {
  ledger_.reached_child(number, !speaks_stateless(child.command()));
  auto const& session = ledger_.sessions()[ledger_.asked()[number].session];
  if (!mind.circle.empty() && mind.circle != session.circle) {
    throw Broken(fmt::format("a child of '{}' was given a call of '{}'", mind.circle, session.circle));
  }
  mind.circle = session.circle;
  if (session.has_own_child) mind.owner = session.key;
}

void Children::expect_told(harness::ScriptedChild& child, Mind& mind) {
  mind.was_cut_off |= !child.accepts_input();
  if (mind.was_cut_off || child.queued_bytes() > 0) return;
  auto const now = gateway_.clock().now();
  for (auto const& [id, question] : mind.open) {
    // Each time its client came back it may have taken as long again.
    auto const times = question.call ? ledger_.asked()[*question.call].retries + 1 : 1;
    if (now - question.since > times * kPatience + seconds(2)) {
      throw Broken(fmt::format("question {} of child {} was not answered", id, child.number()));
    }
  }
  for (auto& pending : mind.pending) {
    if (!pending.number || pending.excused) continue;
    auto const& asked = ledger_.asked()[*pending.number];
    if (!asked.left || asked.retries > 0 || now - *asked.left < seconds(1)) continue;
    if (!pending.cancelled) {
      throw Broken(fmt::format("child {} was not told that nobody waits for call {}", child.number(), asked.number));
    }
    ++ledger_.seen().cancelled;
    pending.excused = true;  // counted once
  }
}

void Children::expect_no_question() {
  for (auto const* const child : gateway_.spawner().alive()) {
    auto const& mind = minds_[child->number()];
    if (!mind.was_cut_off && !mind.open.empty()) {
      throw Broken(fmt::format("question {} of child {} is not answered", mind.open.begin()->first, child->number()));
    }
  }
}

void Children::tell_all_news() {
  tools_ = 77;
  for (auto* const child : gateway_.spawner().alive()) {
    auto const& listens = minds_[child->number()].listens;
    if (!speaks_stateless(child->command())) tell_all_news(*child, kNoMeta);
    for (auto const& listen : listens) tell_all_news(*child, meta_of(listen));
  }
}

void Children::tell_all_news(harness::ScriptedChild& child, std::string_view meta) {
  for (auto const* const list : {"tools", "prompts", "resources"}) {
    say(child,
        fmt::format(R"({{"jsonrpc":"2.0","method":"notifications/{}/list_changed","params":{{{}}}}})", list, meta));
  }
  for (auto uri = 0; uri < 3; ++uri) {
    say(child,
        fmt::format(R"({{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{{"uri":"r://{}",{}}}}})",
                    uri, meta));
  }
}

void Children::shake_hands(harness::ScriptedChild& child, Mind& mind, std::string const& line) {
  if (auto const key = number_after(line, "\"name\":\"s")) mind.owner = *key;
  auto const id = raw_id(line);
  auto const how = behaves_ ? 0 : choices_.below(24);
  if (how == 23) return child.die(1);
  if (how == 22) return;  // says nothing
  if (how == 21)
    return say(child, fmt::format(R"({{"jsonrpc":"2.0","id":{},"error":{{"code":-1,"message":"no"}}}})", id));
  if (how == 20) return say(child, fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{{}}}})", id));
  say(child,
      fmt::format(
          R"({{"jsonrpc":"2.0","id":{0},"result":{{"protocolVersion":"{1}","capabilities":{{"tools":{{"listChanged":{2}}},"prompts":{{"listChanged":{2}}},"resources":{{"subscribe":true,"listChanged":{2}}},"logging":{{}}}},"serverInfo":{{"name":"x","version":"1"}}}}}})",
          id, kChildRevisions[choices_.below(4)], choices_.below(2) == 0));
}

/// One with sessions, which does not know that.
void Children::be_discovered(harness::ScriptedChild& child, std::string const& line) {
  auto const how = behaves_ ? 0 : choices_.below(12);
  if (how == 11) return child.die(1);
  if (how == 10) return;  // says nothing
  say(child, fmt::format(R"({{"jsonrpc":"2.0","id":{},"error":{{"code":-32601,"message":"no"}}}})", raw_id(line)));
}

bool Children::hear_stateless(harness::ScriptedChild& child, Mind& mind, std::string const& line,
                              std::string_view method) {
  auto const id = raw_id(line);
  if (method == "\"initialize\"") {
    say(child, fmt::format(R"({{"jsonrpc":"2.0","id":{},"error":{{"code":-32601,"message":"no"}}}})", id));
    return true;
  }
  if (line.find("io.modelcontextprotocol/protocolVersion") == std::string::npos) {
    throw Broken("a request without an envelope: " + line);
  }
  if (auto const by = number_after(line, "\"by\":")) {
    auto const session = ledger_.asked().at(*number_after(line, "\"nonce\":")).session;
    if (*by != session) throw Broken(fmt::format("a call of session {} has the input of session {}", session, *by));
  }
  if (method == "\"subscriptions/listen\"") {
    acknowledge(child, mind, line);
    return true;
  }
  if (method != "\"server/discover\"") return false;
  auto const how = behaves_ ? 0 : choices_.below(12);
  if (how == 11) child.die(1);
  if (how == 10) return true;  // says nothing
  if (how < 10) {
    say(child,
        fmt::format(
            R"({{"jsonrpc":"2.0","id":{},"result":{{"supportedVersions":["2026-07-28"],"capabilities":{{"tools":{{"listChanged":true}},"prompts":{{"listChanged":true}},"resources":{{"subscribe":true}}}}}}}})",
            id));
  }
  return true;
}

/// All that was asked for, part of it, or nothing.
void Children::acknowledge(harness::ScriptedChild& child, Mind& mind, std::string const& line) {
  auto const how = behaves_ ? 0 : choices_.below(8);
  if (how == 7) return;
  if (how == 6) return end_listen(child, raw_id(line));  // the one before goes on
  mind.listens.push_back(raw_id(line));
  if (how == 5) mind.honours = false;  // for good: which of its acknowledgements arrive in time it cannot know
  constexpr std::string_view kKey = R"("notifications":)";
  auto const wanted = line.substr(line.find(kKey) + kKey.size());
  say(child,
      fmt::format(
          R"({{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{{"notifications":{},"_meta":{{"io.modelcontextprotocol/subscriptionId":{}}}}}}})",
          how == 5 ? "{}" : wanted.substr(0, wanted.find('}') + 1), mind.listens.back()));
}

void Children::end_newest_listen(harness::ScriptedChild& child, Mind& mind) {
  if (mind.listens.empty()) return;
  auto const is_understood = !mind.cuts;
  end_listen(child, mind.listens.back());
  if (is_understood) mind.listens.pop_back();
}

void Children::end_listen(harness::ScriptedChild& child, std::string const& listen) {
  if (choices_.once_in(2)) {
    return say(
        child,
        fmt::format(R"({{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{}}}}})", listen));
  }
  say(child, fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{{"resultType":"complete"}}}})", listen));
}

/// Of the session whose call it is.
std::string Children::asks_for_input(Pending const& pending) {
  auto const state = choices_.once_in(2) ? R"(,"requestState":"s")" : "";
  if (choices_.once_in(4)) return R"({"resultType":"input_required","requestState":"later"})";
  auto const& session = ledger_.sessions()[ledger_.asked().at(*pending.number).session];
  auto const asked = session.stateless ? question_for(session) : std::string("sampling/createMessage");
  if (asked.empty()) return R"({"resultType":"input_required","requestState":"later"})";
  auto const whom =
      session.stateless ? fmt::format(R"("for_call":{})", *pending.number) : fmt::format(R"("for":{})", session.key);
  return fmt::format(R"({{"resultType":"input_required","inputRequests":{{"k":{{"method":"{}","params":{{{}}}}}}}{}}})",
                     asked, whom, state);
}

/// A client of its own revision says what it can be asked.
std::string Children::question_for(Session const& session) {
  for (auto const* const method : {"roots/list", "elicitation/create", "sampling/createMessage"}) {
    if (session.offers.count(method) > 0 && !choices_.once_in(3)) return method;
  }
  return {};
}

std::string Children::result_of(Pending const& pending) {
  if (pending.method == "\"tools/list\"") {
    auto const cursor = !behaves_ && choices_.once_in(6) ? R"(,"nextCursor":"c")" : "";
    return fmt::format(R"({{"tools":[{{"name":"echo"}},{{"name":"t{}"}}]{}}})", tools_, cursor);
  }
  if (!pending.number) return "{}";
  auto const big = !behaves_ && choices_.once_in(30) ? std::string(90'000, 'x') : std::string();
  auto const failed = choices_.once_in(6) ? R"(,"isError":true)" : "";
  return fmt::format(R"({{"content":"{}"{},"nonce":{}}})", big, failed, *pending.number);
}

void Children::answer(harness::ScriptedChild& child, Mind& mind, std::size_t which) {
  auto const pending = mind.pending[which];
  mind.pending.erase(mind.pending.begin() + static_cast<std::ptrdiff_t>(which));
  auto const how = behaves_ ? 0 : choices_.below(12);
  auto const asks = speaks_stateless(child.command()) && pending.number && how < 3 && !behaves_;
  auto const id = how == 11 ? fmt::format("\"{}\"", pending.id) : pending.id;  // as some do
  auto const line =
      how == 10 && pending.number
          ? fmt::format(R"({{"jsonrpc":"2.0","id":{},"error":{{"code":-5,"message":"no","data":{{"nonce":{}}}}}}})", id,
                        *pending.number)
          : fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{}}})", id,
                        asks ? asks_for_input(pending) : result_of(pending));
  say(child, line);
  if (how == 9) say(child, line);
  mind.answered = pending;
  mind.answered->since = gateway_.clock().now();
}

void Children::act() {
  auto const alive = gateway_.spawner().alive();
  if (alive.empty()) return;
  auto& child = *alive[choices_.below(static_cast<std::uint32_t>(alive.size()))];
  auto& mind = minds_[child.number()];
  if (child.told_to_stop() && choices_.below(3) != 0) return child.die();
  // The gateway passes on only what it is certain of.
  if (mind.pending.size() == 1 && choices_.once_in(4)) return ask(child, mind);
  switch (choices_.below(16)) {
    case 0: return speak_of(child, mind.pending.empty() ? Pending{} : mind.pending.back());
    case 1:
    case 6:
    case 7: return ask(child, mind);
    case 2: return tell_news(child, mind);
    case 3: return talk_nonsense(child, mind);
    case 4: return misbehave(child);
    case 5: return end_newest_listen(child, mind);
    case 8: return speak_late(child, mind);
    default: break;
  }
  if (!mind.pending.empty()) answer(child, mind, choices_.below(static_cast<std::uint32_t>(mind.pending.size())));
}

/// Its progress, or a line of its log about it.
void Children::speak_of(harness::ScriptedChild& child, Pending const& pending) {
  if (!pending.number) return;
  if (!pending.progress.empty()) {
    say(child,
        fmt::format(
            R"({{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{},"progress":1,"about":{}}}}})",
            pending.progress, *pending.number));
  }
  if (gateway_.clock().now() - pending.since > kFresh) return;
  say(child,
      fmt::format(
          R"({{"jsonrpc":"2.0","method":"notifications/message","params":{{"level":"{}","data":{{"about":{}}}}}}})",
          choices_.below(2) == 0 ? "error" : "debug", *pending.number));
}

/// A question about a call of a session that it has just answered. Of one without a session, its client may be asked
/// what is of another call of its own; and a log line may reach another session of the same client.
void Children::speak_late(harness::ScriptedChild& child, Mind& mind) {
  if (!mind.answered || !mind.answered->number || speaks_stateless(child.command())) return;
  auto const& late = *mind.answered;
  if (gateway_.clock().now() - late.since >= kAfterwards || !may_ask(late.method)) return;
  if (ledger_.sessions()[ledger_.asked()[*late.number].session].stateless) return;
  ask_for(child, mind, late.number);
}

/// Because of one of the calls it has, if it has any.
void Children::ask(harness::ScriptedChild& child, Mind& mind) {
  if (choices_.once_in(8)) {  // takes the newest back
    auto const id = fmt::format("\"q{}\"", mind.questions);
    mind.open.erase(id);
    return say(child, fmt::format(
                          R"({{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{}}}}})", id));
  }
  if (mind.pending.empty()) return ask_for(child, mind, {});
  auto& cause = mind.pending[choices_.below(static_cast<std::uint32_t>(mind.pending.size()))];
  if (!cause.number || !may_ask(cause.method) || gateway_.clock().now() - cause.since > kFresh) return;
  cause.excused = true;
  ask_for(child, mind, cause.number);
}

void Children::ask_for(harness::ScriptedChild& child, Mind& mind, std::optional<std::uint64_t> call) {
  constexpr std::array<std::string_view, 4> kMethods{"sampling/createMessage", "elicitation/create", "roots/list",
                                                     "ping"};
  auto const method = kMethods[choices_.below(4)];
  std::string params = mind.owner ? fmt::format(R"("for":{})", *mind.owner) : std::string(R"("x":1)");
  Question const question{.call = call, .since = gateway_.clock().now()};
  if (call) params += fmt::format(R"(,"for_call":{})", *call);
  if (method == "elicitation/create" && choices_.once_in(3)) {
    params += R"(,"mode":"url","url":"https://x","elicitationId":"e")";
  }
  auto const id = fmt::format("\"q{}\"", ++mind.questions);
  if (!mind.cuts) mind.open.emplace(id, question);
  say(child, fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{{{}}}}})", id, method, params));
}

void Children::tell_news(harness::ScriptedChild& child, Mind& mind) {
  auto const meta = mind.listens.empty() || choices_.once_in(6) ? std::string(kNoMeta) : meta_of(mind.listens.back());
  auto const tell = [&](std::string_view method, std::string const& more = {}) {
    say(child, fmt::format(R"({{"jsonrpc":"2.0","method":"notifications/{}","params":{{{}{}}}}})", method, more, meta));
  };
  switch (choices_.below(5)) {
    case 0: tools_ = (tools_ + 1) % 3; [[fallthrough]];
    case 1: return tell("tools/list_changed");
    case 2: return tell("prompts/list_changed");
    default: return tell("resources/updated", fmt::format(R"("uri":"r://{}",)", choices_.below(3)));
  }
}

void Children::talk_nonsense(harness::ScriptedChild& child, Mind& mind) {
  switch (choices_.below(9)) {
    case 0: return say(child, "[INFO] Server listening");
    case 1: return say(child, "hello");
    case 2: mind.cuts = true; return child.say_raw("{\"jsonrpc\":\"2.0\",");
    case 3: return say(child, std::string(200, '['));
    case 4: return say(child, R"({"jsonrpc":"2.0","id":999999,"result":{}})");
    case 5:
      return say(child,
                 R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}})");
    case 6:
      return say(child, R"([{"jsonrpc":"2.0","method":"notifications/unknown"},{"jsonrpc":"2.0","id":1,"result":{}}])");
    case 7: return say(child, "\xff\xfe{}");
    default: return answer_at_length(child, mind);
  }
}

/// More than a line may hold.
void Children::answer_at_length(harness::ScriptedChild& child, Mind& mind) {
  auto const id = mind.pending.empty() ? std::string("7") : mind.pending.front().id;
  if (!mind.pending.empty()) mind.pending.erase(mind.pending.begin());
  say(child, fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":"{}"}})", id, std::string(140'000, 'y')));
}

void Children::misbehave(harness::ScriptedChild& child) {
  switch (choices_.below(8)) {
    case 0: return child.die(3);
    case 1: return child.block();
    case 2: return child.go_deaf();
    case 3: return gateway_.spawner().refuse(choices_.below(3));
    case 4:
    case 5: return child.unblock();
    default: return child.complain("something went wrong");
  }
}

}  // namespace gateway::storm
