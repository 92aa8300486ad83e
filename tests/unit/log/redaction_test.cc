#include "gateway/log/redaction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace gateway::log {
namespace {

TEST(Redaction, TakesEverySecretOutOfAText) {
  Redaction const redaction({"hunter22", "ghp_0123456789"});
  EXPECT_EQ("pw=*** token=***, again ***", redaction.apply("pw=hunter22 token=ghp_0123456789, again hunter22"));
  EXPECT_EQ("nothing", redaction.apply("nothing"));
  EXPECT_EQ("", redaction.apply(""));
}

TEST(Redaction, LeavesShortValuesWhichAreInEveryText) {
  EXPECT_EQ("info 8080", Redaction({"info", "8080", "true", "12345"}).apply("info 8080"));
}

TEST(Redaction, TakesTheLongerOfTwoThatBeginAlike) {
  EXPECT_EQ("a *** b", Redaction({"secret", "secret-and-more"}).apply("a secret-and-more b"));
}

TEST(Redaction, TakesASecretThatWasCutAtTheEnd) {
  EXPECT_EQ("token=***", Redaction({"ghp_0123456789"}).apply("token=ghp_01234"));
  EXPECT_EQ("token=ghp_0", Redaction({"ghp_0123456789"}).apply("token=ghp_0"));
}

TEST(Redaction, LooksForEachLineOfASecret) {
  EXPECT_EQ("key: *** ***",
            Redaction({"-----BEGIN KEY-----\nMIIEpAIBAA"}).apply("key: -----BEGIN KEY----- MIIEpAIBAA"));
}

TEST(Secrets, AreTheValuesOfEnvPassedVariablesTokensAndHeaders) {
  config::Config config;
  config::ServiceConfig service;
  service.env.emplace("A", config::Secret("value-of-env"));
  service.env.emplace("HOME_DIR", config::Secret("/tmp"));
  service.env.emplace("URL", config::Secret("postgres://me:s3cr3t-pw@db/x"));
  service.put_in = {config::Secret("put-into-args"), config::Secret("/tmp")};
  service.pass_env = {"PASSED", "NOT_SET"};
  config.services.push_back(service);
  config.gateway.auth.tokens.push_back({"alice", config::Secret("token-of-alice"), {}});
  config.gateway.traces.headers.emplace("authorization", config::Secret("Bearer collector"));
  char const* const environment[] = {"OTHER=x", "PASSED=value-passed", nullptr};
  auto const secrets = secrets_of(config, environment);
  for (std::string const each :
       {"value-of-env", "put-into-args", "s3cr3t-pw", "value-passed", "token-of-alice", "Bearer collector"})
    EXPECT_NE(secrets.end(), std::ranges::find(secrets, each)) << each;
  EXPECT_EQ(secrets.end(), std::ranges::find(secrets, "/tmp"));
}

}  // namespace
}  // namespace gateway::log
