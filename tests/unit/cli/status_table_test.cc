#include "gateway/cli/status_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gateway::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kStatus =
    R"({"status":"DEGRADED","reason":"1 of 2 services is not well: b","version":"1.2.3","instance_id":"here",
  "uptime_seconds":3723.5,"servers":{
    "z":{"status":"HEALTHY","state":"ready","sessions":3,"calls_in_flight":1,"tools":12,"restarts":0,
         "traffic":{"calls_per_minute":12345,"errors_per_minute":0.5,"p50_ms":1.25,"p95_ms":1500,"memory_bytes":104857600,"cpu_cores":0.5}},
    "b":{"status":"UNHEALTHY","state":"backoff","reason":"it said \u001b[2J\u009b1m and ended"}}})";

std::vector<std::string> names(std::vector<ServiceRow> const& rows) {
  std::vector<std::string> found;
  for (auto const& row : rows) found.push_back(row.name);
  return found;
}

TEST(StatusTable, ShowsTheFiguresOfAServiceInItsRow) {
  auto const table = status_table(*read_status(kStatus), Colour::No);
  EXPECT_THAT(table, HasSubstr("here  DEGRADED  version 1.2.3  up 1 h 2 min\n"));
  EXPECT_THAT(table, HasSubstr("2 services, 3 sessions, 12.3k calls and 0.5 errors a minute\n"));
  EXPECT_THAT(
      table,
      HasSubstr("SERVICE  STATE    CALLS/MIN  ERR/MIN    P50   P95  SESSIONS  OPEN  TOOLS  RESTARTS  MEMORY  CPU\n"
                "z        ready        12.3k      0.5  1.2ms  1.5s         3     1     12         0    100M  50%\n"
                "b        backoff          0        0      -     -         0     0      -         0       -   0%\n"));
}

TEST(StatusTable, SaysWhyAServiceIsNotWellAndNothingThatATerminalObeys) {
  auto const table = status_table(*read_status(kStatus), Colour::No);
  EXPECT_THAT(table, HasSubstr("b: it said  [2J  1m and ended\n"));
  EXPECT_THAT(table, Not(HasSubstr("\x1b")));
  EXPECT_THAT(table, Not(HasSubstr("\xC2\x9B")));
}

TEST(StatusTable, IsColouredOnlyWhenAsked) {
  EXPECT_THAT(status_table(*read_status(kStatus), Colour::Yes), HasSubstr("\x1b[31mbackoff"));
}

TEST(StatusTable, KeepsTheOrderOfTheConfigurationUntilAnotherIsAskedFor) {
  auto rows = read_status(kStatus)->services;
  EXPECT_EQ((std::vector<std::string>{"z", "b"}), names(rows));
  sort(rows, SortBy::Name);
  EXPECT_EQ((std::vector<std::string>{"b", "z"}), names(rows));
  sort(rows, SortBy::Calls);
  EXPECT_EQ((std::vector<std::string>{"z", "b"}), names(rows));
}

TEST(StatusTable, KnowsTheKeysToSortBy) {
  EXPECT_EQ(SortBy::Latency, sort_for_key('l'));
  EXPECT_EQ(std::nullopt, sort_for_key('x'));
}

TEST(StatusTable, ReadsNothingButAStatus) {
  for (auto const* const text : {"", "{}", "[]", "null", "{\"servers\":[]}", "<html>", "{\"servers\":{"}) {
    EXPECT_FALSE(read_status(text)) << text;
  }
  EXPECT_TRUE(read_status(R"({"servers":{"a":{"sessions":"many","traffic":{"p95_ms":"x"}}}})"));
}

TEST(StatusTable, CountsWhatServesAsWell) {
  EXPECT_TRUE(StatusReport{.status = "DEGRADED"}.is_well());
  EXPECT_FALSE(StatusReport{.status = "UNHEALTHY"}.is_well());
  EXPECT_FALSE(StatusReport{.status = "DRAINING"}.is_well());
}

}  // namespace
}  // namespace gateway::cli
