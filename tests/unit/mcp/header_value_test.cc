#include "gateway/mcp/header_value.h"

#include <gtest/gtest.h>

namespace gateway::mcp {
namespace {

TEST(HeaderValue, StandsForItself) {
  for (auto const* const text :
       {"", "get_weather", "=?BASE64?w6k=?=", "=?base64?w6k=", "base64?w6k=?=", "=?base64?="}) {
    EXPECT_EQ(text, decoded(text));
  }
}

TEST(HeaderValue, IsDecodedBetweenTheMarkers) {
  EXPECT_EQ("\u00e9", decoded("=?base64?w6k=?="));
  EXPECT_EQ("", decoded("=?base64?"
                        "?="));
  // A name that looks encoded is encoded once more.
  EXPECT_EQ("=?base64?w6k=?=", decoded("=?base64?PT9iYXNlNjQ/dzZrPT89?="));
}

TEST(HeaderValue, IsInvalidWhereItCannotBeDecoded) {
  EXPECT_EQ(std::nullopt, decoded("=?base64?w6k?="));
  EXPECT_EQ(std::nullopt, decoded("=?base64?!!!!?="));
  EXPECT_EQ(std::nullopt, decoded("=?base64?/w==?="));  // a byte that is not UTF-8
}

}  // namespace
}  // namespace gateway::mcp
