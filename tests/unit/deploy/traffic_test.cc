#include "gateway/deploy/traffic.h"

#include <gtest/gtest.h>

namespace gateway::deploy {
namespace {

Result<std::vector<Share>> shares(std::vector<std::string> const& words) { return read_shares(words); }

TEST(DeployTraffic, TakesShares) {
  auto const split = shares({"primary:90", "secondary:10"});
  ASSERT_TRUE(split);
  EXPECT_EQ((std::vector<Share>{{"primary", 90}, {"secondary", 10}}), *split);
  EXPECT_EQ("primary:90 secondary:10", to_text(*split));
  EXPECT_TRUE(shares({"primary:0", "secondary:100"}));
}

TEST(DeployTraffic, RefusesWhatCannotBeMeant) {
  for (auto const& words : std::vector<std::vector<std::string>>{{},
                                                                 {"primary"},
                                                                 {"primary:"},
                                                                 {":100"},
                                                                 {"primary:-1", "secondary:101"},
                                                                 {"primary:50", "primary:50"},
                                                                 {"primary:90", "secondary:20"},
                                                                 {"primary:4294967386", "secondary:10"},
                                                                 {"a;disable server b:100"},
                                                                 {"a\nset weight:100"}}) {
    EXPECT_FALSE(shares(words)) << (words.empty() ? "" : words.front());
  }
}

TEST(DeployTraffic, ReadsTheStateOfServers) {
  auto const state = read_servers_state(
      "1\n"
      "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight\n"
      "3 mcp 1 primary 127.0.0.1 2 0 90 100\n"
      "3 mcp 2 secondary 127.0.0.1 0 0 10 0\n"
      "4 other 1 primary 127.0.0.1 2 0 7 1\n\n",
      "mcp");

  ASSERT_EQ(2U, state.size());
  EXPECT_EQ("primary", state[0].name);
  EXPECT_EQ(90U, state[0].weight);
  EXPECT_TRUE(state[0].is_up);
  EXPECT_EQ(10U, state[1].weight);
  EXPECT_FALSE(state[1].is_up);
  EXPECT_TRUE(read_servers_state("Can't find backend.\n", "mcp").empty());
}

}  // namespace
}  // namespace gateway::deploy
