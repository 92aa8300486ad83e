#include "gateway/admin/route.h"

#include <gtest/gtest.h>

namespace gateway::admin {
namespace {

TEST(Route, KnowsThePagesByTheirPaths) {
  EXPECT_EQ(Page::Status, route("/").page);
  EXPECT_EQ(Page::Health, route("/healthz").page);
  EXPECT_EQ(Page::LogLevel, route("/api/log-level").page);
  EXPECT_EQ(Page::None, route("/api").page);
  EXPECT_EQ(Page::None, route("").page);
}

TEST(Route, FindsTheServiceInThePath) {
  auto const found = route("/api/services/file-server/restart");
  EXPECT_EQ(Page::Restart, found.page);
  EXPECT_EQ("file-server", found.service);
}

TEST(Route, DoesNotKnowWhatIsLongerOrShorter) {
  EXPECT_EQ(Page::None, route("/api/services/echo").page);
  EXPECT_EQ(Page::None, route("/api/services/echo/").page);
  EXPECT_EQ(Page::None, route("/api/services/echo/tools/x").page);
  EXPECT_EQ(Page::None, route("/api/status/").page);
}

TEST(Route, TellsWhatIsPostedFromWhatIsRead) {
  for (auto const* const path : {"/api/services/a/restart", "/api/services/a/drain", "/api/services/a/undrain",
                                 "/api/services/a/call", "/api/services/a/reset-circuit", "/api/log-level"}) {
    EXPECT_TRUE(route(path).is_posted()) << path;
  }
  for (auto const* const path :
       {"/", "/metrics", "/api/status", "/api/events", "/api/log", "/api/services/a/tools", "/x"}) {
    EXPECT_FALSE(route(path).is_posted()) << path;
  }
}

}  // namespace
}  // namespace gateway::admin
