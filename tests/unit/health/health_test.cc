#include "gateway/health/health.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gateway::health {
namespace {

using Json = nlohmann::json;
using enum HealthStatus;

ServiceHealth service(HealthStatus status, bool required = false) {
  ServiceHealth health;
  health.name = "echo";
  health.status = status;
  health.state = status == Healthy ? "ready" : "backoff";
  health.required = required;
  return health;
}

GatewayHealth gateway(HealthStatus status, std::vector<ServiceHealth> services = {service(Healthy)}) {
  GatewayHealth health;
  health.status = status;
  health.version = "1.2.3";
  health.instance_id = "here";
  health.uptime_seconds = 7.4999999999;
  health.services = std::move(services);
  return health;
}

TEST(Health, IsThatOfTheWorstService) {
  EXPECT_EQ(Healthy, overall({}, false));
  EXPECT_EQ(Healthy, overall({service(Healthy), service(Healthy, true)}, false));
  for (auto const down : {Degraded, Unhealthy}) {
    EXPECT_EQ(Degraded, overall({service(Healthy), service(down)}, false));
  }
  EXPECT_EQ(Unhealthy, overall({service(Unhealthy, true), service(Degraded)}, false));
  EXPECT_EQ(Unhealthy, overall({service(Degraded), service(Unhealthy, true), service(Healthy)}, false));
  EXPECT_EQ(Degraded, overall({service(Degraded, true), service(Healthy)}, false));
}

TEST(Health, LeavesOutAServiceThatWasNeverToRunHere) {
  auto missing = service(Unhealthy);
  missing.state = "unavailable";
  EXPECT_EQ(Healthy, overall({service(Healthy), missing}, false));
  missing.required = true;
  EXPECT_EQ(Unhealthy, overall({service(Healthy), missing}, false));
}

TEST(Health, IsDrainingWhateverElseIsSo) {
  EXPECT_EQ(Draining, overall({service(Unhealthy, true)}, true));
  EXPECT_EQ(Draining, overall({}, true));
}

TEST(Health, IsReadyWhileEveryRequiredServiceIs) {
  EXPECT_TRUE(is_ready(gateway(Healthy)));
  EXPECT_TRUE(is_ready(gateway(Degraded, {service(Unhealthy), service(Healthy, true)})));
  EXPECT_TRUE(is_ready(gateway(Degraded, {service(Degraded, true)})));
  EXPECT_FALSE(is_ready(gateway(Unhealthy, {service(Unhealthy, true)})));
  EXPECT_FALSE(is_ready(gateway(Draining)));
}

TEST(Health, AnswersWith200WhileRequestsAreServed) {
  EXPECT_EQ(200, http_status(Healthy));
  EXPECT_EQ(200, http_status(Degraded));
  EXPECT_EQ(503, http_status(Unhealthy));
  EXPECT_EQ(503, http_status(Draining));
}

TEST(HealthJson, TellsOfTheGatewayAndEachService) {
  auto failing = service(Unhealthy, true);
  failing.name = "notes";
  failing.reason = "it ended";
  failing.last_exit = "exit code 1";
  failing.restarts = 3;
  auto ready = service(Healthy);
  ready.protocol = "2025-06-18";
  ready.tools_known = true;
  ready.tools = 0;
  auto const json = Json::parse(to_json(gateway(Unhealthy, {ready, failing})));

  EXPECT_EQ("UNHEALTHY", json["status"]);
  EXPECT_EQ("1.2.3", json["version"]);
  EXPECT_EQ("here", json["instance_id"]);
  EXPECT_EQ(7.5, json["uptime_seconds"]);
  EXPECT_EQ(false, json["draining"]);
  auto const& echo = json["servers"]["echo"];
  EXPECT_EQ("HEALTHY", echo["status"]);
  EXPECT_EQ("2025-06-18", echo["protocol"]);
  EXPECT_EQ(0, echo["tools"]);
  EXPECT_FALSE(echo.contains("reason") || echo.contains("last_exit"));
  auto const& notes = json["servers"]["notes"];
  EXPECT_EQ("it ended", notes["reason"]);
  EXPECT_EQ("exit code 1", notes["last_exit"]);
  EXPECT_EQ(3, notes["restarts"]);
  EXPECT_EQ(true, notes["required"]);
  EXPECT_FALSE(notes.contains("tools") || notes.contains("protocol"));
}

TEST(HealthJson, SaysWhereAServiceLivesWhereThereAreSeveralLoops) {
  auto second = service(Healthy);
  EXPECT_FALSE(Json::parse(to_json(gateway(Healthy), second)).contains("loop"));
  second.loop = 1;
  EXPECT_EQ(1, Json::parse(to_json(gateway(Healthy), second))["loop"]);
}

TEST(HealthJson, HasATimestampInUtc) {
  auto const timestamp = Json::parse(to_json(gateway(Healthy)))["timestamp"].get<std::string>();
  EXPECT_EQ(std::string("2025-01-01T00:00:00.000Z").size(), timestamp.size());
  EXPECT_TRUE(timestamp.ends_with('Z'));
}

TEST(HealthJson, OfOneServiceHasItsOwnStatusUntilTheGatewayDrains) {
  auto const down = service(Unhealthy);
  EXPECT_EQ("UNHEALTHY", Json::parse(to_json(gateway(Degraded), down))["status"]);
  EXPECT_EQ("echo", Json::parse(to_json(gateway(Degraded), down))["server"]);
  auto const draining = Json::parse(to_json(gateway(Draining), service(Healthy)));
  EXPECT_EQ("DRAINING", draining["status"]);
  EXPECT_EQ(true, draining["draining"]);
}

TEST(HealthJson, IsValidWhateverAChildSays) {
  auto odd = service(Unhealthy);
  odd.reason = "said \"\xFF\n\x01\"";
  odd.protocol = "\xC3";
  EXPECT_TRUE(Json::accept(to_json(gateway(Degraded, {odd}))));
}

}  // namespace
}  // namespace gateway::health
