#include "tests/harness/conversation.h"

#include <fmt/format.h>

#include <utility>

namespace gateway::harness {

std::string http(std::string_view method, std::string_view path, std::initializer_list<std::string> fields,
                 std::string_view body) {
  auto text = fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\n", method, path);
  for (auto const& field : fields) text += field + "\r\n";
  if (method == "POST") text += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
  return fmt::format("{}\r\n{}", text, body);
}

json request(json id, std::string_view method, json params) {
  return {{"jsonrpc", "2.0"}, {"id", std::move(id)}, {"method", method}, {"params", std::move(params)}};
}

json note(std::string_view method, json params) {
  return {{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}};
}

json call(json id, std::string_view tool, json arguments) {
  return request(std::move(id), "tools/call", {{"name", tool}, {"arguments", std::move(arguments)}});
}

void answer(ScriptedChild& child, json const& id, json result) {
  child.say(json{{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}}.dump());
}

namespace {

json capabilities() {
  return {{"tools", {{"listChanged", true}}}, {"resources", {{"subscribe", true}}}, {"logging", json::object()}};
}

/// Whether it was one of the questions that begin a run.
bool answer_greeting(ScriptedChild& child, json const& said) {
  auto const method = said.value("method", "");
  auto const info = json{{"name", child.command()}, {"version", "1"}};
  if (method == "initialize") {
    answer(child, said["id"],
           {{"protocolVersion", "2025-11-25"}, {"capabilities", capabilities()}, {"serverInfo", info}});
  } else if (method == "server/discover") {
    answer(child, said["id"],
           {{"supportedVersions", {"2026-07-28"}},
            {"capabilities", capabilities()},
            {"resultType", "complete"},
            {"ttlMs", 5},
            {"cacheScope", "public"},
            {"_meta", {{"io.modelcontextprotocol/serverInfo", info}}}});
  } else if (method == "tools/list") {
    answer(child, said["id"], {{"tools", {{{"name", "echo"}}}}});
  } else {
    return method == "notifications/initialized";
  }
  return true;
}

}  // namespace

void shake_hands(TestGateway& gateway) {
  for (auto turn = 0; turn < 4; ++turn) {
    for (auto* const child : gateway.spawner().alive()) {
      std::deque<std::string> kept;
      for (auto& line : std::exchange(child->heard, {})) {
        auto const said = json::parse(line);
        if (!answer_greeting(*child, said)) kept.push_back(std::move(line));
      }
      child->heard = std::move(kept);
    }
    gateway.turn();
  }
}

json take_heard(ScriptedChild& child) {
  if (child.heard.empty()) {
    ADD_FAILURE() << "the child heard nothing";
    return {};
  }
  auto const line = std::move(child.heard.front());
  child.heard.pop_front();
  return json::parse(line);
}

ScriptedChild& newest(TestGateway& gateway) { return *gateway.spawner().alive().back(); }

HeardAnswer const& heard(TestClient const& client) {
  static HeardAnswer const nothing;
  return client.answers.empty() ? nothing : client.answers.back();
}

std::vector<json> events(TestClient const& client) {
  std::vector<json> all;
  for (auto const& event : heard(client).events) {
    if (!event.data.empty()) all.push_back(json::parse(event.data));
  }
  return all;
}

json body(TestClient const& client) {
  auto const& answer = heard(client);
  if (!answer.is_stream) return json::parse(answer.body, nullptr, false);
  auto const all = events(client);
  return all.size() == 1 ? all.front() : json(all);
}

// ── Streamable HTTP ──────────────────────────────────────────────────────────

HttpSession::HttpSession(TestGateway& gateway, std::string service, std::string_view revision,
                         std::initializer_list<std::string> fields, json capabilities)
    : gateway_(gateway), path_("/" + service + "/mcp") {
  auto& client = gateway_.connect();
  client.send(http("POST", path_, fields,
                   request(0, "initialize",
                           {{"protocolVersion", revision},
                            {"capabilities", std::move(capabilities)},
                            {"clientInfo", {{"name", "test"}, {"version", "1"}}}})
                       .dump()));
  gateway_.turn(2);
  shake_hands(gateway_);
  token_ = heard(client).field("Mcp-Session-Id");
  EXPECT_EQ(200, heard(client).status) << heard(client).body;
  EXPECT_EQ(202, heard(post(note("notifications/initialized"))).status);
  shake_hands(gateway_);  // a child of its own waits for that word
}

TestClient& HttpSession::post(json const& message) {
  auto& client = gateway_.connect();
  client.send(http("POST", path_, {"Mcp-Session-Id: " + token_}, message.dump()));
  gateway_.turn(2);
  return client;
}

std::string HttpSession::text(std::string_view method, std::string_view last_event_id) const {
  if (last_event_id.empty()) return http(method, path_, {"Mcp-Session-Id: " + token_, "Accept: text/event-stream"});
  return http(
      method, path_,
      {"Mcp-Session-Id: " + token_, "Accept: text/event-stream", fmt::format("Last-Event-ID: {}", last_event_id)});
}

TestClient& HttpSession::get(std::string_view last_event_id) {
  auto& client = gateway_.connect();
  client.send(text("GET", last_event_id));
  gateway_.turn(2);
  return client;
}

TestClient& HttpSession::end() {
  auto& client = gateway_.connect();
  client.send(text("DELETE"));
  gateway_.turn(2);
  return client;
}

// ── the stateless revision ───────────────────────────────────────────────────

TestClient& StatelessClient::post(json message, std::initializer_list<std::string> fields) {
  auto& params = message["params"];
  auto& meta = params["_meta"];
  meta["io.modelcontextprotocol/protocolVersion"] = "2026-07-28";
  meta["io.modelcontextprotocol/clientCapabilities"] = capabilities;
  if (!log_level.empty()) meta["io.modelcontextprotocol/logLevel"] = log_level;
  std::string more = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: " + message.value("method", "");
  auto const name = params.value("name", params.value("uri", ""));
  if (!name.empty()) more += "\r\nMcp-Name: " + name;
  for (auto const& field : fields) more += "\r\n" + field;
  return post_raw(message, {more});
}

TestClient& StatelessClient::post_raw(json const& message, std::initializer_list<std::string> fields) {
  auto& client = gateway_.connect();
  client.send(http("POST", path_, fields, message.dump()));
  gateway_.turn(2);
  return client;
}

// ── legacy SSE ───────────────────────────────────────────────────────────────

SseSession::SseSession(TestGateway& gateway, std::string service) : gateway_(gateway), stream_(&gateway.connect()) {
  stream_->send(http("GET", "/" + service + "/sse", {"Accept: text/event-stream"}));
  gateway_.turn(2);
  shake_hands(gateway_);
  EXPECT_EQ(1U, harness::heard(*stream_).events.size());
  if (harness::heard(*stream_).events.empty()) return;
  auto const& data = harness::heard(*stream_).events.front().data;
  endpoint_ = data.starts_with('/') ? data : "/" + service + "/" + data;
}

TestClient& SseSession::post(json const& message) {
  auto& client = gateway_.connect();
  client.send(http("POST", endpoint_, {}, message.dump()));
  gateway_.turn(2);
  return client;
}

std::vector<json> SseSession::heard() const {
  std::vector<json> all;
  for (auto const& event : harness::heard(*stream_).events) {
    if (event.event != "endpoint") all.push_back(json::parse(event.data));
  }
  return all;
}

}  // namespace gateway::harness
