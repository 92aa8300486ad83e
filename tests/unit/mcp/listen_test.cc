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

TEST(Listen, OfTheGatewayCarriesItsEnvelope) {
  ListenFilter const filter{.tools = true, .prompts = false, .resources = true, .uris = {R"("r:\/\/1")"}};
  EXPECT_EQ(R"({"notifications":{"toolsListChanged":true,"resourcesListChanged":true,)"
            R"("resourceSubscriptions":["r:\/\/1"]},"_meta":{"e":1}})",
            listen_params(filter, R"("e":1)"));
  EXPECT_EQ(filter, read_listen_filter(listen_params(filter, "")));
}

TEST(Listen, IsNamedByEachOfItsNotifications) {
  auto const params = R"({"uri":"u","_meta":{"io.modelcontextprotocol/subscriptionId":"7","x":1.0}})";
  EXPECT_EQ(R"("7")", subscription_id(params));
  EXPECT_EQ(R"({"uri":"u","_meta":{"x":1.0}})", without_subscription_id(params));
  EXPECT_EQ("{}", without_subscription_id(R"({"_meta":{"io.modelcontextprotocol/subscriptionId":7}})"));
  EXPECT_EQ("", subscription_id(R"({"uri":"u"})"));
  EXPECT_EQ("", subscription_id(""));
}

TEST(Listen, MayBeAcknowledgedForMoreResourcesThanOneClientMayName) {
  std::string uris;
  for (std::size_t i = 0; i < 2 * kMostListenedResources; ++i)
    uris += (i > 0 ? ",\"r" : "\"r") + std::to_string(i) + '"';
  auto const params = R"({"notifications":{"resourceSubscriptions":[)" + uris + "]}}";
  EXPECT_EQ(kMostListenedResources, read_listen_filter(params)->uris.size());
  EXPECT_EQ(2 * kMostListenedResources, read_listen_filter(params, kAnyNumber)->uris.size());
}

}  // namespace
}  // namespace gateway::mcp
