#include "tests/storm/clients.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gateway::storm {

namespace {

constexpr std::array<std::string_view, 4> kRevisions{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"};
constexpr std::array<std::string_view, 3> kAccepts{"application/json, text/event-stream", "application/json",
                                                   "text/event-stream"};

std::string after(std::string_view text, std::string_view key) {
  auto const at = text.find(key);
  return at == std::string_view::npos ? std::string{} : std::string(text.substr(at + key.size()));
}

}  // namespace

// ── connections ──────────────────────────────────────────────────────────────

void Clients::act() {
  auto& line = lines_[choices_.below(kLines)];
  if (line.client == nullptr) return open(line);
  if (line.client->closed()) return leave(line);
  if (listening_on(line) != nullptr) return choices_.once_in(4) ? leave(line) : void();
  switch (choices_.below(20)) {
    case 0: return leave(line);
    case 1: return line.client->half_close();
    case 2: line.client->reads = !line.client->reads; return;
    default: return send_some(line);
  }
}

void Clients::open(Line& line) {
  constexpr std::array<int, 4> kWindows{0, 0, 0, 4608};
  line = {};
  line.client = &gateway_.connect(kWindows[choices_.below(4)]);
}

void Clients::leave(Line& line) {
  if (line.client == nullptr) return;
  note_that_it_left(line);
  line.client->close();
  std::erase_if(gateway_.clients(), [&](auto const& each) { return each.get() == line.client; });
  line = {};
}

/// What it asked as a stateless client is taken back by that.
void Clients::note_that_it_left(Line const& line) {
  for (auto at = line.heard; at < line.sent.size(); ++at) {
    if (line.sent[at].asked.empty() || !ledger_.sessions()[line.sent[at].session].stateless) continue;
    for (auto const number : line.sent[at].asked) ledger_.asked()[number].left = gateway_.clock().now();
  }
}

void Clients::leave_all() {
  for (auto& line : lines_) leave(line);
}

void Clients::behave() {
  for (auto& line : lines_) {
    if (line.client == nullptr) continue;
    line.client->reads = true;
    line.client->send(std::exchange(line.rest, {}));
  }
}

void Clients::send_some(Line& line) {
  if (line.spoiled) return;
  auto bytes = std::exchange(line.rest, {});
  auto const count = bytes.empty() ? 1 + (choices_.once_in(3) ? choices_.below(5) : 0) : choices_.below(2);
  for (std::uint32_t i = 0; i < count && !line.spoiled; ++i) bytes += request(line);
  if (!bytes.empty() && choices_.once_in(10)) {
    auto const cut = bytes.size() * choices_.below(8) / 8;
    line.rest = bytes.substr(cut);
    bytes.resize(cut);
  }
  ledger_.tell("sent on line", static_cast<std::size_t>(&line - lines_.data()), bytes);
  line.client->send(bytes);
}

// ── requests ─────────────────────────────────────────────────────────────────

Session& Clients::new_session() {
  auto& session = ledger_.open(choices_.below(static_cast<std::uint32_t>(gateway_.config().services.size())));
  auto const& tokens = gateway_.config().gateway.auth.tokens;
  if (!tokens.empty())
    session.principal = tokens[choices_.below(static_cast<std::uint32_t>(tokens.size()))].token.reveal();
  session.owner = fmt::format("u{}", choices_.below(4));
  session.revision = kRevisions[choices_.below(4)];
  auto const& service = gateway_.config().services[session.service];
  session.has_own_child = service.isolation == config::Isolation::Session;
  session.circle = circle_of(service, session);
  return session;
}

Session* Clients::known_session() {
  if (known_.empty()) return nullptr;
  auto const recent = std::min<std::size_t>(known_.size(), 12);
  return &ledger_.sessions()[known_[known_.size() - 1 - choices_.below(static_cast<std::uint32_t>(recent))]];
}

std::string Clients::head(std::string_view method, std::string_view path, Session const& session) const {
  auto text = fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nX-Owner: {}\r\n", method, path, session.owner);
  if (!session.principal.empty()) text += fmt::format("Authorization: Bearer {}\r\n", session.principal);
  if (!session.sse && !session.token.empty()) text += fmt::format("Mcp-Session-Id: {}\r\n", session.token);
  return text;
}

std::string Clients::post(Line& line, Request request, Session const& session, std::string_view body) {
  auto const& name = gateway_.config().services[session.service].name;
  auto const path =
      session.sse ? fmt::format("/{}/messages?sessionId={}", name, session.token) : fmt::format("/{}/mcp", name);
  request.kind = session.sse ? Request::Kind::Message : Request::Kind::Post;
  request.session = session.key;
  line.sent.push_back(std::move(request));
  return fmt::format("{}Accept: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                     head("POST", path, session), kAccepts[choices_.below(6) < 4 ? 0 : choices_.below(3)], body.size(),
                     body);
}

std::string Clients::request(Line& line) {
  auto* const session = known_session();
  if (choices_.below(3) == 2) return stateless(line);
  switch (choices_.below(16)) {
    case 0: return open_session(line);
    case 1: return choices_.once_in(2) ? open_sse(line) : open_session(line);
    case 2: return one_shot(line);
    case 3: return stray(line);
    default: break;
  }
  if (session == nullptr) return open_session(line);
  switch (choices_.below(14)) {
    case 0: return end(line, *session);
    case 1:
    case 2: return stream(line, *session);
    case 3: return batch(line, *session);
    case 4:
    case 5: return post(line, {}, *session, note(*session));
    case 6: return post(line, {}, *session, answer_to_child(*session));
    default: return message(line, *session);
  }
}

std::string Clients::open_session(Line& line) {
  auto& session = new_session();
  Request request;
  request.initializes = true;
  auto& asked = ledger_.ask(session.key, "0");
  request.asked.push_back(asked.number);
  return post(
      line, std::move(request), session,
      fmt::format(
          R"({{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{}","capabilities":{},"clientInfo":{{"name":"s{}","version":"1"}}}}}})",
          session.revision, choices_.once_in(4) ? "{}" : R"({"sampling":{}})", session.key));
}

std::string Clients::open_sse(Line& line) {
  auto& session = new_session();
  session.sse = true;
  Request request;
  request.kind = Request::Kind::Sse;
  request.session = session.key;
  line.sent.push_back(std::move(request));
  return head("GET", fmt::format("/{}/sse", gateway_.config().services[session.service].name), session) +
         "Accept: text/event-stream\r\n\r\n";
}

std::string Clients::one_shot(Line& line) {
  auto& session = new_session();
  session.one_shot = true;
  Request request;
  auto const body = question(session, request);
  return post(line, std::move(request), session, body);
}

std::string Clients::stateless(Line& line) {
  auto& session = new_session();
  auto [number, text] = stateless_.next(session);
  Request request;
  request.kind = session.listening ? Request::Kind::Listen : Request::Kind::Post;
  request.session = session.key;
  request.asked.push_back(number);
  line.sent.push_back(std::move(request));
  return std::move(text);
}

/// A request with an id. Few ids, so that sessions use the same ones, and one of them
/// the same again.
std::string Clients::question(Session& session, Request& request) {
  auto const id = choices_.once_in(4) ? fmt::format("\"{}\"", choices_.below(3)) : fmt::format("{}", choices_.below(6));
  auto& asked = ledger_.ask(session.key, id);
  request.asked.push_back(asked.number);
  auto const make = [&](std::string_view method, std::string const& params) {
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{{{}"nonce":{}}}}})", id, method, params,
                       asked.number);
  };
  switch (choices_.below(12)) {
    case 0: return make("tools/list", choices_.once_in(3) ? R"("cursor":"c",)" : "");
    case 1: return make("ping", "");
    case 2: {
      auto const uri = fmt::format("r://{}", choices_.below(3));
      session.subscribed.insert(uri);
      return make("resources/subscribe", fmt::format(R"("uri":"{}",)", uri));
    }
    case 3: return make("resources/unsubscribe", fmt::format(R"("uri":"r://{}",)", choices_.below(3)));
    case 4: return make("logging/setLevel", fmt::format(R"("level":"{}",)", choices_.once_in(2) ? "debug" : "error"));
    case 5: return make("no/such", "");
    case 6: return make("server/discover", "");
    case 7: return make("tools/call", R"("name":"echo","NAME":"echo",)");
    default: break;
  }
  if (!choices_.once_in(3)) return make("tools/call", R"("name":"echo",)");
  asked.progress = fmt::format("\"t{}\"", choices_.below(3));
  return make("tools/call", fmt::format(R"("name":"echo","_meta":{{"progressToken":{}}},)", asked.progress));
}

std::string Clients::message(Line& line, Session& session) {
  Request request;
  auto const body = question(session, request);
  return post(line, std::move(request), session, body);
}

std::string Clients::batch(Line& line, Session& session) {
  Request request;
  std::string body = "[";
  for (auto left = 1 + choices_.below(4); left > 0; --left) {
    if (body.size() > 1) body += ",";
    body += choices_.once_in(3) ? note(session) : question(session, request);
  }
  return post(line, std::move(request), session, body + "]");
}

std::string Clients::note(Session& session) {
  if (choices_.below(3) == 0) return R"({"jsonrpc":"2.0","method":"notifications/initialized"})";
  auto const id = choices_.once_in(4) ? fmt::format("\"{}\"", choices_.below(3)) : fmt::format("{}", choices_.below(6));
  session.taken_back.insert(id);
  return fmt::format(R"({{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{}}}}})", id);
}

std::string Clients::answer_to_child(Session const& session) {
  auto const id =
      questions_.empty() ? std::string("1") : questions_[choices_.below(static_cast<std::uint32_t>(questions_.size()))];
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{{"by":{}}}}})", id, session.key);
}

std::string Clients::stream(Line& line, Session& session) {
  Request request;
  request.kind = Request::Kind::Stream;
  request.session = session.key;
  line.sent.push_back(std::move(request));
  auto text = head("GET", fmt::format("/{}/mcp", gateway_.config().services[session.service].name), session);
  if (session.sse) text += fmt::format("Mcp-Session-Id: {}\r\n", session.token);
  if (choices_.once_in(3)) {
    session.resumes = true;
    auto const& events = session.events;
    auto id = fmt::format("{}-{}", choices_.below(4), choices_.below(3));
    if (!events.empty() && choices_.once_in(2)) {
      id = std::next(events.begin(),
                     choices_.below(static_cast<std::uint32_t>(std::min<std::size_t>(events.size(), 200))))
               ->first;
    }
    text += fmt::format("Last-Event-ID: {}\r\n", id);
  }
  return text + "Accept: text/event-stream\r\n\r\n";
}

std::string Clients::end(Line& line, Session& session) {
  session.deleted = true;
  Request request;
  request.kind = Request::Kind::Delete;
  request.session = session.key;
  line.sent.push_back(std::move(request));
  return head("DELETE", fmt::format("/{}/mcp", gateway_.config().services[session.service].name), session) + "\r\n";
}

/// What belongs to no session: pages, wrong doors, sessions of another service or none.
std::string Clients::stray(Line& line) {
  auto const& name = gateway_.config().services[0].name;
  line.sent.push_back({});
  Session nobody;
  switch (choices_.below(8)) {
    case 0: return head("GET", "/health", nobody) + "\r\n";
    case 1: return head("GET", "/nothing", nobody) + "\r\n";
    case 2: return head("OPTIONS", fmt::format("/{}/mcp", name), nobody) + "Origin: http://localhost\r\n\r\n";
    case 3:
      return head("POST", fmt::format("/{}/mcp", name), nobody) +
             "Mcp-Session-Id: AAAA\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    case 4: return head("DELETE", fmt::format("/{}/mcp", name), nobody) + "\r\n";
    case 5: {
      auto const* const session = known_session();
      if (session == nullptr) return head("GET", "/", nobody) + "\r\n";
      auto const other = (session->service + 1) % gateway_.config().services.size();
      return head("DELETE", fmt::format("/{}/mcp", gateway_.config().services[other].name), *session) + "\r\n";
    }
    case 6:
      return head("POST", fmt::format("/{}/mcp", name), nobody) +
             "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}}\r\n0\r\n\r\n";
    default: line.spoiled = true; return "GET / HTTP/1.1\r\nNo colon\r\n\r\n";
  }
}

// ── what they hear ───────────────────────────────────────────────────────────

void Clients::listen() {
  for (auto& line : lines_) {
    if (line.client != nullptr) listen(line);
  }
}

void Clients::listen(Line& line) {
  if (!line.client->garbage().empty()) throw Broken("said what is no HTTP: " + line.client->garbage());
  auto const& answers = line.client->answers;
  while (line.heard < answers.size()) {
    auto const& answer = answers[line.heard];
    if (line.heard >= line.sent.size()) {
      // Said of what was not HTTP, or of a request that was not sent in time.
      if (answer.status >= 400 && !answer.is_stream) return;
      throw Broken("an answer to nothing: " + answer.head);
    }
    take(line, line.sent[line.heard], answer);
    if (!answer.complete) return;
    ++line.heard;
    line.events = 0;
  }
}

void Clients::take(Line& line, Request const& request, harness::HeardAnswer const& answer) {
  auto& session = ledger_.sessions()[request.session];
  if (request.initializes && answer.status == 200 && session.token.empty()) {
    session.token = answer.field("Mcp-Session-Id");
    if (!session.token.empty()) known_.push_back(session.key);
  }
  if (answer.is_stream) return take_events(line, request, answer);
  if (!answer.complete) return;
  if (answer.status >= 400) {
    auto const id = raw_id(answer.body);
    if (!request.asked.empty() && session.stateless && !id.empty() && id != ledger_.asked()[session.request].id &&
        id != "null") {
      throw Broken(fmt::format("refused with the id of another request: {}", answer.body));
    }
    if (request.kind == Request::Kind::Listen) session.listening->over = true;
    return ledger_.refused(request.asked);
  }
  if (request.kind == Request::Kind::Post || request.kind == Request::Kind::Listen) take_body(request, answer);
}

void Clients::take_body(Request const& request, harness::HeardAnswer const& answer) {
  if (answer.body.empty()) return;
  std::string_view body = answer.body;
  if (!body.starts_with('[')) {
    ledger_.heard({request.session, body, {}, request.asked});
    auto const& session = ledger_.sessions()[request.session];
    if (session.stateless) stateless_.heard(session, body);
    return;
  }
  // The gateway writes no nested array into an answer of this storm.
  constexpr std::string_view kBetween = R"(},{"jsonrpc")";
  body = body.substr(1, body.size() - 2);
  while (!body.empty()) {
    auto const end = body.find(kBetween);
    ledger_.heard({request.session, body.substr(0, end == std::string_view::npos ? end : end + 1), {}, request.asked});
    body = end == std::string_view::npos ? std::string_view{} : body.substr(end + 2);
  }
}

void Clients::take_events(Line& line, Request const& request, harness::HeardAnswer const& answer) {
  auto& session = ledger_.sessions()[request.session];
  for (; line.events < answer.events.size(); ++line.events) {
    auto const& event = answer.events[line.events];
    if (event.event == "endpoint") {
      session.token = after(event.data, "sessionId=");
      known_.push_back(session.key);
      continue;
    }
    if (event.data.empty()) continue;
    auto const is_post = request.kind == Request::Kind::Post;
    auto const is_note = event.data.find("\"method\":\"notifications/") != std::string::npos;
    ledger_.heard({request.session, event.data, event.id, is_post ? request.asked : std::vector<std::uint64_t>{}});
    if (session.stateless) {
      if (!is_note) stateless_.heard(session, event.data);
      continue;
    }
    auto const asks = event.data.find("\"method\":") != std::string::npos && !raw_id(event.data).empty();
    if (asks && questions_.size() < 200) questions_.push_back(raw_id(event.data));
  }
  if (answer.complete && request.kind == Request::Kind::Listen && !session.listening->over) {
    throw Broken(fmt::format("the stream of the listen of session {} ends without its result", session.key));
  }
}

}  // namespace gateway::storm
