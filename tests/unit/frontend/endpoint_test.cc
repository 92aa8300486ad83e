#include "gateway/frontend/endpoint.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace gateway::frontend {
namespace {

constexpr http::ListenerTag kListener{};

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

constexpr ServiceKey kEcho{4};
constexpr ServiceKey kNotes{9};

Endpoints two(std::string base_path = {}) {
  return {{{kEcho, "echo"}, {kNotes, "Notes.1"}}, false, std::move(base_path)};
}

TEST(Endpoints, FindEachDoorByPath) {
  struct {
    std::string path, endpoint;
  } const cases[] = {
      {"/echo/mcp", "mcp of 4"},
      {"/echo/mcp/", "mcp of 4"},
      {"/echo/sse", "sse of 4"},
      {"/echo/messages", "messages of 4"},
      {"/echo/message", "messages of 4"},
      {"/echo/messages/", "messages of 4"},
      {"/echo/health", "health of 4"},
      {"/Notes.1/mcp", "mcp of 9"},
      {"/servers/echo/mcp", "mcp of 4"},
      {"/servers/Notes.1/sse", "sse of 9"},
      {"/health", "health"},
      {"/messages", "messages"},
  };
  for (auto const& [path, endpoint] : cases)
    EXPECT_EQ(endpoint, found(two().find(kListener, "localhost", path))) << path;
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
    EXPECT_EQ("nothing", found(two().find(kListener, "localhost", path))) << path;
  }
}

TEST(Endpoints, KnowAServiceByItsHostName) {
  EXPECT_EQ("mcp of 4", found(two().find(kListener, "mcp-echo:8080", "/mcp")));
  EXPECT_EQ("sse of 9", found(two().find(kListener, "MCP-NOTES.1", "/sse")));
  EXPECT_EQ("health of 4", found(two().find(kListener, "mcp-echo", "/health")));
  EXPECT_EQ("nothing", found(two().find(kListener, "mcp-other", "/mcp")));
  EXPECT_EQ("nothing", found(two().find(kListener, "mcp-", "/mcp")));
  EXPECT_EQ("nothing", found(two().find(kListener, "echo", "/mcp")));
}

TEST(Endpoints, ServeASingleServiceAtTheRoot) {
  Endpoints const one({{kEcho, "echo"}}, true);
  EXPECT_EQ("mcp of 4", found(one.find(kListener, "localhost", "/mcp")));
  EXPECT_EQ("sse of 4", found(one.find(kListener, "localhost", "/sse/")));
  EXPECT_EQ("mcp of 4", found(one.find(kListener, "localhost", "/echo/mcp")));
}

TEST(Endpoints, GiveAListenerOfAServiceThatServiceAlone) {
  auto const own = Endpoints::own_listener(kNotes);
  EXPECT_EQ("mcp of 9", found(two().find(own, "localhost", "/mcp")));
  EXPECT_EQ("messages of 9", found(two().find(own, "mcp-echo", "/messages")));
  EXPECT_EQ("mcp of 9", found(two().find(own, "localhost", "/Notes.1/mcp")));
  EXPECT_EQ("nothing", found(two().find(own, "localhost", "/echo/mcp")));
  EXPECT_EQ("nothing", found(two().find(own, "localhost", "/servers/echo/mcp")));
}

TEST(Endpoints, FindNothingAtTheListenerOfAServiceThatIsGone) {
  auto const gone = Endpoints::own_listener(ServiceKey{5});
  EXPECT_EQ("nothing", found(two().find(gone, "localhost", "/mcp")));
  EXPECT_EQ("nothing", found(two().find(gone, "localhost", "/echo/mcp")));
}

TEST(Endpoints, ServeWhatComesWithTheBasePathAndWithout) {
  auto const based = two("/team-a");
  for (auto const* const path : {"/echo/mcp", "/team-a/echo/mcp", "/team-a/servers/echo/mcp", "/team-a/echo/mcp/"})
    EXPECT_EQ("mcp of 4", found(based.find(kListener, "localhost", path))) << path;
  EXPECT_EQ("sse of 9", found(based.find(kListener, "mcp-Notes.1", "/team-a/sse")));
  EXPECT_EQ("health", found(based.find(kListener, "localhost", "/team-a/health")));
  EXPECT_EQ("messages", found(based.find(kListener, "localhost", "/team-a/messages")));
  EXPECT_EQ("messages of 9", found(based.find(Endpoints::own_listener(kNotes), "localhost", "/team-a/messages")));
  for (auto const* const path :
       {"/team-a", "/team-a/", "/team-ab/echo/mcp", "/team-a/team-a/echo/mcp", "/team-aecho/mcp"})
    EXPECT_EQ("nothing", found(based.find(kListener, "localhost", path))) << path;
  EXPECT_EQ("nothing", found(two().find(kListener, "localhost", "/team-a/echo/mcp")));
}

TEST(Endpoints, PreferAServiceThatIsCalledLikeTheBasePath) {
  Endpoints const based({{kEcho, "team-a"}}, false, "/team-a");
  for (auto const* const path : {"/team-a/mcp", "/team-a/team-a/mcp"})
    EXPECT_EQ("mcp of 4", found(based.find(kListener, "localhost", path))) << path;
}

TEST(Endpoints, ReferToTheMessagesBesideAStream) {
  auto const based = two("/team-a");
  EXPECT_EQ("messages", two().messages_reference(kListener, "/echo/sse"));
  EXPECT_EQ("../messages", two().messages_reference(kListener, "/echo/sse/"));
  for (auto const* const path : {"/echo/sse", "/echo/sse/", "/team-a/echo/sse", "/team-a/echo/sse/"})
    EXPECT_EQ("/team-a/echo/messages", based.messages_reference(kListener, path)) << path;
  EXPECT_EQ("/team-a/messages", based.messages_reference(kListener, "/sse"));
  auto const own = Endpoints::own_listener(kEcho);
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
