#include "gateway/imports/split_words.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gateway::imports {
namespace {

std::string split(std::string_view line, Quoting quoting = Quoting::OfAShell) {
  auto const words = split_words(line, quoting);
  if (!words) return "a shell's";
  std::string text;
  for (auto const& word : words->words) text += fmt::format("<{}>", word);
  return text;
}

TEST(SplitWords, UndoesQuotesAndBackslashes) {
  EXPECT_EQ("<npx><-y><a b><c'd><e f><>", split(R"(npx  -y 'a b' "c'd" e\ f "")"));
  EXPECT_EQ("<a\"b\\c><d$e>", split(R"("a\"b\\c" d\$e)"));
  EXPECT_EQ("", split("  "));
}

TEST(SplitWords, KeepsVariablesAsReferences) {
  EXPECT_EQ("<${A}/x><${B}><$C>", split(R"($A/x "${B}" '$C')"));
  EXPECT_EQ("<$${A}>", split("'${A}'"));
  EXPECT_EQ((std::vector<std::string>{"A", "B"}), split_words("$A $B", Quoting::OfAShell)->variables);
}

TEST(SplitWords, LeavesToAShellWhatOnlyAShellUnderstands) {
  for (auto const* const line : {"a | b", "a && b", "a; b", "a > b", "a $(b)", "a `b`", "a *", "A=1 b", "~/a",
                                 "a ${B:-c}", "a 'b", "a \"b", "a \\", "a $1", "a \"`b`\""})
    EXPECT_EQ("a shell's", split(line)) << line;
}

TEST(SplitWords, TakesEverythingElseAsItStandsWhereNoShellIs) {
  EXPECT_EQ("<a><|><$B><*><~/c><$${D}><A=1>", split("a | $B * ~/c ${D} A=1", Quoting::Plain));
  EXPECT_EQ("a shell's", split("a 'b", Quoting::Plain));
}

}  // namespace
}  // namespace gateway::imports
