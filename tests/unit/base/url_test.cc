#include "gateway/base/url.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(Url, IsTakenApart) {
  auto const whole = parse_url("http://collector.example:4318/v1/traces?x=1");
  ASSERT_TRUE(whole);
  EXPECT_EQ("collector.example", whole->host);
  EXPECT_EQ("4318", whole->port);
  EXPECT_EQ("/v1/traces?x=1", whole->path);
  EXPECT_EQ("80", parse_url("http://host")->port);
  EXPECT_EQ("/", parse_url("http://host")->path);
  EXPECT_EQ("::1", parse_url("http://[::1]:9/")->host);
  EXPECT_EQ("::1", parse_url("http://[::1]")->host);
}

TEST(Url, OfAnotherKindIsNone) {
  for (auto const* const text :
       {"", "host:80", "https://host/", "http://", "http://:80", "http://a b/", "http://a/\r\nX: y", "http://host:"})
    EXPECT_FALSE(parse_url(text)) << text;
}

}  // namespace
}  // namespace gateway
