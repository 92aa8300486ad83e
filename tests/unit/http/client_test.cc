#include "gateway/http/client.h"

#include <gtest/gtest.h>

namespace gateway::http {
namespace {

TEST(Ask, SaysWhyNobodyAnswers) {
  auto const answer = ask({.host = "127.0.0.1", .port = "1"}, {}, std::chrono::seconds(5));
  ASSERT_FALSE(answer);
  EXPECT_NE(std::string::npos, answer.error().what.find("connecting")) << answer.error().what;
}

}  // namespace
}  // namespace gateway::http
