// What the tests of Streamable HTTP share.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "tests/middle/middle_test.h"

namespace gateway::harness {

class StreamableTest : public MiddleTest {
 protected:
  TestClient& post(std::initializer_list<std::string> fields, json const& message) {
    return send(http("POST", "/one/mcp", fields, message.dump()));
  }
  /// Of a session, by a client that takes no stream.
  TestClient& post_for_json(HttpSession const& session, json const& message) {
    return post({"Mcp-Session-Id: " + session.token(), "Accept: application/json"}, message);
  }
  void progress_of(json const& asked) {
    child().say(note("notifications/progress", {{"progressToken", asked["id"]}, {"progress", 1}}).dump());
    gateway->turn(2);
  }
  void answer_with(json const& asked, json content) {
    answer(child(), asked["id"], {{"content", std::move(content)}});
    gateway->turn(2);
  }
  static json call_with_progress(json const& id) {
    auto message = call(id, "echo");
    message["params"]["_meta"]["progressToken"] = "mine";
    return message;
  }
  static std::string last_id(TestClient const& client) {
    return heard(client).events.empty() ? std::string() : heard(client).events.back().id;
  }
};

}  // namespace gateway::harness
