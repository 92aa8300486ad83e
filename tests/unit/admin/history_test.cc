#include "gateway/admin/history.h"

#include <gtest/gtest.h>

namespace gateway::admin {
namespace {

class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() { traffic.latency_bounds = {0.001, 0.01, 0.1}, traffic.latency = {0, 0, 0, 0}; }

  void calls(std::uint64_t count, std::size_t bucket = 0, std::uint64_t failed = 0) {
    traffic.calls += count;
    traffic.errors += failed;
    traffic.latency[bucket] += count;
  }
  void sample(int times = 1) {
    for (int i = 0; i < times; ++i) history.sample(traffic);
  }

  metrics::Traffic traffic;
  History history;
};

TEST_F(HistoryTest, HasNoRatesBeforeItsFirstSample) {
  EXPECT_EQ(0, history.rates().calls_per_minute);
  EXPECT_EQ(std::nullopt, history.rates().p50_ms);
}

TEST_F(HistoryTest, CountsWhatCameInTheLastMinute) {
  sample();
  calls(1000);
  sample(60 / History::kSampleSeconds);
  calls(30, 0, 6);
  sample();
  EXPECT_EQ(30, history.rates().calls_per_minute);
  EXPECT_EQ(6, history.rates().errors_per_minute);
}

TEST_F(HistoryTest, CountsFromTheBeginningAndTakesItForAMinute) {
  calls(5);
  sample();
  EXPECT_EQ(5 * 60 / History::kSampleSeconds, history.rates().calls_per_minute);
}

TEST_F(HistoryTest, FindsTheQuantilesWithinTheirBuckets) {
  sample();
  calls(50, 0);
  calls(50, 1);
  sample();
  EXPECT_DOUBLE_EQ(1, *history.rates().p50_ms);
  EXPECT_DOUBLE_EQ(1 + 9 * 0.9, *history.rates().p95_ms);
}

TEST_F(HistoryTest, SaysTheLargestBoundOfWhatIsAboveIt) {
  sample();
  calls(1, 3);
  sample();
  EXPECT_DOUBLE_EQ(100, *history.rates().p95_ms);
}

TEST_F(HistoryTest, ForgetsTheLatencyOfCallsLongAgo) {
  sample();
  calls(9, 3);
  sample(1 + 300 / History::kSampleSeconds);
  EXPECT_EQ(std::nullopt, history.rates().p95_ms);
  calls(1, 0);
  sample();
  EXPECT_GE(1, *history.rates().p95_ms);
}

TEST_F(HistoryTest, DrawsEachCallOnceInThePointOfItsTime) {
  sample();
  calls(3, 0, 1);
  sample();
  auto chart = history.chart();
  EXPECT_EQ(3U, chart.calls.back());
  EXPECT_EQ(1U, chart.errors.back());

  sample(History::kPointSeconds / History::kSampleSeconds);
  chart = history.chart();
  EXPECT_EQ(0U, chart.calls.back());
  EXPECT_EQ(3U, chart.calls[History::kPoints - 2]);
}

TEST_F(HistoryTest, ForgetsWhatIsOlderThanItsPoints) {
  sample();
  calls(3);
  sample(static_cast<int>(History::kPoints) * History::kPointSeconds / History::kSampleSeconds + 6);
  for (auto const count : history.chart().calls) EXPECT_EQ(0U, count);
}

}  // namespace
}  // namespace gateway::admin
