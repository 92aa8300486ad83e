#include "gateway/admin/status_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gateway::admin {
namespace {

class StatusJsonTest : public ::testing::Test {
 protected:
  StatusJsonTest() {
    health::ServiceHealth one;
    one.name = "files";
    one.status = health::HealthStatus::Degraded;
    one.state = "ready";
    one.reason = "a \"quoted\"\nreason";
    health.services.push_back(one);
    health.status = health::HealthStatus::Degraded;
  }

  nlohmann::json told() {
    GatewayStatus status{.health = health, .services = {service}};
    status.log_level = config::LogLevel::Warn;
    return nlohmann::json::parse(to_json(status));
  }

  health::GatewayHealth health;
  ServiceStatus service{.name = "files", .isolation = config::Isolation::Affinity};
};

TEST_F(StatusJsonTest, SaysWhatTheHealthPageSaysAndMore) {
  auto const json = told();
  EXPECT_EQ("DEGRADED", json["status"]);
  EXPECT_EQ("1 of 1 service is not well: files", json["reason"]);
  EXPECT_EQ("warn", json["log_level"]);
  EXPECT_EQ(false, json["actions"]);
  EXPECT_EQ("a \"quoted\"\nreason", json["servers"]["files"]["reason"]);
  EXPECT_EQ("affinity", json["servers"]["files"]["isolation"]);
}

TEST_F(StatusJsonTest, LeavesOutALatencyThatIsNotKnown) {
  EXPECT_FALSE(told()["servers"]["files"]["traffic"].contains("p95_ms"));
  service.rates.p95_ms = 1.23456;
  EXPECT_EQ(1.23, told()["servers"]["files"]["traffic"]["p95_ms"]);
}

TEST_F(StatusJsonTest, HasTheWholeChart) {
  service.chart.calls.back() = 7;
  auto const calls = told()["servers"]["files"]["traffic"]["history"]["calls"];
  EXPECT_EQ(History::kPoints, calls.size());
  EXPECT_EQ(7, calls.back());
}

TEST_F(StatusJsonTest, IsOneLineForAnEventStream) {
  GatewayStatus const status{.health = health, .services = {service}};
  EXPECT_EQ(std::string::npos, to_json(status).find('\n'));
}

}  // namespace
}  // namespace gateway::admin
