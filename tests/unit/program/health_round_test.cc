#include "gateway/health_round.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway {
namespace {

using enum ops::HealthStatus;

class HealthRoundTest : public ::testing::Test {
 protected:
  HealthRoundTest() {
    for (auto const* const name : {"a", "b", "c"}) {
      ops::ServiceConfig config;
      config.name = name;
      configs.push_back(config);
    }
  }

  static ops::ServiceHealth well(std::string name) {
    ops::ServiceHealth health;
    health.name = std::move(name);
    health.status = Healthy;
    health.state = "ready";
    return health;
  }
  void tell(bool draining = false) { round.tell({}, configs, homes, draining); }

  std::vector<ops::ServiceConfig> configs;
  frontend::Homes homes{frontend::Endpoints({"a", "b", "c"}, false), 2};
  ops::GatewayHealth told;
  TimePoint asked;
  HealthRound round{2, asked, [this](ops::GatewayHealth const& health) { told = health; }};
};

TEST_F(HealthRoundTest, IsCompleteWhenEveryLoopWasHeard) {
  EXPECT_FALSE(round.is_complete());
  round.hear(1, {well("b")});
  EXPECT_FALSE(round.is_complete());
  round.hear(0, {well("a"), well("c")});
  EXPECT_TRUE(round.is_complete());
}

TEST_F(HealthRoundTest, TellsOfTheServicesInTheOrderOfTheConfiguration) {
  round.hear(1, {well("b")});
  round.hear(0, {well("a"), well("c")});
  tell();
  ASSERT_EQ(3U, told.services.size());
  EXPECT_EQ("a", told.services[0].name);
  EXPECT_EQ("b", told.services[1].name);
  EXPECT_EQ("c", told.services[2].name);
  EXPECT_EQ(Healthy, told.status);
  tell(true);
  EXPECT_EQ(Draining, told.status);
}

TEST_F(HealthRoundTest, SaysThatItDoesNotKnowWhatALoopDidNotSay) {
  round.hear(1, {well("b")});
  tell();
  EXPECT_EQ(Degraded, told.status);
  EXPECT_EQ("unknown", told.services.at(0).state);
  EXPECT_EQ(Unhealthy, told.services.at(0).status);
  EXPECT_EQ("ready", told.services.at(1).state);
  EXPECT_EQ("unknown", told.services.at(2).state);

  configs[2].required = true;
  tell();
  EXPECT_EQ(Unhealthy, told.status);
}

TEST_F(HealthRoundTest, IsLateWhenItsPatienceIsOver) {
  EXPECT_FALSE(round.is_late(asked + HealthRound::kPatience - milliseconds(1)));
  EXPECT_TRUE(round.is_late(asked + HealthRound::kPatience));
}

}  // namespace
}  // namespace gateway
