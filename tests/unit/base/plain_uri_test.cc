#include "gateway/base/plain_uri.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(PlainUriTest, IsSpelledInTheUsualWay) {
  for (auto const* uri : {"file:///a/b.txt", "https://example.com/a?b=c.d&e=http://f#g", "memo://insights", "urn:a:b",
                          "file:///a%20b", "demo://x/{id}", "file:///a/.hidden/..b", "", "plain"}) {
    EXPECT_TRUE(is_plain_uri(uri)) << uri;
  }
}

TEST(PlainUriTest, IsNotWhereServersMayReadItInAnotherWay) {
  for (auto const* uri : {"file:///a/../b",
                          "file:///a/./b",
                          "file:///a/..",
                          "file:///a//b",
                          "file:////a",
                          "file:///a%2fb",
                          "file:///%61",
                          "file:///a%2e%2E/b",
                          "file:///a%5cb",
                          "file:///a\\b",
                          "FILE:///a",
                          "http://Example.com/",
                          "file:///a b",
                          "file:///a%zz",
                          "file:///a%",
                          "file:///a\x01",
                          "public/../secret",
                          "../x",
                          "public//x",
                          "public/../x:y",
                          "notes://../x",
                          "notes://..",
                          "notes://./x",
                          "x://one/?/../two",
                          "x://one/#/../two",
                          "file:///a?../../b",
                          "file:///a/..;/b",
                          "file:///a/..%00/b",
                          "x:..",
                          "https://example.com/a?b=../c"}) {
    EXPECT_FALSE(is_plain_uri(uri)) << uri;
  }
}

}  // namespace
}  // namespace gateway
