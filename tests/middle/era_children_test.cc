// How the era of a child is found out, and remembered.
#include <algorithm>

#include "tests/middle/middle_test.h"

namespace gateway::harness {
namespace {

json const kDiscovered{{"supportedVersions", {"2026-07-28"}}, {"capabilities", json::object()}};
json const kInitialized{{"protocolVersion", "2025-11-25"},
                        {"capabilities", json::object()},
                        {"serverInfo", {{"name", "s"}, {"version", "1"}}}};

class EraOfChildrenTest : public MiddleTest {
 protected:
  void SetUp() override { begin(service("one")); }
  /// Children that nobody has answered for yet.
  void begin(config::ServiceConfig one) {
    one.era = config::ServerEra::Auto;
    config::Config config;
    config.services = {std::move(one)};
    gateway = std::make_unique<TestGateway>(std::move(config));
    gateway->turn(2);
  }
  json hear(std::string_view method) {
    auto heard = take_heard(child());
    EXPECT_EQ(method, heard["method"]);
    return heard;
  }
  void give(json const& asked, json const& result) {
    answer(child(), asked["id"], result);
    gateway->turn(2);
  }
  void refuse(json const& asked, int code, json data = nullptr) {
    child().say(
        json{{"jsonrpc", "2.0"}, {"id", asked["id"]}, {"error", {{"code", code}, {"message", "m"}, {"data", data}}}}
            .dump());
    gateway->turn(2);
  }
  void die_and_wait() {
    child().die(1);
    gateway->advance(seconds(5));
  }
  std::string protocol() { return gateway->health().protocol; }
};

TEST_F(EraOfChildrenTest, IsThatInWhichItAnswersDiscover) {
  give(hear("server/discover"), kDiscovered);
  EXPECT_TRUE(child().heard.empty());
  EXPECT_EQ("2026-07-28", protocol());
}

TEST_F(EraOfChildrenTest, HasSessionsWhereDiscoverIsAnyOtherError) {
  for (auto const code : {-32601, -32602, 0, -32000, -32022}) {
    begin(service("one"));
    refuse(hear("server/discover"), code);
    give(hear("initialize"), kInitialized);
    EXPECT_EQ("notifications/initialized", take_heard(child())["method"]);
    EXPECT_EQ("2025-11-25", protocol()) << code;
    EXPECT_EQ(1U, gateway->spawner().started());
  }
}

TEST_F(EraOfChildrenTest, IsRememberedForLaterRuns) {
  refuse(hear("server/discover"), -32601);
  give(hear("initialize"), kInitialized);
  die_and_wait();
  give(hear("initialize"), kInitialized);
  EXPECT_EQ("2025-11-25", protocol());

  begin(service("one"));
  give(hear("server/discover"), kDiscovered);
  die_and_wait();
  give(hear("server/discover"), kDiscovered);
  EXPECT_EQ("2026-07-28", protocol());
}

/// Twenty first calls of stateless clients at a service whose children belong to their clients.
std::vector<TestClient*> call_twenty_times(TestGateway& gateway) {
  std::vector<TestClient*> connections;
  for (int i = 0; i < 20; ++i) connections.push_back(&StatelessClient(gateway, "one").post(call(i, "echo")));
  return connections;
}

TEST_F(EraOfChildrenTest, LetsOneChildServeAllFirstCallsWhereItHasNoSessions) {
  begin(service("one", config::Isolation::Session));
  auto const connections = call_twenty_times(*gateway);
  EXPECT_EQ(1U, gateway->spawner().started());
  give(hear("server/discover"), kDiscovered);
  EXPECT_EQ(1U, gateway->spawner().started());
  for (auto const* const connection : connections) {
    auto const asked = hear("tools/call");
    give(asked, {{"content", json::array()}});
    EXPECT_TRUE(heard(*connection).complete);
  }
}

TEST_F(EraOfChildrenTest, StartsMoreChildrenForFirstCallsOnceTheFirstHasSessions) {
  begin(service("one", config::Isolation::Session));
  auto const connections = call_twenty_times(*gateway);
  refuse(hear("server/discover"), -32601);
  auto& first = child();
  give(hear("initialize"), kInitialized);
  auto const calls = std::count_if(first.heard.begin(), first.heard.end(),
                                   [](auto const& line) { return json::parse(line)["method"] == "tools/call"; });
  EXPECT_EQ(1, calls) << "each call has a child to itself";
  EXPECT_EQ(21U, gateway->spawner().started()) << "and one is kept in reserve";
}

TEST_F(EraOfChildrenTest, IsRememberedForTheChildrenOfOtherSessions) {
  begin(service("one", config::Isolation::Session));
  auto const open = [&]() -> TestClient& {
    return send(http(
        "POST", "/one/mcp", {},
        request(1, "initialize", {{"protocolVersion", "2025-11-25"}, {"capabilities", {{"roots", json::object()}}}})
            .dump()));
  };
  auto& first = open();
  refuse(hear("server/discover"), -32601);
  auto const initialize = hear("initialize");
  EXPECT_TRUE(initialize["params"]["capabilities"].contains("roots"));
  give(initialize, kInitialized);
  EXPECT_EQ(200, heard(first).status);
  (void)open();
  hear("initialize");
}

TEST_F(EraOfChildrenTest, IsFoundAnewWhereTheRememberedOneFails) {
  give(hear("server/discover"), kDiscovered);
  die_and_wait();
  refuse(hear("server/discover"), -32601);
  EXPECT_TRUE(child().killed());
  die_and_wait();
  refuse(hear("server/discover"), -32601);
  give(hear("initialize"), kInitialized);
  EXPECT_EQ("2025-11-25", protocol());
}

TEST_F(EraOfChildrenTest, HasSessionsWhereItExitsAtDiscover) {
  hear("server/discover");
  auto& waits = send(http("POST", "/one/mcp", {}, request(1, "tools/list").dump()));
  child().die(101);
  gateway->turn(2);  // and not after a wait
  EXPECT_EQ(2U, gateway->spawner().started());
  give(hear("initialize"), kInitialized);
  hear("notifications/initialized");
  give(hear("tools/list"), {{"tools", json::array()}});
  EXPECT_TRUE(body(waits).contains("result"));
  die_and_wait();
  hear("initialize");
}

TEST_F(EraOfChildrenTest, IsFoundAnewWhereItExitsWhateverItIsAsked) {
  hear("server/discover");
  child().die(1);
  gateway->turn(2);
  hear("initialize");
  child().die(1);
  gateway->turn(2);
  EXPECT_EQ(2U, gateway->spawner().started());
  gateway->advance(seconds(5));
  EXPECT_EQ(3U, gateway->spawner().started());
  hear("server/discover");
}

TEST_F(EraOfChildrenTest, OfOneThatIsSilentIsThatOfItsAnswerToInitialize) {
  auto const discover = hear("server/discover");
  gateway->advance(seconds(4));
  EXPECT_TRUE(child().heard.empty());
  gateway->advance(seconds(2));
  give(hear("initialize"), kInitialized);
  EXPECT_EQ("2025-11-25", protocol());
  give(discover, kDiscovered);  // late, and too late
  EXPECT_EQ("2025-11-25", protocol());
}

TEST_F(EraOfChildrenTest, OfOneThatIsSlowIsTheStatelessOneWhereInitializeIsRefused) {
  auto const discover = hear("server/discover");
  gateway->advance(seconds(6));
  auto const initialize = hear("initialize");
  give(discover, kDiscovered);
  EXPECT_EQ("", protocol());
  refuse(initialize, -32600);
  EXPECT_EQ("2026-07-28", protocol());
}

TEST_F(EraOfChildrenTest, IsTheStatelessOneWhereInitializeIsRefusedForItsVersion) {
  refuse(hear("server/discover"), -32601);
  give(hear("initialize"), kInitialized);
  die_and_wait();  // and another program is installed
  refuse(hear("initialize"), -32022, {{"supported", {"2026-07-28"}}});
  give(hear("server/discover"), kDiscovered);
  EXPECT_EQ("2026-07-28", protocol());
}

TEST_F(EraOfChildrenTest, IsNoneOfOursWhereItNamesOtherVersions) {
  refuse(hear("server/discover"), -32022, {{"supported", {"2031-01-01"}}});
  EXPECT_TRUE(child().killed());
  begin(service("one"));
  give(hear("server/discover"), {{"supportedVersions", {"2031-01-01"}}, {"capabilities", json::object()}});
  EXPECT_TRUE(child().killed());
}

TEST_F(EraOfChildrenTest, MayBeRecycledAlthoughItNeverAnswersDiscover) {
  auto one = service("one");
  one.idle_stop = seconds(30);
  begin(one);
  hear("server/discover");
  gateway->advance(seconds(6));
  give(hear("initialize"), kInitialized);
  gateway->advance(seconds(180));
  EXPECT_TRUE(child().told_to_stop());
}

}  // namespace
}  // namespace gateway::harness
