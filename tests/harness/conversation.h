// MCP clients of a TestGateway, so that a test reads like a transcript.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tests/harness/test_gateway.h"

namespace gateway::harness {

using nlohmann::json;

/// One HTTP request as text. `fields` are whole header lines without their ends.
[[nodiscard]] std::string http(std::string_view method, std::string_view path,
                               std::initializer_list<std::string> fields = {}, std::string_view body = {});
[[nodiscard]] json request(json id, std::string_view method, json params = json::object());
[[nodiscard]] json note(std::string_view method, json params = json::object());
[[nodiscard]] json call(json id, std::string_view tool, json arguments = json::object());

/// Lets every child that was just started say who it is and what tools it has. What else
/// they hear stays with them.
void shake_hands(TestGateway& gateway);
/// What the child heard first, taken; a test fails where it heard nothing.
[[nodiscard]] json take_heard(ScriptedChild& child);
/// The newest child that lives.
[[nodiscard]] ScriptedChild& newest(TestGateway& gateway);
void answer(ScriptedChild& child, json const& id, json result);

/// A Streamable HTTP session. Each request has a connection of its own.
class HttpSession {
 public:
  HttpSession(TestGateway& gateway, std::string service, std::string_view revision = "2025-11-25",
              std::initializer_list<std::string> fields = {}, json capabilities = json::object());

  /// Posts, and gives the connection on which the answer comes.
  TestClient& post(json const& message);
  TestClient& get(std::string_view last_event_id = {});
  TestClient& end();
  [[nodiscard]] std::string text(std::string_view method, std::string_view last_event_id = {}) const;

  [[nodiscard]] std::string const& token() const { return token_; }

 private:
  TestGateway& gateway_;
  std::string path_;
  std::string token_;
};

/// A client of the stateless revision: each request stands alone, with its envelope and the headers that repeat it.
class StatelessClient {
 public:
  StatelessClient(TestGateway& gateway, std::string service) : gateway_(gateway), path_("/" + service + "/mcp") {}

  /// Posts on a connection of its own, and gives it. `fields` are further header lines.
  TestClient& post(json message, std::initializer_list<std::string> fields = {});
  /// The same with the message and all header lines as they are.
  TestClient& post_raw(json const& message, std::initializer_list<std::string> fields);

  json capabilities = json::object();  ///< that it declares
  std::string log_level;               ///< empty: it wants no log messages

 private:
  TestGateway& gateway_;
  std::string path_;
};

/// A legacy SSE session: its stream, and a connection for each message.
class SseSession {
 public:
  SseSession(TestGateway& gateway, std::string service);

  TestClient& post(json const& message);
  [[nodiscard]] TestClient& stream() { return *stream_; }
  /// The messages of the stream so far.
  [[nodiscard]] std::vector<json> heard() const;

 private:
  TestGateway& gateway_;
  TestClient* stream_;
  std::string endpoint_;
};

/// The one answer on a connection, whole or as far as it has come.
[[nodiscard]] HeardAnswer const& heard(TestClient const& client);
/// The JSON that was answered: the body, or the data of a stream's only event with data.
[[nodiscard]] json body(TestClient const& client);
[[nodiscard]] std::vector<json> events(TestClient const& client);

}  // namespace gateway::harness
