#include "gateway/mcp/router.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string_view>

#include "gateway/mcp/method.h"

namespace gateway::mcp {
namespace {

using enum Method;

/// Every method: the first `kMethodCount` numbers.
template <typename F>
void for_each_method(F&& action) {
  for (std::size_t i = 0; i < kMethodCount; ++i) action(static_cast<Method>(i));
}

/// What the table says, or what it says of all it does not name.
template <typename Route>
Route expected(std::map<Method, Route> const& table, Method method, Route otherwise) {
  auto const found = table.find(method);
  return found == table.end() ? otherwise : found->second;
}

/// What the tables leave out.
RequestRoute otherwise(Method method) {
  return is_client_request(method) || method == Other ? RequestRoute::Forward : RequestRoute::Unknown;
}

TEST(Router, TreatsEachRequestToASharedChildAsItsTableSays) {
  std::map<Method, RequestRoute> const table{
      {Initialize, RequestRoute::Initialize},
      {Ping, RequestRoute::AnswerEmpty},
      {ServerDiscover, RequestRoute::Unknown},
      {SubscriptionsListen, RequestRoute::Unknown},
      {LoggingSetLevel, RequestRoute::SetLogLevel},
      {ResourcesSubscribe, RequestRoute::Subscribe},
      {ResourcesUnsubscribe, RequestRoute::Unsubscribe},
      {ToolsList, RequestRoute::ListTools},
      {TasksGet, RequestRoute::Unknown},
      {TasksResult, RequestRoute::Unknown},
      {TasksList, RequestRoute::Unknown},
      {TasksCancel, RequestRoute::Unknown},
  };
  for_each_method([&](Method method) {
    EXPECT_EQ(expected(table, method, otherwise(method)), route_request(method, Sharing::Shared, Era::Sessions))
        << label(method);
  });
}

TEST(Router, LeavesToAnExclusiveChildWhatItsNextRunNeedNotBeTold) {
  std::map<Method, RequestRoute> const table{
      {Initialize, RequestRoute::Initialize},
      {Ping, RequestRoute::AnswerEmpty},
      {ServerDiscover, RequestRoute::Unknown},
      {SubscriptionsListen, RequestRoute::Unknown},
      {LoggingSetLevel, RequestRoute::SetLogLevel},
      {ResourcesSubscribe, RequestRoute::Subscribe},
      {ResourcesUnsubscribe, RequestRoute::Unsubscribe},
  };
  for_each_method([&](Method method) {
    EXPECT_EQ(expected(table, method, otherwise(method)), route_request(method, Sharing::Exclusive, Era::Sessions))
        << label(method);
  });
}

TEST(Router, KeepsFromEveryChildWhatTheStatelessRevisionDoesNotHave) {
  std::map<Method, RequestRoute> const table{
      {Initialize, RequestRoute::Unknown},
      {Ping, RequestRoute::Unknown},
      {ServerDiscover, RequestRoute::Discover},
      {SubscriptionsListen, RequestRoute::Listen},
      {LoggingSetLevel, RequestRoute::Unknown},
      {ResourcesSubscribe, RequestRoute::Unknown},
      {ResourcesUnsubscribe, RequestRoute::Unknown},
      {ToolsList, RequestRoute::ListTools},
      {TasksGet, RequestRoute::Unknown},
      {TasksResult, RequestRoute::Unknown},
      {TasksList, RequestRoute::Unknown},
      {TasksCancel, RequestRoute::Unknown},
  };
  for_each_method([&](Method method) {
    for (auto const sharing : {Sharing::Shared, Sharing::Exclusive}) {
      EXPECT_EQ(expected(table, method, otherwise(method)), route_request(method, sharing, Era::Stateless))
          << label(method);
    }
  });
}

TEST(Router, StartsNoChildForWhatIsAnsweredWithoutIt) {
  EXPECT_FALSE(needs_child(RequestRoute::AnswerEmpty));
  EXPECT_FALSE(needs_child(RequestRoute::Unknown));
  EXPECT_TRUE(needs_child(RequestRoute::Initialize));
  EXPECT_TRUE(needs_child(RequestRoute::SetLogLevel));
  EXPECT_TRUE(needs_child(RequestRoute::Forward));
}

TEST(Router, TreatsEachNotificationOfAClientAsItsTableSays) {
  std::map<Method, NoteRoute> const shared{
      {Initialized, NoteRoute::Swallow},      {Cancelled, NoteRoute::Cancel},    {Progress, NoteRoute::Swallow},
      {RootsListChanged, NoteRoute::Swallow}, {TasksStatus, NoteRoute::Swallow},
  };
  std::map<Method, NoteRoute> const exclusive{{Initialized, NoteRoute::Initialized},
                                              {Cancelled, NoteRoute::Cancel},
                                              {Progress, NoteRoute::Progress},
                                              {RootsListChanged, NoteRoute::Forward},
                                              {TasksStatus, NoteRoute::Forward}};
  for_each_method([&](Method method) {
    auto const rest = method == Other ? NoteRoute::Forward : NoteRoute::Swallow;
    EXPECT_EQ(expected(shared, method, rest), route_note(method, Sharing::Shared)) << label(method);
    EXPECT_EQ(expected(exclusive, method, rest), route_note(method, Sharing::Exclusive)) << label(method);
  });
}

TEST(Router, RefusesWhatASharedChildAsksOfAClient) {
  for_each_method([](Method method) {
    auto const is_ping = method == Ping;
    EXPECT_EQ(is_ping ? AskRoute::AnswerEmpty : AskRoute::Refuse, route_ask(method, Sharing::Shared)) << label(method);
    EXPECT_EQ(is_ping ? AskRoute::AnswerEmpty : AskRoute::Relay, route_ask(method, Sharing::Exclusive))
        << label(method);
  });
}

TEST(Router, GivesNewsOfASharedChildOnlyToWhomItConcerns) {
  std::map<Method, NewsRoute> const shared{
      {Progress, NewsRoute::Progress},
      {Cancelled, NewsRoute::Cancelled},
      {ToolsListChanged, NewsRoute::ToolsChanged},
      {LogMessage, NewsRoute::Log},
      {ResourceUpdated, NewsRoute::Updated},
      {PromptsListChanged, NewsRoute::ListChanged},
      {ResourcesListChanged, NewsRoute::ListChanged},
  };
  std::map<Method, NewsRoute> const exclusive{
      {Progress, NewsRoute::Progress}, {Cancelled, NewsRoute::Cancelled}, {ToolsListChanged, NewsRoute::ToolsChanged}};
  for_each_method([&](Method method) {
    EXPECT_EQ(expected(shared, method, NewsRoute::Drop), route_news(method, Sharing::Shared)) << label(method);
    EXPECT_EQ(expected(exclusive, method, NewsRoute::Relay), route_news(method, Sharing::Exclusive)) << label(method);
  });
}

TEST(Method, IsFoundByItsOwnNameAlone) {
  for_each_method([](Method method) { EXPECT_EQ(method, method_from(label(method))); });
  for (auto const* const name : {"", "Tools/call", "tools/call ", "tools", "rpc.discover", "_other"}) {
    EXPECT_EQ(Other, method_from(name)) << name;
  }
}

TEST(Method, HasANameOfItsOwn) {
  std::set<std::string_view> names;
  for_each_method([&](Method method) { EXPECT_TRUE(names.insert(label(method)).second) << label(method); });
}

TEST(Method, IsSpelledAsInTheProtocol) {
  std::map<Method, std::string_view> const names{
      {ToolsCall, "tools/call"},
      {ResourceTemplatesList, "resources/templates/list"},
      {ResourcesSubscribe, "resources/subscribe"},
      {CompletionComplete, "completion/complete"},
      {LoggingSetLevel, "logging/setLevel"},
      {ServerDiscover, "server/discover"},
      {SubscriptionsListen, "subscriptions/listen"},
      {Initialized, "notifications/initialized"},
      {RootsListChanged, "notifications/roots/list_changed"},
      {Cancelled, "notifications/cancelled"},
      {Progress, "notifications/progress"},
      {TasksStatus, "notifications/tasks/status"},
      {SamplingCreateMessage, "sampling/createMessage"},
      {ElicitationCreate, "elicitation/create"},
      {LogMessage, "notifications/message"},
      {ResourceUpdated, "notifications/resources/updated"},
      {ToolsListChanged, "notifications/tools/list_changed"},
      {ElicitationComplete, "notifications/elicitation/complete"},
      {SubscriptionsAcknowledged, "notifications/subscriptions/acknowledged"},
      {Other, "_other"},
  };
  for (auto const& [method, name] : names) EXPECT_EQ(name, label(method));
}

}  // namespace
}  // namespace gateway::mcp
