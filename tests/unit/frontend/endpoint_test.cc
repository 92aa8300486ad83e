#include "gateway/frontend/endpoint.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway::frontend {
namespace {

constexpr http::ListenerTag kMain{};

std::string name_of(Door door) {
  switch (door) {
    case Door::Sse: return "sse";
    case Door::Messages: return "messages";
    case Door::Mcp: return "mcp";
    case Door::Health: return "health";
  }
  return "";
}

/// "door of service", "door", or "nothing".
std::string found(std::optional<Endpoint> const& endpoint) {
  if (!endpoint) return "nothing";
  if (!endpoint->service) return name_of(endpoint->door);
  return name_of(endpoint->door) + " of " + std::to_string(raw(*endpoint->service));
}

Endpoints two() { return {{"echo", "Notes.1"}, false}; }

TEST(Endpoints, FindEachDoorByPath) {
  struct {
    std::string path, endpoint;
  } const cases[] = {
      {"/echo/mcp", "mcp of 0"},
      {"/echo/mcp/", "mcp of 0"},
      {"/echo/sse", "sse of 0"},
      {"/echo/messages", "messages of 0"},
      {"/echo/message", "messages of 0"},
      {"/echo/messages/", "messages of 0"},
      {"/echo/health", "health of 0"},
      {"/Notes.1/mcp", "mcp of 1"},
      {"/servers/echo/mcp", "mcp of 0"},
      {"/servers/Notes.1/sse", "sse of 1"},
      {"/health", "health"},
      {"/messages", "messages"},
  };
  for (auto const& [path, endpoint] : cases) EXPECT_EQ(endpoint, found(two().find(kMain, "localhost", path))) << path;
}

TEST(Endpoints, FindNothingElsewhere) {
  for (auto const* const path : {"",
                                 "/",
                                 "//",
                                 "*",
                                 "/mcp",
                                 "/sse",
                                 "/echo",
                                 "/echo/",
                                 "/echo//mcp",
                                 "/echo/mcp//",
                                 "/echo/mcp/x",
                                 "/Echo/mcp",
                                 "/notes.1/mcp",
                                 "/other/mcp",
                                 "/echo/MCP",
                                 "/%65cho/mcp",
                                 "/echo/../echo/mcp",
                                 "/servers",
                                 "/servers/",
                                 "/servers/echo",
                                 "/servers/servers/echo/mcp",
                                 "/echo/metrics",
                                 "/healthz"}) {
    EXPECT_EQ("nothing", found(two().find(kMain, "localhost", path))) << path;
  }
}

TEST(Endpoints, KnowAServiceByItsHostName) {
  EXPECT_EQ("mcp of 0", found(two().find(kMain, "mcp-echo:8080", "/mcp")));
  EXPECT_EQ("sse of 1", found(two().find(kMain, "MCP-NOTES.1", "/sse")));
  EXPECT_EQ("health of 0", found(two().find(kMain, "mcp-echo", "/health")));
  EXPECT_EQ("nothing", found(two().find(kMain, "mcp-other", "/mcp")));
  EXPECT_EQ("nothing", found(two().find(kMain, "mcp-", "/mcp")));
  EXPECT_EQ("nothing", found(two().find(kMain, "echo", "/mcp")));
}

TEST(Endpoints, ServeASingleServiceAtTheRoot) {
  Endpoints const one({"echo"}, true);
  EXPECT_EQ("mcp of 0", found(one.find(kMain, "localhost", "/mcp")));
  EXPECT_EQ("sse of 0", found(one.find(kMain, "localhost", "/sse/")));
  EXPECT_EQ("mcp of 0", found(one.find(kMain, "localhost", "/echo/mcp")));
}

TEST(Endpoints, GiveAListenerOfAServiceThatServiceAlone) {
  auto const own = Endpoints::own_listener(ServiceIndex{1});
  EXPECT_EQ("mcp of 1", found(two().find(own, "localhost", "/mcp")));
  EXPECT_EQ("messages of 1", found(two().find(own, "mcp-echo", "/messages")));
  EXPECT_EQ("mcp of 1", found(two().find(own, "localhost", "/Notes.1/mcp")));
  EXPECT_EQ("nothing", found(two().find(own, "localhost", "/echo/mcp")));
  EXPECT_EQ("nothing", found(two().find(own, "localhost", "/servers/echo/mcp")));
}

TEST(Endpoints, ServeWhatComesWithTheBasePathAndWithout) {
  Endpoints const based({"echo", "Notes.1"}, false, "/team-a");
  for (auto const* const path : {"/echo/mcp", "/team-a/echo/mcp", "/team-a/servers/echo/mcp", "/team-a/echo/mcp/"})
    EXPECT_EQ("mcp of 0", found(based.find(kMain, "localhost", path))) << path;
  EXPECT_EQ("sse of 1", found(based.find(kMain, "mcp-Notes.1", "/team-a/sse")));
  EXPECT_EQ("health", found(based.find(kMain, "localhost", "/team-a/health")));
  EXPECT_EQ("messages", found(based.find(kMain, "localhost", "/team-a/messages")));
  EXPECT_EQ("messages of 1",
            found(based.find(Endpoints::own_listener(ServiceIndex{1}), "localhost", "/team-a/messages")));
  for (auto const* const path :
       {"/team-a", "/team-a/", "/team-ab/echo/mcp", "/team-a/team-a/echo/mcp", "/team-aecho/mcp"})
    EXPECT_EQ("nothing", found(based.find(kMain, "localhost", path))) << path;
  EXPECT_EQ("nothing", found(two().find(kMain, "localhost", "/team-a/echo/mcp")));
}

TEST(Endpoints, PreferAServiceThatIsCalledLikeTheBasePath) {
  Endpoints const based({"team-a"}, false, "/team-a");
  for (auto const* const path : {"/team-a/mcp", "/team-a/team-a/mcp"})
    EXPECT_EQ("mcp of 0", found(based.find(kMain, "localhost", path))) << path;
}

TEST(Endpoints, ReferToTheMessagesBesideAStream) {
  Endpoints const based({"echo"}, false, "/team-a");
  EXPECT_EQ("messages", two().messages_reference(kMain, "/echo/sse"));
  EXPECT_EQ("../messages", two().messages_reference(kMain, "/echo/sse/"));
  for (auto const* const path : {"/echo/sse", "/echo/sse/", "/team-a/echo/sse", "/team-a/echo/sse/"})
    EXPECT_EQ("/team-a/echo/messages", based.messages_reference(kMain, path)) << path;
  EXPECT_EQ("/team-a/messages", based.messages_reference(kMain, "/sse"));
  auto const own = Endpoints::own_listener(ServiceIndex{0});
  EXPECT_EQ("messages", based.messages_reference(own, "/sse"));
  EXPECT_EQ("../messages", based.messages_reference(own, "/team-a/sse/"));
}

TEST(QueryValue, IsThatOfTheFirstOfItsName) {
  EXPECT_EQ("b", query_value("a=b", "a"));
  EXPECT_EQ("2", query_value("x=1&sessionId=2&sessionId=3", "sessionId"));
  EXPECT_EQ("a=b", query_value("q=a=b", "q"));
  EXPECT_EQ("%41", query_value("q=%41", "q"));
}

TEST(QueryValue, IsEmptyWhereTheNameIsNot) {
  for (auto const* const query : {"", "&", "&&", "a", "=a", "xa=1", "A=1", "b=a", "b&c=1"}) {
    EXPECT_EQ("", query_value(query, "a")) << query;
  }
}

}  // namespace
}  // namespace gateway::frontend
