#include "gateway/log/tail.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway::log {
namespace {

using Lines = std::vector<std::string>;

TEST(LogTail, GivesTheLinesOfAllInTheirOrder) {
  LogTail tail;
  tail.keep("b", "1");
  tail.keep("", "2");
  tail.keep("a", "3");
  EXPECT_EQ((Lines{"1", "2", "3"}), tail.last("", 10));
  EXPECT_EQ((Lines{"2", "3"}), tail.last("", 2));
}

TEST(LogTail, GivesTheLinesOfOneService) {
  LogTail tail;
  tail.keep("a", "1");
  tail.keep("b", "2");
  EXPECT_EQ(Lines{"2"}, tail.last("b", 10));
  EXPECT_EQ(Lines{}, tail.last("c", 10));
}

TEST(LogTail, KeepsTheLinesOfAQuietServiceWhileAnotherWritesMuch) {
  LogTail tail;
  tail.keep("quiet", "still here");
  for (std::size_t i = 0; i < 10 * LogTail::kLines; ++i) tail.keep("loud", std::to_string(i));
  EXPECT_EQ(Lines{"still here"}, tail.last("quiet", 10));
  auto const loud = tail.last("loud", 10'000);
  EXPECT_EQ(LogTail::kLines, loud.size());
  EXPECT_EQ(std::to_string(10 * LogTail::kLines - 1), loud.back());
}

TEST(LogTail, CutsALongLineBetweenCharacters) {
  LogTail tail;
  tail.keep("", "x" + std::string("\xC3\xA4") + std::string(LogTail::kMaxLine, 'y'));
  tail.keep("", std::string(LogTail::kMaxLine - 1, 'x') + "\xC3\xA4");
  auto const lines = tail.last("", 2);
  EXPECT_EQ(LogTail::kMaxLine, lines[0].size());
  EXPECT_EQ(std::string(LogTail::kMaxLine - 1, 'x'), lines[1]);
}

}  // namespace
}  // namespace gateway::log
