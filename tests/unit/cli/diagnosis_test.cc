#include "gateway/cli/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

namespace gateway::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ListedTools quick(std::string raw_tools = "[]") {
  return {.service = "one",
          .raw_tools = std::move(raw_tools),
          .times = {.started = milliseconds(5),
                    .first_word = milliseconds(50),
                    .ready = milliseconds(60),
                    .listed = milliseconds(70)}};
}

std::string tools_of(std::size_t count, std::size_t bytes) {
  std::string text = "[";
  for (std::size_t i = 0; i < count; ++i)
    text +=
        fmt::format(R"({}{{"name":"tool{}","description":"{}"}})", i == 0 ? "" : ",", i, std::string(bytes + i, 'x'));
  return text + "]";
}

TEST(Diagnosis, HasNoAdviceForAServerThatIsQuickQuietAndSmall) {
  EXPECT_THAT(advice_for(quick(tools_of(3, 100)), "server"), IsEmpty());
  EXPECT_THAT(advice_for_all({quick(tools_of(3, 100))}), IsEmpty());
}

TEST(Diagnosis, NamesTheProgramThatFetchesThePackageAtEachStart) {
  auto slow = quick();
  slow.times = {.started = milliseconds(5), .first_word = seconds(7), .ready = seconds(7), .listed = seconds(7)};
  EXPECT_THAT(advice_for(slow, "/usr/bin/npx"), ElementsAre(HasSubstr("npx looks for its package at each start")));
  EXPECT_THAT(advice_for(slow, "server"), ElementsAre(HasSubstr("7.0 s: look at what it loads")));
}

TEST(Diagnosis, TellsASlowHandshakeFromSlowLists) {
  auto handshake = quick();
  handshake.times.ready = handshake.times.listed = seconds(4);
  EXPECT_THAT(advice_for(handshake, "server"), ElementsAre(HasSubstr("handshake takes")));
  auto lists = quick();
  lists.times.listed = seconds(4);
  EXPECT_THAT(advice_for(lists, "server"), ElementsAre(HasSubstr("lists take 3.9 s")));
}

TEST(Diagnosis, CountsWhatIsNoMessageOnStdout) {
  auto noisy = quick();
  noisy.noise_lines = 1;
  EXPECT_THAT(advice_for(noisy, "server"), ElementsAre(HasSubstr("1 line on its stdout is no message")));
  noisy.noise_lines = 3;
  EXPECT_THAT(advice_for(noisy, "server"), ElementsAre(HasSubstr("3 lines on its stdout are no messages")));
}

TEST(Diagnosis, NamesTheLargestToolsWhereTheyTakeTooMuchOfAContext) {
  auto const advice = advice_for(quick(tools_of(5, 12'000)), "server");
  ASSERT_EQ(1U, advice.size());
  EXPECT_THAT(advice[0], HasSubstr("the largest are tool4 30"));
}

TEST(Diagnosis, CountsTools) {
  EXPECT_THAT(advice_for(quick(tools_of(16, 10)), "server"), ElementsAre(HasSubstr("it has 16 tools")));
  EXPECT_THAT(advice_for(quick(tools_of(15, 10)), "server"), IsEmpty());
}

TEST(Diagnosis, AddsUpWhatServersTakeThatAreSmallByThemselves) {
  auto const one = quick(tools_of(3, 10'000));
  EXPECT_THAT(advice_for(one, "server"), IsEmpty());
  EXPECT_THAT(advice_for_all({one, one}), ElementsAre(HasSubstr("all servers together")));
}

TEST(Diagnosis, TakesWhatIsNoListOfToolsForNone) {
  for (auto const* const text : {"", "{}", "[1]", R"([{"name":7}])"}) EXPECT_LE(sizes_of(text).size(), 1U) << text;
}

}  // namespace
}  // namespace gateway::cli
