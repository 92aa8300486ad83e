#include "gateway/gathered_health.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway {
namespace {

using enum health::HealthStatus;

class GatheredHealthTest : public ::testing::Test {
 protected:
  GatheredHealthTest() {
    for (auto const* const name : {"a", "b", "c"}) {
      config::ServiceConfig config;
      config.name = name;
      configs.push_back(config);
    }
  }

  static health::ServiceHealth well(std::string name) {
    health::ServiceHealth health;
    health.name = std::move(name);
    health.status = Healthy;
    health.state = "ready";
    return health;
  }
  void hear(std::size_t loop, std::vector<health::ServiceHealth> services) { said[loop] = std::move(services); }
  health::GatewayHealth gathered(health::HealthStatus first = Healthy) {
    frontend::Directory const directory(frontend::Directory::list(configs, {}, 2, metrics), {.loops = 2});
    health::GatewayHealth health;
    health.status = first;
    return gathered_health(health, said, directory);
  }

  metrics::Metrics metrics{{.version = "1", .revision = "r", .build_time = "t", .instance_id = "i"}};
  std::vector<config::ServiceConfig> configs;
  std::vector<std::optional<std::vector<health::ServiceHealth>>> said{2};
};

TEST_F(GatheredHealthTest, HasTheServicesInTheOrderOfTheConfiguration) {
  hear(1, {well("b")});
  hear(0, {well("c"), well("a")});
  auto const health = gathered();
  ASSERT_EQ(3U, health.services.size());
  EXPECT_EQ("a", health.services[0].name);
  EXPECT_EQ("b", health.services[1].name);
  EXPECT_EQ("c", health.services[2].name);
  EXPECT_EQ(Healthy, health.status);
  EXPECT_EQ(Draining, gathered(Draining).status);
}

TEST_F(GatheredHealthTest, SaysThatItDoesNotKnowWhatALoopDidNotSay) {
  hear(1, {well("b")});
  auto const health = gathered();
  EXPECT_EQ(Degraded, health.status);
  EXPECT_EQ("unknown", health.services.at(0).state);
  EXPECT_EQ(Unhealthy, health.services.at(0).status);
  EXPECT_EQ("ready", health.services.at(1).state);
  EXPECT_EQ("unknown", health.services.at(2).state);

  hear(0, {well("a")});
  EXPECT_EQ("ready", gathered().services.at(0).state);
  EXPECT_EQ("unknown", gathered().services.at(2).state);

  configs[2].required = true;
  EXPECT_EQ(Unhealthy, gathered().status);
}

}  // namespace
}  // namespace gateway
