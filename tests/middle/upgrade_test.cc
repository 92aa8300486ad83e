// Two processes, of which one replaces the other: whose each request is.
#include <fmt/format.h>

#include "tests/middle/middle_test.h"

namespace gateway::harness {
namespace {

constexpr Generation kFirst{63};  // so that the numbers begin again between the two

class UpgradeTest : public ::testing::Test {
 protected:
  UpgradeTest() {
    config::Config config;
    config.services = {service("one")};
    former = std::make_unique<TestGateway>(config, 1, kFirst);
    next = std::make_unique<TestGateway>(config, 2, kFirst.next());
    shake_hands(*former);
    shake_hands(*next);
  }

  /// The next process serves from now on.
  void upgrade() {
    next->shard().set_former(true);
    former->shard().retire();
    turn();
  }
  void turn() {
    for (int i = 0; i < 4; ++i) {
      former->turn();
      next->turn();
      for (auto* const from : {former.get(), next.get()}) {
        auto* const to = from == former.get() ? next.get() : former.get();
        for (auto& [process, connection] : std::exchange(from->passed, {})) {
          EXPECT_EQ(to == next.get() ? http::Process::Next : http::Process::Former, process);
          ++passed;
          to->shard().adopt_passed(std::move(connection));
        }
      }
    }
  }
  [[nodiscard]] static std::string posted(json const& message, std::string_view token = {}) {
    if (token.empty()) return http("POST", "/one/mcp", {"Accept: application/json"}, message.dump());
    return http(
        "POST", "/one/mcp",
        {"Accept: application/json", "MCP-Protocol-Version: 2025-11-25", fmt::format("Mcp-Session-Id: {}", token)},
        message.dump());
  }
  [[nodiscard]] static json initialize(int id) {
    return request(id, "initialize", {{"protocolVersion", "2025-11-25"}, {"capabilities", json::object()}});
  }
  TestClient& send(TestGateway& to, std::string const& text) {
    auto& client = to.connect();
    client.send(text);
    turn();
    return client;
  }
  void echo(TestGateway& at, std::string_view said) {
    auto& child = newest(at);
    answer(child, take_heard(child)["id"], {{"said", said}});
    turn();
  }
  [[nodiscard]] static std::string said(TestClient const& client) { return body(client)["result"]["said"]; }

  std::unique_ptr<TestGateway> former;
  std::unique_ptr<TestGateway> next;
  int passed = 0;
};

TEST_F(UpgradeTest, PassesARequestForASessionOfTheFormerProcessOn) {
  HttpSession const session(*former, "one");
  upgrade();
  auto& client = send(*next, posted(call(1, "echo"), session.token()));
  echo(*former, "from the former one");
  EXPECT_EQ("from the former one", said(client));
  EXPECT_EQ(1, passed);
}

TEST_F(UpgradeTest, OpensNewSessionsInTheNextProcess) {
  auto& kept = former->connect();
  HttpSession const session(*former, "one");
  upgrade();
  kept.send(posted(initialize(1)));
  turn();
  auto const token = heard(kept).field("Mcp-Session-Id");
  EXPECT_EQ(kFirst.next(), frontend::LoopTokens::generation_of(token)) << token;
  EXPECT_EQ(1U, former->health().sessions);
  EXPECT_EQ(1U, next->health().sessions);
}

TEST_F(UpgradeTest, ServesEachRequestOfOneConnectionWhereItBelongs) {
  HttpSession const old(*former, "one");
  auto& client = former->connect();
  upgrade();
  client.send(posted(call(1, "echo"), old.token()) + posted(initialize(2)) + posted(call(3, "echo"), old.token()));
  turn();
  echo(*former, "first");
  echo(*former, "third");
  ASSERT_EQ(3U, client.answers.size());
  EXPECT_EQ("first", json::parse(client.answers[0].body)["result"]["said"]);
  EXPECT_EQ(2, json::parse(client.answers[1].body)["id"]);
  EXPECT_EQ("third", json::parse(client.answers[2].body)["result"]["said"]);
  EXPECT_EQ(2, passed) << "to the next process, and back";
  EXPECT_FALSE(client.closed());
}

TEST_F(UpgradeTest, PassesMessagesOfLegacySessionsOn) {
  SseSession session(*former, "one");
  auto const endpoint = heard(session.stream()).events.front().data;
  upgrade();
  auto& client =
      send(*next, http("POST", "/one/" + endpoint, {"Content-Type: application/json"}, call(1, "echo").dump()));
  EXPECT_EQ(202, heard(client).status);
  echo(*former, "on the stream");
  EXPECT_EQ("on the stream", session.heard().back()["result"]["said"]);
}

TEST_F(UpgradeTest, PassesRequestsWithoutASessionToTheNextProcess) {
  HttpSession const session(*former, "one");
  auto& client = former->connect();
  upgrade();
  client.send(posted(call(1, "echo")));
  turn();
  echo(*next, "from the next one");
  EXPECT_EQ("from the next one", said(client));
}

TEST_F(UpgradeTest, ReadsABodyInPiecesBeforeItIsPassedOn) {
  HttpSession const session(*former, "one");
  auto const message = call(1, "echo").dump();
  upgrade();
  auto& client = next->connect();
  client.send(
      "POST /one/mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
      "MCP-Protocol-Version: 2025-11-25\r\nTransfer-Encoding: chunked\r\nMcp-Session-Id: " +
      session.token() + "\r\n\r\n");
  for (auto const letter : message) {
    client.send(fmt::format("1\r\n{}\r\n", letter));
    next->turn();
  }
  client.send("0\r\n\r\n");
  turn();
  echo(*former, "whole");
  EXPECT_EQ("whole", said(client));
}

TEST_F(UpgradeTest, TellsWhoAsksForASessionThatHasEnded) {
  HttpSession const session(*former, "one");
  upgrade();
  EXPECT_EQ(200, heard(send(*next, http("DELETE", "/one/mcp", {"Mcp-Session-Id: " + session.token()}))).status);
  EXPECT_EQ(404, heard(send(*next, posted(call(1, "echo"), session.token()))).status);
  next->shard().set_former(false);
  EXPECT_EQ(404, heard(send(*next, posted(call(2, "echo"), session.token()))).status) << "also without that process";
}

TEST_F(UpgradeTest, IsOverForAProcessWhoseLastSessionHasEnded) {
  HttpSession const session(*former, "one");
  upgrade();
  former->advance(seconds(5));
  EXPECT_FALSE(former->is_drained());
  (void)send(*next, http("DELETE", "/one/mcp", {"Mcp-Session-Id: " + session.token()}));
  former->advance(seconds(1));
  EXPECT_TRUE(former->is_drained());
}

TEST_F(UpgradeTest, PassesConnectionsOnThatWaitForARequestWhenItEnds) {
  auto const text = posted(call(1, "echo"));
  std::vector<TestClient*> clients;
  for (std::size_t const sent : {std::size_t{0}, std::size_t{9}, text.size() - 5}) {
    clients.push_back(&former->connect());
    clients.back()->send(text.substr(0, sent));
  }
  upgrade();
  former->shard().drain();
  former->shard().stop();
  turn();
  EXPECT_EQ(3, passed);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    std::size_t const sent = i == 0 ? 0 : i == 1 ? 9 : text.size() - 5;
    clients[i]->send(text.substr(sent));
    turn();
    echo(*next, "here");
    EXPECT_EQ("here", said(*clients[i])) << i;
  }
}

TEST_F(UpgradeTest, ServesAgainWhenTheNextProcessIsGone) {
  HttpSession session(*former, "one");
  upgrade();
  former->shard().resume({});
  HttpSession another(*former, "one");
  auto& answered = another.post(call(1, "echo"));
  turn();
  echo(*former, "again");
  EXPECT_EQ("again", said(answered));
  EXPECT_EQ(0, passed);
}

TEST_F(UpgradeTest, KeepsTheAddressOfAClientWhoseSocketAnotherProcessHas) {
  HttpSession const session(*former, "one");
  upgrade();
  TestClient client;
  http::MovedConnection relayed{.socket = client.take_gateway_end(), .tls = nullptr};
  relayed.origin = http::Origin{.remote = "192.0.2.7"};
  relayed.unread = posted(call(1, "echo"), session.token());
  former->shard().adopt_passed(std::move(relayed));
  turn();
  echo(*former, "relayed");
  client.pump();
  EXPECT_EQ("relayed", said(client));
  turn();
  client.pump();
  EXPECT_TRUE(client.closed()) << "so that the process with the socket can end";
}

}  // namespace
}  // namespace gateway::harness
