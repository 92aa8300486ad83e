#include "gateway/base/needles.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

std::string replaced(std::vector<std::string> const& needles, std::string_view text) {
  return Needles(needles).replaced(text, "#").value_or("unchanged");
}

TEST(NeedlesTest, AreReplacedWhereverTheyStand) {
  EXPECT_EQ("#", replaced({"secret"}, "secret"));
  EXPECT_EQ("a # b ##", replaced({"secret", "other"}, "a secret b othersecret"));
  EXPECT_EQ("unchanged", replaced({"secret"}, "secre"));
  EXPECT_EQ("unchanged", replaced({"secret"}, ""));
  EXPECT_EQ("unchanged", replaced({}, "text"));
}

TEST(NeedlesTest, TakeTheLongestAtOnePlace) {
  EXPECT_EQ("# #", replaced({"secret", "secret-of-all"}, "secret-of-all secret"));
  EXPECT_EQ("#ers", replaced({"secret", "secrets-long"}, "secreters"));
}

TEST(NeedlesTest, MayHaveAnyBytes) { EXPECT_EQ("a#b", replaced({std::string("\0\xff\n\"", 4)}, {"a\0\xff\n\"b", 6})); }

TEST(NeedlesTest, LeaveOutWhatIsTooShort) { EXPECT_EQ("unchanged", replaced({"abc", ""}, "abcabc")); }

TEST(NeedlesTest, MayBeMany) {
  std::vector<std::string> many;
  for (int i = 0; i < 5000; ++i) many.push_back("needle-" + std::to_string(i) + "-");
  EXPECT_EQ("# and # and needle-5000-", replaced(many, "needle-1- and needle-4999- and needle-5000-"));
}

}  // namespace
}  // namespace gateway
