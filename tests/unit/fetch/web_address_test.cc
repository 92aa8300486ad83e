#include "gateway/fetch/web_address.h"

#include <gtest/gtest.h>

namespace gateway::fetch {
namespace {

TEST(WebAddress, KnowsItsOrigin) {
  EXPECT_EQ("https://h:443", WebAddress::from("https://h/mcp?x=1#f")->origin());
  EXPECT_EQ("http://h:8080", WebAddress::from("http://user:pw@h:8080/")->origin());
  EXPECT_EQ("http://[::1]:80", WebAddress::from("http://[::1]/")->origin());
}

TEST(WebAddress, ShowsNothingThatMayBeASecret) {
  auto const address = WebAddress::from("https://user:pw@h/mcp?key=k");
  EXPECT_EQ("https://h/mcp", address->shown());
  EXPECT_TRUE(address->has_secrets());
  EXPECT_FALSE(WebAddress::from("https://h/mcp")->has_secrets());
  auto hidden = WebAddress::from("https://h/key/mcp");
  hidden->show_only_origin();
  EXPECT_EQ("https://h:443", hidden->shown());
  EXPECT_EQ("https://h/key/mcp", hidden->text());
}

TEST(WebAddress, ResolvesWhatServersRefers) {
  auto const address = WebAddress::from("https://h/a/sse");
  EXPECT_EQ("https://h/messages?s=1", address->resolve("/messages?s=1")->text());
  EXPECT_EQ("https://h/a/messages", address->resolve("messages")->text());
  EXPECT_EQ("https://other/x", address->resolve("https://other/x")->text());
  EXPECT_EQ(std::nullopt, address->resolve("ftp://h/x"));
}

TEST(WebAddress, IsNothingElse) {
  for (auto const* const text :
       {"", "h", "ftp://h/", "file:///etc/passwd", "http://", "http://a b/", "http://h/\r\nX: y"})
    EXPECT_EQ(std::nullopt, WebAddress::from(text)) << text;
}

}  // namespace
}  // namespace gateway::fetch
