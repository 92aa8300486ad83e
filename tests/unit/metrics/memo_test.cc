#include "gateway/metrics/memo.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway::metrics {
namespace {

TEST(Memo, MakesAValueOnceForTheSameLabels) {
  Memo<int> memo;
  auto made = 0;
  constexpr std::string_view kA = "a";
  constexpr std::string_view kB = "b";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(1, memo.get({kA, kB}, [&] { return ++made; }));
    EXPECT_EQ(2, memo.get({kB, kA}, [&] { return ++made; }));
    EXPECT_EQ(3, memo.get({kA}, [&] { return ++made; }));
  }
  EXPECT_EQ(3, made);
}

/// So many that a key of fewer bits than the addresses have would meet one of them.
TEST(Memo, KeepsEveryPairOfLabelsApart) {
  Memo<std::size_t> memo;
  std::string const text(2000, 'x');
  auto const label = [&](std::size_t at) { return std::string_view(text).substr(at, 1); };
  std::size_t made = 0;
  for (std::size_t a = 0; a < text.size(); a += 20) {
    for (std::size_t b = 0; b < text.size(); b += 20) {
      EXPECT_EQ(made, memo.get({label(a), label(b)}, [&] { return made; }));
      ++made;
    }
  }
}

}  // namespace
}  // namespace gateway::metrics
