#include "gateway/mcp/listen.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway::mcp {
namespace {

TEST(Listen, ReadsWhatAClientWantsToBeToldOf) {
  auto const filter = read_listen_filter(
      R"({"notifications":{"toolsListChanged":true,"promptsListChanged":false,"resourceSubscriptions":["r://1",2,"r://1"]}})");
  ASSERT_TRUE(filter);
  EXPECT_TRUE(filter->tools);
  EXPECT_FALSE(filter->prompts);
  EXPECT_FALSE(filter->resources);
  EXPECT_EQ(std::vector<std::string>{"\"r://1\""}, filter->uris);
}

TEST(Listen, NeedsAnObjectThatSaysWhat) {
  EXPECT_FALSE(read_listen_filter("{}"));
  EXPECT_FALSE(read_listen_filter(R"({"notifications":[]})"));
  EXPECT_FALSE(read_listen_filter(""));
  ASSERT_TRUE(read_listen_filter(R"({"notifications":{}})"));
  EXPECT_TRUE(read_listen_filter(R"({"notifications":{}})")->empty());
}

TEST(Listen, HonoursALimitedNumberOfResources) {
  std::string uris;
  for (std::size_t i = 0; i < kMostListenedResources + 9; ++i) {
    uris += (i == 0 ? "" : ",") + ("\"r://" + std::to_string(i)) + "\"";
  }
  auto const filter = read_listen_filter(R"({"notifications":{"resourceSubscriptions":[)" + uris + "]}}");
  EXPECT_EQ(kMostListenedResources, filter->uris.size());
}

TEST(Listen, NamesTheSubscriptionByTheRequestsRawIdInEveryMessage) {
  EXPECT_EQ(
      R"({"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["a"]},"_meta":{"io.modelcontextprotocol/subscriptionId":7}}})",
      listen_acknowledgement("7", {.tools = true, .uris = {"\"a\""}}));
  EXPECT_EQ(
      R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"x"}}})",
      listened_notification("\"x\"", Method::ToolsListChanged, {}));
  EXPECT_EQ(R"({"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":7}})", listen_result("7"));
}

TEST(Listen, KeepsTheOtherMembersOfANotification) {
  EXPECT_EQ(
      R"({"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"a","x":1,"_meta":{"mine":2,"io.modelcontextprotocol/subscriptionId":7}}})",
      listened_notification("7", Method::ResourceUpdated,
                            R"({"uri":"a","_meta":{"mine":2,"io.modelcontextprotocol/subscriptionId":99},"x":1})"));
}

}  // namespace
}  // namespace gateway::mcp
