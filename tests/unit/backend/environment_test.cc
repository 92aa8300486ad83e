#include "gateway/backend/environment.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gateway::backend {
namespace {

using Lines = std::vector<std::string>;

Lines given(config::ServiceConfig const& config, std::vector<char const*> gateway) {
  gateway.push_back(nullptr);
  return child_environment(config, gateway.data());
}

TEST(ChildEnvironment, HandsOnTheHarmlessAndNothingElse) {
  EXPECT_EQ((Lines{"HOME=/h", "LC_ALL=C", "PATH=/bin"}),
            given({}, {"PATH=/bin", "SECRET_TOKEN=s", "HOME=/h", "LC_ALL=C", "AWS_KEY=k", "PATHX=1", "LD_PRELOAD=x"}));
}

TEST(ChildEnvironment, HandsOnWhatTheServiceNames) {
  config::ServiceConfig config;
  config.pass_env = {"API_KEY", "NOT_SET"};
  EXPECT_EQ((Lines{"API_KEY=k"}), given(config, {"API_KEY=k", "API_KEY_2=no"}));
}

TEST(ChildEnvironment, LetsTheServicesOwnValueWin) {
  config::ServiceConfig config;
  config.env = {{"PATH", config::Secret("/own")}, {"EMPTY", config::Secret("")}, {"EQUALS", config::Secret("a=b")}};
  EXPECT_EQ((Lines{"EMPTY=", "EQUALS=a=b", "PATH=/own"}), given(config, {"PATH=/bin"}));
}

TEST(ChildEnvironment, KeepsValuesByteForByte) {
  EXPECT_EQ((Lines{"HOME=a=b\n\xFF", "TZ="}), given({}, {"HOME=a=b\n\xFF", "TZ="}));
}

TEST(ChildEnvironment, PassesOverWhatIsNoVariable) { EXPECT_EQ(Lines{}, given({}, {"PATH", "", "=x"})); }

}  // namespace
}  // namespace gateway::backend
