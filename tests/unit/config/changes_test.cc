#include "gateway/config/changes.h"

#include <gtest/gtest.h>

namespace gateway::config {
namespace {

ServiceConfig service_of(std::string name) {
  ServiceConfig config;
  config.name = std::move(name);
  return config;
}

class ChangesTest : public ::testing::Test {
 protected:
  GatewayConfig before;
  std::vector<ServiceConfig> services{service_of("a"), service_of("b")};
  Config after{.gateway = {}, .services = {service_of("a"), service_of("b")}, .warnings = {}};

  [[nodiscard]] Changes found() const { return changes_between(before, services, after); }
};

TEST_F(ChangesTest, AreNoneBetweenEqualOnes) { EXPECT_FALSE(found().any()); }

TEST_F(ChangesTest, NameServicesThatComeAndGo) {
  after.services = {service_of("c"), service_of("a")};
  EXPECT_EQ((Changes{.added = {"c"}, .removed = {"b"}, .changed = {}, .settings = {}}), found());
}

TEST_F(ChangesTest, TakeADisabledServiceForOneThatIsNotThere) {
  after.services[0].disabled = true;
  EXPECT_EQ(std::vector<std::string>{"a"}, found().removed);
  services.erase(services.begin());
  EXPECT_FALSE(found().any());
}

TEST_F(ChangesTest, NameTheFieldsOfAServiceAlsoInGroups) {
  after.services[1].args = {"x"};
  after.services[1].restart.max_restarts = 9;
  EXPECT_EQ((std::vector<ChangedService>{{"b", {"args", "restart.max_restarts"}}}), found().changed);
}

TEST_F(ChangesTest, SeeThatWhatAServiceNeedsIsThere) {
  services[0].unmet = {"a variable"};
  EXPECT_EQ((std::vector<ChangedService>{{"a", {}}}), found().changed);
}

TEST_F(ChangesTest, NameSettingsOfTheGateway) {
  after.gateway.log.level = LogLevel::Debug;
  after.gateway.limits.max_sessions = 7;
  after.gateway.tls = TlsConfig{};
  EXPECT_EQ((std::vector<std::string>{"gateway.tls", "gateway.log.level", "gateway.limits.max_sessions"}),
            found().settings);
}

TEST_F(ChangesTest, KnowWhichSettingsHoldAsLongAsTheProcessRuns) {
  EXPECT_EQ((std::vector<std::string>{"gateway.loops", "gateway.traces.sample", "gateway.log.outputs"}),
            fixed_settings({"gateway.loops", "gateway.traces.sample", "gateway.log.level", "gateway.log.outputs",
                            "gateway.limits.max_sessions", "gateway.listen"}));
}

}  // namespace
}  // namespace gateway::config
